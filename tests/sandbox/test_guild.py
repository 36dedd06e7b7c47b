"""Channels, threads, members and what stands under messages, as a bot hears of it and may change it."""

import asyncio
import time
from collections.abc import Callable

import discord
import pytest

from bot.commands.cli import arguments_parser
from bot.sandbox import permissions
from bot.sandbox.options import HumanError
from bot.sandbox.point import aim
from bot.sandbox.server import Sandbox

from .conftest import Http, SmallBot, log_in

HEARD = (
    "guild_channel_create", "guild_channel_update", "guild_channel_delete", "thread_create", "thread_update",
    "thread_delete", "thread_member_join", "guild_remove", "guild_join", "member_remove", "member_join",
    "raw_reaction_clear", "raw_reaction_clear_emoji", "raw_poll_vote_add", "raw_poll_vote_remove",
    "guild_channel_pins_update", "raw_reaction_add",
)  # fmt: skip


async def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < limit
        await asyncio.sleep(0.01)


class Listener:
    """Keeps what a client is told."""

    def __init__(self, bot: SmallBot) -> None:
        self.events: list[tuple[str, tuple]] = []
        for name in HEARD:
            setattr(bot, f"on_{name}", self._keep(name))

    def _keep(self, name: str) -> Callable:
        async def keep(*args: object) -> None:
            self.events.append((name, args))

        return keep

    async def next(self, name: str) -> tuple:
        await until(lambda: name in [event for event, _ in self.events])
        return next(args for event, args in self.events if event == name)


@pytest.fixture
async def heard(bot: SmallBot) -> Listener:
    return Listener(bot)


async def test_channels_come_change_and_go(sandbox: Sandbox, bot: SmallBot, heard: Listener) -> None:
    guild = sandbox.human.guild
    with pytest.raises(HumanError, match="permission"):
        guild.create_channel("Ben", "lounge")
    made = guild.create_channel("Ada", "lounge")
    assert (await heard.next("guild_channel_create"))[0].name == "lounge"
    guild.rename_channel("Ada", "lounge", "parlour")
    assert (await heard.next("guild_channel_update"))[1].name == "parlour"
    await sandbox.human.say("Ben", "parlour", "hello")
    guild.delete_channel("Ada", "parlour")
    assert str((await heard.next("guild_channel_delete"))[0].id) == made["id"]
    with pytest.raises(HumanError, match="sees no channel"):
        await sandbox.human.say("Ben", "parlour", "hello")


async def test_voice_has_text_and_a_forum_has_only_posts(sandbox: Sandbox, bot: SmallBot, heard: Listener) -> None:
    human = sandbox.human
    voice = human.guild.create_channel("Ada", "stage", "voice")
    forum = human.guild.create_channel("Ada", "songs", "forum")
    await until(lambda: bot.get_channel(int(forum["id"])))
    assert isinstance(bot.get_channel(int(voice["id"])), discord.VoiceChannel)
    assert (await human.slash("Ada", "stage", "guess", {"track": "x"}))["content"] == "x/1"
    shown = bot.get_channel(int(forum["id"]))
    assert isinstance(shown, discord.ForumChannel)
    with pytest.raises(HumanError):
        await human.say("Ada", "songs", "hello")
    post = human.guild.start_post("Ben", "songs", "Blue Monday", "What of it?")
    thread = (await heard.next("thread_create"))[0]
    assert (str(thread.id), thread.parent) == (post["id"], shown)
    assert [(m["content"], m["id"]) for m in human.messages("Ada", post["id"])] == [("What of it?", post["id"])]
    mine, first = await shown.create_thread(name="Mine", content="first")
    assert (mine.id, first.content, mine.owner_id) == (first.id, "first", bot.user.id)
    with pytest.raises(discord.HTTPException) as caught:
        await bot.http.send_message(shown.id, params=discord.http.handle_message_parameters("x"))
    assert caught.value.code == 40058


