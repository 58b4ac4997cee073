// Two strategies side by side, with a line between the places of each moment.

import { api } from "../api.js";
import { shot } from "../cards.js";
import { h, later, s, titleOf } from "../dom.js";
import { readText } from "../desk.js";
import { change, query, state } from "../state.js";

const SHOWN = 10;
let turn = 0;
let kept = null;

export function showCompare(main, setup) {
  if (!state.right) state.right = setup.fusion === state.left ? setup.fusions.find((name) => name !== state.left) : setup.fusion;
  if (!kept || !kept.root.isConnected) kept = build(main, setup);
  if (document.activeElement !== kept.box) kept.box.value = state.text;
  kept.left.value = state.left;
  kept.right.value = state.right;
  readText();
  return run();
}

function build(main, setup) {
  const box = h("input", { type: "search", id: "query", maxLength: 1000, autocomplete: "off", placeholder: "a joyful person", "aria-label": "What to compare the strategies by" });
  const form = h("form", { class: "ask", role: "search", onsubmit: (event) => { event.preventDefault(); change({ text: box.value }); } }, box, h("button", { class: "main" }, "Compare"));
  box.addEventListener("input", later(() => change({ text: box.value }, { replace: true }), 400));
  const pick = (side, label) => h("select", { "aria-label": label, id: `strategy-${side}`, onchange: (event) => change({ [side]: event.target.value }) }, setup.fusions.map((name) => h("option", { value: name }, name)));
  const [left, right] = [pick("left", "Left strategy"), pick("right", "Right strategy")];
  const note = h("div");
  const table = h("div", { class: "versus" });
  const root = h("div", {}, h("div", { class: "status" }, h("h1", {}, "Compare two strategies")), form, note, table);
  main.replaceChildren(root);
  return { root, box, left, right, note, table };
}

async function run() {
  const now = ++turn;
  const view = kept;
  if (!state.text.trim() && !state.like.length && !state.emotions) {
    view.table.replaceChildren(h("header", {}, view.left), h("span"), h("header", {}, view.right));
    view.note.replaceChildren(h("p", { class: "empty" }, "Ask something, and see what each strategy makes of it."));
    return;
  }
  const answers = await Promise.allSettled([state.left, state.right].map((fusion) => api.search({ ...query(), ...weightFor(fusion), fusion, top: SHOWN })));
  if (now !== turn) return;
  const failed = answers.filter((answer) => answer.status === "rejected").map((answer) => h("p", { class: "banner", role: "alert" }, answer.reason.message));
  view.note.replaceChildren(...failed);
  const [a, b] = answers.map((answer) => (answer.status === "fulfilled" ? answer.value.hits : []));
  draw(view, a, b);
}

const weightFor = (fusion) => (fusion === "baseline" ? { weight: null } : {});
const key = (hit) => `${hit.video}@${hit.start}`;

function draw(view, a, b) {
  const lines = s("svg", { "aria-hidden": "true" });
  view.table.replaceChildren(column(view.left, a, b, false), h("div", {}, lines), column(view.right, b, a, true));
  requestAnimationFrame(() => connect(view.table, lines, a, b));
}

function column(select, hits, others, told) {
  const before = new Map(others.map((hit) => [key(hit), hit.rank]));
  return h("section", { "aria-label": select.value }, h("header", {}, select), h("ol", {}, hits.map((hit) =>
    h("li", { class: hit.weak ? "weak" : "", "data-key": key(hit), "data-name": hit.name }, h("span", { class: "place" }, String(hit.rank)), shot(hit, { rank: false, width: 160 }), h("h3", { title: hit.location }, titleOf(hit)), told ? shift(before.get(key(hit)), hit.rank) : h("span")))));
}

function shift(before, now) {
  if (before === undefined) return h("span", { class: "shift up" }, "new");
  if (before === now) return h("span", { class: "shift same" }, "same");
  const [name, sign] = before > now ? ["up", "▲"] : ["down", "▼"];
  return h("span", { class: `shift ${name}`, "aria-label": `${name} by ${Math.abs(before - now)}` }, `${sign} ${Math.abs(before - now)}`);
}

function connect(table, lines, a, b) {
  const box = lines.getBoundingClientRect();
  const height = (section, hit) => {
    const row = table.querySelector(`section:${section} [data-key="${CSS.escape(key(hit))}"]`);
    const place = row.getBoundingClientRect();
    return place.top + place.height / 2 - box.top;
  };
  lines.setAttribute("viewBox", `0 0 ${box.width} ${Math.max(box.height, 1)}`);
  const places = new Map(b.map((hit) => [key(hit), hit]));
  for (const hit of a) {
    const there = places.get(key(hit));
    if (!there) continue;
    const [y1, y2, half] = [height("first-child", hit), height("last-child", there), box.width / 2];
    const kind = there.rank < hit.rank ? "up" : there.rank > hit.rank ? "down" : "same";
    lines.append(s("path", { class: kind, d: `M4 ${y1} C${half} ${y1} ${half} ${y2} ${box.width - 4} ${y2}` }));
  }
}
