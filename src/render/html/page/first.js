// What a reader must see before all else: what is stopped, withheld, deleted, or leaves fewer people.
const SHOWN = 8;

function firstSection() {
  const cards = el("div", { class: "first" });
  const levels = { blocked: "Blocked: the plan cannot be applied", held: "Held back", warning: "Worth a look" };
  card(cards, "blocked", levels.blocked, grouped("blocked"), null);
  const held = rows.filter((row) => row.action === "held");
  card(cards, "held", `${levels.held}: ${counted(held.length, "change")}`, heldReasons(held), { actions: new Set(["held"]) });
  const deleted = rows.filter((row) => row.action === "delete");
  card(cards, "delete", counted(deleted.length, "deletion"), deleted.map(addressed), { actions: new Set(["delete"]) });
  card(cards, "falls", "Fewer people can serve", falls(), null);
  const worse = rows.filter((row) => row.better === false);
  card(cards, "falls", `For the worse: ${counted(worse.length, "change")}`, byHead(worse), { effect: "worse" });
  card(cards, "warning", levels.warning, grouped("warning"), null, 4);
  if (!cards.children.length) {
    cards.append(el("div", { class: "card calm" }, el("p", {}, "Nothing is blocked, held, deleted or for the worse, and coverage falls nowhere.")));
  }
  section("first", "Look here first", cards);
}

function card(cards, name, title, items, filter, shown = SHOWN) {
  if (!items.length) return;
  const list = el("ul", {}, items.slice(0, shown));
  const rest = items.slice(shown);
  const more = rest.length && el("button", { type: "button" }, `Show ${Math.min(rest.length, 100)} of ${rest.length.toLocaleString("en")} more`);
  if (more) {
    more.addEventListener("click", () => {
      list.append(...rest.splice(0, 100));
      if (rest.length) more.textContent = `Show ${Math.min(rest.length, 100)} of ${rest.length.toLocaleString("en")} more`;
      else more.remove();
    });
  }
  const jump = filter && el("button", { type: "button", on: { click: () => only(filter) } }, "List them");
  cards.append(el("div", { class: `card ${name}` }, el("h3", {}, title), list, el("div", { class: "pager" }, more || "", jump || "")));
}

const addressed = (row) => el("li", {}, el("span", { class: "address" }, told(row.address)),
  row.member ? [" (", told(row.member.name), ")"] : "", el("br"), el("span", { class: "soft" }, told(row.why), " · ", place(row.place)));
const place = (text) => el("span", { class: "place" }, told(text));

function grouped(level) {
  // The way out is told once for all that it is the same for.
  let last = null;
  const item = (check) => {
    const hint = check.hint === last ? null : check.hint;
    last = check.hint;
    return el("li", {}, el("strong", {}, check.rule), ": ", told(check.message),
      check.place ? [" · ", place(check.place)] : "",
      hint ? [el("br"), el("span", { class: "soft" }, told(hint))] : "");
  };
  return plan.checks.filter((check) => check.level === level).map(item);
}

// Held changes that are held for the same reason, together; then what the rules said of them.
function heldReasons(held) {
  const reasons = new Map();
  for (const row of held) reasons.set(row.why, [...(reasons.get(row.why) || []), row]);
  const items = [...reasons].map(([why, all]) => {
    const names = all.slice(0, 3).map((row) => row.address).join(", ");
    const more = all.length > 3 ? ` and ${(all.length - 3).toLocaleString("en")} more` : "";
    return el("li", {}, all.length > 1 ? `${all.length.toLocaleString("en")} × ` : "", told(why), ": ", el("span", { class: "address" }, told(names)), more);
  });
  return items.concat(grouped("held"));
}

// How many there are of each head, those with the most first.
function byHead(some) {
  const counts = new Map();
  for (const row of some) counts.set(row.head ?? row.address, (counts.get(row.head ?? row.address) || 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one).map(([name, count]) => el("li", {}, told(name), `: ${count.toLocaleString("en")}`));
}

const lost = (run) => (run.before - run.after) / Math.max(run.before, 1);
const hour = (number) => `${String(number).padStart(2, "0")}:00`;

// The run of hours in which most are lost, or too few are left.
function worst(chart) {
  const grave = (run) => (run.floor === undefined ? 0 : 2) + lost(run);
  return chart.runs.reduce((found, run) => (!found || grave(run) > grave(found) ? run : found), null);
}

function falls() {
  const falling = (plan.coverage ? plan.coverage.resources : []).filter((chart) => {
    const run = worst(chart);
    return run && (run.after < run.before || run.floor !== undefined);
  });
  return falling.map((chart) => el("li", {}, el("span", { class: "address" }, told(chart.address)), `: ${atWorst(chart)}`));
}

function atWorst(chart) {
  const run = worst(chart);
  if (!run) return "no hour of this week changes";
  const floor = run.floor === undefined ? "" : `, fewer than the ${run.floor} that there should be`;
  const when = `${plan.coverage.days[run.day]} ${hour(run.from)}–${hour(run.to)}`;
  if (run.after < run.before) return `at worst ${run.before} → ${run.after} (${when})${floor}`;
  if (run.after > run.before) return `${run.before} → ${run.after} (${when})${floor}`;
  return `${run.after} as before, at other levels (${when})${floor}`;
}
