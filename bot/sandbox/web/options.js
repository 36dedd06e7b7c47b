// One option of a slash command as a labelled field: text, number, yes or no, choice, member, channel, file.

import { post } from "./api.js";
import { bdi, h, icon } from "./dom.js";
import { channelsOf, state } from "./state.js";
import * as suggest from "./suggest.js";

const WAIT = 140; // milliseconds after a key before choices are asked for
const KINDS = { 3: text, 4: text, 5: yesNo, 6: person, 7: room, 8: person, 9: person, 10: text, 11: file };

/** Build a field: {node, input, value(), file(), problem(), set(text)}; `typed` gives the values of all fields. */
export function optionField(option, command, typed) {
  const made = option.choices?.length ? choice(option) : KINDS[option.type](option, command, typed);
  const { input } = made;
  input.dataset.option = option.name;
  input.dataset.testid = `option-${option.name}`;
  input.setAttribute("aria-required", String(Boolean(option.required)));
  const id = `option-${option.name}`;
  input.id = id;
  const node = h("div", { class: `chip${option.required ? " needed" : ""}`, title: option.description },
    h("label", { for: id }, bdi(option.name), option.required ? h("span", { class: "required" }, "required") : null),
    made.body ?? input);
  input.setAttribute("aria-description", option.description);
  return { option, node, file: () => null, set: (value) => {
    input.value = value;
  }, problem: () => null, ...made };
}

function text(option, command, typed) {
  const number = option.type === 4 || option.type === 10;
  const input = h("input", { type: "text", inputmode: option.type === 4 ? "numeric" : number ? "decimal" : null,
    dir: "auto", autocomplete: "off", placeholder: option.required ? "" : "optional", maxlength: option.max_length ?? 6000 });
  const field = { input };
  let chosen = null; // the choice that stands in the field
  field.value = () => {
    if (chosen && chosen.name === input.value) return chosen.value;
    return input.value === "" ? undefined : number ? input.value.trim() : input.value;
  };
  field.problem = () => (number ? numberProblem(option, input.value) : lengthProblem(option, input.value));
  if (option.autocomplete) complete(input, option, command, typed, (item) => {
    chosen = item;
    input.value = item.name;
  });
  grow(input);
  return field;
}

/** Make a field as wide as what stands in it. */
function grow(input) {
  const fit = () => input.style.setProperty("--letters", Math.min(Math.max([...input.value].length, 8), 40));
  input.addEventListener("input", fit);
  input.addEventListener("focus", fit);
  input.addEventListener("picked", fit);
  fit();
}

function numberProblem(option, raw) {
  if (raw === "") return null;
  const value = Number(raw);
  if (Number.isNaN(value) || (option.type === 4 && !Number.isInteger(value))) {
    return option.type === 4 ? `“${option.name}” must be a whole number.` : `“${option.name}” must be a number.`;
  }
  const { min_value: low, max_value: high } = option;
  if ((low !== undefined && value < low) || (high !== undefined && value > high)) {
    return low !== undefined && high !== undefined ? `“${option.name}” must be between ${low} and ${high}.`
      : low !== undefined ? `“${option.name}” must be at least ${low}.` : `“${option.name}” must be at most ${high}.`;
  }
  return null;
}

function lengthProblem(option, raw) {
  if (raw !== "" && [...raw].length < (option.min_length ?? 0)) {
    return `“${option.name}” needs at least ${option.min_length} letters.`;
  }
  return null;
}

/** Ask the bot for choices while somebody types. */
function complete(input, option, command, typed, take) {
  let timer = 0;
  let asked = 0;
  const forget = () => {
    clearTimeout(timer);
    asked += 1;
  };
  const ask = async () => {
    asked += 1;
    const mine = asked;
    const options = typed();
    const body = { member: state.me.id, channel: state.channel.id, command, focused: option.name,
      options: { ...options, [option.name]: input.value } };
    let offer = [];
    let empty = "Nothing fits. What you typed is sent as it is.";
    try {
      offer = (await post("autocomplete", body)).choices;
    } catch {
      empty = "The bot offered no choices.";
    }
    if (mine !== asked || document.activeElement !== input) return;
    const items = offer.map((choice) => ({ name: String(choice.name), value: choice.value }));
    suggest.show(input, items, (item) => {
      forget(); // what was typed last need not be asked any more: the list would open again
      take(item);
      input.dispatchEvent(new Event("picked", { bubbles: true }));
    }, { first: input.value !== "", empty, title: option.description });
  };
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-controls", "suggestions");
  input.setAttribute("aria-expanded", "false");
  input.addEventListener("input", () => later(WAIT));
  input.addEventListener("focus", () => later(0));
  input.addEventListener("blur", () => {
    forget();
    suggest.hide();
  });
}

function selecting(option, items) {
  const input = h("select", {}, h("option", { value: "" }, option.required ? "Choose" : "optional"),
    items.map(([value, name]) => h("option", { value }, name)));
  return { input, value: () => (input.value === "" ? undefined : input.value) };
}

const choice = (option) => {
  const field = selecting(option, option.choices.map((one, at) => [String(at), one.name]));
  const { input } = field;
  return { ...field, value: () => (input.value === "" ? undefined : option.choices[Number(input.value)].value),
    set: (text) => {
      const found = option.choices.findIndex((one) => [one.name, String(one.value)].includes(text));
      input.value = found < 0 ? "" : String(found);
    } };
};

function yesNo(option) {
  const field = selecting(option, [["true", "True"], ["false", "False"]]);
  return { ...field, value: () => (field.input.value === "" ? undefined : field.input.value === "true"),
    set: (text) => {
      field.input.value = text.trim().toLowerCase();
    } };
}

function person(option) {
  return selecting(option, [...state.members, state.bot].map((one) => [one.id, one.name]));
}

function room(option) {
  const rooms = channelsOf(state.me).filter((one) => one.type === "text");
  return selecting(option, rooms.map((one) => [one.id, `#${one.name}`]));
}

function file(option) {
  let held = null;
  const name = h("span", { class: "file-pick-name" }, "Choose a file");
  const input = h("input", { type: "file", class: "unseen" });
  const remove = h("button", { type: "button", class: "icon-button", "aria-label": "Remove the file", hidden: true,
    click: () => hold(null) }, icon("close"));
  const hold = (given) => {
    held = given;
    name.textContent = given?.name ?? "Choose a file";
    remove.hidden = !given;
  };
  input.addEventListener("change", () => {
    if (input.files[0]) hold(input.files[0]);
    input.value = "";
  });
  const body = h("span", { class: "file-pick" }, input,
    h("label", { for: `option-${option.name}`, class: "file-pick-label" }, icon("file"), name), remove);
  return { input, body, value: () => undefined, file: () => held, hold };
}