async def test_threads(sandbox: Sandbox, bot: SmallBot, heard: Listener) -> None:
    human, general = sandbox.human, sandbox.world.text_channels[0]
    said = await human.say("Ben", "general", "Blue Monday")
    begun = human.guild.start_thread("Ben", "general", "About it", message=said)
    assert begun["id"] == said["id"]
    thread = (await heard.next("thread_create"))[0]
    assert (thread.name, thread.parent_id) == ("About it", general.id)
    [shown] = [m for m in human.messages("Ada", "general") if m["id"] == said["id"]]
    assert shown["thread"]["id"] == said["id"]
    assert shown["flags"] & 1 << 5
    answer = await human.slash("Ada", begun["id"], "guess", {"track": "x"})
    assert (answer["content"], answer["channel_id"]) == ("x/1", begun["id"])
    assert (await thread.send("I am here")).channel.id == thread.id
    own = await bot.get_channel(general.id).create_thread(name="Own", type=discord.ChannelType.public_thread)
    assert {it.id for it in await bot.guilds[0].active_threads()} == {thread.id, own.id}
    await own.edit(archived=True)
    assert [it.id async for it in bot.get_channel(general.id).archived_threads()] == [own.id]
    await own.send("back again")
    assert not sandbox.world.channels[own.id].thread.archived
    await own.edit(name="Owned")
    human.guild.delete_channel("Ada", own.id)
    assert (await heard.next("thread_delete"))[0].id == own.id


async def test_a_locked_thread_is_closed_to_all_but_moderators(
    sandbox: Sandbox, bot: SmallBot, heard: Listener
) -> None:
    human = sandbox.human
    begun = human.guild.start_thread("Ben", "general", "About it")
    thread = (await heard.next("thread_create"))[0]
    mine = await thread.send("before")
    with pytest.raises(HumanError, match="permission"):
        human.guild.change_thread("Ben", begun["id"], locked=True)
    human.guild.change_thread("Ada", begun["id"], locked=True)
    assert (await heard.next("thread_update"))[1].locked
    with pytest.raises(discord.Forbidden) as caught:
        await thread.send("after")
    assert caught.value.code == 160005
    with pytest.raises(discord.Forbidden):
        await mine.edit(content="changed")
    with pytest.raises(HumanError, match="locked"):
        await human.say("Ben", begun["id"], "after")
    await human.say("Ada", begun["id"], "the owner may")
    human.guild.change_thread("Ada", begun["id"], locked=False)
    human.guild.change_thread("Ben", begun["id"], archived=True)
    with pytest.raises(discord.HTTPException) as caught:
        await mine.edit(content="changed")
    assert caught.value.code == 50083
    with pytest.raises(HumanError, match="react"):
        await human.react("Ben", mine.id, "👍")


async def test_a_private_thread_is_seen_by_its_members(sandbox: Sandbox, bot: SmallBot) -> None:
    human = sandbox.human
    begun = human.guild.start_thread("Ben", "general", "Secret", private=True)
    assert human.messages("Ben", begun["id"]) == []
    assert human.messages("Ada", begun["id"]) == [], "who may manage threads sees it, too"
    with pytest.raises(HumanError, match="sees no channel"):
        human.messages("Chloe", begun["id"])
    with pytest.raises(discord.Forbidden):
        await bot.fetch_channel(int(begun["id"]))


async def test_threads_of_a_read_only_channel_may_be_open(sandbox: Sandbox, bot: SmallBot, heard: Listener) -> None:
    general = sandbox.world.text_channels[0]
    sandbox.world.deny(general, permissions.SEND_MESSAGES)
    sandbox.human.guild.start_thread("Ben", "general", "Open")
    thread = (await heard.next("thread_create"))[0]
    assert (await thread.send("here I may")).content == "here I may"
    sandbox.world.deny(general, permissions.SEND_MESSAGES_IN_THREADS)
    with pytest.raises(discord.Forbidden):
        await thread.send("here I may not")
    assert (await bot.get_channel(general.id).send("but here")).content == "but here"


