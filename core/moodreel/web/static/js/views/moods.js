// Browsing without a word: a shelf for each emotion.

import { api } from "../api.js";
import { card } from "../cards.js";
import { h } from "../dom.js";
import { dot } from "../moods.js";
import { address } from "../state.js";

export async function showMoods(main) {
  main.replaceChildren(h("div", { class: "status" }, h("h1", {}, "Browse by mood")), h("p", { class: "busy" }, "Looking …"));
  const shelves = await api.moods();
  const filled = shelves.filter((shelf) => shelf.hits.length);
  const bare = shelves.filter((shelf) => !shelf.hits.length).map((shelf) => shelf.emotion);
  main.replaceChildren(h("div", { class: "status" }, h("h1", {}, "Browse by mood")), h("div", { class: "shelves" }, filled.map(row)),
    bare.length ? h("p", { class: "empty" }, `Nothing in this index shows ${bare.join(", ")}.`) : "");
}

function row(shelf) {
  const all = address({ view: "search", text: "", emotions: { [shelf.emotion]: 1 }, weight: null, like: [], unlike: [], play: null });
  return h("section", { class: "shelf", "aria-label": shelf.emotion }, h("h2", {}, dot(shelf.emotion), shelf.emotion, h("a", { href: all, "data-link": true, "aria-label": `All of ${shelf.emotion}` }, "all")),
    h("ul", {}, shelf.hits.map((hit) => card(hit, { refine: false }))));
}
