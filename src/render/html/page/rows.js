// What the page was given, and what of it the reader wants to see.
const plan = JSON.parse(byId("plan").textContent);
const WORDS = { create: "add", update: "change", rename: "rename", delete: "delete", unchanged: "unchanged" };

const rows = plan.changes.map((change, index) => {
  const kind = plan.kinds[change.kind];
  const said = plan.says[change.says];
  const grouped = change.head !== undefined;
  const row = {
    index, kind, said,
    address: change.address,
    head: grouped ? plan.heads[change.head] : null,
    member: grouped ? plan.members[change.member] : null,
    memberAt: change.member,
    action: change.held ? "held" : change.action,
    does: change.action,
    symbol: change.symbol.trim(),
    better: said.better,
    since: change.drifted ? "drifted" : "changed",
    why: plan.whys[change.why],
    place: change.place,
  };
  const name = row.member ? row.member.name : "";
  row.text = `${row.address}\n${name}\n${row.why}\n${row.place}`.toLowerCase();
  return row;
});

// What is grave comes first: held, deleted, worse.
const gravity = (row) =>
  row.action === "held" ? 0 : row.action === "delete" ? 1 : row.better === false ? 2 : row.does === "unchanged" ? 4 : 3;
rows.sort((one, other) => gravity(one) - gravity(other) || one.index - other.index);

// The queue that is chosen also stands for the skills that it asks for.
const skillsOf = new Map();
for (const chart of plan.coverage ? plan.coverage.resources : []) {
  if (chart.by.length) skillsOf.set(chart.address, new Set(chart.by));
}

const nothing = () => ({ text: "", kind: "", resource: "", head: "", member: "", effect: "", since: "", actions: new Set() });
let wanted = nothing();

function isWanted(row) {
  const { text, kind, resource, head, member, effect, since, actions } = wanted;
  if (actions.size && !actions.has(row.action)) return false;
  if (kind && row.kind.name !== kind) return false;
  if (head && row.head !== head) return false;
  if (resource && row.address !== resource) {
    const skills = skillsOf.get(resource);
    if (!skills || row.head === null || !skills.has(row.head)) return false;
  }
  if (since && row.since !== since) return false;
  if (effect && row.better !== (effect === "better")) return false;
  if (member) {
    if (!row.member) return false;
    const who = member.toLowerCase();
    if (!row.member.name.toLowerCase().includes(who) && !row.member.id.toLowerCase().includes(who)) return false;
  }
  return !text || row.text.includes(text.toLowerCase());
}

// A level, say, before and after: what a cell of the matrix shows.
function cellText(row) {
  const cell = row.said.cell;
  const held = row.action === "held" ? "! " : "";
  if (!cell) return `${held}${row.symbol || "="}`;
  if (cell.before === undefined) return `${held}+ ${cell.after}`;
  if (cell.after === undefined) return `${held}− ${cell.before}`;
  return `${held}${cell.before} → ${cell.after}${arrow(cell.better)}`;
}

const arrow = (better) => (better === true ? " ▲" : better === false ? " ▼" : "");
