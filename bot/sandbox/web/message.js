// One message as a list item. Its handlers live in actions.js, so that an update may reuse every node.

import { bdi, h, icon } from "./dom.js";
import { accent, components } from "./components.js";
import { inline, link, markdown } from "./markdown.js";
import { attachment, emoji, emojiKey, face, local, picture } from "./media.js";
import { addressOf, nameOf, state } from "./state.js";
import { when, whole } from "./time.js";

const V2 = 1 << 15;
const PINNED = 6;
const STARTED = 18;

/** Draw a message; `layout` says {grouped, day} from what stands before it, `notes` are local remarks under it. */
export function draw(message, layout, note) {
  const date = new Date(message.timestamp);
  const mentioned = (message.mentions ?? []).some((user) => user.id === state.me.id);
  const look = ["message", layout.grouped ? "grouped" : "", message.ephemeral ? "ephemeral" : "",
    mentioned ? "mentioned" : ""].filter(Boolean).join(" ");
  return h("li", { class: look, "data-message-id": message.id, "data-testid": "message", tabindex: "-1",
    "data-author": message.author.id },
  layout.day ? h("div", { class: "day" }, h("span", {}, layout.day)) : null,
  origin(message),
  h("article", { class: "body", "aria-label": `${nameOf(message.author)}, ${when(date)}` },
    h("div", { class: "gutter" }, layout.grouped ? h("time", { class: "muted" }, when(date)) : face(message.author)),
    h("div", { class: "main" },
      layout.grouped ? null : head(message, date),
      h("div", { class: "content", "data-testid": "content" }, content(message)),
      h("p", { class: "failed", role: "alert", hidden: !note }, note ?? ""),
      reactions(message),
      message.ephemeral ? ephemeralMark(message) : null),
    tools(message)));
}

function head(message, date) {
  return h("div", { class: "head" }, bdi(nameOf(message.author), { class: "name" }),
    message.author.bot ? h("span", { class: "tag" }, "BOT") : null,
    h("time", { class: "muted", datetime: message.timestamp, title: whole(date) }, when(date)));
}

/** Say what a message answers: a command, a button, or another message. */
function origin(message) {
  const user = message.interaction_metadata?.user;
  if (message.interaction_name && user && (message.type === 20 || message.type === 23)) {
    const name = message.type === 20 ? `/${message.interaction_name}` : message.interaction_name;
    return h("div", { class: "origin", "data-testid": "used-command" }, face(user), bdi(nameOf(user), { class: "name" }),
      "used", h("code", { class: "command" }, name));
  }
  if (message.type !== 19) return null;
  // What this member sees of it is better than what came along, which is the bot's view.
  const target = state.messages.get(message.message_reference?.message_id) ?? message.referenced_message;
  if (!target) return h("div", { class: "origin" }, icon("reply"), h("em", {}, "The original message is gone."));
  return h("button", { class: "origin jump", type: "button", "data-jump": target.id, "aria-label":
    `In reply to ${nameOf(target.author)}; go there` }, icon("reply"), face(target.author),
  bdi(nameOf(target.author), { class: "name" }), h("span", { class: "extract", dir: "auto" }, extract(target)));
}

