"""What a person does to the guild itself: channels, threads, members, and what stands under messages."""

from typing import TYPE_CHECKING

from bot.sandbox import compose, marks, payloads, permissions, places, polls
from bot.sandbox.entities import FORUM, TEXT, Channel, Json, Member
from bot.sandbox.options import HumanError, Ref
from bot.sandbox.payloads import human_message

if TYPE_CHECKING:
    from bot.sandbox.human import Human

_LOCALES = (
    "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja"
    " zh-TW ko"
)


class HumanGuild:
    """Acts as any member, as far as that member's permissions go; the guild's owner may do everything.

    Channels come back as Discord's JSON. Raises HumanError.
    """

    def __init__(self, human: "Human") -> None:
        self._human, self._world = human, human.world

    def _allowed(self, member: Member, bit: int, channel: Channel | None = None) -> None:
        world = self._world
        has = world.base_permissions(member.id) if channel is None else world.permissions(member.id, channel)
        if not has & bit:
            raise HumanError("You do not have permission to do that.")

    # -- channels ------------------------------------------------------------------------------------------------

    def create_channel(self, member: Ref, name: str, kind: str = "text") -> Json:
        """Create a channel; `kind` is text, voice or forum."""
        self._allowed(self._human.member(member), permissions.MANAGE_CHANNELS)
        if kind not in places.KINDS:
            raise HumanError(f"There is no kind of channel called {kind!r}.")
        return payloads.channel(self._world, places.create(self._world, _name(name), places.KINDS[kind]))

    def rename_channel(self, member: Ref, channel: Ref, name: str) -> Json:
        place = self._managed(member, channel)
        places.change(self._world, place, name=_name(name))
        return payloads.channel(self._world, place)

    def delete_channel(self, member: Ref, channel: Ref) -> None:
        place = self._managed(member, channel)
        if self._world.text_channels == [place]:
            raise HumanError("The last channel stays.")
        places.delete(self._world, place)

    def _managed(self, member: Ref, channel: Ref) -> Channel:
        who = self._human.member(member)
        place = self._human.channel(channel, who)
        if place.guild_id is None:
            raise HumanError("That is a conversation, not a channel.")
        bit = permissions.MANAGE_CHANNELS if place.thread is None else permissions.MANAGE_THREADS
        self._allowed(who, bit, place)
        return place

    # -- threads -------------------------------------------------------------------------------------------------

    def start_thread(
        self, member: Ref, channel: Ref, name: str, *, message: Ref | Json | None = None, private: bool = False
    ) -> Json:
        """Start a thread in a text channel, at a message or by itself; a forum takes `start_post`."""
        who = self._human.member(member)
        parent = self._human.channel(channel, who)
        if parent.type != TEXT or parent.guild_id is None:
            raise HumanError("No thread can be started there.")
        self._allowed(who, permissions.CREATE_PRIVATE_THREADS if private else permissions.CREATE_PUBLIC_THREADS, parent)
        start = None if message is None else self._human.message(message, who)
        if start is not None and (start.id in self._world.channels or start.channel_id != parent.id):
            raise HumanError("No thread can be started at that message.")
        thread = places.start_thread(self._world, parent, who.id, _name(name), message=start, private=private)
        return payloads.channel(self._world, thread)

    def start_post(self, member: Ref, channel: Ref, name: str, content: str) -> Json:
        """Start a thread in a forum with its first message."""
        who = self._human.member(member)
        forum = self._human.channel(channel, who)
        if forum.type != FORUM:
            raise HumanError("That is no forum.")
        self._allowed(who, permissions.SEND_MESSAGES, forum)
        if not content.strip():
            raise HumanError("There is nothing to send.")
        first = self._world.new_message(forum, who.id, content=content.strip())
        compose.mentions(self._world, first, {"content": content})
        return payloads.channel(self._world, places.start_post(self._world, forum, _name(name), first))

    def change_thread(
        self, member: Ref, thread: Ref, *, archived: bool | None = None, locked: bool | None = None
    ) -> Json:
        """Archive a thread or bring it back; lock it, which only moderators may, or unlock it."""
        who = self._human.member(member)
        place = self._human.channel(thread, who)
        if place.thread is None:
            raise HumanError("That is no thread.")
        own = place.thread.owner_id == who.id and locked is None and not place.thread.locked
        if not own:
            self._allowed(who, permissions.MANAGE_THREADS, place)
        wanted = {"archived": archived, "locked": locked}
        places.change(self._world, place, **{name: value for name, value in wanted.items() if value is not None})
        return payloads.channel(self._world, place)

    # -- members -------------------------------------------------------------------------------------------------

    def kick(self, member: Ref, target: Ref) -> None:
        """Remove a member, or the bot, from the guild; whoever names themselves leaves."""
        who, other = self._human.member(member), self._human.member(target)
        if who.id != other.id:
            self._allowed(who, permissions.KICK_MEMBERS)
        if other.id == self._world.owner_id:
            raise HumanError("The owner stays.")
        if other.id not in self._world.gone:
            places.remove_member(self._world, other.id)

    def join(self, member: Ref) -> None:
        """Let a member, or the bot, come back to the guild."""
        who = self._human.member(member)
        if not self._world.base_permissions(who.id):
            places.add_member(self._world, who.id)

    def set_locale(self, member: Ref, locale: str) -> None:
        """Set the language of a member's client."""
        if locale not in _LOCALES.split():
            raise HumanError(f"Discord has no language {locale!r}.")
        places.speak(self._world, self._human.member(member).id, locale)

    # -- under messages ------------------------------------------------------------------------------------------

    def clear_reactions(self, member: Ref, message: Ref | Json, emoji: str | None = None) -> Json:
        """Take away everybody's reactions, of one emoji or of all."""
        who = self._human.member(member)
        shown = self._human.message(message, who)
        self._allowed(who, permissions.MANAGE_MESSAGES, self._world.channels[shown.channel_id])
        marks.clear(self._world, shown, emoji)
        return human_message(self._world, shown, who.id)

    def vote(self, member: Ref, message: Ref | Json, answer: int) -> Json:
        """Choose an answer of a poll, or take the choice back."""
        who = self._human.member(member)
        shown = self._human.message(message, who)
        known = [it["answer_id"] for it in (shown.poll or {}).get("answers", [])]
        if answer not in known or polls.over(shown):
            raise HumanError("That cannot be voted for.")
        marks.vote(self._world, shown, who.id, answer)
        return human_message(self._world, shown, who.id)


def _name(name: str) -> str:
    if not 1 <= len(name.strip()) <= 100:
        raise HumanError("A name has between 1 and 100 characters.")
    return name.strip()
