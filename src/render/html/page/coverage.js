// Who can serve each hour: a map before and one after, for each queue and skill whose hours change.
const OPEN = 3;
const CHARTS = 20;

function coverageSection() {
  const { coverage } = plan;
  if (!coverage) return;
  const changing = coverage.resources.filter((chart) => chart.runs.length || chart.beyond.length);
  const silent = coverage.resources.filter((chart) => !chart.runs.length && !chart.beyond.length && chart.by.length && chart.touched);
  const box = el("div");
  const none = el("p", { class: "soft" }, changing.length ? "No coverage that the filters leave changes." : "No hour of the next seven days changes.");
  let shown = changing;
  const pages = pager("Pages of coverage", CHARTS, (from, to) =>
    box.replaceChildren(...shown.slice(from, to).map((chart, at) => chartOf(chart, at < OPEN))));
  const refresh = () => {
    const all = changing.filter(covers);
    if (all.length === shown.length && box.children.length && all.every((chart, at) => chart === shown[at])) return;
    shown = all;
    none.hidden = shown.length > 0;
    pages.reset(shown.length);
  };
  listeners.push(refresh);
  const share = (name, part, whole) => el("li", {}, told(name), `: ${part.toLocaleString("en")} of ${counted(whole, "agent")}`);
  const touched = silent.map((chart) => share(chart.address, chart.touched, chart.agents))
    .concat(coverage.teams.map(([name, part, whole]) => share(`team ${name}`, part, whole)));
  section("coverage", "Coverage by hour",
    el("p", { class: "soft" }, `How many agents can serve in the next seven days, before and after, by the clocks of `, told(coverage.zone), `; of ${counted(coverage.agents, "agent")}. A dot is an hour that the plan does not change.`),
    el("ul", { class: "key", "aria-label": "Key" }, ["▼ fewer than before", "▲ more than before", "! fewer than there should be", "the stronger the colour, the more agents"].map((text) => el("li", {}, text))),
    coverage.later ? el("p", {}, `Coverage also changes later, from ${coverage.later} on.`) : "",
    none, box, pages.bar,
    touched.length ? [el("h3", {}, "Agents touched"), el("ul", {}, touched)] : "");
}

function covers(chart) {
  const { resource, head } = wanted;
  const name = (chart.by.length ? chart.by : [chart.name]);
  if (head && !name.includes(head)) return false;
  if (resource && chart.address !== resource) {
    const skills = skillsOf.get(resource);
    return Boolean(!chart.by.length && skills && skills.has(chart.name));
  }
  return true;
}

function chartOf(chart, open) {
  const touched = chart.touched ? `; touches ${chart.touched.toLocaleString("en")} of ${counted(chart.agents, "agent")}` : "";
  const title = el("summary", {}, el("strong", { class: "address" }, told(chart.address)), ` · ${atWorst(chart)}${touched}`);
  const whole = el("details", { class: "chart", open }, title);
  const fill = () => { if (whole.children.length === 1) whole.append(maps(chart)); };
  whole.addEventListener("toggle", () => { if (whole.open) fill(); });
  whole.fill = fill;
  if (open) fill();
  return whole;
}

function maps(chart) {
  const most = Math.max(1, ...chart.runs.map((run) => Math.max(run.before, run.after)));
  const hours = new Map();
  for (const run of chart.runs) for (let at = run.from; at < run.to; at++) hours.set(run.day * 24 + at, run);
  const line = (run) => {
    const floor = run.floor === undefined ? "" : ` ! fewer than ${run.floor}`;
    const levels = run.levels ? ` (${run.levels})` : "";
    return el("li", {}, `${plan.coverage.days[run.day]} ${hour(run.from)}–${hour(run.to)}: ${run.before} → ${run.after}${floor}${levels}`);
  };
  const beyond = chart.beyond.map((text) => el("li", {}, text));
  const words = el("details", {}, el("summary", {}, "The same in words, with levels"), el("div", {}, el("ul", {}, chart.runs.map(line), beyond)));
  const by = chart.by.length ? el("p", { class: "soft" }, "Served by who holds one of: ", told(chart.by.join(", "))) : "";
  return el("div", {}, by, chart.runs.length ? el("div", {}, map(chart, "Before", hours, most), map(chart, "After", hours, most)) : "", words);
}

function map(chart, title, hours, most) {
  const after = title === "After";
  const numbers = [...Array(24).keys()];
  const top = el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Day"), numbers.map((at) => el("th", { scope: "col" }, String(at).padStart(2, "0")))));
  const cell = (run) => {
    if (!run) return el("td", {}, "·");
    const value = after ? run.after : run.before;
    const short = after && run.floor !== undefined;
    const moved = !after || run.after === run.before ? "" : run.after < run.before ? "less" : "more";
    const sign = short ? "!" : moved === "less" ? "▼" : moved === "more" ? "▲" : "";
    const node = el("td", { class: `known ${moved} ${short ? "short" : ""}`, title: run.levels || null }, `${value}${sign}`);
    node.style.setProperty("--share", String(0.12 + 0.5 * value / most));
    return node;
  };
  const day = (name, at) => el("tr", {}, el("th", { scope: "row" }, name), numbers.map((number) => cell(hours.get(at * 24 + number))));
  const columns = el("colgroup", {}, el("col", { class: "day" }), el("col", { span: "24" }));
  const table = el("table", { class: "heat" }, el("caption", {}, `${title}`), columns, top, el("tbody", {}, plan.coverage.days.map(day)));
  return wide(`${chart.address}: ${title.toLowerCase()}`, table);
}
