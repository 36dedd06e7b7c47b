// What clicks and keys on messages do.

import { outcome, post } from "./api.js";
import { byId, toast } from "./dom.js";
import { elementOf, note, remove, renewedAgo, update } from "./list.js";
import { openMessageMenu, pickEmoji } from "./menu.js";
import { openModal } from "./modal.js";
import { nameOf, state } from "./state.js";

const list = byId("messages");
const waiting = new Set(); // ids of messages whose component is being answered
const UNSEEN = 350; // milliseconds in which nobody sees what came
let reply = () => {};

/** `onReply` is called with the message to answer. */
export function listen(onReply) {
  reply = onReply;
  list.addEventListener("click", clicked);
  list.addEventListener("change", chosen);
  list.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && event.target.matches(".spoiler:not([data-shown])")) {
      event.preventDefault();
      event.target.dataset.shown = "";
    }
  });
}

const messageOf = (node) => state.messages.get(node.closest("[data-message-id]").dataset.messageId);

function clicked(event) {
  const hidden = event.target.closest(".spoiler:not([data-shown])");
  if (hidden) {
    event.preventDefault();
    hidden.dataset.shown = "";
    return;
  }
  const node = event.target.closest("button");
  if (!node || node.disabled) return;
  const message = messageOf(node);
  const { customId, apply, reaction, tool, dismiss, jump, vote } = node.dataset;
  if (customId) {
    // Nobody can mean buttons that have just come: the second half of a double click would rate the next track.
    if (renewedAgo(message.id) < (event.detail > 1 ? 2 * UNSEEN : UNSEEN)) return;
    interact(message, node, "click", { custom_id: customId });
  } else if (apply) applyMany(message, node);
  else if (reaction) toggle(message, reaction);
  else if (vote) act("vote", { message: message.id, answer: Number(vote) });
  else if (dismiss) act("delete", { message: message.id }).then((done) => done && remove(message.id));
  else if (jump) goTo(jump);
  else if (tool === "react") pickEmoji(node, (emoji) => toggle(message, emoji, true));
  else if (tool === "reply") reply(message);
  else if (tool === "more") openMessageMenu(node, message, entriesFor(message, node));
}

function chosen(event) {
  const menu = event.target.closest("select[data-single]");
  if (!menu) return;
  const values = menu.value === "" ? [] : [menu.value];
  interact(messageOf(menu), menu, "select", { custom_id: menu.dataset.customId, values });
}

function applyMany(message, node) {
  const box = node.closest("details");
  const values = [...box.querySelectorAll("input:checked")].map((input) => input.value);
  const { low, high } = node.dataset;
  if (values.length < Number(low) || values.length > Number(high)) {
    note(message.id, low === high ? `Choose exactly ${low}.` : `Choose ${low} to ${high}.`);
    return;
  }
  box.removeAttribute("open");
  interact(message, node, "select", { custom_id: node.dataset.apply, values });
}

/** Press a component: busy until it is answered, with a sentence under the message if it is not. */
async function interact(message, node, kind, body) {
  if (waiting.has(message.id)) return;
  const { id } = message;
  waiting.add(id);
  node.setAttribute("aria-busy", "true");
  elementOf(id)?.classList.add("waiting");
  try {
    const begun = await post(kind, { member: state.me.id, message: id, ...body });
    note(id, null);
    await settle(begun.interaction_id, (error) => note(id, error));
  } catch (problem) {
    note(id, problem.message);
  } finally {
    free(id);
  }
}

/** A message that changed has been answered, whatever else is still on its way. */
export function free(id) {
  waiting.delete(id);
  const element = elementOf(id);
  element?.classList.remove("waiting");
  element?.querySelector(".content [aria-busy]")?.removeAttribute("aria-busy");
}

/** Follow an interaction that this page began until it is answered. */
export async function settle(id, failed) {
  const me = state.me.id;
  const result = await outcome(id, me);
  if (me !== state.me.id) return;
  if (result.state === "failed") failed(result.error ?? "The application did not respond");
  if (result.state === "modal") openModal(result.modal, id);
  // The message itself comes by the event stream, in order with everything else.
}

function toggle(message, emoji, add = false) {
  const mine = message.reactions?.some((one) => one.me && (one.emoji.id ? `${one.emoji.name}:${one.emoji.id}`
    : one.emoji.name) === emoji);
  if (mine && add) return;
  act(mine ? "unreact" : "react", { message: message.id, emoji }).then((now) => now && update(now));
}

/** Do something simple; what cannot be done is said in a passing sentence. */
async function act(what, body) {
  try {
    return await post(what, { member: state.me.id, ...body });
  } catch (problem) {
    toast(problem.message);
    return null;
  }
}

function goTo(id) {
  const element = elementOf(id);
  if (!element) {
    toast("That message is gone.");
    return;
  }
  element.scrollIntoView({ block: "center" });
  element.focus({ preventScroll: true });
  element.classList.add("found");
  setTimeout(() => element.classList.remove("found"), 1600);
}

/** What the menu of a message offers: [{icon, name, run}], with the bot's message commands at the end. */
function entriesFor(message, node) {
  const entries = [];
  if (!message.ephemeral) {
    entries.push({ icon: "smile", name: "Add a reaction", run: () => pickEmoji(node, (e) => toggle(message, e, true)) });
    entries.push({ icon: "reply", name: "Reply", run: () => reply(message) });
  } else {
    entries.push({ icon: "close", name: "Dismiss", run: () => act("delete", { message: message.id }) });
  }
  if (message.author.id === state.me.id) {
    entries.push({ icon: "trash", name: "Delete", danger: true, run: () => act("delete", { message: message.id }) });
  }
  const commands = message.ephemeral ? [] : state.commands;
  for (const { name } of commands.filter((command) => command.type === 3)) {
    const run = () => menuCommand("message-command", name, { message: message.id });
    entries.push({ icon: "spark", name, app: nameOf(state.bot), run });
  }
  for (const { name } of commands.filter((command) => command.type === 2)) {
    const run = () => menuCommand("user-command", name, { target: message.author.id });
    entries.push({ icon: "spark", name, app: `${nameOf(state.bot)}, about ${nameOf(message.author)}`, run });
  }
  return entries;
}

async function menuCommand(kind, command, target) {
  const body = { member: state.me.id, channel: state.channel.id, command, ...target };
  try {
    const begun = await post(kind, body);
    await settle(begun.interaction_id, (error) => toast(`${command}: ${error}.`));
  } catch (problem) {
    toast(problem.message);
  }
}
