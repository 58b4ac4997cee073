// Start: what there is to choose from, the views, links, keys, and Back.

import { api } from "./api.js";
import { buildDesk, showDesk } from "./desk.js";
import { h } from "./dom.js";
import { leave, showPlayer } from "./player.js";
import { address, change, onChange, readAddress, state } from "./state.js";
import { showCompare } from "./views/compare.js";
import { leaveLibrary, showLibrary } from "./views/library.js";
import { showMap } from "./views/map.js";
import { showMoods } from "./views/moods.js";
import { showSearch } from "./views/search.js";

const VIEWS = {
  search: { title: "Search", show: showSearch, tools: true },
  moods: { title: "Moods", show: showMoods },
  recommend: { title: "For you", show: showSearch, tools: true },
  compare: { title: "Compare", show: showCompare, tools: true },
  map: { title: "Map", show: showMap },
  library: { title: "Library", show: showLibrary },
};
const main = document.getElementById("main");
let setup = null;
let shown = null;

async function start() {
  try {
    setup = await api.setup();
  } catch (error) {
    main.replaceChildren(h("p", { class: "banner", role: "alert" }, error.message));
    return;
  }
  buildDesk(setup);
  readAddress(setup.emotions);
  onChange(render);
  addEventListener("popstate", () => { readAddress(setup.emotions); render({}); });
  document.addEventListener("click", follow);
  document.addEventListener("keydown", keys);
  document.getElementById("player").addEventListener("cancel", (event) => { event.preventDefault(); leave(); });
  document.getElementById("player").addEventListener("click", (event) => { if (event.target === event.currentTarget) leave(); });
  render({});
  tellHealth();
}

function render(changes) {
  if (!VIEWS[state.view]) state.view = "search";
  const view = VIEWS[state.view];
  const onlyPlays = Object.keys(changes).length === 1 && "play" in changes && shown === state.view;
  showTabs();
  showPlayer();
  if (onlyPlays) return;
  document.querySelector(".frame").classList.toggle("wide", !view.tools);
  document.getElementById("desk").hidden = !view.tools;
  document.title = [state.text, view.title, "moodreel"].filter(Boolean).join(" · ");
  if (view.tools) showDesk();
  if (shown === "library" && state.view !== "library") leaveLibrary();
  const stays = shown === state.view && !view.tools && Object.keys(changes).length === 0;
  shown = state.view;
  Promise.resolve(stays && main.childElementCount ? null : view.show(main, setup)).catch((error) => {
    main.replaceChildren(h("p", { class: "banner", role: "alert" }, error.message));
  });
}

function showTabs() {
  const tabs = Object.entries(VIEWS).map(([name, view]) => h("li", {}, h("a", { href: address({ view: name, play: null }), "data-link": true, "aria-current": name === state.view ? "page" : null }, view.title)));
  const list = document.getElementById("tabs");
  const focused = [...list.querySelectorAll("a")].indexOf(document.activeElement);
  list.replaceChildren(...tabs);
  const current = list.querySelector("[aria-current]");
  if (current) list.scrollLeft = current.offsetLeft - list.offsetLeft - 40;
  if (focused >= 0) list.querySelectorAll("a")[focused].focus();
}

function follow(event) {
  const link = event.target.closest("a[data-link]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  history.pushState(null, "", link.getAttribute("href"));
  readAddress(setup.emotions);
  shown = null;
  render({});
  scrollTo(0, 0);
}

function keys(event) {
  const typing = event.target.matches("input, select, textarea");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const box = document.getElementById("query");
  if (box) box.focus();
  else change({ view: "search" });
}

async function tellHealth() {
  const health = await api.health();
  const notice = document.getElementById("notice");
  const lines = health.lacks.map((lack) => h("li", {}, h("strong", {}, `${lack.part}: `), lack.problem));
  if (health.status === "empty" && !lines.length) lines.push(h("li", {}, "The index is empty. Add videos in the library, or with: moodreel index VIDEOS"));
  notice.hidden = !lines.length;
  notice.replaceChildren(h("ul", {}, lines));
}

start();