async def test_who_is_kicked_is_gone_until_they_join_again(tmp_path) -> None:
    sandbox = await Sandbox.start(data=tmp_path, intents=["members", "presences"])
    with aim(sandbox.url):
        bot = SmallBot(discord.Intents(guilds=True, members=True, presences=True))
        bot, task = await log_in(sandbox, bot)
        assert {member.display_name for member in bot.guilds[0].members} == {"Ada", "Ben", "Chloe", "Dan", "Earmark"}
        assert str(bot.guilds[0].get_member(sandbox.world.member("Ben").id).status) == "online"
        heard, guild, ben = Listener(bot), sandbox.human.guild, sandbox.world.member("Ben").id
        with pytest.raises(HumanError, match="permission"):
            guild.kick("Ben", "Dan")
        guild.kick("Ada", "Ben")
        guild.kick("Dan", "Dan")
        assert (await heard.next("member_remove"))[0].id == ben
        with pytest.raises(discord.NotFound) as caught:
            await bot.guilds[0].fetch_member(ben)
        assert caught.value.code == 10007
        with pytest.raises(HumanError, match="sees no channel"):
            await sandbox.human.say("Ben", "general", "hello")
        assert {member.name async for member in bot.guilds[0].fetch_members()} == {"ada", "chloe", "Earmark"}
        assert [member.name for member in await bot.guilds[0].query_members("ch")] == ["chloe"]
        await bot.close()
        await task
    await sandbox.close()
    sandbox = await Sandbox.start(data=tmp_path)
    assert [member.name for member in sandbox.world.present()] == ["Ada", "Chloe", "Earmark"]
    sandbox.human.guild.join("Ben")
    await sandbox.human.say("Ben", "general", "I am back")
    await sandbox.close()


async def test_the_bot_itself_is_kicked_and_invited_again(sandbox: Sandbox, bot: SmallBot, heard: Listener) -> None:
    sandbox.human.guild.kick("Ada", "Earmark")
    await heard.next("guild_remove")
    assert not bot.guilds
    with pytest.raises(HumanError, match="no command"):
        await sandbox.human.slash("Ada", "general", "guess", {"track": "x"})
    sandbox.human.guild.join("Earmark")
    await heard.next("guild_join")
    assert (await sandbox.human.slash("Ada", "general", "guess", {"track": "x"}))["content"] == "x/1"


async def test_the_owner_may_do_everything(sandbox: Sandbox, bot: SmallBot) -> None:
    seen: list[discord.Interaction] = []

    @bot.event
    async def on_interaction(interaction: discord.Interaction) -> None:
        seen.append(interaction)

    sandbox.human.guild.set_locale("Ben", "pt-BR")
    for who in ("Ada", "Ben"):
        await sandbox.human.slash(who, "general", "guess", {"track": "x"})
    assert [it.permissions.administrator for it in seen] == [True, False]
    assert [str(it.locale) for it in seen] == ["en-US", "pt-BR"]
    assert bot.guilds[0].owner_id == seen[0].user.id
    sandbox.commands.add(None, {"name": "settings", "description": "d", "default_member_permissions": "32"})
    offered = {who: [c["name"] for c in sandbox.human.commands(who)] for who in ("Ada", "Ben")}
    assert "settings" in offered["Ada"]
    assert "settings" not in offered["Ben"]


async def test_a_bot_that_may_not_look_is_told_what_it_may(sandbox: Sandbox, bot: SmallBot) -> None:
    seen: list[discord.Interaction] = []

    @bot.event
    async def on_interaction(interaction: discord.Interaction) -> None:
        seen.append(interaction)

    sandbox.world.deny(sandbox.world.text_channels[0], permissions.VIEW_CHANNEL | permissions.SEND_MESSAGES)
    await sandbox.human.slash("Ada", "general", "guess", {"track": "x"})
    told = seen[0].app_permissions
    assert (told.view_channel, told.send_messages, told.add_reactions) == (False, False, True)


async def test_burst_reactions_and_taking_all_away(sandbox: Sandbox, bot: SmallBot, heard: Listener) -> None:
    human = sandbox.human
    card = await human.slash("Ada", "general", "guess", {"track": "x"})
    await human.react("Ben", card, "🔥", burst=True)
    shown = await human.react("Dan", card, "🔥")
    assert shown["reactions"][0]["count_details"] == {"burst": 1, "normal": 1}
    first = (await heard.next("raw_reaction_add"))[0]
    assert (first.burst, first.type) == (True, discord.ReactionType.burst)
    message = await bot.get_channel(int(card["channel_id"])).fetch_message(int(card["id"]))
    assert (message.reactions[0].burst_count, message.reactions[0].normal_count) == (1, 1)
    assert [user.name async for user in message.reactions[0].users(type=discord.ReactionType.burst)] == ["ben"]
    await human.react("Dan", card, "👍")
    with pytest.raises(HumanError, match="permission"):
        human.guild.clear_reactions("Ben", card)
    human.guild.clear_reactions("Ada", card, "👍")
    assert (await heard.next("raw_reaction_clear_emoji"))[0].emoji.name == "👍"
    human.guild.clear_reactions("Ada", card)
    assert (await heard.next("raw_reaction_clear"))[0].message_id == message.id
    assert "reactions" not in human.messages("Ada", "general")[0]


