// A small bot on discordeno, as round.py asks for.

import { ApplicationCommandTypes as Kind, createBot, createDesiredPropertiesObject, Intents, InteractionTypes, MessageComponentTypes }
  from "discordeno";

const { SANDBOX_URL, DISCORD_TOKEN } = process.env;
const REPLY = 4;
const DEFER = 5;
const UPDATE = 7;
const CHOICES = 8;
const MODAL = 9;
const flags = 64;

const COMMANDS = [
  { type: Kind.ChatInput, name: "echo", description: "Says it again",
    options: [{ type: 3, name: "text", description: "Text", required: true, autocomplete: true }] },
  { type: Kind.ChatInput, name: "later", description: "Takes a while" },
  { type: Kind.ChatInput, name: "file", description: "Gives a file back",
    options: [{ type: 11, name: "file", description: "File", required: true }] },
  { type: Kind.Message, name: "Quote" },
  { type: Kind.User, name: "Greet" },
];

const row = (...components) => ({ type: MessageComponentTypes.ActionRow, components });
const card = () => [
  row(...["edit", "form"].map((name) => ({ type: MessageComponentTypes.Button, style: 1, label: name, customId: name }))),
  row({ type: MessageComponentTypes.SelectMenu, customId: "pick", options: [..."abc"].map((x) => ({ label: x, value: x })) }),
];
const only = (map) => [...map.values()][0];

const bot = createBot({
  token: DISCORD_TOKEN,
  intents: Intents.Guilds | Intents.GuildMessages | Intents.GuildMessageReactions | Intents.DirectMessages,
  desiredProperties: createDesiredPropertiesObject({}, true),
  rest: { token: DISCORD_TOKEN, proxy: { baseUrl: `${SANDBOX_URL}/api`, authorization: `Bot ${DISCORD_TOKEN}` } },
  events: {
    ready: () => bot.rest.upsertGlobalApplicationCommands(COMMANDS),
    interactionCreate: (it) => answer(it).catch((error) => console.error(error)),
    messageCreate: async (message) => {
      if (message.guildId || message.content !== "hi") return;
      await bot.rest.sendMessage(message.channelId, { content: `hello ${message.author.globalName}` });
    },
    reactionAdd: async ({ userId, channelId, messageId }) => {
      if (userId !== bot.id) await bot.rest.addReaction(channelId, messageId, "👍");
    },
  },
});

const ON = {
  echo: (it) => [REPLY, { content: `echo ${it.data.options[0].value}`, components: card() }],
  later: async (it, respond) => {
    await respond(DEFER);
    await bot.rest.editOriginalInteractionResponse(it.token, { content: "done" });
    await bot.rest.sendFollowupMessage(it.token, { content: "more" });
    await bot.rest.sendFollowupMessage(it.token, { content: "secret", flags });
  },
  file: async (it) => {
    const file = only(it.data.resolved.attachments);
    const blob = await (await fetch(file.url)).blob();
    return [REPLY, { content: `${file.filename} ${blob.size}`, files: [{ name: "back.txt", blob }] }];
  },
  Quote: (it) => [REPLY, { content: `quote ${only(it.data.resolved.messages).content}`, flags }],
  Greet: (it) => [REPLY, { content: `greet ${only(it.data.resolved.users).globalName}`, flags }],
  edit: () => [UPDATE, { content: "edited" }],
  form: () => [MODAL, { customId: "form", title: "Form",
    components: [row({ type: MessageComponentTypes.InputText, customId: "name", label: "Name", style: 1 })] }],
  pick: (it) => [REPLY, { content: `picked ${it.data.values[0]}` }],
};

async function answer(it) {
  const respond = (type, data) => bot.rest.sendInteractionResponse(it.id, it.token, { type, data });
  if (it.type === InteractionTypes.ApplicationCommandAutocomplete) {
    const typed = it.data.options[0].value;
    await respond(CHOICES, { choices: [{ name: `${typed}!`, value: `${typed}!` }] });
  } else if (it.type === InteractionTypes.ModalSubmit) {
    await respond(REPLY, { content: `form ${it.data.components[0].components[0].value}`, flags });
  } else {
    const said = await ON[it.data.name ?? it.data.customId](it, respond);
    if (said) await respond(...said);
  }
}

await bot.start();
