// The page's beginning: who and where, the event stream, the sidebar.

import { follow, get, post } from "./api.js";
import { free, listen } from "./actions.js";
import * as composer from "./composer.js";
import { bdi, byId, h, icon, toast } from "./dom.js";
import { put, refresh, remove, showAll, update } from "./list.js";
import { face } from "./media.js";
import { addressOf, channelsOf, named, place, state } from "./state.js";

const ICONS = { text: "hash", voice: "note", forum: "chat", thread: "reply" };
const HINT = "earmark-hint-closed";
const DRAFT = "earmark-draft"; // what stood in the message box when the page had to load itself again
const sidebar = byId("sidebar");
const opener = byId("open-sidebar");
const typists = new Map(); // member id -> timer
let leave = () => {}; // stops the event stream of the member before
let visit = 0; // counts changes of place, so that late answers are dropped

async function begin() {
  opener.append(icon("menu"));
  byId("hint-close").append(icon("close"));
  Object.assign(state, await loaded());
  byId("guild-name").textContent = state.guild.name;
  byId("member-switch").append(...state.members.map((one) => h("option", { value: one.id }, one.name)));
  byId("member-switch").addEventListener("change", (event) => become(event.target.value));
  listen(composer.answer);
  composer.begin();
  hint();
  drawer();
  crowd();
  window.addEventListener("hashchange", read);
  await read();
  const draft = sessionStorage.getItem(DRAFT);
  sessionStorage.removeItem(DRAFT);
  if (draft) composer.prefill(draft);
  document.body.dataset.ready = "true";
}

