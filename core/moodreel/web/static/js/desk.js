// The tools at the side: sliders for the mood, its weight, a picture, filters, the strategy.

import { api } from "./api.js";
import { h, later } from "./dom.js";
import { dot, hue } from "./moods.js";
import { change, state } from "./state.js";

const LONGEST_SIDE = 640;
const parts = { sliders: {}, read: {} };

const show = (level) => (level ? `${level > 0 ? "+" : "−"}${Math.abs(level).toFixed(2)}` : "0");
const settle = later((changes) => change(changes), 140);

export function buildDesk(setup) {
  const open = matchMedia("(min-width: 861px)").matches;
  const tools = h("details", { class: "tools", open }, h("summary", {}, "Mood, picture and filters"),
    moodGroup(setup), weightGroup(), pictureGroup(), moreGroup(setup));
  document.getElementById("desk").replaceChildren(tools);
  matchMedia("(min-width: 861px)").addEventListener("change", (event) => { if (event.matches) tools.open = true; });
}

function moodGroup(setup) {
  const rows = setup.emotions.map(slider);
  const unseen = setup.emotions.filter((emotion) => !setup.observed.includes(emotion));
  const told = unseen.length ? h("p", { class: "hint", id: "mood-unseen" }, `Nothing looks for ${unseen.join(", ")} in these videos: wishing for it changes nothing.`) : "";
  parts.source = h("p", { class: "hint", id: "mood-source" });
  parts.auto = h("button", { type: "button", class: "plain", onclick: () => change({ emotions: null }) }, "As the text says");
  const none = h("button", { type: "button", class: "plain", onclick: () => change({ emotions: {} }) }, "No mood");
  return h("fieldset", { class: "group", id: "moods" }, h("legend", {}, "Mood"), parts.source, rows,
    h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, "avoid"), h("span", {}, "wish")), told, h("div", { class: "row" }, parts.auto, none));
}

function slider(emotion) {
  const id = `mood-${emotion}`;
  const input = h("input", { type: "range", id, min: "-1", max: "1", step: "0.05", style: { "--hue": hue(emotion) }, "aria-describedby": "mood-source" });
  const output = h("output", { for: id });
  const row = h("div", { class: "slider" }, h("label", { for: id }, dot(emotion), emotion), input, output);
  const set = (level) => {
    input.value = String(level);
    const at = 50 + 50 * level;
    fillTrack(input, Math.min(50, at), Math.max(50, at));
    input.setAttribute("aria-valuetext", level < 0 ? `avoid, ${-level}` : `wish, ${level}`);
    output.textContent = show(level);
    row.classList.toggle("on", level !== 0);
  };
  input.addEventListener("input", () => {
    set(Number(input.value));
    settle({ emotions: { ...(state.emotions || rounded(parts.read)), [emotion]: Number(input.value) } });
  });
  parts.sliders[emotion] = set;
  return row;
}

const rounded = (levels) => Object.fromEntries(Object.entries(levels).map(([name, level]) => [name, Number(level.toFixed(2))]));

function fillTrack(input, from, to) {
  input.style.setProperty("--from", `${from}%`);
  input.style.setProperty("--to", `${to}%`);
}

function weightGroup() {
  const input = h("input", { type: "range", id: "weight", min: "0", max: "1", step: "0.05" });
  const output = h("output", { for: "weight" });
  const own = h("button", { type: "button", class: "plain", onclick: () => change({ weight: null }) }, "Back to auto");
  input.addEventListener("input", () => { output.textContent = Number(input.value).toFixed(2); fillTrack(input, 0, 100 * input.value); settle({ weight: Number(input.value) }); });
  parts.weight = () => {
    input.value = String(state.weight ?? 0.5);
    fillTrack(input, 0, 100 * input.value);
    output.textContent = state.weight === null ? "auto" : state.weight.toFixed(2);
    own.hidden = state.weight === null;
  };
  return h("div", { class: "group" }, h("h2", {}, h("label", { for: "weight" }, "Weight of mood against content")),
    h("div", { class: "slider pair" }, input, output), h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, "what it shows"), h("span", {}, "how it feels")), own);
}

