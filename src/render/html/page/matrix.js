// Groups of changes: a line for each head, and the matrix of members and heads.
const MEMBERS = 30;
const HEADS = 16;

function glanceSection(kind) {
  const own = rows.filter((row) => row.kind === kind);
  const heads = new Map();
  const count = (of, key) => (of[key] = (of[key] || 0) + 1);
  for (const row of own) {
    if (!heads.has(row.head)) heads.set(row.head, {});
    const counts = heads.get(row.head);
    count(counts, row.action === "rename" ? "update" : row.action);
    if (row.action !== "held" && row.better !== undefined) count(counts, row.better ? "better" : "worse");
  }
  const columns = ["create", "update", "better", "worse", "delete", "held"];
  const sorted = [...heads].sort(([one], [other]) => (one < other ? -1 : 1));
  const body = el("tbody");
  const cells = (counts) => columns.map((column) => el("td", { class: "number" }, counts[column] ? counts[column].toLocaleString("en") : "·"));
  const name = (head) => el("button", { type: "button", class: "link", on: { click: () => only({ kind: plan.kinds.length > 1 ? kind.name : "", head }) } }, told(head));
  const pages = pager(`Pages of ${kind.head}s`, 25, (from, to) => body.replaceChildren(
    ...sorted.slice(from, to).map(([head, counts]) => el("tr", {}, el("th", { scope: "row" }, name(head)), cells(counts)))));
  const titles = [capital(kind.head), "#add", "#change", "#better ▲", "#worse ▼", "#delete", "#held"];
  const table = el("table", { "aria-label": `By ${kind.head}` }, headed(titles), body);
  pages.reset(sorted.length);
  section(`by-${kind.name}`, `By ${kind.head}`, wide(`Table by ${kind.head}`, table), pages.bar);
}

function matrixSection(kind) {
  let members = [];
  let heads = [];
  let cells = new Map();
  let span = [0, MEMBERS];
  let across = [0, HEADS];
  let ready = false;
  const table = el("table", { class: "matrix", "aria-label": `${capital(kind.member)}s and ${kind.head}s` });
  const empty = el("p", { class: "soft" }, "No change that the filters leave is in the matrix.");
  function draw() {
    const shown = heads.slice(...across);
    const title = (head) => el("th", { scope: "col" }, told(head));
    const top = el("thead", {}, el("tr", {}, el("th", { scope: "col" }, capital(kind.member)), shown.map(title)));
    const body = members.slice(...span).map((at) => {
      const member = plan.members[at];
      const id = member.id === member.name ? "" : el("span", { class: "soft" }, " ", told(member.id));
      return el("tr", {}, el("th", { scope: "row" }, told(member.name), id), shown.map((head) => cell(cells.get(at).get(head))));
    });
    table.replaceChildren(top, el("tbody", {}, body));
  }
  function cell(row) {
    if (!row) return el("td");
    const effect = row.action === "held" ? "held" : row.better === true ? "better" : row.better === false ? "worse" : row.action;
    return el("td", { class: effect, title: `${row.why}\n${row.place}` }, cellText(row));
  }
  const down = pager(`Pages of ${kind.member}s`, MEMBERS, (from, to) => { span = [from, to]; draw(); });
  const side = pager(`Pages of ${kind.head}s`, HEADS, (from, to) => { across = [from, to]; if (ready) draw(); });
  function fill() {
    cells = new Map();
    const names = new Set();
    for (const row of found) {
      if (row.kind !== kind) continue;
      if (!cells.has(row.memberAt)) cells.set(row.memberAt, new Map());
      // What is unlinked before it is deleted has two; the graver one comes first.
      if (!cells.get(row.memberAt).has(row.head)) cells.get(row.memberAt).set(row.head, row);
      names.add(row.head);
    }
    members = [...cells.keys()];
    heads = [...names].sort();
    empty.hidden = members.length > 0;
    ready = false;
    side.reset(heads.length);
    ready = true;
    down.reset(members.length);
  }
  listeners.push(fill);
  const key = ["3 → 4 ▲ better", "4 → 3 ▼ worse", "+ 4 added", "− 3 deleted", "! held back"].map((text) => el("li", {}, text));
  section(`matrix-${kind.name}`, `${capital(kind.member)}s × ${kind.head}s`,
    el("p", { class: "soft" }, "Only what changes, as the filters leave it, the gravest first. An empty cell does not change."),
    el("ul", { class: "key", "aria-label": "Key" }, key), empty, wide(`Matrix of ${kind.member}s and ${kind.head}s`, table),
    label("Down:", down.bar), label("Across:", side.bar));
}

function label(text, bar) {
  bar.prepend(el("span", { class: "soft" }, text));
  return bar;
}
