// The player: the video at the moment, and its emotions over time to click on.

import { api, file, strip } from "./api.js";
import { clock, h, s, titleOf } from "./dom.js";
import { dot, hue, strongest } from "./moods.js";
import { change, state, toggleExample } from "./state.js";

const HEIGHT = 84;
const FLAT = 8; // where no mood was seen at all
const dialog = () => document.getElementById("player");
let playing = null;

export async function showPlayer() {
  const wanted = state.play;
  if (!wanted) return close();
  if (playing && playing.video === wanted.video && dialog().open) return seek(wanted.time);
  close();
  playing = { video: wanted.video };
  const video = h("video", { controls: true, playsInline: true, preload: "metadata", src: `${file(wanted.video)}#t=${wanted.time}` });
  const title = h("h2", { id: "player-title" }, "…");
  const body = h("div", { class: "player-body" });
  video.addEventListener("loadedmetadata", () => { video.currentTime = wanted.time; video.play().catch(() => {}); }, { once: true });
  video.addEventListener("error", () => body.prepend(h("p", { class: "banner" }, "This browser cannot play the file; its frames and moods are below.")));
  dialog().replaceChildren(
    h("div", { class: "player-head" }, title, h("button", { type: "button", autofocus: true, onclick: leave }, "Close")),
    h("div", { class: "screen" }, video), body);
  dialog().showModal();
  playing.element = video;
  try {
    const timeline = await api.timeline(wanted.video);
    if (!playing || playing.video !== wanted.video) return;
    title.textContent = titleOf(timeline.video);
    body.append(...details(timeline, video));
  } catch (error) {
    title.textContent = "Not here";
    body.append(h("p", { class: "bad" }, error.message));
  }
}

export const leave = () => change({ play: null });

function close() {
  if (playing && playing.element) { playing.element.pause(); playing.element.removeAttribute("src"); playing.element.load(); }
  playing = null;
  if (dialog().open) dialog().close();
}

function seek(time) {
  if (playing.element && playing.element.readyState) playing.element.currentTime = time;
}

function details(timeline, video) {
  const { duration } = timeline.video;
  const name = titleOf(timeline.video);
  const head = h("div", { class: "head" });
  const now = h("div", { class: "now" });
  const bar = h("div", { class: "timeline", role: "slider", tabIndex: 0, "aria-label": `Emotions over time of ${name}`, "aria-valuemin": "0", "aria-valuemax": String(Math.ceil(duration)) },
    drawing(timeline), h("img", { src: strip(timeline.video.id), alt: "" }), head);
  const at = (time) => timeline.stretches.findLast((part) => part.start <= time + 0.01) || timeline.stretches[0];
  const tell = () => {
    const time = video.currentTime || 0;
    const part = at(time);
    head.style.setProperty("left", `${(100 * time) / duration}%`);
    bar.setAttribute("aria-valuenow", String(Math.round(time)));
    const seen = part ? strongest(part.emotions) : [];
    bar.setAttribute("aria-valuetext", `${clock(time)}: ${seen.map(([emotion]) => emotion).join(", ") || "no mood seen"}`);
    now.replaceChildren(h("strong", {}, clock(time)), ...(seen.length ? seen.map(([emotion, level]) => h("span", { class: "row" }, dot(emotion), `${emotion} ${Math.round(level * 100)}%`)) : [h("span", {}, "no mood seen")]), part && part.caption ? h("span", {}, `“${part.caption}”`) : "");
  };
  const go = (time) => { video.currentTime = Math.max(0, Math.min(time, duration - 0.05)); tell(); };
  bar.addEventListener("click", (event) => { const box = bar.getBoundingClientRect(); go(((event.clientX - box.left) / box.width) * duration); });
  bar.addEventListener("keydown", (event) => {
    const place = timeline.stretches.indexOf(at(video.currentTime));
    const starts = timeline.stretches.map((part) => part.start);
    const to = { ArrowRight: starts[place + 1] ?? duration, ArrowLeft: starts[place - 1] ?? 0, Home: 0, End: duration }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  video.addEventListener("timeupdate", tell);
  video.addEventListener("seeked", tell);
  tell();
  return [bar, now, actions(timeline, video, at)];
}

function actions(timeline, video, at) {
  const moment = () => ({ video: timeline.video.id, time: at(video.currentTime)?.start ?? 0 });
  const refine = (side) => () => { const marked = moment(); change({ play: null }); toggleExample(side, marked); };
  const similar = () => change({ play: null, view: "search", text: "", emotions: null, picture: null, unlike: [], like: [moment()] });
  const { width, height, fps, location } = timeline.video;
  return h("div", { class: "row" }, h("button", { type: "button", onclick: similar }, "Find similar moments"), h("button", { type: "button", onclick: refine("like") }, "More like this"),
    h("button", { type: "button", onclick: refine("unlike") }, "Less like this"), h("span", { class: "caption", title: location }, `${width} × ${height}, ${fps.toFixed(0)} fps, ${clock(timeline.video.duration)}`));
}

function drawing({ stretches, video, observes }) {
  const moody = stretches.some((part) => strongest(part.emotions, 1).length);
  const picture = s("svg", { viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const part of stretches) {
    let top = HEIGHT;
    const [x, width] = [(1000 * part.start) / video.duration, (1000 * (part.end - part.start)) / video.duration];
    for (const emotion of observes) {
      const tall = Math.min(part.emotions[emotion] || 0, 1) * (HEIGHT - 6);
      if (tall < 0.5) continue;
      top -= tall;
      picture.append(s("rect", { x: x + 1, y: Math.max(top, 0), width: Math.max(width - 2, 1), height: tall, style: { fill: hue(emotion) } }));
    }
    if (top === HEIGHT) picture.append(s("rect", { x: x + 1, y: HEIGHT - 3, width: Math.max(width - 2, 1), height: 3, style: { fill: "var(--line)" } }));
  }
  picture.style.setProperty("height", `${moody ? HEIGHT : FLAT}px`);
  return picture;
}