function pictureGroup() {
  const input = h("input", { type: "file", class: "unseen", accept: "image/*", id: "picture", onchange: () => input.files[0] && take(input.files[0]) });
  const drop = h("label", { class: "drop", for: "picture" });
  const remove = h("button", { type: "button", class: "plain", onclick: () => { input.value = ""; change({ picture: null }); } }, "Remove the picture");
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]); });
  parts.picture = () => {
    const shown = state.picture ? [h("img", { src: state.picture.url, alt: "The picture that is searched with" }), "Searching with this picture"] : ["Choose a picture, or drop one here"];
    drop.replaceChildren(input, ...shown);
    remove.hidden = !state.picture;
  };
  return h("div", { class: "group" }, h("h2", {}, "Picture"), drop, remove);
}

async function take(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = h("canvas", { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)) });
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const url = canvas.toDataURL("image/jpeg", 0.9);
    change({ picture: { url, data: url.split(",")[1] } });
  } catch {
    change({ picture: null });
    document.getElementById("live").textContent = `${file.name} is no picture that this browser can read.`;
  }
}

const PLACES = { all: "everything", video: "what the video shows", captions: "captions", speech: "what is said", screen: "words on screen", names: "names of files and folders" };

function moreGroup(setup) {
  const options = [h("option", { value: "" }, `${setup.fusion} (the preset’s)`), ...setup.fusions.filter((name) => name !== setup.fusion).map((name) => h("option", { value: name }, name))];
  const fusion = h("select", { onchange: () => change({ fusion: fusion.value || null }) }, options);
  const inside = h("select", { onchange: () => change({ inside: inside.value }) }, Object.entries(PLACES).map(([value, name]) => h("option", { value }, name)));
  const path = h("input", { type: "text", maxLength: 200, placeholder: "part of a path", oninput: () => settle({ path: path.value }) });
  const seconds = (name) => h("input", { type: "number", min: "0", step: "1", onchange: (event) => change({ [name]: event.target.value === "" ? null : Math.max(0, Number(event.target.value)) }) });
  const [longer, shorter] = [seconds("longer"), seconds("shorter")];
  parts.more = () => {
    fusion.value = state.fusion || "";
    inside.value = state.inside;
    if (document.activeElement !== path) path.value = state.path;
    longer.value = state.longer ?? "";
    shorter.value = state.shorter ?? "";
  };
  return h("div", { class: "group" }, h("h2", {}, "Filters and strategy"),
    h("label", { class: "field" }, "Only videos with", path),
    h("div", { class: "two" }, h("label", { class: "field" }, "Seconds, at least", longer), h("label", { class: "field" }, "at most", shorter)),
    h("label", { class: "field" }, "Look into", inside), h("label", { class: "field" }, "Fusion strategy", fusion));
}

export function showDesk() {
  const levels = state.emotions || parts.read;
  for (const [emotion, set] of Object.entries(parts.sliders)) set(levels[emotion] || 0);
  parts.source.textContent = state.emotions ? "Set by you." : "Read from the text; move one to take over.";
  parts.auto.hidden = !state.emotions;
  parts.weight();
  parts.picture();
  parts.more();
}

let reader = null;

// Read the emotions of the text, unless they are set by hand, and show them on the sliders.
export async function readText() {
  reader?.abort();
  reader = new AbortController();
  const text = state.emotions || state.view === "recommend" ? "" : state.text.trim();
  try {
    parts.read = text ? await api.emotions(text, reader.signal) : {};
  } catch (error) {
    if (error.name === "AbortError") return null;
    parts.read = {};
  }
  showDesk();
  return parts.read;
}
