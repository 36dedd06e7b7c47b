// The message box: plain text, files, replies, and "/" for commands.

import { post, upload } from "./api.js";
import { bdi, byId, h, icon } from "./dom.js";
import { extract } from "./message.js";
import { nameOf, place, state } from "./state.js";
import * as slash from "./slash.js";
import * as suggest from "./suggest.js";
import { size } from "./time.js";

const form = byId("composer");
const text = byId("composer-text");
const pending = byId("pending-files");
const replying = byId("replying");
const input = byId("attach-input");
let files = [];
let last = ""; // the command sent last, for ArrowUp
let sending = false;

export function begin() {
  byId("attach").append(icon("plus"));
  byId("send").append(icon("send"));
  byId("attach").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });
  text.addEventListener("input", typed);
  text.addEventListener("keydown", keys);
  text.addEventListener("blur", () => suggest.hide());
  text.addEventListener("focus", () => text.value.startsWith("/") && typed());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  document.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (!pasted.length || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    add(pasted);
  });
  const main = document.querySelector("main");
  main.addEventListener("dragover", (event) => {
    event.preventDefault();
    main.classList.add("dropping");
  });
  main.addEventListener("dragleave", (event) => {
    if (!main.contains(event.relatedTarget)) main.classList.remove("dropping");
  });
  main.addEventListener("drop", (event) => {
    event.preventDefault();
    main.classList.remove("dropping");
    add([...event.dataTransfer.files]);
  });
}

/** Make the box ready for another channel or person. */
export function reset() {
  if (slash.active()) slash.stop();
  const short = matchMedia("(max-width: 719px)").matches;
  text.placeholder = short ? "Message, or / for commands" : `Message ${place(state.channel)}, or type / for commands`;
  text.setAttribute("aria-label", `Message ${place(state.channel)}`);
  answer(null);
  slash.complain(null);
}

/** Put text into the box as if it had been typed. */
export function prefill(words) {
  if (slash.active()) slash.stop();
  text.value = words;
  text.focus();
  typed();
}

/** Answer a message, or none. */
export function answer(message) {
  state.replyTo = message;
  replying.hidden = !message;
  if (!message) {
    replying.replaceChildren();
    return;
  }
  replying.replaceChildren(icon("reply"), h("span", {}, "Replying to ", bdi(nameOf(message.author), { class: "name" })),
    h("span", { class: "extract", dir: "auto" }, extract(message)),
    h("button", { type: "button", class: "icon-button", "aria-label": "Do not reply", click: () => answer(null) },
      icon("close")));
  text.focus();
}

function add(more) {
  if (slash.active()) {
    if (more[0]) slash.giveFile(more[0]);
    return;
  }
  files = [...files, ...more].slice(0, 10);
  drawFiles();
  text.focus();
}

function drawFiles() {
  pending.hidden = !files.length;
  pending.replaceChildren(...files.map((file) => h("li", {}, icon("file"), bdi(file.name), h("small", {}, size(file.size)),
    h("button", { type: "button", class: "icon-button", "aria-label": `Remove ${file.name}`, click: () => {
      files = files.filter((other) => other !== file);
      drawFiles();
      text.focus();
    } }, icon("close")))));
}

function fit() {
  text.style.setProperty("height", "auto");
  text.style.setProperty("height", `${Math.min(text.scrollHeight, 220)}px`);
}

const command = () => (/^\/[^\n/]*$/.test(text.value) ? text.value.slice(1) : null);

function typed() {
  fit();
  slash.complain(null);
  const asked = command();
  if (asked === null) {
    suggest.hide();
    return;
  }
  const whole = slash.leading(asked);
  if (whole && whole.options.length) {
    slash.start(whole, asked.slice(whole.name.length + 1));
    return;
  }
  const empty = state.commands.length ? "No command fits." : "The bot has no commands here yet.";
  suggest.show(text, slash.matching(asked), (item) => choose(item.command), { empty, title: "Commands" });
}

function choose(chosen) {
  if (chosen.options.length) {
    remember(`/${chosen.name}`);
    slash.start(chosen);
    return;
  }
  if (slash.exact(command() ?? "")?.name === chosen.name) runBare(chosen);
  else {
    text.value = `/${chosen.name}`;
    typed();
  }
}

async function runBare(chosen) {
  remember(`/${chosen.name}`);
  if (await slash.runBare(chosen)) {
    text.value = "";
    typed();
  }
}

const remember = (words) => {
  last = words;
};

function keys(event) {
  if (event.isComposing) return;
  const asked = command();
  const found = asked === null ? null : slash.exact(asked);
  if (event.key === "Enter" && !event.shiftKey && found) {
    // What was typed in full counts, whatever is highlighted.
    event.preventDefault();
    suggest.hide();
    choose(found);
    return;
  }
  if (suggest.key(event)) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  } else if (event.key === "Escape" && state.replyTo) answer(null);
  else if (event.key === "ArrowUp" && text.value === "" && last) {
    event.preventDefault();
    prefill(last);
  }
}

async function send() {
  const words = text.value;
  if (sending || (!words.trim() && !files.length)) return;
  const asked = command();
  if (asked !== null) {
    const found = slash.exact(asked);
    if (found) choose(found);
    else slash.complain(`There is no command “${words.trim()}”. Type / to see what there is.`);
    return;
  }
  sending = true;
  form.setAttribute("aria-busy", "true");
  try {
    const attachments = [];
    for (const file of files) attachments.push((await upload(file)).upload_id);
    await post("say", { member: state.me.id, channel: state.channel.id, content: words, attachments,
      reply_to: state.replyTo?.id });
    text.value = "";
    files = [];
    drawFiles();
    answer(null);
    typed();
  } catch (problem) {
    slash.complain(problem.message);
  } finally {
    sending = false;
    form.removeAttribute("aria-busy");
    text.focus();
  }
}