/** Say what a message is about, in one line. */
export function extract(message) {
  const first = message.content || message.embeds?.[0]?.title || message.embeds?.[0]?.description;
  if (first) return h("span", {}, inline(first.slice(0, 160).replace(/^[#>\-\s]+/, "").replace(/\s+/g, " "))).textContent;
  if (message.attachments?.length) return message.attachments[0].filename;
  return "a card";
}

function content(message) {
  if (message.thinking) {
    return h("p", { class: "thinking" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      `${nameOf(message.author)} is thinking …`);
  }
  if (message.type === PINNED) return h("p", { class: "muted" }, "pinned a message to this channel.");
  const parts = [];
  if (message.type === STARTED) parts.push(h("p", { class: "muted" }, "started a thread."));
  if (message.content) {
    const text = h("div", { class: "text" }, markdown(message.content));
    if (message.edited_timestamp && !message.interaction_metadata) text.append(h("small", { class: "edited" }, "(edited)"));
    parts.push(text);
  }
  for (const embed of message.embeds ?? []) parts.push(drawEmbed(embed));
  const files = message.attachments ?? [];
  if (!(message.flags & V2) && files.length) {
    parts.push(h("div", { class: "attachments" }, files.map(attachment)));
  }
  parts.push(...components(message.components ?? []));
  if (message.poll) parts.push(poll(message.poll));
  if (message.thread) {
    parts.push(h("a", { href: addressOf(state.me, { ...message.thread, type: "thread" }), "data-testid": "thread-link" },
      bdi(message.thread.name)));
  }
  return parts;
}

function poll({ question, answers, results }) {
  const given = new Map(results.answer_counts.map((one) => [one.id, one]));
  const choices = answers.map(({ answer_id: id, poll_media: media }) => h("button", { type: "button",
    class: "button secondary", "data-vote": id, "aria-pressed": String(given.get(id)?.me_voted ?? false),
    disabled: results.is_finalized }, h("span", {}, media.emoji ? emoji(media.emoji) : null, bdi(media.text)),
  h("span", { class: "count" }, String(given.get(id)?.count ?? 0))));
  return h("div", { class: "poll", role: "group", "aria-label": question.text }, h("strong", { dir: "auto" }, question.text),
    choices);
}

function drawEmbed(embed) {
  const title = embed.title ? inline(embed.title) : null;
  const box = h("div", { class: "embed" },
    h("div", { class: "embed-text" },
      embed.author ? h("div", { class: "embed-author" }, embed.author.icon_url
        ? h("img", { src: local(embed.author.icon_url), alt: "" }) : null, bdi(embed.author.name)) : null,
      title ? h("h3", { dir: "auto", class: "embed-title" }, embed.url && local(embed.url) ? link(embed.url, title) : title)
        : null,
      embed.description ? h("div", { class: "text" }, markdown(embed.description)) : null,
      embed.fields?.length ? h("dl", {}, embed.fields.map((field) => h("div", { class: field.inline ? "inline" : null },
        h("dt", { dir: "auto" }, inline(field.name)), h("dd", {}, markdown(field.value))))) : null),
    embed.thumbnail ? picture({ ...embed.thumbnail, description: embed.thumbnail.description ?? "Artwork" }, "thumbnail")
      : null,
    embed.image ? picture(embed.image, "embed-image") : null,
    embed.footer || embed.timestamp ? h("footer", {}, embed.footer?.icon_url
      ? h("img", { src: local(embed.footer.icon_url), alt: "" }) : null, embed.footer ? bdi(embed.footer.text) : null,
    embed.timestamp ? h("time", { datetime: embed.timestamp }, when(new Date(embed.timestamp))) : null) : null);
  accent(box, embed.color);
  return box;
}

function reactions(message) {
  const given = message.reactions ?? [];
  if (!given.length) return null;
  return h("div", { class: "reactions", role: "group", "aria-label": "Reactions" },
    given.map((reaction) => h("button", { type: "button", class: "reaction", "aria-pressed": String(reaction.me),
      "data-reaction": emojiKey(reaction.emoji), "data-key": emojiKey(reaction.emoji),
      "aria-label": `${reaction.emoji.name}, ${reaction.count}` },
    emoji(reaction.emoji), h("span", { class: "count" }, String(reaction.count)))),
    h("button", { type: "button", class: "reaction add", "data-tool": "react", "aria-label": "Add a reaction" },
      icon("smile")));
}

function ephemeralMark(message) {
  return h("p", { class: "only-you" }, icon("eye"), "Only you can see this · ",
    h("button", { type: "button", class: "as-link", "data-dismiss": message.id }, "Dismiss"));
}

/** The small bar of a message; one stop for the keyboard, whose menu holds everything. */
function tools(message) {
  if (message.thinking) return null;
  const name = nameOf(message.author);
  return h("div", { class: "tools" },
    message.ephemeral ? null : h("button", { type: "button", class: "icon-button", tabindex: "-1", "data-tool": "react",
      "aria-label": "Add a reaction" }, icon("smile")),
    message.ephemeral ? null : h("button", { type: "button", class: "icon-button", tabindex: "-1", "data-tool": "reply",
      "aria-label": `Reply to ${name}` }, icon("reply")),
    h("button", { type: "button", class: "icon-button", "data-tool": "more", "data-testid": "message-menu",
      "aria-haspopup": "menu", "aria-label": `More about the message of ${name}` }, icon("more")));
}
