// Showing emotions: colours, bars, and words.

import { h } from "./dom.js";

export const hue = (emotion) => `var(--${emotion})`;
export const dot = (emotion) => h("span", { class: "dot", style: { "--hue": hue(emotion) }, "aria-hidden": "true" });
const percent = (level) => `${Math.round(level * 100)}%`;

export function strongest(emotions, most = 3, least = 0.05) {
  return Object.entries(emotions).filter(([, level]) => level >= least).sort((a, b) => b[1] - a[1]).slice(0, most);
}

export function moodBar(emotions) {
  const seen = strongest(emotions, 8, 0.02);
  if (!Object.keys(emotions).length) return h("div", { class: "mood" }, "no face, no mood seen");
  if (!seen.length) return h("div", { class: "mood" }, "a neutral mood");
  const words = seen.slice(0, 3).map(([name, level]) => `${name} ${percent(level)}`).join(", ");
  const parts = seen.map(([name, level]) => h("i", { style: { "--hue": hue(name), flex: `${level} 0 0` } }));
  const rest = Math.max(0, 1 - seen.reduce((sum, [, level]) => sum + level, 0));
  const bar = h("div", { class: "bar", role: "img", "aria-label": `Mood seen: ${words}` }, parts, h("b", { style: { flex: `${rest} 0 0` } }));
  return h("div", { class: "mood" }, bar, h("span", { "aria-hidden": "true" }, `${seen[0][0]} ${percent(seen[0][1])}`));
}

export function moodChip(name, level) {
  const sign = level < 0 ? "not " : "";
  return h("span", { class: "chip" }, dot(name), `${sign}${name} ${percent(Math.abs(level))}`);
}
