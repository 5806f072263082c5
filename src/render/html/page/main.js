// Puts the page together.
function counts() {
  const { add, change, destroy, held, unmanaged, noop } = plan.counts;
  const all = [[add, "to add"], [change, "to change"], [destroy, "to destroy"], [held, "held"], [noop, "as they should be"], [unmanaged, "unmanaged, left alone"]];
  byId("counts").append(...all.map(([count, label]) => el("li", {}, el("b", {}, count.toLocaleString("en")), label)));
}

function aheadSection() {
  if (!plan.ahead.length) return;
  const row = (moment) => el("tr", {}, el("th", { scope: "row" }, moment.at), el("td", {}, moment.event), el("td", {}, el("span", { class: "address" }, told(moment.what))),
    el("td", { class: "number" }, moment.count.toLocaleString("en")), el("td", {}, told(moment.names)));
  const body = el("tbody");
  const pages = pager("Pages of what comes", 50, (from, to) => body.replaceChildren(...plan.ahead.slice(from, to).map(row)));
  const table = el("table", { "aria-label": "What comes" }, headed(["When", "What", "Of", "#How many", "Some of them"]), body);
  pages.reset(plan.ahead.length);
  section("ahead", "What comes, once this is applied", wide("Table of what comes", table), pages.bar);
}

function about() {
  const list = el("dl", {}, plan.about.map(([what, value]) => [el("dt", {}, what), el("dd", {}, told(value))]));
  byId("about").append(list);
}

function contents() {
  const link = (whole) => el("li", {}, el("a", { href: `#${whole.id}` }, whole.querySelector("h2").textContent));
  byId("contents").append(el("ul", {}, [...document.querySelectorAll("main > section")].map(link)));
}

const groupedKinds = plan.kinds.filter((kind) => kind.head);
counts();
if (rows.length || plan.checks.length) firstSection();
if (rows.length) {
  groupedKinds.forEach(glanceSection);
  changesSection();
  groupedKinds.forEach(matrixSection);
}
coverageSection();
aheadSection();
about();
contents();
if (rows.length) apply();
else for (const listen of listeners) listen();

// On paper there is more of the list, and all maps that are on the page.
const PAPER = 1000;
addEventListener("beforeprint", () => {
  if (list) list.reset(found.length, PAPER);
  for (const chart of document.querySelectorAll("details.chart")) { chart.fill(); chart.open = true; }
});
addEventListener("afterprint", () => { if (list) list.reset(found.length, PAGE); });
