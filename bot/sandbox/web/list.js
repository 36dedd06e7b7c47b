// The list of messages: kept in order, changed in place, scrolled to where the reader is.

import { announce, bdi, byId, h, morph } from "./dom.js";
import { draw, extract } from "./message.js";
import { nameOf, place, state } from "./state.js";
import { day } from "./time.js";

const list = byId("messages");
const scroller = byId("scroller");
const newest = byId("to-newest");
const notes = new Map(); // message id -> a remark of this page, such as a failed interaction
const renewed = new Map(); // message id -> when its buttons came
const TOGETHER = 7 * 60 * 1000; // milliseconds between messages that are shown as one
let stuck = true; // whether the reader is at the end
let top = 0; // where the reader was

new ResizeObserver(() => stuck && toEnd()).observe(list);
new ResizeObserver(() => stuck && toEnd()).observe(scroller);
scroller.addEventListener("scroll", () => {
  // Only a reader moves up; what grows at the end must not look like it.
  if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60) {
    stuck = true;
    newest.hidden = true;
  } else if (scroller.scrollTop < top) stuck = false;
  top = scroller.scrollTop;
}, { passive: true });
newest.addEventListener("click", () => {
  stuck = true;
  toEnd();
});

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  newest.hidden = true;
}

export const elementOf = (id) => list.querySelector(`[data-message-id="${CSS.escape(id)}"]`);
export const renewedAgo = (id) => Date.now() - (renewed.get(id) ?? 0);

function layout(message, before) {
  const date = new Date(message.timestamp);
  const was = before && new Date(before.timestamp);
  const newDay = !was || was.toDateString() !== date.toDateString();
  const grouped = !newDay && before.author.id === message.author.id && message.type === 0 && date - was < TOGETHER
    && before.ephemeral === message.ephemeral;
  return { grouped, day: newDay ? day(date) : null };
}

const drawn = (message, before) => draw(message, layout(message, before), notes.get(message.id));

/** Show a channel from its beginning. */
export function showAll(messages) {
  state.messages = new Map(messages.map((message) => [message.id, message]));
  list.replaceChildren(...messages.map((message, at) => drawn(message, messages[at - 1])));
  beginning();
  stuck = true;
  toEnd();
}

/** Bring the list up to what the server has, without losing anything that did not change. */
export function refresh(messages) {
  const there = new Set(messages.map((message) => message.id));
  for (const id of [...state.messages.keys()]) if (!there.has(id)) remove(id);
  messages.forEach(put);
}

export function put(message) {
  const known = state.messages.get(message.id);
  if (known) {
    if (JSON.stringify(known) !== JSON.stringify(message)) update(message);
    return;
  }
  const ids = [...state.messages.keys()];
  const after = ids.findLastIndex((id) => BigInt(id) < BigInt(message.id));
  const entries = [...state.messages.entries()];
  entries.splice(after + 1, 0, [message.id, message]);
  state.messages = new Map(entries);
  const element = drawn(message, entries[after]?.[1]);
  element.classList.add("arriving");
  list.insertBefore(element, list.children[after + 1] ?? null);
  renewed.set(message.id, Date.now());
  redrawAfter(message.id);
  const mine = [message.author.id, message.interaction_metadata?.user?.id].includes(state.me.id);
  if (stuck || mine) {
    stuck = true;
    toEnd();
  } else newest.hidden = false;
  if (message.author.id !== state.me.id) speak(message);
}

export function update(message) {
  const before = state.messages.get(message.id);
  if (!before) return;
  state.messages.set(message.id, message);
  const others = JSON.stringify(before.components) !== JSON.stringify(message.components);
  if (others) renewed.set(message.id, Date.now());
  // New words or buttons answer what failed before; a new reaction does not.
  if (others || before.content !== message.content) notes.delete(message.id);
  redraw(message);
  if (before.content !== message.content || before.embeds?.[0]?.title !== message.embeds?.[0]?.title
    || before.thinking !== message.thinking) speak(message);
}

export function remove(id) {
  const element = elementOf(id);
  const holds = element?.contains(document.activeElement);
  const near = element?.nextElementSibling ?? element?.previousElementSibling;
  element?.remove();
  state.messages.delete(id);
  redrawAfter(null);
  if (holds) (near ?? byId("composer-text")).focus({ preventScroll: true });
}

/** Put a remark under a message, or take it away. */
export function note(id, text) {
  if ((notes.get(id) ?? null) === (text ?? null)) return;
  if (text) notes.set(id, text);
  else notes.delete(id);
  const message = state.messages.get(id);
  if (message) redraw(message);
}

function redraw(message) {
  const element = elementOf(message.id);
  if (!element) return;
  const focused = focusIn(element);
  morph(element, drawn(message, previous(message.id)));
  if (focused) restore(elementOf(message.id), focused);
}

function previous(id) {
  const entries = [...state.messages.values()];
  return entries[entries.findIndex((message) => message.id === id) - 1];
}

/** A message that came or went changes how those after it are grouped. */
function redrawAfter(id) {
  const entries = [...state.messages.values()];
  const from = id === null ? 0 : entries.findIndex((message) => message.id === id) + 1;
  entries.slice(from, id === null ? undefined : from + 1).forEach((message) => {
    const grouped = elementOf(message.id)?.classList.contains("grouped");
    const wanted = layout(message, previous(message.id));
    const hasDay = Boolean(elementOf(message.id)?.querySelector(":scope > .day"));
    if (grouped !== wanted.grouped || hasDay !== Boolean(wanted.day)) redraw(message);
  });
}

const controls = (element) => [...element.querySelectorAll(".content button, .content select, .content a")];
const said = (node) => node.textContent.trim();

function focusIn(element) {
  const node = document.activeElement;
  if (!element.contains(node) || node === element) return null;
  return { place: controls(element).indexOf(node), text: node.nodeName === "SELECT" ? null : said(node) };
}

/** Keep the keyboard where it was: on the button of the same name, else in the same place, else in the message. */
function restore(element, { place: at, text }) {
  const now = document.activeElement;
  if (at < 0) {
    if (!element.contains(now)) element.focus({ preventScroll: true });
    return;
  }
  const usable = controls(element).filter((node) => !node.disabled);
  const same = text === null ? null : usable.find((node) => said(node) === text);
  const wanted = same ?? controls(element).slice(at).find((node) => !node.disabled) ?? usable[0] ?? element;
  if (wanted !== now) wanted.focus({ preventScroll: true });
}

function speak(message) {
  const mark = message.ephemeral ? ", only to you" : "";
  const title = message.content && message.embeds?.[0]?.title;
  const words = message.thinking ? "thinking" : [extract(message), title].filter(Boolean).join(" ");
  announce(`${nameOf(message.author)}${mark}: ${words}`);
}

function beginning() {
  const direct = state.channel.type === "dm";
  byId("beginning").replaceChildren(
    h("h2", {}, direct ? "You and " : "Welcome to ", bdi(place(state.channel))),
    h("p", { class: "muted" }, direct
      ? "This conversation is between you and the bot. Type / to see what it can do."
      : "This room lives on your own machine: nothing that happens here leaves it. Type / to see what the bot can do."));
}
