// The index as a map: what shows like things lies close, coloured by mood.

import { api, frame } from "../api.js";
import { clock, h, s } from "../dom.js";
import { dot, hue } from "../moods.js";
import { change } from "../state.js";

const [WIDTH, HEIGHT, MARGIN] = [1000, 560, 44];
const THUMB = 74;
const MOST_PICTURED = 80; // beyond it points are dots, and the frame shows when one is looked at

export async function showMap(main, setup) {
  main.replaceChildren(h("div", { class: "status" }, h("h1", {}, "Map of the index")), h("p", { class: "busy" }, "Drawing …"));
  const { method, points } = await api.map();
  const tip = h("div", { class: "tip", hidden: true });
  const picture = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": "Segments; the arrow keys go to the nearest one" });
  const at = scale(points);
  const pictured = points.length <= MOST_PICTURED;
  const spots = points.map((point) => spot(point, at(point), pictured, tip));
  picture.append(...spots.map((one) => one.element));
  if (spots.length) spots[0].element.setAttribute("tabindex", "0");
  picture.addEventListener("keydown", (event) => walk(event, spots));
  const legend = h("div", { class: "legend" }, setup.emotions.filter((name) => points.some((point) => point.mood === name)).map((name) => h("span", {}, dot(name), name)), h("span", {}, h("span", { class: "dot" }), "no mood seen"));
  main.replaceChildren(h("div", { class: "status" }, h("h1", {}, "Map of the index"), h("span", {}, `${points.length} segments · ${method}`)), legend, h("div", { class: "chart" }, picture, tip));
}

function scale(points) {
  const range = (key) => [Math.min(...points.map((point) => point[key])), Math.max(...points.map((point) => point[key]))];
  const onto = ([low, high], size) => (value) => MARGIN + ((value - low) / (high - low || 1)) * (size - 2 * MARGIN);
  const [across, down] = [onto(range("x"), WIDTH), onto(range("y"), HEIGHT)];
  return (point) => [across(point.x), HEIGHT - down(point.y)];
}

function spot(point, [x, y], pictured, tip) {
  const style = point.mood ? { "--hue": hue(point.mood) } : {};
  const label = `${point.name} at ${clock(point.start)}${point.mood ? `, ${point.mood}` : ""}`;
  const play = () => change({ play: { video: point.video, time: point.start } });
  const show = () => place(tip, point, label, x, y);
  const hide = () => { tip.hidden = true; };
  const element = s("g", { class: "spot", role: "button", tabindex: "-1", "aria-label": `Play ${label}`, style, onclick: play, onpointerenter: show, onpointerleave: hide, onfocus: show, onblur: hide }, pictured ? thumb(point, x, y) : s("circle", { cx: x, cy: y, r: 6 + 5 * point.strength }));
  element.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); play(); } });
  return { element, x, y };
}

function thumb(point, x, y) {
  const box = { x: x - THUMB / 2, y: y - THUMB * 0.28, width: THUMB, height: THUMB * 0.56 };
  return [s("image", { href: frame(point.video, point.start + 1, 160), preserveAspectRatio: "xMidYMid slice", ...box }), s("rect", { rx: 4, ...box })];
}

function place(tip, point, label, x, y) {
  tip.replaceChildren(h("img", { src: frame(point.video, point.start + 1, 320), alt: "" }), h("p", {}, label));
  tip.hidden = false;
  tip.style.setProperty("left", x > WIDTH * 0.7 ? "auto" : `calc(${(100 * x) / WIDTH}% + 16px)`);
  tip.style.setProperty("right", x > WIDTH * 0.7 ? `calc(${100 - (100 * x) / WIDTH}% + 16px)` : "auto");
  tip.style.setProperty("top", `${Math.min((100 * y) / HEIGHT, 70)}%`);
}

function walk(event, spots) {
  const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const here = spots.find((one) => one.element === document.activeElement);
  if (!way || !here) return;
  event.preventDefault();
  const ahead = spots.map((one) => ({ one, along: (one.x - here.x) * way[0] + (one.y - here.y) * way[1], far: Math.hypot(one.x - here.x, one.y - here.y) })).filter((next) => next.along > 1);
  if (!ahead.length) return;
  const next = ahead.reduce((best, other) => (other.far / other.along + other.far / 400 < best.far / best.along + best.far / 400 ? other : best)).one;
  here.element.setAttribute("tabindex", "-1");
  next.element.setAttribute("tabindex", "0");
  next.element.focus();
}
