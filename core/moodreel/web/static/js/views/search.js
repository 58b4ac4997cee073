// Searching and being recommended: a box, what was read in it, and cards.

import { api, frame } from "../api.js";
import { card } from "../cards.js";
import { readText } from "../desk.js";
import { clock, h, later, say } from "../dom.js";
import { moodChip } from "../moods.js";
import { asks, change, query, state, toggleExample } from "../state.js";

const IDEAS = ["a joyful person", "rocket launch", "people riding bicycles in the street", "a sad man", "an ancient temple"];
let asked = 0;
let aborter = null;
let kept = null;

export function showSearch(main) {
  if (!kept || kept.main !== main || kept.view !== state.view || !kept.root.isConnected) kept = build(main);
  if (document.activeElement !== kept.box) kept.box.value = state.text;
  read();
  return run();
}

function build(main) {
  const recommending = state.view === "recommend";
  const box = h("input", { type: "search", id: "query", name: "q", maxLength: 1000, autocomplete: "off", spellcheck: false,
    placeholder: "two friends at a party, joyful", "aria-label": "What it shows and how it feels" });
  const form = h("form", { class: "ask", role: "search", onsubmit: (event) => { event.preventDefault(); submit(); } }, box, h("button", { class: "main" }, "Search"));
  const asking = () => box.value === state.text;
  // What is asked for already is not asked again: new cards would take the place of the focused one.
  const submit = () => { if (!asking() || !grid.childElementCount) change({ text: box.value }); };
  const typed = later(() => { if (!asking()) change({ text: box.value }, { replace: true }); }, 350);
  box.addEventListener("input", typed);
  const chips = h("div", { class: "chips", id: "read" });
  const status = h("div", { class: "status" });
  const note = h("div");
  const grid = h("ul", { class: "grid", id: "hits" });
  const root = h("div", {}, recommending ? null : form, chips, status, note, grid);
  main.replaceChildren(root);
  return { main, view: state.view, root, box, chips, status, note, grid, recommending };
}

async function read() {
  const view = kept;
  showChips(view, {});
  const emotions = await readText();
  if (emotions && view === kept) showChips(view, emotions);
}

function showChips(view, found) {
  const mood = Object.entries(state.emotions || found).filter(([, level]) => Math.abs(level) >= 0.01);
  const lead = state.emotions ? "Mood, set by you:" : "Mood read in the text:";
  const example = (side, text) => (moment) => h("span", { class: "chip" }, h("img", { src: frame(moment.video, moment.time + 0.5, 160), alt: "" }), `${text} ${clock(moment.time)}`,
    h("button", { type: "button", "aria-label": `Forget this example at ${clock(moment.time)}`, onclick: () => toggleExample(side, moment) }, "✕"));
  view.chips.replaceChildren(...(mood.length ? [h("span", {}, lead), ...mood.map(([name, level]) => moodChip(name, level))] : []),
    ...state.like.map(example("like", "more like")), ...(state.view === "recommend" ? [] : state.unlike.map(example("unlike", "less like"))));
}

async function run() {
  const turn = ++asked;
  const view = kept;
  aborter?.abort();
  const mood = state.emotions && Object.values(state.emotions).some(Boolean);
  if (view.recommending ? !(state.like.length || mood) : !asks()) return idle(view);
  aborter = new AbortController();
  view.grid.classList.add("busy");
  try {
    const answer = await (view.recommending ? api.recommend(wish(), aborter.signal) : api.search({ ...query(), top: 24 }, aborter.signal));
    if (turn === asked) showAnswer(view, answer);
  } catch (error) {
    if (turn === asked && error.name !== "AbortError") fail(view, error);
  } finally {
    if (turn === asked) view.grid.classList.remove("busy");
  }
}

function wish() {
  const { emotions, weight, fusion, like, filters } = query();
  return { emotions, weight, fusion, like, filters, top: 12 };
}

function idle(view) {
  view.status.replaceChildren(h("h1", {}, view.recommending ? "Recommended for you" : "Find moments by what they show and how they feel"));
  view.grid.replaceChildren();
  const ideas = IDEAS.map((text) => h("button", { type: "button", onclick: () => change({ text }) }, text));
  view.note.replaceChildren(view.recommending
    ? h("div", { class: "empty" }, h("h2", {}, "Nothing to go by yet"), h("p", {}, "Press “More like this” on moments you like, or wish for a mood with the sliders."))
    : h("div", { class: "empty" }, h("h2", {}, "What do you want to see?"), h("p", {}, "Describe it, drop a picture, or move a slider. For example:"), h("div", { class: "row", style: { "justify-content": "center", "margin-top": "14px" } }, ideas)));
  return undefined;
}

function showAnswer(view, answer) {
  const strong = answer.hits.filter((hit) => !hit.weak).length;
  const count = `${answer.hits.length} ${view.recommending ? "videos" : "moments"}`;
  const words = strong < answer.hits.length && strong && !view.recommending ? `${count}, ${strong} of them confident` : count;
  view.status.replaceChildren(h("h1", {}, view.recommending ? "Recommended for you" : "Moments"), h("span", {}, `${words} · ${Math.round(answer.milliseconds)} ms`));
  if (view.recommending) for (const hit of answer.hits) hit.weak = false; // each has its reason
  const focused = focusedCard(view.grid);
  view.grid.replaceChildren(...answer.hits.map((hit) => card(hit)));
  restoreFocus(view.grid, focused);
  const none = !answer.hits.length ? ["Nothing found", "Loosen the filters, or ask for something else."]
    : !answer.confident && !view.recommending ? ["Nothing matches with confidence", "An unrelated query would score as well. What comes nearest is shown."] : null;
  const notes = (answer.notes || []).map((note) => h("div", { class: "banner note" }, note));
  view.note.replaceChildren(...(none ? [h("div", { class: "banner", id: "weak" }, h("strong", {}, none[0]), none[1])] : []), ...notes);
  say([none ? `${none[0]}. ${none[1]}` : words, ...(answer.notes || [])].join(" "));
}

function focusedCard(grid) {
  const at = document.activeElement;
  const place = grid.contains(at) ? at.closest(".card") : null;
  return place && { video: place.dataset.video, place: [...place.querySelectorAll("button")].indexOf(at) };
}

function restoreFocus(grid, focused) {
  if (!focused) return;
  const there = grid.querySelector(`[data-video="${CSS.escape(focused.video)}"]`) || grid.firstElementChild;
  there?.querySelectorAll("button")[Math.max(focused.place, 0)]?.focus({ preventScroll: true });
}

function fail(view, error) {
  view.grid.replaceChildren();
  view.status.replaceChildren(h("h1", {}, "That did not work"));
  view.note.replaceChildren(h("div", { class: "banner", role: "alert" }, error.message));
}
