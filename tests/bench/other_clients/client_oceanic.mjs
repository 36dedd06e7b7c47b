// A small bot on oceanic.js, as round.py asks for.

import { ApplicationCommandTypes as Kind, Client, ComponentTypes, InteractionTypes, MessageFlags } from "oceanic.js";

const { SANDBOX_URL, DISCORD_TOKEN } = process.env;
const flags = MessageFlags.EPHEMERAL;
const client = new Client({
  auth: `Bot ${DISCORD_TOKEN}`,
  gateway: { intents: ["GUILDS", "GUILD_MESSAGES", "GUILD_MESSAGE_REACTIONS", "DIRECT_MESSAGES"] },
  rest: { baseURL: `${SANDBOX_URL}/api/v10` },
});

const COMMANDS = [
  { type: Kind.CHAT_INPUT, name: "echo", description: "Says it again",
    options: [{ type: 3, name: "text", description: "Text", required: true, autocomplete: true }] },
  { type: Kind.CHAT_INPUT, name: "later", description: "Takes a while" },
  { type: Kind.CHAT_INPUT, name: "file", description: "Gives a file back",
    options: [{ type: 11, name: "file", description: "File", required: true }] },
  { type: Kind.MESSAGE, name: "Quote" },
  { type: Kind.USER, name: "Greet" },
];

const row = (...components) => ({ type: ComponentTypes.ACTION_ROW, components });
const card = () => [
  row(...["edit", "form"].map((name) => ({ type: ComponentTypes.BUTTON, style: 1, label: name, customID: name }))),
  row({ type: ComponentTypes.STRING_SELECT, customID: "pick", options: [..."abc"].map((x) => ({ label: x, value: x })) }),
];

const ON = {
  echo: (it) => it.createMessage({ content: `echo ${it.data.options.getString("text")}`, components: card() }),
  later: async (it) => {
    await it.defer();
    await it.editOriginal({ content: "done" });
    await it.createFollowup({ content: "more" });
    await it.createFollowup({ content: "secret", flags });
  },
  file: async (it) => {
    const file = it.data.options.getAttachment("file");
    const contents = Buffer.from(await (await fetch(file.url)).arrayBuffer());
    await it.createMessage({ content: `${file.filename} ${contents.length}`, files: [{ name: "back.txt", contents }] });
  },
  Quote: (it) => it.createMessage({ content: `quote ${it.data.target.content}`, flags }),
  Greet: (it) => {
    const user = it.data.resolved.users.first();
    return it.createMessage({ content: `greet ${user.globalName}`, flags });
  },
  edit: (it) => it.editParent({ content: "edited" }),
  form: (it) => it.createModal({ customID: "form", title: "Form",
    components: [row({ type: ComponentTypes.TEXT_INPUT, customID: "name", label: "Name", style: 1 })] }),
  pick: (it) => it.createMessage({ content: `picked ${it.data.values.raw[0]}` }),
};

client.once("ready", () => client.application.bulkEditGlobalCommands(COMMANDS));
client.on("interactionCreate", (it) => {
  if (it.type === InteractionTypes.APPLICATION_COMMAND_AUTOCOMPLETE) {
    const typed = it.data.options.getFocused().value;
    return it.result([{ name: `${typed}!`, value: `${typed}!` }]);
  }
  if (it.type === InteractionTypes.MODAL_SUBMIT) {
    return it.createMessage({ content: `form ${it.data.components.getTextInput("name")}`, flags });
  }
  return ON[it.data.name ?? it.data.customID](it);
});
client.on("messageCreate", async (message) => {
  if (message.guildID || message.content !== "hi") return;
  await client.rest.channels.createMessage(message.channelID, { content: `hello ${message.author.globalName}` });
});
client.on("messageReactionAdd", async (message, reactor) => {
  if (reactor.id !== client.user.id) await client.rest.channels.createReaction(message.channelID ?? message.channel.id, message.id, "👍");
});
client.on("error", (error) => console.error(error));
await client.connect();
