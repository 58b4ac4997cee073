// Hits as cards: a frame, the moment, its mood, and why it is here.

import { file, frame } from "./api.js";
import { clock, h, titleOf } from "./dom.js";
import { moodBar } from "./moods.js";
import { change, same, state, toggleExample } from "./state.js";

const PREVIEW_AFTER = 180;

export const middle = (hit) => (hit.start + hit.end) / 2;
export const momentOf = (hit) => ({ video: hit.video, time: hit.start });

export function shot(hit, { rank = true, width = 320 } = {}) {
  const label = `Play ${titleOf(hit)} at ${clock(hit.start)}`;
  const button = h("button", { class: "shot", type: "button", "aria-label": label, onclick: () => change({ play: momentOf(hit) }) },
    h("img", { src: frame(hit.video, middle(hit), width), alt: "", loading: "lazy", width: 320, height: 180 }),
    rank && h("span", { class: "rank", "aria-hidden": "true" }, String(hit.rank)),
    hit.weak && h("span", { class: "flag" }, "weak match"),
    h("span", { class: "time", "aria-hidden": "true" }, `${clock(hit.start)}–${clock(hit.end)}`));
  preview(button, hit);
  return button;
}

function preview(button, hit) {
  let timer = null;
  let video = null;
  const start = () => {
    video = h("video", { muted: true, playsInline: true, loop: true, src: `${file(hit.video)}#t=${hit.start}`, "aria-hidden": "true", tabIndex: -1 });
    video.addEventListener("timeupdate", () => { if (video && video.currentTime > hit.end) video.currentTime = hit.start; });
    video.addEventListener("error", stop);
    button.append(video);
    video.play().catch(() => {});
  };
  const stop = () => {
    clearTimeout(timer);
    if (video) { video.pause(); video.removeAttribute("src"); video.load(); video.remove(); }
    video = null;
  };
  button.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") timer = setTimeout(start, PREVIEW_AFTER); });
  button.addEventListener("pointerleave", stop);
  button.addEventListener("click", stop);
}

export function card(hit, { refine = true } = {}) {
  const moment = momentOf(hit);
  const pressed = (side) => state[side].some((known) => same(known, moment));
  const act = (side, text, key) => h("button", {
    type: "button", "aria-pressed": String(pressed(side)), "aria-keyshortcuts": key,
    "aria-label": `${text}: ${titleOf(hit)} at ${clock(hit.start)}`, onclick: () => toggleExample(side, moment),
  }, text);
  const element = h("li", { class: hit.weak ? "card weak" : "card", "data-video": String(hit.video), "data-name": hit.name },
    shot(hit),
    h("div", { class: "facts" },
      h("h3", { title: hit.location }, hit.name),
      hit.folder && h("p", { class: "folder", title: hit.location }, `in ${hit.folder}`),
      hit.caption && h("p", { class: "caption" }, hit.caption),
      (hit.matches || []).map(({ place, text }) => h("p", { class: "said" }, h("strong", {}, `${place}: `), text)),
      moodBar(hit.emotions),
      h("p", { class: "why" }, hit.why),
      refine && h("div", { class: "acts" }, act("like", "More like this", "+"), act("unlike", "Less like this", "-"))));
  element.addEventListener("keydown", (event) => {
    if (!refine || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+") toggleExample("like", moment);
    else if (event.key === "-") toggleExample("unlike", moment);
    else return;
    event.preventDefault();
  });
  return element;
}