async def test_pins(sandbox: Sandbox, bot: SmallBot, heard: Listener, http: Http) -> None:
    channel = bot.get_channel(sandbox.world.text_channels[0].id)
    message = await channel.send("remember")
    with pytest.raises(discord.Forbidden):
        await message.pin()
    sandbox.world.bot_base |= permissions.PIN_MESSAGES
    await message.pin()
    await heard.next("guild_channel_pins_update")
    assert [m.content async for m in channel.pins()] == ["remember"]
    assert [m["type"] for m in sandbox.human.messages("Ada", "general")] == [0, 6]
    _, old = await http("GET", f"/channels/{channel.id}/pins")
    assert [m["content"] for m in old] == ["remember"]
    await message.unpin()
    assert [m async for m in channel.pins()] == []


async def test_polls_are_kept_and_voted_in(sandbox: Sandbox, bot: SmallBot, heard: Listener, http: Http) -> None:
    channel = bot.get_channel(sandbox.world.text_channels[0].id)
    poll = discord.Poll("Which?", duration=discord.utils.datetime.timedelta(hours=1))
    message = await channel.send(poll=poll.add_answer(text="Blue").add_answer(text="Monday", emoji="🎵"))
    assert [answer.text for answer in message.poll.answers] == ["Blue", "Monday"]
    human = sandbox.human
    for answer in (1, 2):
        shown = human.guild.vote("Ben", message.id, answer)
    assert {it["id"]: it["count"] for it in shown["poll"]["results"]["answer_counts"]} == {1: 0, 2: 1}
    assert (await heard.next("raw_poll_vote_remove"))[0].answer_id == 1
    message = await channel.fetch_message(message.id)
    assert [user.name async for user in message.poll.answers[1].voters()] == ["ben"]
    assert (await message.poll.end()).is_finalised()
    with pytest.raises(HumanError):
        human.guild.vote("Dan", message.id, 1)
    bad = {"poll": {"question": {"text": "?"}, "answers": []}}
    assert (await http("POST", f"/channels/{channel.id}/messages", bad))[1]["errors"]["poll"]["answers"]


async def test_threads_and_channels_outlive_a_restart(tmp_path) -> None:
    sandbox = await Sandbox.start(data=tmp_path)
    guild = sandbox.human.guild
    guild.create_channel("Ada", "songs", "forum")
    post = guild.start_post("Ben", "songs", "Blue Monday", "What of it?")
    guild.change_thread("Ada", post["id"], locked=True)
    guild.rename_channel("Ada", "music", "records")
    guild.delete_channel("Ada", "general")
    await sandbox.close()
    again = await Sandbox.start(data=tmp_path)
    assert [channel.name for channel in again.world.text_channels] == ["records", "songs"]
    assert again.human.messages("Ada", post["id"])[0]["content"] == "What of it?"
    assert again.world.channels[int(post["id"])].thread.locked
    await again.close()


def test_intents_are_named_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    parsed = arguments_parser().parse_args(["sandbox", "--intents", "message-content, members"])
    assert parsed.intents == ["message-content", "members"]
    with pytest.raises(SystemExit):
        arguments_parser().parse_args(["sandbox", "--intents", "everything"])
    assert "'everything' is none of message-content, members, presences" in capsys.readouterr().err


async def test_a_bot_without_an_intent_may_not_ask_for_it(sandbox: Sandbox) -> None:
    with aim(sandbox.url):
        bot = SmallBot(discord.Intents(guilds=True, message_content=True))
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.start(sandbox.bot_token)
        await bot.close()


async def test_message_content_for_whoever_holds_the_intent() -> None:
    sandbox = await Sandbox.start(intents=["message-content"])
    with aim(sandbox.url):
        bot, task = await log_in(sandbox, SmallBot(discord.Intents.default() | discord.Intents(message_content=True)))
        await sandbox.human.say("Ben", "general", "Blue Monday")
        await until(lambda: bot.events)
        assert bot.events == [("message", "Blue Monday", False)]
        assert (await bot.application_info()).flags.gateway_message_content_limited
        await bot.close()
        await task
    await sandbox.close()
