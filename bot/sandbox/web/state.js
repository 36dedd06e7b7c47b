// What the page knows. Everything else is derived from it.

export const state = {
  bot: null,
  members: [],
  channels: [],
  guild: null,
  online: false,
  me: null, // a member
  channel: null, // a channel
  commands: [],
  messages: new Map(), // id -> Message, of the channel shown, oldest first
  unread: new Set(), // channel ids
  replyTo: null, // a Message
};

export const member = (id) => state.members.find((one) => one.id === id);
export const channelsOf = (me) => state.channels.filter((c) => (c.type === "dm" ? c.member_id === me.id
  : !c.members || c.members.includes(me.id)));
export const place = (channel) => (channel.type === "dm" ? state.bot.name : `#${channel.name}`);

/** What the address says of a channel: threads may have one name, so their ids stand for them. */
export const addressOf = (me, channel) => `#${encodeURIComponent(me.name)}/${channel.type === "dm" ? "dm"
  : encodeURIComponent(channel.type === "thread" ? channel.id : channel.name)}`;

export function nameOf(user) {
  return user.global_name ?? user.username ?? user.name ?? "?";
}

/** Find a name for an id in a mention. */
export function named(id) {
  return member(id)?.name ?? (state.bot?.id === id ? state.bot.name : null);
}

/** The slash commands as one flat list: {name: "playlist link", description, options}. */
export function slashCommands() {
  const flat = [];
  const walk = (node, path) => {
    const inner = (node.options ?? []).filter((option) => option.type === 1 || option.type === 2);
    if (inner.length) inner.forEach((option) => walk(option, [...path, option.name]));
    else flat.push({ name: path.join(" "), description: node.description, options: node.options ?? [] });
  };
  state.commands.filter((c) => c.type === 1).forEach((c) => walk(c, [c.name]));
  return flat.sort((a, b) => a.name.localeCompare(b.name));
}
