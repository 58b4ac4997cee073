// Asking the server. An error carries the one line that the server gives.

async function ask(path, options = {}) {
  const response = await fetch(`/api/${path}`, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail || response.statusText);
  return answer;
}

const post = (path, body, signal) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });

export const api = {
  health: () => ask("health"),
  setup: () => ask("setup"),
  components: () => ask("components"),
  emotions: (text, signal) => post("emotions", { text }, signal),
  search: (query, signal) => post("search", query, signal),
  recommend: (query, signal) => post("recommend", query, signal),
  moods: () => ask("moods"),
  map: () => ask("map"),
  videos: (offset = 0) => ask(`videos?offset=${offset}`),
  timeline: (video) => ask(`videos/${video}/timeline`),
  indexing: () => ask("indexing"),
  add: (folder) => post("indexing", { folder }),
};

export const frame = (video, time, width = 320) => `/api/videos/${video}/frame?time=${time.toFixed(1)}&width=${width}`;
export const file = (video) => `/api/videos/${video}/file`;
export const strip = (video) => `/api/videos/${video}/strip`;
