"""What a person does in the sandbox: type, click, react, upload. The page and the tests use this and nothing else."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bot.sandbox import compose, forms, marks, options, payloads, permissions, places
from bot.sandbox.commands import Commands, owners
from bot.sandbox.entities import Channel, Json, Member, Message
from bot.sandbox.human_guild import HumanGuild
from bot.sandbox.interaction import Interaction
from bot.sandbox.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, Interactions
from bot.sandbox.media import File
from bot.sandbox.options import HumanError, Ref, Typed
from bot.sandbox.payloads import human_message
from bot.sandbox.world import World

Upload = tuple[str, bytes]
_LOCKED = 160005  # Discord's code
UPLOAD_LIMIT = 50 * 1024 * 1024  # bytes


class Human:
    """Acts as any member.

    Members are named ("Ada") or given by id; channels by name, id, or "dm" for the member's conversation with the
    bot; messages by id or by any JSON that has one. What comes back is Discord's JSON as that member sees it, with
    `interaction_id` added; an opened modal comes as {"interaction_id", "modal"}. Raises HumanError.
    """

    def __init__(self, world: World, commands: Commands, interactions: Interactions) -> None:
        self.world, self._commands, self._interactions = world, commands, interactions
        self.guild = HumanGuild(self)
        self.timeout = 60.0  # seconds that the waiting methods wait for a deferred answer

    # -- finding -------------------------------------------------------------------------------------------------

    def member(self, ref: Ref) -> Member:
        try:
            return self.world.member(ref)
        except KeyError:
            raise HumanError(f"There is no member {ref!r}.") from None

    def channel(self, ref: Ref, member: Member) -> Channel:
        if ref == "dm":
            return self.world.direct(member.id)
        for channel in self.world.channels.values():
            known = str(ref).removeprefix("#") in (str(channel.id), channel.name if channel.guild_id else None)
            if known and self.world.in_channel(member.id, channel):
                return channel
        raise HumanError(f"{member.name} sees no channel {ref!r}.")

    def message(self, ref: Ref | Json, member: Member) -> Message:
        number = str(ref["id"]) if isinstance(ref, dict) else str(ref)
        try:
            message = self.world.message(int(number))
        except (KeyError, ValueError):
            message = None
        if message is None or not self.world.sees(member.id, message):
            raise HumanError("That message is gone.")
        return message

    def commands(self, member: Ref, channel: Ref | None = None) -> list[Json]:
        who = self.member(member)
        place = self.world.text_channels[0] if channel is None else self.channel(channel, who)
        return self._commands.visible(who.id, place)

    def messages(self, member: Ref, channel: Ref) -> list[Json]:
        """List a channel's messages, oldest first, as the member sees them."""
        who = self.member(member)
        there = self.channel(channel, who).messages.values()
        return [human_message(self.world, m, who.id) for m in there if self.world.sees(who.id, m)]

    # -- beginning something (answers at once) ----------------------------------------------------------------------

    def upload(self, filename: str, data: bytes) -> File:
        """Keep a file for a message, an option or a form; a paying member may send more than a bot may."""
        if len(data) > UPLOAD_LIMIT:
            raise HumanError("Your files are too powerful: the limit is 50 MB.")
        return self.world.store(self.world.text_channels[0].id, filename, data)

    def begin_slash(
        self,
        member: Ref,
        channel: Ref,
        command: str,
        values: Json | None = None,
        files: Mapping[str, File] | None = None,
    ) -> Interaction:
        return self._typed(COMMAND, member, channel, command, Typed(values or {}, dict(files or {})))

    def _typed(self, kind: int, member: Ref, channel: Ref, command: str, typed: Typed) -> Interaction:
        who = self.member(member)
        place = self.channel(channel, who)
        found, path = options.find(self._commands.visible(who.id, place), command, 1)
        data = options.chat_input(self.world, found, path, typed)
        name = " ".join([found["name"], *(level["name"] for level in path)])
        return self._begin(kind, who, place, data, command=name, of=found)

    def begin_message_command(self, member: Ref, channel: Ref, command: str, message: Ref | Json) -> Interaction:
        who = self.member(member)
        place = self.channel(channel, who)
        found, _ = options.find(self._commands.visible(who.id, place), command, 3)
        target = self.message(message, who)
        # The content of a message that a member points at is given whole, without any privileged intent.
        whole = payloads.message(self.world, target, who.id)
        data: Json = {"id": found["id"], "name": found["name"], "type": 3, "target_id": str(target.id)}
        data["resolved"] = {"messages": {str(target.id): whole}}
        return self._begin(COMMAND, who, place, data, command=found["name"], of=found)

    def begin_user_command(self, member: Ref, channel: Ref, command: str, target: Ref) -> Interaction:
        who = self.member(member)
        place = self.channel(channel, who)
        found, _ = options.find(self._commands.visible(who.id, place), command, 2)
        data: Json = {"id": found["id"], "name": found["name"], "type": 2}
        data["resolved"] = {}
        data["target_id"] = options.mention(self.world, 6, target, data["resolved"])
        return self._begin(COMMAND, who, place, data, command=found["name"], of=found)

    def begin_click(self, member: Ref, message: Ref | Json, custom_id: str) -> Interaction:
        who = self.member(member)
        shown = self.message(message, who)
        button = forms.component(shown.components, custom_id, (2,))
        data = {"custom_id": custom_id, "component_type": 2, "id": button["id"]}
        return self._begin(COMPONENT, who, self.world.channels[shown.channel_id], data, source=shown)

    def begin_select(self, member: Ref, message: Ref | Json, custom_id: str, values: Sequence[str]) -> Interaction:
        who = self.member(member)
        shown = self.message(message, who)
        data = forms.selection(self.world, forms.component(shown.components, custom_id, (3, 5, 6, 7, 8)), list(values))
        return self._begin(COMPONENT, who, self.world.channels[shown.channel_id], data, source=shown)

    def begin_modal(self, member: Ref, interaction_id: Ref, values: Json) -> Interaction:
        """Submit a modal; file uploads are given as lists of files or of their ids."""
        who = self.member(member)
        opener = self.interaction(interaction_id, who)
        if opener.modal is None:
            raise HumanError("That form is not open.")
        if opener.submitted is not None and opener.submitted.state != "failed":
            raise HumanError("That form was sent already.")
        data = forms.submission(self.world, opener.modal, values)
        opener.submitted = self._begin(MODAL, who, opener.channel, data, source=opener.source, opener=opener)
        return opener.submitted

    def _begin(
        self,
        kind: int,
        who: Member,
        place: Channel,
        data: Json,
        *,
        command: str | None = None,
        source: Message | None = None,
        opener: Interaction | None = None,
        of: Json | None = None,
    ) -> Interaction:
        authorised = owners(self.world, of, who.id, place)
        if of is None:
            origin = opener.owners if opener is not None else (source.interaction or {}) if source is not None else {}
            authorised = origin.get("authorizing_integration_owners") or (opener.owners if opener else authorised)
        return self._interactions.send(
            Interaction(
                self.world.snowflake(),
                kind,
                who,
                place,
                data,
                authorised,
                source=source,
                opener=opener,
                command=command,
            )
        )

    def interaction(self, interaction_id: Ref, member: Member | None = None) -> Interaction:
        found = self._interactions.by_id.get(int(interaction_id))
        if found is None or (member is not None and found.member is not member):
            raise HumanError("There is no such interaction.")
        return found

    # -- doing something and seeing the answer -----------------------------------------------------------------------

    async def wait(self, interaction_id: Ref, timeout: float | None = None) -> Json:  # noqa: ASYNC109
        """Wait for the final answer; raise HumanError where there is none in `timeout` seconds."""
        it = self.interaction(interaction_id)
        settled = await it.settled(self.timeout if timeout is None else timeout)
        if it.state == "failed":
            raise HumanError(it.error or "failed")
        if not settled:
            raise HumanError("The application is still thinking.")
        return self.seen(it)

    def seen(self, it: Interaction) -> Json:
        """Show what an interaction brought its member so far."""
        built: Json = {"interaction_id": str(it.id)}
        if it.state == "modal":
            return built | {"modal": it.modal}
        if it.shown is None:
            return built
        return human_message(self.world, it.shown, it.member.id) | built

    async def slash(
        self,
        member: Ref,
        channel: Ref,
        command: str,
        values: Json | None = None,
        *,
        attachments: Mapping[str, Upload] | None = None,
    ) -> Json:
        files = {name: self.upload(*upload) for name, upload in (attachments or {}).items()}
        return await self.wait(self.begin_slash(member, channel, command, values, files).id)

    async def autocomplete(self, member: Ref, channel: Ref, command: str, values: Json, focused: str) -> list[Json]:
        """Give the choices offered while `focused` is being typed."""
        it = self._typed(AUTOCOMPLETE, member, channel, command, Typed(values, {}, focused))
        await it.settled(self.timeout)
        if it.choices is None:
            raise HumanError("Loading options failed")
        return it.choices

    async def message_command(self, member: Ref, channel: Ref, command: str, message: Ref | Json) -> Json:
        return await self.wait(self.begin_message_command(member, channel, command, message).id)

    async def user_command(self, member: Ref, channel: Ref, command: str, target: Ref) -> Json:
        return await self.wait(self.begin_user_command(member, channel, command, target).id)

    async def click(self, member: Ref, message: Ref | Json, custom_id: str) -> Json:
        return await self.wait(self.begin_click(member, message, custom_id).id)

    async def select(self, member: Ref, message: Ref | Json, custom_id: str, values: Sequence[str]) -> Json:
        return await self.wait(self.begin_select(member, message, custom_id, values).id)

    async def modal(self, member: Ref, opened: Ref | Json, values: Json) -> Json:
        """Submit a modal; files are given as lists of (filename, bytes)."""
        number = opened["interaction_id"] if isinstance(opened, dict) else opened
        ready = {name: [self.upload(*v) if isinstance(v, tuple) else v for v in value] if isinstance(value, list)
                 else value for name, value in values.items()}  # fmt: skip
        return await self.wait(self.begin_modal(member, number, ready).id)

    async def react(self, member: Ref, message: Ref | Json, emoji: str, *, burst: bool = False) -> Json:
        who = self.member(member)
        shown = self.message(message, who)
        if shown.seen_by is not None:
            raise HumanError("Messages that only you can see take no reactions.")
        place = self.world.channels[shown.channel_id]
        may = self.world.permissions(who.id, place) & permissions.ADD_REACTIONS or emoji in shown.emojis
        if not may or (place.thread is not None and place.thread.archived):
            raise HumanError("You may not react to that.")
        marks.react(self.world, shown, who.id, emoji, burst=burst)
        return human_message(self.world, shown, who.id)

    async def unreact(self, member: Ref, message: Ref | Json, emoji: str) -> Json:
        who = self.member(member)
        shown = self.message(message, who)
        marks.unreact(self.world, shown, who.id, emoji)
        return human_message(self.world, shown, who.id)

    async def say(
        self,
        member: Ref,
        channel: Ref,
        content: str,
        attachments: Sequence[Upload | File] = (),
        reply_to: Ref | None = None,
    ) -> Json:
        who = self.member(member)
        place = self.channel(channel, who)
        if (refused := places.obstacle(self.world, who.id, place)) is not None:
            told = "This thread is locked." if refused.code == _LOCKED else "You may not send messages here."
            raise HumanError(told)
        if not content.strip() and not attachments:
            raise HumanError("There is nothing to send.")
        if len(content) > 2000:
            raise HumanError("A message may have 2,000 characters.")
        files = [a if isinstance(a, File) else self.upload(*a) for a in attachments]
        message = self.world.new_message(place, who.id, content=content.strip(), files=files)
        if reply_to is not None:
            message.type, message.reply_to = 19, self.message(reply_to, who).id
        compose.mentions(self.world, message, {"content": content})
        places.spoken(self.world, place, who.id)
        self.world.post(message)
        return human_message(self.world, message, who.id)

    async def delete(self, member: Ref, message: Ref | Json) -> None:
        """Delete an own message, or dismiss an ephemeral one."""
        who = self.member(member)
        shown = self.message(message, who)
        if who.id not in (shown.author_id, shown.seen_by):
            raise HumanError("You can only delete your own messages.")
        self.world.remove(shown)

    # -- watching ----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def events(self, member: Ref) -> AsyncGenerator["asyncio.Queue[Json]", None]:
        """Follow everything a member sees, as a queue of events."""
        watcher = (self.member(member).id, asyncio.Queue[Json]())
        self.world.watchers.append(watcher)
        try:
            yield watcher[1]
        finally:
            self.world.watchers.remove(watcher)

    async def wait_for(
        self,
        member: Ref,
        channel: Ref,
        accept: Callable[[Json], Any],
        timeout: float = 10.0,  # noqa: ASYNC109
    ) -> Json:
        """Wait for a message in a channel that `accept` takes, already there or still to come."""
        async with asyncio.timeout(timeout), self.events(member) as queue:
            while True:
                for message in reversed(self.messages(member, channel)):
                    if accept(message):
                        return message
                await queue.get()
