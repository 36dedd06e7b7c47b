// A small bot on eris, as round.py asks for; where eris sends no form or file with an answer, its raw requests do.

import http from "node:http";
import https from "node:https";

import { AutocompleteInteraction, Client, ModalSubmitInteraction } from "eris";

const { SANDBOX_URL, DISCORD_TOKEN } = process.env;
const { hostname, port } = new URL(SANDBOX_URL);
https.request = (options, answer) => http.request({ ...options, host: hostname, port, agent: undefined }, answer);

const client = new Client(`Bot ${DISCORD_TOKEN}`, {
  intents: ["guilds", "guildMessages", "guildMessageReactions", "directMessages"],
  rest: { domain: hostname, baseURL: "/api/v10" },
});
const flags = 64;
const COMMANDS = [
  { type: 1, name: "echo", description: "Says it again",
    options: [{ type: 3, name: "text", description: "Text", required: true, autocomplete: true }] },
  { type: 1, name: "later", description: "Takes a while" },
  { type: 1, name: "file", description: "Gives a file back",
    options: [{ type: 11, name: "file", description: "File", required: true }] },
  { type: 3, name: "Quote" },
  { type: 2, name: "Greet" },
];

const row = (...components) => ({ type: 1, components });
const card = () => [
  row(...["edit", "form"].map((name) => ({ type: 2, style: 1, label: name, custom_id: name }))),
  row({ type: 3, custom_id: "pick", options: [..."abc"].map((x) => ({ label: x, value: x })) }),
];

const ON = {
  echo: (it) => it.createMessage({ content: `echo ${it.data.options[0].value}`, components: card() }),
  later: async (it) => {
    await it.defer();
    await it.editOriginalMessage({ content: "done" });
    await it.createFollowup({ content: "more" });
    await it.createFollowup({ content: "secret", flags });
  },
  file: async (it) => {
    const file = Object.values(it.data.resolved.attachments)[0];
    const data = Buffer.from(await (await fetch(file.url)).arrayBuffer());
    await it.createMessage({ content: `${file.filename} ${data.length}` }, [{ name: "back.txt", file: data }]);
  },
  Quote: (it) => it.createMessage({ content: `quote ${it.data.resolved.messages.get(it.data.target_id).content}`, flags }),
  Greet: (it) => it.createMessage({ content: `greet ${it.data.resolved.users.get(it.data.target_id).globalName}`, flags }),
  edit: (it) => it.editParent({ content: "edited" }),
  form: (it) => it.createModal({ custom_id: "form", title: "Form",
    components: [row({ type: 4, custom_id: "name", label: "Name", style: 1 })] }),
  pick: (it) => it.createMessage({ content: `picked ${it.data.values[0]}` }),
};

client.once("ready", () => client.bulkEditCommands(COMMANDS));
client.on("interactionCreate", (it) => {
  if (it instanceof AutocompleteInteraction) {
    const typed = it.data.options[0].value;
    return it.result([{ name: `${typed}!`, value: `${typed}!` }]);
  }
  if (it instanceof ModalSubmitInteraction) {
    return it.createMessage({ content: `form ${it.data.components[0].components[0].value}`, flags });
  }
  return ON[it.data.name ?? it.data.custom_id](it);
});
client.on("messageCreate", async (message) => {
  if (message.guildID || message.content !== "hi") return;
  await client.createMessage(message.channel.id, `hello ${message.author.globalName}`);
});
client.on("messageReactionAdd", async (message, _, reactor) => {
  if (reactor.id !== client.user.id) await client.addMessageReaction(message.channel.id, message.id, "👍");
});
client.on("error", (error) => console.error(error));
process.on("unhandledRejection", (error) => console.error(error));
await client.connect();
