// Message components: action rows and Components V2, as nodes. Clicks are handled by actions.js, by custom id.

import { h, icon } from "./dom.js";
import { markdown } from "./markdown.js";
import { emoji, fileCard, local, picture } from "./media.js";
import { channelsOf, state } from "./state.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary link", 6: "secondary" };
const DRAW = {
  1: row, 2: button, 3: menu, 5: menu, 6: menu, 7: menu, 8: menu, 9: section,
  10: (c) => h("div", { class: "text" }, markdown(c.content)),
  11: (c) => picture({ ...c.media, description: c.description, spoiler: c.spoiler }, "thumbnail"),
  12: gallery,
  13: (c) => {
    const card = fileCard({ url: c.file.url, filename: c.name ?? c.file.url.split("/").pop(), size: c.size });
    return c.spoiler ? h("div", { class: "spoiler media", tabindex: "0", role: "button" }, card) : card;
  },
  14: (c) => h("hr", { class: `${c.divider === false ? "bare" : ""} ${c.spacing === 2 ? "wide" : ""}` }),
  17: container,
};

export function components(list) {
  return list.map((component) => DRAW[component.type]?.(component)
    ?? h("p", { class: "small" }, `This page cannot show a component of type ${component.type}.`));
}

function row(c) {
  return h("div", { class: "row" }, components(c.components));
}

function button(c) {
  const content = [c.emoji ? emoji(c.emoji) : null, c.label ? h("span", {}, c.label) : null];
  const look = `button ${STYLES[c.style] ?? "secondary"}`;
  if (c.style === 5 && !c.disabled && local(c.url)) {
    return h("a", { class: look, href: local(c.url), target: "_blank", rel: "noopener noreferrer" },
      ...content, icon("link"));
  }
  const digit = /^\d{1,2}$/.test(c.label ?? "") && !c.emoji ? " digit" : "";
  return h("button", { type: "button", class: look + digit, disabled: c.disabled, "data-custom-id": c.custom_id,
    "data-testid": "button", "aria-label": c.label ? null : c.emoji?.name }, ...content);
}

/** What a menu offers: its own options, or members and channels. */
export function offered(c) {
  const chosen = new Set((c.default_values ?? []).map((one) => one.id));
  if (c.type === 3) return c.options;
  const people = [...state.members, state.bot].map((m) => ({ value: m.id, label: m.name, default: chosen.has(m.id) }));
  if (c.type === 8) {
    const rooms = channelsOf(state.me).filter((channel) => channel.type === "text");
    return rooms.map((room) => ({ value: room.id, label: `#${room.name}`, default: chosen.has(room.id) }));
  }
  return people;
}

const said = (option) => [option.emoji?.id ? null : option.emoji?.name, option.label].filter(Boolean).join(" ")
  + (option.description ? ` – ${option.description}` : "");

function menu(c) {
  const options = offered(c);
  const label = c.placeholder ?? "Choose";
  if ((c.max_values ?? 1) > 1) return many(c, options, label);
  const preset = options.some((option) => option.default);
  return h("select", { class: "menu", "data-custom-id": c.custom_id, "data-testid": "select", "data-single": true,
    disabled: c.disabled, "aria-label": label, dir: "auto" },
  h("option", { value: "", disabled: !(c.min_values === 0), selected: !preset }, label),
  options.map((option) => h("option", { value: option.value, selected: option.default }, said(option))));
}

function many(c, options, label) {
  const low = c.min_values ?? 1;
  return h("details", { class: "menu many", "data-custom-id": c.custom_id, "data-testid": "select" },
    h("summary", {}, label),
    h("fieldset", { disabled: c.disabled }, h("legend", { class: "small" },
      low === c.max_values ? `Choose ${low}` : `Choose ${low} to ${Math.min(c.max_values, options.length)}`),
    options.map((option) => h("label", { class: "check" },
      h("input", { type: "checkbox", value: option.value, checked: option.default }), h("span", { dir: "auto" },
        option.label, option.description ? h("small", {}, option.description) : null))),
    h("button", { type: "button", class: "button primary", "data-apply": c.custom_id, "data-low": low,
      "data-high": c.max_values }, "Apply")));
}

function section(c) {
  return h("div", { class: "section" }, h("div", { class: "section-text" }, components(c.components)),
    c.accessory ? h("div", { class: "accessory" }, components([c.accessory])) : null);
}

function gallery(c) {
  const items = c.items ?? [];
  return h("div", { class: `gallery n${Math.min(items.length, 4)}` },
    items.map((item) => picture({ ...item.media, description: item.description, spoiler: item.spoiler })));
}

function container(c) {
  const built = h("div", { class: `container ${c.accent_color === null || c.accent_color === undefined ? "" : "accented"}` },
    components(c.components));
  accent(built, c.accent_color);
  return c.spoiler ? h("div", { class: "spoiler media", tabindex: "0", role: "button" }, built) : built;
}

/** Colour an element's edge with 0xRRGGBB. */
export function accent(node, color) {
  if (Number.isInteger(color)) node.style.setProperty("--accent-edge", `#${color.toString(16).padStart(6, "0")}`);
}
