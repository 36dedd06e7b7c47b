// A small bot on discord.js, as round.py asks for.

import { ActionRowBuilder, ApplicationCommandOptionType as Option, ApplicationCommandType as Kind, AttachmentBuilder, ButtonBuilder,
  ButtonStyle, Client, Events, GatewayIntentBits as Intent, MessageFlags, ModalBuilder, Partials, StringSelectMenuBuilder,
  TextInputBuilder, TextInputStyle } from "discord.js";

const { SANDBOX_URL, DISCORD_TOKEN } = process.env;
const Ephemeral = MessageFlags.Ephemeral;
const client = new Client({
  intents: [Intent.Guilds, Intent.GuildMessages, Intent.GuildMessageReactions, Intent.DirectMessages],
  partials: [Partials.Channel, Partials.Message, Partials.Reaction],
  rest: { api: `${SANDBOX_URL}/api` },
});

const COMMANDS = [
  { name: "echo", description: "Says it again",
    options: [{ type: Option.String, name: "text", description: "Text", required: true, autocomplete: true }] },
  { name: "later", description: "Takes a while" },
  { name: "file", description: "Gives a file back",
    options: [{ type: Option.Attachment, name: "file", description: "File", required: true }] },
  { name: "Quote", type: Kind.Message },
  { name: "Greet", type: Kind.User },
];

function card() {
  const buttons = ["edit", "form"].map((name) => new ButtonBuilder({ customId: name, label: name, style: ButtonStyle.Primary }));
  const menu = new StringSelectMenuBuilder({ customId: "pick", options: [..."abc"].map((x) => ({ label: x, value: x })) });
  return [new ActionRowBuilder({ components: buttons }), new ActionRowBuilder({ components: [menu] })];
}

const ON = {
  echo: (it) => it.reply({ content: `echo ${it.options.getString("text")}`, components: card() }),
  later: async (it) => {
    await it.deferReply();
    await it.editReply("done");
    await it.followUp("more");
    await it.followUp({ content: "secret", flags: Ephemeral });
  },
  file: async (it) => {
    const file = it.options.getAttachment("file");
    const data = Buffer.from(await (await fetch(file.url)).arrayBuffer());
    await it.reply({ content: `${file.name} ${data.length}`, files: [new AttachmentBuilder(data, { name: "back.txt" })] });
  },
  Quote: (it) => it.reply({ content: `quote ${it.targetMessage.content}`, flags: Ephemeral }),
  Greet: (it) => it.reply({ content: `greet ${it.targetUser.displayName}`, flags: Ephemeral }),
  edit: (it) => it.update("edited"),
  form: (it) => {
    const field = new TextInputBuilder({ customId: "name", label: "Name", style: TextInputStyle.Short });
    return it.showModal(new ModalBuilder({ customId: "form", title: "Form", components: [{ type: 1, components: [field] }] }));
  },
  pick: (it) => it.reply(`picked ${it.values[0]}`),
};

client.once(Events.ClientReady, () => client.application.commands.set(COMMANDS));
client.on(Events.InteractionCreate, (it) => {
  if (it.isAutocomplete()) return it.respond([{ name: `${it.options.getFocused()}!`, value: `${it.options.getFocused()}!` }]);
  if (it.isModalSubmit()) return it.reply({ content: `form ${it.fields.getTextInputValue("name")}`, flags: Ephemeral });
  return ON[it.isCommand() ? it.commandName : it.customId](it);
});
client.on(Events.MessageCreate, (message) => {
  if (!message.guild && message.content === "hi") return message.channel.send(`hello ${message.author.displayName}`);
  return null;
});
client.on(Events.MessageReactionAdd, (reaction, user) => (user.id === client.user.id ? null : reaction.message.react("👍")));
await client.login(DISCORD_TOKEN);
