// The filters, and the list of the changes that they leave.
const PAGE = 50;
let found = rows;
let list = null;
const boxes = {};
const listeners = [];

function filterForm() {
  const names = (of) => [...new Set(rows.map(of).filter((name) => name))].sort();
  const field = (key, label, control) => {
    boxes[key] = control;
    return el("label", {}, label, control);
  };
  const choice = (key, label, all, options) => {
    const entries = options.map((option) => el("option", { value: option.value ?? option }, option.label ?? option));
    return field(key, label, el("select", { name: key }, el("option", { value: "" }, all), entries));
  };
  const kinds = plan.kinds;
  const heads = [...new Set(kinds.map((kind) => kind.head).filter((name) => name))];
  const members = [...new Set(kinds.map((kind) => kind.member).filter((name) => name))];
  const resources = [...new Set(rows.filter((row) => row.head === null).map((row) => row.address).concat([...skillsOf.keys()]))].sort();
  const alone = [...new Set(resources.map((address) => address.split("/")[0]))];
  const short = (address) => (alone.length === 1 ? address.slice(alone[0].length + 1) : address);
  const parts = [field("text", "Find", el("input", { type: "search", name: "text", placeholder: "name, address, reason, file", autocomplete: "off" }))];
  if (kinds.length > 1) parts.push(choice("kind", "Kind", "all kinds", names((row) => row.kind.name)));
  if (resources.length) {
    const title = alone.length === 1 ? capital(alone[0]) : "Resource";
    parts.push(choice("resource", title, "all of them", resources.map((address) => ({ value: address, label: short(address) }))));
  }
  if (heads.length) parts.push(choice("head", capital(heads.join(" or ")), "all of them", names((row) => row.head)));
  if (members.length) parts.push(field("member", capital(members.join(" or ")), el("input", { type: "search", name: "member", placeholder: "name or id", autocomplete: "off" })));
  if (rows.some((row) => row.better !== undefined)) parts.push(choice("effect", "Effect", "any", ["better", "worse"]));
  const since = [{ value: "changed", label: "changed since" }, { value: "drifted", label: "different before" }];
  if (plan.base !== null) parts.push(choice("since", `Base: ${plan.base}`, "both", since));
  const counts = new Map();
  for (const row of rows) counts.set(row.action, (counts.get(row.action) || 0) + 1);
  const box = (action) => el("label", {}, el("input", { type: "checkbox", name: "action", value: action }), ` ${WORDS[action] || action} (${counts.get(action).toLocaleString("en")})`);
  const actions = ["create", "update", "rename", "delete", "held", "unchanged"].filter((action) => counts.has(action));
  const clear = el("button", { type: "button", on: { click: () => only({}) } }, "Clear all filters");
  const form = el("form", { role: "search", "aria-label": "Filter the changes" }, parts,
    el("fieldset", {}, el("legend", {}, "What happens"), actions.map(box), clear));
  boxes.actions = [...form.querySelectorAll("input[type=checkbox]")];
  form.addEventListener("input", () => read());
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}

const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

function read() {
  const value = (key) => (boxes[key] ? boxes[key].value.trim() : "");
  wanted = {
    text: value("text"), kind: value("kind"), resource: value("resource"), head: value("head"),
    member: value("member"), effect: value("effect"), since: value("since"),
    actions: new Set(boxes.actions.filter((box) => box.checked).map((box) => box.value)),
  };
  apply();
}

// Shows what this leaves and nothing else filters, and goes there.
function only(some) {
  const all = { ...nothing(), ...some };
  for (const [key, box] of Object.entries(boxes)) if (key !== "actions") box.value = all[key];
  for (const box of boxes.actions) box.checked = all.actions.has(box.value);
  read();
  byId("changes").scrollIntoView();
  byId("found").focus();
}

function apply() {
  found = rows.filter(isWanted);
  byId("found").textContent = found.length === rows.length
    ? `All ${counted(rows.length, "change")}, the gravest first`
    : `${found.length.toLocaleString("en")} of ${counted(rows.length, "change")}`;
  list.reset(found.length);
  for (const listen of listeners) listen();
}

function changesSection() {
  const body = el("tbody");
  const table = el("table", { class: "list", "aria-label": "Changes" }, headed(["Action", "Resource", "Fields", "Why", "Where"]), body);
  list = pager("Pages of changes", PAGE, (from, to) => body.replaceChildren(...found.slice(from, to).map(line)));
  const none = { id: "found", role: "status", tabindex: "-1" };
  section("changes", "Changes", filterForm(), el("p", none), wide("List of changes", table), list.bar);
}

function line(row) {
  const word = row.action === "held" ? `held: ${WORDS[row.does]}` : WORDS[row.does];
  const name = row.member && row.member.name !== row.member.id ? el("div", { class: "soft" }, told(row.member.name)) : "";
  return el("tr", {},
    el("td", {}, el("span", { class: `tag ${row.action}` }, `${row.symbol} ${word}`)),
    el("th", { scope: "row" }, el("span", { class: "address" }, told(row.address)), name),
    el("td", {}, fieldList(row)), el("td", {}, told(row.why)), el("td", {}, place(row.place)));
}

function fieldList(row) {
  const one = (field) => {
    const name = el("strong", {}, told(field.path));
    if (field.lines) return el("li", {}, name, el("pre", { class: "lines" }, told(field.lines.join("\n"))));
    const parts = [field.before, field.after].filter((text) => text !== undefined).map(told);
    const between = parts.length > 1 ? [parts[0], " → ", parts[1]] : parts;
    const verdict = field.better === undefined ? "" : el("span", { class: field.better ? "better" : "worse" }, `${arrow(field.better)} ${field.better ? "better" : "worse"}`);
    return el("li", {}, name, ": ", between, verdict);
  };
  return row.said.fields.length ? el("ul", { class: "fields" }, row.said.fields.map(one)) : el("span", { class: "soft" }, "no field");
}
