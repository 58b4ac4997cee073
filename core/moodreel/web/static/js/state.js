// What is asked for, and its form in the address, so that a search can be shared and Back works.

const EMPTY = {
  view: "search", text: "", emotions: null, weight: null, fusion: null, inside: "all",
  like: [], unlike: [], path: "", longer: null, shorter: null, left: "baseline", right: null, play: null,
};

export const state = { ...structuredClone(EMPTY), picture: null };
const listeners = [];

export const onChange = (listener) => listeners.push(listener);

const number = (text) => (text === null || text === "" || !Number.isFinite(Number(text)) ? null : Number(text));

function readMoment(text) {
  const [video, time] = text.split("@").map(Number);
  return Number.isInteger(video) && video > 0 && time >= 0 ? { video, time } : null;
}

function readMoments(text) {
  return (text || "").split(",").map(readMoment).filter(Boolean).slice(0, 20);
}

function readEmotions(text, known) {
  if (text === null) return null;
  const pairs = text.split(",").map((part) => part.split(":"));
  const wanted = {};
  for (const [name, value] of pairs) {
    const level = Number(value);
    if (known.includes(name) && level >= -1 && level <= 1) wanted[name] = level;
  }
  return wanted;
}

export function readAddress(known) {
  const at = new URLSearchParams(location.search);
  Object.assign(state, structuredClone(EMPTY), {
    view: at.get("view") || "search",
    text: (at.get("q") || "").slice(0, 1000),
    emotions: readEmotions(at.get("mood"), known),
    weight: number(at.get("weight")),
    fusion: at.get("fusion"),
    inside: ["video", "captions", "speech", "screen", "names"].includes(at.get("in")) ? at.get("in") : "all",
    like: readMoments(at.get("like")),
    unlike: readMoments(at.get("unlike")),
    path: at.get("path") || "",
    longer: number(at.get("longer")),
    shorter: number(at.get("shorter")),
    left: at.get("left") || EMPTY.left,
    right: at.get("right"),
    play: readMoment(at.get("play") || ""),
  });
}

const showMoment = ({ video, time }) => `${video}@${Number(time.toFixed(2))}`;

export function address(changes = {}) {
  const now = { ...state, ...changes };
  const at = new URLSearchParams();
  const put = (name, value) => value !== null && value !== "" && value !== undefined && at.set(name, value);
  if (now.view !== "search") at.set("view", now.view);
  put("q", now.text);
  if (now.emotions) at.set("mood", Object.entries(now.emotions).map(([name, level]) => `${name}:${level}`).join(","));
  put("weight", now.weight);
  put("fusion", now.fusion);
  if (now.inside !== "all") at.set("in", now.inside);
  put("like", now.like.map(showMoment).join(","));
  put("unlike", now.unlike.map(showMoment).join(","));
  put("path", now.path);
  put("longer", now.longer);
  put("shorter", now.shorter);
  if (now.view === "compare") {
    put("left", now.left);
    put("right", now.right);
  }
  if (now.play) at.set("play", showMoment(now.play));
  const query = at.toString().replaceAll("%3A", ":").replaceAll("%40", "@").replaceAll("%2C", ",");
  return query ? `/?${query}` : "/";
}

export function change(changes, { replace = false } = {}) {
  Object.assign(state, changes);
  const to = address();
  if (to !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", to);
  listeners.forEach((listener) => listener(changes));
}

export const same = (a, b) => a.video === b.video && Math.abs(a.time - b.time) < 0.05;

export function toggleExample(side, moment) {
  const other = side === "like" ? "unlike" : "like";
  const has = state[side].some((known) => same(known, moment));
  const without = (list) => list.filter((known) => !same(known, moment));
  change({ [side]: has ? without(state[side]) : [...state[side], moment].slice(-20), [other]: without(state[other]) });
}

export function query() {
  return {
    text: state.text, emotions: state.emotions, weight: state.weight, fusion: state.fusion, inside: state.inside,
    like: state.like, unlike: state.unlike, picture: state.picture && state.picture.data,
    filters: { path: state.path, longer: state.longer, shorter: state.shorter },
  };
}

export function asks() {
  const moods = state.emotions && Object.values(state.emotions).some(Boolean);
  return Boolean(state.text.trim() || moods || state.like.length || state.unlike.length || state.picture);
}
