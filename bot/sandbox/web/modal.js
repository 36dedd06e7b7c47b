// Modals: a form that a command or a button opened, as an accessible dialog.

import { outcome, post, upload } from "./api.js";
import { announce, bdi, h, icon } from "./dom.js";
import { offered } from "./components.js";
import { markdown } from "./markdown.js";
import { state } from "./state.js";
import { size } from "./time.js";

const TEXT = 4;
let serial = 0;

/** Show a modal; `opener` is the interaction that opened it. */
export function openModal(modal, opener) {
  const fields = []; // {required, read(), name, first}
  const before = document.activeElement;
  const problem = h("p", { class: "composer-error", role: "alert", hidden: true });
  const submit = h("button", { type: "submit", class: "button primary", "data-testid": "modal-submit" }, "Submit");
  const dialog = h("dialog", { class: "modal", "data-testid": "modal", "data-custom-id": modal.custom_id,
    "aria-labelledby": "modal-title" });
  const form = h("form", { method: "dialog", novalidate: true },
    h("header", {}, h("span", { class: "face bot" }, h("img", { src: "/static/icon.svg", alt: "" })),
      h("h2", { id: "modal-title" }, bdi(modal.title)),
      h("button", { type: "button", class: "icon-button", "aria-label": "Close", click: () => dialog.close() },
        icon("close"))),
    h("div", { class: "fields" }, modal.components.map((part) => component(part, fields)), problem),
    h("footer", {}, h("button", { type: "button", class: "button secondary", click: () => dialog.close() }, "Cancel"),
      submit));
  const fail = (text) => {
    problem.textContent = text;
    problem.hidden = false;
    problem.scrollIntoView({ block: "nearest" });
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-busy")) return;
    problem.hidden = true;
    const wrong = fields.map((field) => [field, field.check()]).find(([, text]) => text);
    if (wrong) {
      fail(wrong[1]);
      wrong[0].first.focus();
      return;
    }
    submit.setAttribute("aria-busy", "true");
    try {
      const values = {};
      for (const field of fields) values[field.name] = await field.read();
      const begun = await post("modal", { member: state.me.id, interaction_id: opener, values });
      const result = await outcome(begun.interaction_id, state.me.id);
      if (result.state === "failed") fail(`${result.error ?? "The application did not respond"}. Try again.`);
      else dialog.close();
    } catch (error) {
      fail(error.message);
    } finally {
      submit.removeAttribute("aria-busy");
    }
  });
  dialog.append(form);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  fields[0]?.first.focus();
  announce(modal.title);
}

function component(part, fields) {
  if (part.type === 10) return h("div", { class: "text" }, markdown(part.content));
  if (part.type === 1) return part.components.map((inner) => field(inner, inner.label ?? "", null, fields));
  if (part.type === 18) return field(part.component, part.label, part.description, fields);
  return null;
}

function field(part, label, description, fields) {
  serial += 1;
  const id = `field-${serial}`;
  const required = part.required ?? part.type !== 23;
  const make = part.type === TEXT ? textField : part.type === 19 ? fileField
    : part.type === 21 || part.type === 22 || part.type === 23 ? boxes : choice;
  const made = make(part, id, label, required);
  fields.push({ name: part.custom_id, ...made });
  const tag = made.group ? "fieldset" : "div";
  const title = [bdi(label), required ? h("span", { class: "required" }, " required") : null];
  return h(tag, { class: "field" }, made.group ? h("legend", {}, title) : h("label", { for: id }, title),
    description ? h("p", { class: "small", id: `${id}-about` }, description) : null, made.node);
}

function textField(part, id, label, required) {
  const tag = part.style === 2 ? "textarea" : "input";
  const input = h(tag, { id, dir: "auto", "data-custom-id": part.custom_id, placeholder: part.placeholder,
    minlength: part.min_length, maxlength: part.max_length ?? 4000, "aria-required": String(required),
    "aria-describedby": `${id}-about`, type: tag === "input" ? "text" : null, rows: tag === "textarea" ? 5 : null,
    autocomplete: "off" });
  input.value = part.value ?? "";
  const check = () => {
    const { length } = input.value;
    if (required && !input.value.trim()) return `“${label}” is required.`;
    if (length && length < (part.min_length ?? 0)) return `“${label}” needs at least ${part.min_length} characters.`;
    return null;
  };
  return { node: input, first: input, check, read: () => input.value };
}

