// Building and updating DOM nodes. User text only ever becomes text nodes.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  menu: "M4 6h16M4 12h16M4 18h16",
  plus: "M12 5v14M5 12h14",
  send: "M4 12l16-8-6 16-3-7z",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5h.01M15 9.5h.01",
  reply: "M10 7L5 12l5 5M5 12h9a5 5 0 0 1 5 5v1",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  hash: "M10 4L8 20M16 4l-2 16M4.5 9h16M3.5 15h16",
  chat: "M4 5h16v11H9l-5 4z",
  link: "M14 5h5v5M19 5l-9 9M12 6H6v12h12v-6",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  note: "M9 18V6l11-2v12M9 18a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM20 16a3 3 0 1 1-6 0 3 3 0 0 1 6 0z",
  spark: "M12 3v6M12 15v6M3 12h6M15 12h6",
};

/** Make an element; attributes that are null or false are left out, functions become listeners. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/** Somebody's name, whose writing direction must not turn its surroundings. */
export const bdi = (text, attributes = {}) => h("bdi", attributes, text);

const key = (node) => node.nodeName === "IMG" || node.nodeName === "AUDIO" ? node.getAttribute("src")
  : node.dataset?.key;

/** Change `from` into `to` in place, so that focus, scroll and playing audio stay; gives the node that stands there now. */
export function morph(from, to) {
  if (from.nodeName !== to.nodeName || key(from) !== key(to)) {
    from.replaceWith(to);
    return to;
  }
  if (from.nodeType === Node.TEXT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return from;
  }
  const revealed = from.hasAttribute?.("data-shown") && from.textContent === to.textContent;
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && name !== "style" && name !== "open" && !(name === "data-shown" && revealed)) {
      from.removeAttribute(name);
    }
  }
  for (const { name, value } of [...to.attributes]) {
    if (name !== "style" && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  // The page's policy forbids style attributes; the style object is allowed.
  if (from.style && from.style.cssText !== to.style.cssText) from.style.cssText = to.style.cssText;
  morphChildren(from, to);
  if (from.nodeName === "SELECT" && from.value !== to.value) from.value = to.value;
  if (from.nodeName === "INPUT" && from.type === "checkbox") from.checked = to.checked;
  return from;
}

function morphChildren(from, to) {
  const wanted = [...to.childNodes];
  wanted.forEach((child, place) => {
    const there = from.childNodes[place];
    if (there) morph(there, child);
    else from.append(child);
  });
  while (from.childNodes.length > wanted.length) from.lastChild.remove();
}

/** Speak to a screen reader. */
export function announce(text) {
  byId("announce").replaceChildren(h("p", {}, text));
}

/** Show a passing sentence. */
export function toast(text) {
  const shown = h("p", { class: "toast" }, text);
  byId("toasts").append(shown);
  setTimeout(() => shown.remove(), 6000);
}
