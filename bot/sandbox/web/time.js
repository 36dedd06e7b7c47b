// Times as people read them.

import { h } from "./dom.js";

const made = new Map();
const format = (options) => {
  const name = JSON.stringify(options);
  if (!made.has(name)) made.set(name, new Intl.DateTimeFormat(undefined, options));
  return made.get(name);
};
const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60],
  ["second", 1]];

export const clock = (date) => format({ timeStyle: "short" }).format(date);
export const day = (date) => format({ dateStyle: "full" }).format(date);
export const whole = (date) => format({ dateStyle: "full", timeStyle: "short" }).format(date);

/** Say when a message was sent: a time today, else a date with it. */
export function when(date) {
  const today = new Date().toDateString() === date.toDateString();
  return today ? clock(date) : format({ dateStyle: "short", timeStyle: "short" }).format(date);
}

export function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** Give <t:seconds:style> as an element. */
export function timestamp(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return h("span", {}, "Invalid date");
  const text = style === "R" ? ago(date) : format(STYLES[style]).format(date);
  return h("time", { datetime: date.toISOString(), title: whole(date), class: "stamp" }, text);
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
