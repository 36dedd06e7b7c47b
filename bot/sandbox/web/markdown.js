// Discord's markdown as DOM nodes. Nothing that a person wrote is ever parsed as HTML.

import { bdi, h } from "./dom.js";
import { named, state } from "./state.js";
import { timestamp } from "./time.js";

const MARKS = [
  ["||", () => h("span", { class: "spoiler", tabindex: "0", role: "button", "aria-label": "Spoiler, show it" })],
  ["**", () => h("strong")],
  ["__", () => h("u")],
  ["~~", () => h("s")],
  ["*", () => h("em")],
  ["_", () => h("em")],
];
const SAFE = /^https?:\/\/[^\s<>]+$/i;
const URL = /^https?:\/\/[^\s<>]*[^\s<>.,:;"'\])!?*_~|]/i;
const TAG = /^<(?:(@!?|@&|#)(\d+)|\/([^:>]+):\d+|t:(-?\d{1,13})(?::([tTdDfFR]))?|a?:(\w+):\d+)>/;
const DEEPEST = 12;

/** Give a whole message's text as nodes. */
export function markdown(text) {
  const out = document.createDocumentFragment();
  const parts = text.split(/```(?:([\w+-]*)\n)?([\s\S]*?)```/);
  for (let at = 0; at < parts.length; at += 3) {
    blocks(out, parts[at].split("\n"), at > 0, at + 3 < parts.length);
    if (at + 3 < parts.length) {
      const code = parts[at + 2].replace(/\n$/, "");
      out.append(h("pre", { dir: "ltr", tabindex: "0" }, h("code", {}, code)));
    }
  }
  return out;
}

/** Give one line's text as nodes. */
export function inline(text, depth = 0) {
  const out = document.createDocumentFragment();
  let plain = "";
  const flush = () => {
    if (plain) out.append(plain);
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const [node, taken] = depth < DEEPEST ? special(text, at, depth) : [null, 0];
    if (taken) {
      if (typeof node === "string") plain += node;
      else {
        flush();
        out.append(node);
      }
      at += taken;
    } else plain += text[at++];
  }
  flush();
  return out;
}

function blocks(out, lines, afterCode, beforeCode) {
  if (afterCode && lines[0] === "") lines.shift();
  if (beforeCode && lines.at(-1) === "") lines.pop();
  let paragraph = null;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const heading = /^(#{1,3}|-#) +(\S.*)$/.exec(line);
    if (line.startsWith(">>> ")) {
      const quoted = h("blockquote", { dir: "auto" });
      blocks(quoted, [line.slice(4), ...lines.slice(at + 1)], false, false);
      out.append(quoted);
      return;
    }
    if (heading) {
      const small = heading[1] === "-#";
      const level = Math.min(heading[1].length + 2, 5);
      out.append(h(small ? "p" : `h${level}`, { dir: "auto", class: small ? "small" : null }, inline(heading[2])));
      paragraph = null;
    } else if (line.startsWith("> ")) {
      const end = lines.findIndex((other, place) => place > at && !other.startsWith("> "));
      const stop = end < 0 ? lines.length : end;
      const quoted = h("blockquote", { dir: "auto" });
      blocks(quoted, lines.slice(at, stop).map((other) => other.slice(2)), false, false);
      out.append(quoted);
      at = stop - 1;
      paragraph = null;
    } else if (ITEM.test(line)) {
      const [list, taken] = listed(lines, at);
      out.append(list);
      at += taken - 1;
      paragraph = null;
    } else if (paragraph) paragraph.append(h("br"), inline(line));
    else if (line.trim() || lines.length > 1) {
      // A paragraph that starts with an empty line keeps it, as in a chat.
      paragraph = h("p", { dir: "auto" }, inline(line));
      out.append(paragraph);
    }
  }
}

const ITEM = /^( *)([-*]|\d{1,9}\.) +(\S.*)$/;

function listed(lines, from) {
  const [, space, mark] = ITEM.exec(lines[from]);
  const ordered = mark.endsWith(".");
  const list = h(ordered ? "ol" : "ul", { dir: "auto", start: ordered ? parseInt(mark, 10) : null });
  let at = from;
  while (at < lines.length) {
    const match = ITEM.exec(lines[at]);
    if (!match || match[1].length < space.length) break;
    if (match[1].length > space.length + 1 && list.lastChild) {
      const [inner, taken] = listed(lines, at);
      list.lastChild.append(inner);
      at += taken;
    } else if (match[2].endsWith(".") === ordered) {
      list.append(h("li", {}, inline(match[3])));
      at += 1;
    } else break;
  }
  return [list, at - from];
}

/** Find what begins at a place: [node, letters taken], or [null, 0]. */
function special(text, at, depth) {
  const letter = text[at];
  if (letter === "\\" && /[\\`*_~|<>[\]()#.:@!+\-{}/]/.test(text[at + 1] ?? "")) return [text[at + 1], 2];
  if (letter === "`") return code(text, at);
  if (letter === "<") return angled(text, at);
  if (letter === "[") return masked(text, at, depth);
  if (letter === "h" || letter === "H") return bare(text, at);
  if (letter === "@") return everyone(text, at);
  for (const [mark, make] of MARKS) {
    if (!text.startsWith(mark, at)) continue;
    const end = closing(text, at + mark.length, mark);
    if (end < 0) continue;
    const node = make();
    node.append(inline(text.slice(at + mark.length, end), depth + 1));
    return [node, end + mark.length - at];
  }
  return [null, 0];
}

/** Find where a mark closes, past escapes and code; -1 where it does not. */
function closing(text, from, mark) {
  if (/\s/.test(text[from] ?? " ") && mark.length === 1) return -1;
  if (mark === "_" && /\w/.test(text[from - 2] ?? " ")) return -1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "`") {
      const [, taken] = code(text, at);
      at += Math.max(taken - 1, 0);
    } else if (text.startsWith(mark, at)) {
      if (at === from) return -1;
      const doubled = mark.length === 1 && (text[at + 1] === mark || text[at - 1] === mark);
      if (doubled) {
        const inner = text[at + 1] === mark ? closing(text, at + 2, mark + mark) : -1;
        if (inner > 0) at = inner + 1;
        else if (text.startsWith(mark.repeat(3), at)) return at + 2;
        continue;
      }
      if (mark.length === 1 && /\s/.test(text[at - 1])) continue;
      if (mark === "_" && /\w/.test(text[at + 1] ?? " ")) continue;
      return mark === "**" && text[at + 2] === "*" && text[at + 3] !== "*" ? at + 1 : at;
    }
  }
  return -1;
}

function code(text, at) {
  const ticks = /^`+/.exec(text.slice(at, at + 3))[0];
  const end = text.indexOf(ticks, at + ticks.length);
  if (end < 0 || ticks.length > 2) return [null, 0];
  const inside = text.slice(at + ticks.length, end);
  return inside ? [h("code", { dir: "ltr" }, inside), end + ticks.length - at] : [null, 0];
}

export function link(url, ...content) {
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url }, ...content);
}

function angled(text, at) {
  const rest = text.slice(at, at + 2048);
  const url = /^<(https?:\/\/[^\s<>]+)>/i.exec(rest);
  if (url) return [link(url[1], url[1]), url[0].length];
  const tag = TAG.exec(rest);
  if (!tag) return [null, 0];
  const [whole, kind, id, command, seconds, style, emoji] = tag;
  if (seconds !== undefined) return [timestamp(Number(seconds), style ?? "f"), whole.length];
  if (command) return [h("code", { class: "command", dir: "ltr" }, `/${command}`), whole.length];
  if (emoji) return [`:${emoji}:`, whole.length];
  if (kind === "#") {
    const channel = state.channels.find((one) => one.id === id);
    return [bdi(`#${channel?.name ?? "unknown"}`, { class: "mention" }), whole.length];
  }
  const name = kind === "@&" ? "role" : named(id) ?? "unknown";
  const mine = id === state.me?.id ? "mention mine" : "mention";
  return [bdi(`@${name}`, { class: mine }), whole.length];
}

function masked(text, at, depth) {
  // Most brackets are no links; this also keeps a wall of them cheap.
  if (text.indexOf("](", at) < 0) return [null, 0];
  const end = closing(text, at + 1, "]");
  if (end < 0) return [null, 0];
  const target = /^\(<?(https?:\/\/[^\s<>]+?)>?(?: +"([^"]*)")?\)/i.exec(text.slice(end + 1, end + 2300));
  if (!target || !SAFE.test(target[1])) return [null, 0];
  return [link(target[1], inline(text.slice(at + 1, end), depth + 1)), end + 1 + target[0].length - at];
}

function bare(text, at) {
  if (/\w/.test(text[at - 1] ?? " ")) return [null, 0];
  const url = URL.exec(text.slice(at, at + 2048));
  return url ? [link(url[0], url[0]), url[0].length] : [null, 0];
}

function everyone(text, at) {
  const word = /^@(everyone|here)\b/.exec(text.slice(at, at + 10));
  return word ? [bdi(word[0], { class: "mention quiet" }), word[0].length] : [null, 0];
}
