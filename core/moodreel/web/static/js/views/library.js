// The videos of the index, adding more, and what can run.

import { api, frame } from "../api.js";
import { clock, h, say, titleOf } from "../dom.js";
import { change } from "../state.js";

let source = null;

export async function showLibrary(main, setup) {
  const run = h("div", { class: "block", id: "indexing", hidden: true });
  const videos = h("div");
  const parts = h("div");
  main.replaceChildren(h("div", { class: "status" }, h("h1", {}, "Library")), folders(setup, run), run, videos, parts);
  listen(run, videos);
  await Promise.all([showVideos(videos), showParts(parts)]);
}

export function leaveLibrary() {
  source?.close();
  source = null;
}

function folders(setup, run) {
  const rows = setup.folders.map((folder) => h("div", { class: "row" }, h("button", { type: "button", class: "main", onclick: () => add(folder, run) }, `Index ${folder.name}`), h("code", {}, folder.path)));
  const none = h("p", {}, "Start the server with ", h("code", {}, "moodreel serve --add FOLDER"), " to add the videos of a folder from here.");
  return h("section", { class: "block", "aria-label": "Add videos" }, h("h2", {}, "Add videos"), rows.length ? rows : none);
}

async function add(folder, run) {
  try {
    showRun(run, await api.add(folder.id));
  } catch (error) {
    run.hidden = false;
    run.replaceChildren(h("p", { class: "bad", role: "alert" }, error.message));
  }
}

function listen(run, videos) {
  leaveLibrary();
  source = new EventSource("/api/indexing/events");
  let before = null;
  source.addEventListener("message", (event) => {
    const state = JSON.parse(event.data);
    showRun(run, state);
    if (before === "running" && state.state !== "running") { say(`Indexing ${state.state}`); showVideos(videos); }
    before = state.state;
  });
}

function showRun(run, state) {
  run.hidden = state.state === "idle";
  const counts = Object.entries(state.summary).map(([name, count]) => `${count} ${name}`).join(", ");
  const bar = h("progress", { max: Math.max(state.total, 1), value: state.done, "aria-label": "Videos done" });
  const bodies = {
    running: () => [h("h2", {}, `Indexing ${state.folder}`), bar, h("p", {}, `${Math.floor(state.done)} of ${state.total || "?"}: ${state.path || "looking for videos"}`)],
    done: () => [h("h2", {}, `${state.folder} is indexed`), h("p", {}, counts || "no videos found")],
    failed: () => [h("h2", {}, `${state.folder} could not be indexed`), h("p", { class: "bad" }, state.error)],
    idle: () => [],
  };
  const failures = state.failures.map((failure) => h("li", { class: "bad" }, `${failure.path}: ${failure.reason}`));
  run.replaceChildren(...bodies[state.state](), failures.length ? h("ul", { "aria-label": "Failures" }, failures) : "");
}

async function showVideos(block) {
  const videos = await api.videos();
  block.replaceChildren(h("section", { class: "block", "aria-label": "Videos" }, h("h2", {}, `Videos${videos.length === 100 ? ", the first 100" : ` (${videos.length})`}`),
    h("ul", { class: "grid" }, videos.map(tile))));
}

function tile(video) {
  return h("li", { class: "card" }, h("button", { class: "shot", type: "button", "aria-label": `Play ${titleOf(video)}`, onclick: () => change({ play: { video: video.id, time: 0 } }) },
    h("img", { src: frame(video.id, video.duration / 2), alt: "", loading: "lazy", width: 320, height: 180 }), h("span", { class: "time", "aria-hidden": "true" }, clock(video.duration))),
  h("div", { class: "facts" }, h("h3", { title: video.location }, titleOf(video))));
}

async function showParts(block) {
  const components = await api.components();
  const rows = components.map((part) => h("tr", {}, h("td", {}, part.kind.replaceAll("_", " ")), h("td", {}, part.used ? h("strong", {}, part.name) : part.name), h("td", { class: part.problem ? "bad" : "" }, part.problem || (part.used ? "in use" : "can run"))));
  block.replaceChildren(h("section", { class: "block", "aria-label": "Components" }, h("h2", {}, "Components"), h("div", { class: "scroll", tabIndex: 0, role: "group", "aria-label": "Table of components" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, ["kind", "name", "state"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows)))));
}