async function loaded() {
  for (;;) {
    try {
      return await get("state");
    } catch (problem) {
      if (problem.status === 403) throw problem;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

// -- who and where: the address says it, as #Ada/general or #Ada/dm -------------------------------------------------

async function read() {
  let [who, where] = ["", ""];
  try {
    [who = "", where = ""] = location.hash.slice(1).split("/").map(decodeURIComponent);
  } catch {
    // A broken address leads to the first member in the first channel.
  }
  const me = state.members.find((one) => one.name.toLowerCase() === who.toLowerCase()) ?? state.members[0];
  const asked = () => channelsOf(me).find((one) => (one.type === "dm" ? where === "dm" : [one.name, one.id].includes(where)));
  if (where && !asked()) await fetchChannels(); // a link may be quicker than the news of the thread that it leads to
  await go(me, asked() ?? channelsOf(me)[0]);
}

function become(id) {
  const me = state.members.find((one) => one.id === id);
  const rooms = channelsOf(me);
  const same = rooms.find((one) => (state.channel.type === "dm" ? one.type === "dm" : one.id === state.channel.id));
  location.hash = addressOf(me, same ?? rooms[0]);
}

async function go(me, channel) {
  if (state.me === me && state.channel === channel) return;
  const other = state.me !== me;
  visit += 1;
  const mine = visit;
  if (other) {
    leave();
    state.unread.clear();
  }
  Object.assign(state, { me, channel });
  state.unread.delete(channel.id);
  typists.clear();
  drawPlace();
  composer.reset();
  history.replaceState(null, "", addressOf(me, channel));
  await load(mine, showAll);
  if (other && mine === visit) leave = follow(me.id, { event: heard, open: opened, lost });
  if (matchMedia("(hover: hover)").matches && !document.querySelector("dialog[open]")) {
    byId("composer-text").focus({ preventScroll: true });
  }
}

async function load(mine, show) {
  const member = state.me.id;
  try {
    const [messages, commands] = await Promise.all([get(`channels/${state.channel.id}/messages`, { member }),
      get("commands", { member, channel: state.channel.id })]);
    if (mine !== visit) return;
    state.commands = commands;
    show(messages);
  } catch (problem) {
    toast(problem.message);
  }
}

// -- the event stream -------------------------------------------------------------------------------------------------

function opened() {
  // Whatever happened before the stream stood, or while it was down, is fetched.
  load(visit, refresh);
}

async function lost(closed) {
  online(false, "The sandbox does not answer.");
  if (!closed) return;
  try {
    await get("state");
    leave = follow(state.me.id, { event: heard, open: opened, lost });
  } catch (problem) {
    // A sandbox that was started anew has another token, which comes with the page.
    if (problem.status === 403) {
      sessionStorage.setItem(DRAFT, byId("composer-text").value);
      location.reload();
    } else setTimeout(() => lost(true), 1500);
  }
}

const ON = {
  message: ({ message }) => {
    put(message);
    stopTyping(message.author.id);
  },
  update: ({ message }) => {
    update(message);
    free(message.id);
  },
  reaction: ({ message }) => update(message),
  delete: ({ message_id: id }) => remove(id),
  typing: ({ member_id: id }) => startTyping(id),
};

function heard(event) {
  if (event.type === "online") online(event.online);
  else if (event.type === "commands") load(visit, refresh);
  else if (event.type === "channels") renewChannels();
  else if (event.channel_id === state.channel.id) ON[event.type]?.(event);
  else if (event.type === "message" && event.message.author.id !== state.me.id) {
    state.unread.add(event.channel_id);
    drawChannels();
  }
}

/** Get the channels and threads that there are now; those that stay are the same objects as before. */
async function fetchChannels() {
  const { channels } = await get("state");
  const known = new Map(state.channels.map((one) => [one.id, one]));
  state.channels = channels.map((one) => Object.assign(known.get(one.id) ?? {}, one));
}

async function renewChannels() {
  await fetchChannels();
  const rooms = channelsOf(state.me);
  if (rooms.includes(state.channel)) drawPlace();
  else await go(state.me, rooms[0]);
}

function online(is, words) {
  state.online = is;
  const shown = byId("online");
  shown.className = is ? "online on" : "online";
  shown.textContent = words ?? (is ? `${state.bot.name} is online` : `${state.bot.name} is not connected`);
}

function startTyping(id) {
  clearTimeout(typists.get(id));
  typists.set(id, setTimeout(() => stopTyping(id), 9000));
  drawTyping();
}

function stopTyping(id) {
  clearTimeout(typists.get(id));
  typists.delete(id);
  drawTyping();
}

function drawTyping() {
  const names = [...typists.keys()].filter((id) => id !== state.me.id).map((id) => named(id) ?? "Somebody");
  byId("typing").replaceChildren(...(names.length ? [h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"),
    h("i")), bdi(new Intl.ListFormat(undefined).format(names)), names.length > 1 ? " are typing …" : " is typing …"] : []));
}

// -- the sidebar ------------------------------------------------------------------------------------------------------

function drawPlace() {
  drawChannels();
  drawTyping();
  online(state.online);
  byId("channel-title").replaceChildren(icon(state.channel.type === "dm" ? "chat" : "hash"),
    bdi(state.channel.type === "dm" ? state.bot.name : state.channel.name));
  document.title = `${place(state.channel)} · Earmark sandbox`;
  byId("member-switch").value = state.me.id;
  byId("you-avatar").replaceChildren(face(state.me));
  close();
}

function drawChannels() {
  const rooms = channelsOf(state.me);
  const below = (parent) => rooms.filter((one) => one.parent_id === parent.id);
  byId("channels").replaceChildren(...rooms.filter((one) => one.type !== "dm" && !one.parent_id)
    .flatMap((one) => [one, ...below(one)]).map(entry));
  byId("direct").replaceChildren(...rooms.filter((one) => one.type === "dm").map(entry));
}

function entry(channel) {
  const unread = state.unread.has(channel.id);
  const direct = channel.type === "dm";
  return h("li", {}, h("a", { href: addressOf(state.me, channel), class: `channel${unread ? " unread" : ""}${
    channel.type === "thread" ? " thread" : ""}`,
    "data-testid": direct ? "channel-dm" : `channel-${channel.name}`, "aria-current": channel === state.channel && "page" },
  direct ? face({ ...state.bot, bot: true }) : icon(ICONS[channel.type]), bdi(direct ? state.bot.name : channel.name),
  unread ? h("span", { class: "badge", "aria-label": "new messages" }) : null));
}

// The others: simulated members who join sessions and give numbers when they are asked to.
function crowd() {
  const button = byId("crowd");
  const show = (names) => {
    const on = names.length > 0;
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? "Let the others rest" : "Let the others play along";
    byId("crowd-says").textContent = on
      ? `${new Intl.ListFormat("en").format(names)} rate a few tracks, join sessions and vote.`
      : "They rate, join sessions and vote, each by a taste of their own.";
  };
  show(state.crowd);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      show((await post("crowd", { member: state.me.id, on: button.getAttribute("aria-pressed") !== "true" })).crowd);
    } catch (problem) {
      toast(problem.message);
    } finally {
      button.disabled = false;
    }
  });
}

function close() {
  document.body.classList.remove("drawer-open");
  opener.setAttribute("aria-expanded", "false");
}

function drawer() {
  const narrow = matchMedia("(max-width: 719px)");
  const inert = () => {
    sidebar.inert = narrow.matches && !document.body.classList.contains("drawer-open");
  };
  new MutationObserver(inert).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  narrow.addEventListener("change", inert);
  inert();
  opener.addEventListener("click", () => {
    document.body.classList.add("drawer-open");
    opener.setAttribute("aria-expanded", "true");
    inert();
    sidebar.querySelector("[aria-current]")?.focus();
  });
  byId("shade").addEventListener("click", close);
  sidebar.addEventListener("click", (event) => event.target.closest("a") && close());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("drawer-open")) {
      close();
      opener.focus();
    }
  });
}

function hint() {
  let closed = null;
  try {
    closed = localStorage.getItem(HINT);
  } catch {
    // A browser that stores nothing shows the hint every time.
  }
  byId("hint").hidden = closed !== null;
  const done = () => {
    byId("hint").hidden = true;
    try {
      localStorage.setItem(HINT, "1");
    } catch {
      // As above.
    }
  };
  byId("hint-close").addEventListener("click", done);
  document.addEventListener("command-used", done);
  byId("hint-help").addEventListener("click", () => {
    done();
    composer.prefill("/help");
  });
}

await begin();
