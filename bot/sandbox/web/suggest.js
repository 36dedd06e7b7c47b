// The list of suggestions above the composer; one input at a time owns it.

import { byId, h } from "./dom.js";

const box = byId("suggestions");
let owner = null; // the input
let items = [];
let at = -1; // the highlighted one; -1: none
let picked = () => {};

box.addEventListener("pointerdown", (event) => {
  // The input keeps the focus.
  event.preventDefault();
});
box.addEventListener("click", (event) => {
  const node = event.target.closest("[role=option]");
  if (node) take(Number(node.dataset.at));
});

export const open = () => !box.hidden;
export const highlighted = () => at >= 0;

/** Offer {name, detail?, note?} to an input; `first` highlights the first, `empty` is said where there are none. */
export function show(input, offered, pick, { first = true, empty = null, title = null } = {}) {
  owner = input;
  items = offered;
  picked = pick;
  at = first && items.length ? 0 : -1;
  if (!items.length && !empty) {
    hide();
    return;
  }
  box.replaceChildren(...(title ? [h("p", { class: "suggest-title", role: "presentation" }, title)] : []),
    ...items.map((item, place) => h("div", { role: "option", id: `suggestion-${place}`, "data-at": place,
      "data-value": item.name, "aria-selected": "false" },
    h("span", { class: "suggest-name", dir: "auto" }, item.name),
    item.note ? h("span", { class: "suggest-note" }, item.note) : null,
    item.detail ? h("span", { class: "suggest-detail", dir: "auto" }, item.detail) : null)),
    ...(items.length ? [] : [h("p", { class: "suggest-title" }, empty)]));
  box.hidden = false;
  input.setAttribute("aria-expanded", "true");
  mark();
}

export function hide() {
  box.hidden = true;
  at = -1;
  items = [];
  owner?.setAttribute("aria-expanded", "false");
  owner?.removeAttribute("aria-activedescendant");
}

function take(place) {
  const item = items[place];
  hide();
  if (item) picked(item);
}

function mark() {
  box.querySelectorAll("[role=option]").forEach((node, place) => {
    node.setAttribute("aria-selected", String(place === at));
    if (place === at) node.scrollIntoView({ block: "nearest" });
  });
  if (at >= 0) owner.setAttribute("aria-activedescendant", `suggestion-${at}`);
  else owner.removeAttribute("aria-activedescendant");
}

/** Handle a key of the owner; gives whether it was used up. */
export function key(event) {
  if (!open() || event.isComposing) return false;
  if (event.key === "Escape") {
    hide();
    event.preventDefault();
    return true;
  }
  if (!items.length) return false;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const step = event.key === "ArrowDown" ? 1 : -1;
    at = at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length;
    mark();
    event.preventDefault();
    return true;
  }
  if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && at >= 0) {
    take(at);
    event.preventDefault();
    return true;
  }
  return false;
}