function fileField(part, id, label, required) {
  const most = part.max_values ?? 1;
  const least = required ? part.min_values ?? 1 : 0;
  let files = [];
  const shown = h("ul", { class: "chosen" });
  const input = h("input", { type: "file", id, multiple: most > 1, "data-custom-id": part.custom_id, class: "unseen",
    "aria-describedby": `${id}-about`, change: () => take([...input.files]) });
  const draw = () => shown.replaceChildren(...files.map((file) => h("li", {}, icon("file"), bdi(file.name),
    h("small", {}, size(file.size)), h("button", { type: "button", class: "icon-button",
      "aria-label": `Remove ${file.name}`, click: () => {
        files = files.filter((other) => other !== file);
        draw();
        input.focus();
      } }, icon("close")))));
  const take = (chosen) => {
    files = most === 1 && chosen.length ? chosen.slice(0, 1) : [...files, ...chosen].slice(0, most);
    input.value = "";
    draw();
  };
  const drop = h("label", { class: "drop", for: id,
    dragover: (event) => {
      event.preventDefault();
      drop.classList.add("over");
    },
    dragleave: () => drop.classList.remove("over"),
    drop: (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      take([...event.dataTransfer.files]);
    } }, icon("plus"), most > 1 ? `Choose up to ${most} files, or drop them here` : "Choose a file, or drop it here");
  const check = () => (files.length < least ? `“${label}” needs ${least === 1 ? "a file" : `${least} files`}.` : null);
  const read = async () => {
    const kept = [];
    for (const file of files) kept.push((await upload(file)).upload_id);
    return kept;
  };
  return { node: h("div", {}, input, drop, shown), first: input, check, read };
}

function choice(part, id, label, required) {
  const options = offered(part);
  const most = part.max_values ?? 1;
  if (most > 1) return boxes({ ...part, type: 22, options }, id, label, required);
  const preset = options.some((option) => option.default);
  const select = h("select", { id, "data-custom-id": part.custom_id, "aria-describedby": `${id}-about` },
    h("option", { value: "", selected: !preset, disabled: required }, part.placeholder ?? "Choose"),
    options.map((option) => h("option", { value: option.value, selected: option.default },
      option.description ? `${option.label} – ${option.description}` : option.label)));
  return { node: select, first: select, read: () => (select.value ? [select.value] : []),
    check: () => (required && !select.value ? `“${label}” is required.` : null) };
}

/** A radio group (21), checkboxes (22) or one checkbox (23). */
function boxes(part, id, label, required) {
  const options = part.type === 23 ? [{ value: "true", label, default: part.default }] : part.options ?? [];
  const inputs = options.map((option) => {
    const input = h("input", { type: part.type === 21 ? "radio" : "checkbox", name: id, value: option.value });
    input.checked = Boolean(option.default);
    return input;
  });
  const node = h("div", { class: "boxes", "data-custom-id": part.custom_id }, options.map((option, at) =>
    h("label", { class: "check" }, inputs[at], h("span", { dir: "auto" }, option.label,
      option.description ? h("small", {}, option.description) : null))));
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const least = part.type === 22 ? part.min_values ?? 1 : 1;
  const check = () => {
    const count = chosen().length;
    if (required && count < least) return `“${label}” is required.`;
    if (count > (part.max_values ?? options.length)) return `Choose at most ${part.max_values} for “${label}”.`;
    return null;
  };
  const read = () => (part.type === 22 ? chosen() : part.type === 23 ? inputs[0].checked : chosen()[0] ?? null);
  return { node, first: inputs[0] ?? node, check, read, group: true };
}
