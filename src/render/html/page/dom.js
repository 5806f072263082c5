
"use strict";
// Elements are made with text nodes and properties only: nothing of a plan is ever parsed as markup.
const byId = (id) => document.getElementById(id);

function el(tag, options, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(options || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "on") for (const [event, call] of Object.entries(value)) node.addEventListener(event, call);
    else if (key === "class") node.className = value;
    else if (value === true) node.setAttribute(key, "");
    else node.setAttribute(key, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

// A text of the plan: one that is written from right to left stays within itself.
const told = (text) => el("bdi", {}, text);
const counted = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

function section(id, title, ...children) {
  const heading = el("h2", { id: `${id}-title` }, title);
  const whole = el("section", { id, "aria-labelledby": `${id}-title` }, heading, ...children);
  byId("main").append(whole);
  return whole;
}

// A region that scrolls sideways can be reached and scrolled with the keyboard.
function wide(label, table) {
  return el("div", { class: "scroll", role: "region", "aria-label": label, tabindex: "0" }, table);
}

function headed(titles) {
  const cell = (title) => {
    const number = title.startsWith("#");
    return el("th", { scope: "col", class: number && "number" }, number ? title.slice(1) : title);
  };
  return el("thead", {}, el("tr", {}, titles.map(cell)));
}

// Shows a part of many things at a time. `show(from, to)` draws that part.
function pager(label, size, show) {
  let page = 0;
  let total = 0;
  let step = size;
  const text = el("span", { "aria-live": "polite" });
  const move = (by) => { page += by; draw(); };
  const back = el("button", { type: "button", on: { click: () => move(-1) } }, "Previous");
  const next = el("button", { type: "button", on: { click: () => move(1) } }, "Next");
  const bar = el("div", { class: "pager", role: "group", "aria-label": label }, back, next, text);
  function draw() {
    const from = page * step;
    const to = Math.min(total, from + step);
    back.disabled = page === 0;
    next.disabled = to >= total;
    bar.hidden = total <= step;
    text.textContent = `${(from + 1).toLocaleString("en")} to ${to.toLocaleString("en")} of ${total.toLocaleString("en")}`;
    show(from, to);
  }
  return {
    bar,
    // Begins anew, with so many things.
    reset(count, size = step) { total = count; step = size; page = 0; draw(); },
    size,
  };
}
