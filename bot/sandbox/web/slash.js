// The command bar: a chosen slash command with a field for each option.

import { post, upload } from "./api.js";
import { settle } from "./actions.js";
import { announce, byId, h, icon } from "./dom.js";
import { slashCommands, state } from "./state.js";
import * as suggest from "./suggest.js";
import { optionField } from "./options.js";

const bar = byId("command-bar");
const composer = byId("composer");
const error = byId("composer-error");
let fields = [];
let command = null;
let busy = false;
let spelled = ""; // letters typed in a field that holds no text, such as a file's

export const active = () => command !== null;

export function complain(text) {
  error.textContent = text ?? "";
  error.hidden = !text;
}

/** Find the commands that fit what was typed after the slash. */
export function matching(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = words.join(" ");
  return slashCommands()
    .filter(({ name, description }) => words.every((word) => name.includes(word) || description.toLowerCase().includes(word)))
    .map((one) => ({ one, rank: one.name.startsWith(wanted) ? 0 : words.every((word) => one.name.includes(word)) ? 1 : 2 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => ({ name: `/${one.name}`, detail: one.description, command: one,
      note: one.options.map((option) => option.name + (option.required ? "" : "?")).join("  ") }));
}

export const exact = (text) => slashCommands().find(({ name }) => name === text.trim().replace(/\s+/g, " ").toLowerCase());

/** Find a whole command at the beginning of "name rest", for somebody who types on. */
export const leading = (text) => slashCommands().find(({ name }) => text.toLowerCase().startsWith(`${name} `));

/** Take up a command; `rest` is what was typed behind it, as "name:value ..." or as the first option's value. */
export function start(chosen, rest = "") {
  command = chosen;
  complain(null);
  suggest.hide();
  const typed = () => Object.fromEntries(fields.map((field) => [field.option.name, field.value()])
    .filter(([, value]) => value !== undefined));
  fields = chosen.options.map((option) => optionField(option, chosen.name, typed));
  const form = h("form", { class: "command-form", novalidate: true, "aria-label": `/${chosen.name}`, submit: (event) => {
    event.preventDefault();
    run();
  }, keydown: keys, input: () => complain(null) },
  h("div", { class: "command-line" },
    h("span", { class: "command-name" }, `/${chosen.name}`),
    h("span", { class: "command-about muted" }, chosen.description),
    h("button", { type: "button", class: "icon-button", "aria-label": "Cancel the command", click: stop }, icon("close"))),
  h("div", { class: "chips" }, fields.map((field) => field.node),
    h("button", { type: "submit", class: "button primary run", "data-testid": "run-command" }, "Run")));
  bar.replaceChildren(form);
  bar.hidden = false;
  composer.hidden = true;
  fill(rest.trim());
  const first = fields.find((field) => field.option.required && field.value() === undefined) ?? fields[0];
  (first?.input ?? form.querySelector(".run")).focus();
  announce(`/${chosen.name}: ${chosen.description}`);
}

function fill(rest) {
  if (!rest) return;
  const names = fields.map((field) => field.option.name);
  const found = [...rest.matchAll(/(?:^|\s)([\w-]+):\s*/g)].filter((match) => names.includes(match[1]));
  if (!found.length) fields.find((field) => field.option.type === 3)?.set(rest);
  found.forEach((match, at) => {
    const end = found[at + 1]?.index ?? rest.length;
    const field = fields.find((one) => one.option.name === match[1]);
    if (field.option.type !== 11) field.set(rest.slice(match.index + match[0].length, end).trim());
  });
}

/** Put the command away and give the composer back. */
export function stop() {
  command = null;
  fields = [];
  suggest.hide();
  bar.replaceChildren();
  bar.hidden = true;
  composer.hidden = false;
  byId("composer-text").value = "";
  byId("composer-text").dispatchEvent(new Event("input"));
  byId("composer-text").focus();
}

/** Give a dropped or pasted file to the first file option that is free. */
export function giveFile(file) {
  const field = fields.find((one) => one.hold && !one.file()) ?? fields.find((one) => one.hold);
  if (field) field.hold(file);
  else complain(`/${command.name} takes no file.`);
}

function keys(event) {
  const field = fields.find((one) => one.input === event.target);
  if (suggest.key(event)) {
    // Tab takes the suggestion and goes on, as it would without one.
    if (field && event.key === "Tab") (fields[fields.indexOf(field) + 1]?.input ?? bar.querySelector(".run")).focus();
    return;
  }
  if (event.key === "Escape") {
    event.preventDefault();
    stop();
  } else if (event.key === "Backspace" && field && field === fields[0] && event.target.type === "text"
    && event.target.value === "") {
    event.preventDefault();
    stop();
  } else if (event.key === "Enter" && field && !event.isComposing) {
    // Also in a file or choice field, where Space opens what there is to choose from.
    event.preventDefault();
    run();
  } else if (field && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
    goByName(event, field);
  }
}

/** Go to an option when its name and a colon are typed, wherever that happens. */
function goByName(event, field) {
  const inText = field.input.type === "text";
  if (inText) spelled = field.input.value;
  if (event.key !== ":") {
    spelled += event.key;
    return;
  }
  const name = /(?:^|\s)([\w-]+)$/.exec(spelled)?.[1];
  spelled = "";
  const named = fields.find((one) => one.option.name === name);
  const rest = inText ? field.input.value.slice(0, -(name?.length ?? 0)).trim() : "";
  // Words before it in the same option are its value: "playlist: the playlist:" is not a way back to its beginning.
  if (!named || (named === field && rest)) return;
  event.preventDefault();
  if (inText) field.set(rest);
  named.input.focus();
}

function problem() {
  for (const field of fields) {
    const missing = field.option.required && field.value() === undefined && !field.file();
    const text = missing ? `“${field.option.name}” is required: ${field.option.description}.` : field.problem();
    if (text) {
      field.input.setAttribute("aria-invalid", "true");
      field.input.focus();
      return text;
    }
    field.input.removeAttribute("aria-invalid");
  }
  return null;
}

async function run() {
  if (busy) return;
  const wrong = problem();
  complain(wrong);
  if (wrong) return;
  busy = true;
  bar.setAttribute("aria-busy", "true");
  const { name } = command;
  try {
    const options = {};
    const attachments = {};
    for (const field of fields) {
      const value = field.value();
      if (value !== undefined) options[field.option.name] = value;
      if (field.file()) attachments[field.option.name] = (await upload(field.file())).upload_id;
    }
    const begun = await send(name, options, attachments);
    stop();
    follow(name, begun);
  } catch (failed) {
    complain(failed.message);
  } finally {
    busy = false;
    bar.removeAttribute("aria-busy");
  }
}

const send = (name, options, attachments) =>
  post("slash", { member: state.me.id, channel: state.channel.id, command: name, options, attachments });

function follow(name, begun) {
  document.dispatchEvent(new Event("command-used"));
  settle(begun.interaction_id, (text) => complain(`/${name}: ${text}.`)).catch((failed) => complain(failed.message));
}

/** Run a command that has no options at once. */
export async function runBare(chosen) {
  try {
    follow(chosen.name, await send(chosen.name, {}, {}));
    return true;
  } catch (failed) {
    complain(failed.message);
    return false;
  }
}
