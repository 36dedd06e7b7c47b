"""Session: a group rates together and gets one playlist that is fair to everybody."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Earmark
from bot.domain.errors import ErasedMeanwhile, NotInServer, SessionError, StorageBusy
from bot.domain.names import tidy
from bot.domain.session import Settings
from bot.flow import voting
from bot.flow.reveal import season_table
from bot.flow.session import apply, start
from bot.flow.session_events import Actor, Cancel, Change, HandOver, Posted, Submit
from bot.i18n import speaking
from bot.taste.group_rules import STRATEGIES
from cogs.session_access import actor, check_place, here, welcome
from cogs.session_buttons import ITEMS, follow
from cogs.stage import Stage, now
from cogs.ui import digits, pick, session_cards, text_commands, text_session
from cogs.ui.access import allow, server_language, services
from cogs.ui.digits import Digit
from cogs.ui.in_time import in_time, reply
from cogs.ui.in_turn import InTurn
from storage.sessions import Step

RULES = [app_commands.Choice(name=text_session.RULE_WORDS[name], value=name) for name in STRATEGIES]
Length = app_commands.Range[int, 1, 50]
Rounds = app_commands.Range[int, 0, 30]
Seconds = app_commands.Range[int, 10, 3600]
Stars = app_commands.Range[int, 0, 10]


class Sessions(commands.GroupCog, group_name="session", group_description=text_commands.SESSION):
    def __init__(self, bot: Earmark) -> None:
        self.bot = bot
        self.stage = Stage(bot)
        bot.provide(self.stage)
        self._in_turn = InTurn()
        self._taken_back = digits.TakenBack()

    async def cog_unload(self) -> None:
        await self.stage.close()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        self.stage.resume()  # also after a long silence of the gateway: reactions were missed

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        if payload.member is None or not payload.member.bot:
            await self._reacted(payload, self._vote)

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        await self._reacted(payload, self._unvote)

    @commands.Cog.listener()
    async def on_guild_channel_update(self, _: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        self.stage.permissions_changed(after.guild.id)

    @commands.Cog.listener()
    async def on_raw_thread_update(self, payload: discord.RawThreadUpdateEvent) -> None:
        self.stage.permissions_changed(payload.guild_id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, after: discord.Role) -> None:
        self.stage.permissions_changed(after.guild.id)

    @commands.Cog.listener()
    async def on_member_update(self, _: discord.Member, after: discord.Member) -> None:
        self.stage.permissions_changed(after.guild.id)  # of members, the bot alone is heard of

    async def _reacted(
        self, payload: discord.RawReactionActionEvent, change: Callable[[Digit, int, int], Awaitable[Step | None]]
    ) -> None:
        digit = Digit(payload.message_id, payload.user_id, digits.stars(payload.emoji.name))
        if not digit.stars or payload.user_id == self.bot.application_id:
            return
        async with self._in_turn.of((payload.message_id, payload.user_id)):
            found = await self.bot.services.sessions.round_of(payload.message_id)
            if found is None:
                return
            try:
                step = await change(digit, *found)
            except SessionError:
                return  # it is over, or one's own track: a message to all would be the only way to say so
        if step is not None:
            follow(self.stage, step)

    async def _vote(self, digit: Digit, session_id: int, number: int) -> Step | None:
        if self._taken_back.was(digit):
            return None
        s, who = self.bot.services, Actor(digit.listener_id)
        since = await s.playlists.began(who.listener_id)
        step = await voting.vote(s.sessions, session_id, who, number, digit.stars, now(), by_reaction=True)
        with contextlib.suppress(ErasedMeanwhile):
            await s.digits.put(who.listener_id, digit.message_id, [digit.stars], since=since)
        return step

    async def _unvote(self, digit: Digit, session_id: int, number: int) -> Step:
        s, who = self.bot.services, Actor(digit.listener_id)
        dropped = await s.digits.drop(who.listener_id, digit.message_id, digit.stars)
        if not dropped.known:
            self._taken_back.note(digit)
        return await voting.unvote(s.sessions, session_id, who, number, digit.stars, now(), instead=dropped.left)

    @app_commands.command(description=text_commands.SESSION_START)
    @app_commands.describe(
        **text_commands.SESSION_START_OPTIONS,
        **text_commands.SESSION_OPTIONS,
    )
    @app_commands.choices(rule=RULES)
    @app_commands.autocomplete(playlist=pick.playlist_choices)
    async def start(
        self,
        interaction: discord.Interaction,
        name: app_commands.Range[str, 1, 60] | None = None,
        length: Length = 10,
        rule: str = "fair",
        rounds: Rounds = 8,
        seconds: Seconds = 60,
        open_votes: bool = False,
        veto: Stars = 3,
        theme: app_commands.Range[str, 1, 60] | None = None,
        season: app_commands.Range[str, 1, 40] | None = None,
        playlist: str | None = None,
    ) -> None:
        check_place(interaction)
        allow(interaction, "session")
        assert interaction.guild_id is not None
        assert interaction.channel_id is not None
        only = (await pick.playlist_id(interaction, playlist),) if playlist else ()
        with speaking(server_language(interaction)):
            name = tidy(name or "") or text_session.unnamed()
        theme, season = tidy(theme or "") or None, tidy(season or "") or None
        chosen = Settings(name, length, rule, not open_votes, seconds, rounds, veto or None, only, theme, season)
        sessions = services(interaction).sessions
        learn = await sessions.consent(interaction.user.id)
        new = start(interaction.guild_id, interaction.channel_id, actor(interaction), chosen, now(), learn)
        opened = await in_time(interaction, sessions.open(new), ephemeral=False)
        try:
            brings = await self.stage.pools.brings(opened)
            with speaking(server_language(interaction)):
                card = session_cards.card(opened, {}, brings, None)
            message_id = await reply(interaction, card, ephemeral=False)
        except Exception:
            # A session that nobody can see would only stand in the next one's way.
            await sessions.step(opened.id, lambda session: apply(session, Cancel(at=now())))
            raise
        if message_id is not None:
            event = Posted(at=now(), message_id=message_id)
            with contextlib.suppress(StorageBusy):  # the first click on the card makes up for it
                await sessions.step(opened.id, lambda session: apply(session, event))
        await welcome(interaction, opened)

    @app_commands.command(description=text_commands.SESSION_SETTINGS)
    @app_commands.describe(**text_commands.SESSION_OPTIONS)
    @app_commands.choices(rule=RULES)
    async def settings(
        self,
        interaction: discord.Interaction,
        length: Length | None = None,
        rule: str | None = None,
        rounds: Rounds | None = None,
        seconds: Seconds | None = None,
        open_votes: bool | None = None,
        veto: Stars | None = None,
    ) -> None:
        session = await here(interaction)
        given = {"size": length, "strategy": rule, "rounds": rounds, "seconds": seconds}
        changes = {name: value for name, value in given.items() if value is not None}
        if open_votes is not None:
            changes["hidden"] = not open_votes
        wanted = replace(session.settings, **changes)  # type: ignore[arg-type]
        if veto is not None:
            wanted = replace(wanted, veto=veto or None)
        await self.stage.step(session.id, Change(at=now(), by=actor(interaction), settings=wanted))
        await interaction.response.send_message(text_session.settings(wanted), ephemeral=True)

    @app_commands.command(description=text_commands.SESSION_SUBMIT)
    @app_commands.autocomplete(track=pick.track_choices)
    async def submit(self, interaction: discord.Interaction, track: str) -> None:
        session = await here(interaction)
        chosen = await pick.track(interaction, track)
        await self.stage.step(session.id, Submit(at=now(), by=actor(interaction), track_id=chosen.id))
        await interaction.response.send_message(text_session.submitted(chosen), ephemeral=True)

    @app_commands.command(description=text_commands.SESSION_HANDOVER)
    async def handover(self, interaction: discord.Interaction, to: discord.User) -> None:
        session = await here(interaction)
        await self.stage.step(session.id, HandOver(at=now(), by=actor(interaction), to=to.id))
        await interaction.response.send_message(text_session.handed_over(to.id), ephemeral=True)

    @app_commands.command(description=text_commands.SESSION_CANCEL)
    async def cancel(self, interaction: discord.Interaction) -> None:
        session = await here(interaction)
        await self.stage.step(session.id, Cancel(at=now(), by=actor(interaction)))
        await interaction.response.send_message(text_session.cancelled(), ephemeral=True)

    @app_commands.command(description=text_commands.SESSION_SHOW)
    async def show(self, interaction: discord.Interaction) -> None:
        session = await here(interaction)
        check_place(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.stage.post_card(session)
        await interaction.edit_original_response(content=text_session.shown())

    @app_commands.command(description=text_commands.SESSION_HISTORY)
    @app_commands.describe(**text_commands.SESSION_HISTORY_OPTIONS)
    async def history(self, interaction: discord.Interaction, season: str | None = None) -> None:
        if interaction.guild_id is None:
            raise NotInServer
        s = services(interaction).sessions
        if season := tidy(season or ""):
            words = text_session.season(season, season_table(await s.season(interaction.guild_id, season)))
        else:
            finished = await s.done(interaction.guild_id)
            words = f"{text_session.history(finished)}\n\n{text_session.debts(await s.debts(interaction.guild_id))}"
        await interaction.response.send_message(words, ephemeral=True)


async def setup(bot: commands.Bot) -> None:
    assert isinstance(bot, Earmark)
    bot.add_dynamic_items(*ITEMS)
    await bot.add_cog(Sessions(bot))
