"""The actions of the human API: each takes the JSON that was posted and gives the JSON to answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.crowd import Crowd
from bot.sandbox.entities import Json
from bot.sandbox.human import Human
from bot.sandbox.interaction import Interaction
from bot.sandbox.media import File
from bot.sandbox.options import HumanError


class Actions:
    """What POST /human/<name> does."""

    def __init__(self, human: Human, crowd: Crowd) -> None:
        self._human, self._crowd = human, crowd

    def table(self) -> dict[str, Callable[[Json], Awaitable[Any]]]:
        """Give every action by its name in the path."""
        return {
            "slash": self.slash,
            "autocomplete": self.autocomplete,
            "message-command": self.message_command,
            "user-command": self.user_command,
            "click": self.click,
            "select": self.select,
            "modal": self.modal,
            "react": self.react,
            "unreact": self.unreact,
            "say": self.say,
            "delete": self.delete,
            "clear-reactions": self.clear_reactions,
            "vote": self.vote,
            "create-channel": self.create_channel,
            "rename-channel": self.rename_channel,
            "delete-channel": self.delete_channel,
            "thread": self.thread,
            "change-thread": self.change_thread,
            "kick": self.kick,
            "join": self.join,
            "locale": self.locale,
            "crowd": self.crowd,
        }

    def _file(self, upload_id: str) -> File:
        file = self._human.world.files.get(int(upload_id))
        if file is None:
            raise HumanError("That upload is gone.")
        return file

    async def slash(self, b: Json) -> Json:
        files = {name: self._file(upload) for name, upload in (b.get("attachments") or {}).items()}
        return _begun(self._human.begin_slash(b["member"], b["channel"], b["command"], b.get("options"), files))

    async def autocomplete(self, b: Json) -> Json:
        typed = b.get("options") or {}
        choices = await self._human.autocomplete(b["member"], b["channel"], b["command"], typed, b["focused"])
        return {"choices": choices}

    async def message_command(self, b: Json) -> Json:
        return _begun(self._human.begin_message_command(b["member"], b["channel"], b["command"], b["message"]))

    async def user_command(self, b: Json) -> Json:
        return _begun(self._human.begin_user_command(b["member"], b["channel"], b["command"], b["target"]))

    async def create_channel(self, b: Json) -> Json:
        return self._human.guild.create_channel(b["member"], b["name"], b.get("kind", "text"))

    async def rename_channel(self, b: Json) -> Json:
        return self._human.guild.rename_channel(b["member"], b["channel"], b["name"])

    async def delete_channel(self, b: Json) -> Json:
        self._human.guild.delete_channel(b["member"], b["channel"])
        return {}

    async def thread(self, b: Json) -> Json:
        guild = self._human.guild
        if "content" in b:
            return guild.start_post(b["member"], b["channel"], b["name"], b["content"])
        private = bool(b.get("private"))
        return guild.start_thread(b["member"], b["channel"], b["name"], message=b.get("message"), private=private)

    async def change_thread(self, b: Json) -> Json:
        guild, wanted = self._human.guild, {name: bool(b[name]) for name in ("archived", "locked") if name in b}
        return guild.change_thread(b["member"], b["channel"], **wanted)

    async def kick(self, b: Json) -> Json:
        self._human.guild.kick(b["member"], b["target"])
        return {}

    async def join(self, b: Json) -> Json:
        self._human.guild.join(b["member"])
        return {}

    async def locale(self, b: Json) -> Json:
        self._human.guild.set_locale(b["member"], b["locale"])
        return {}

    async def clear_reactions(self, b: Json) -> Json:
        return self._human.guild.clear_reactions(b["member"], b["message"], b.get("emoji"))

    async def vote(self, b: Json) -> Json:
        return self._human.guild.vote(b["member"], b["message"], b["answer"])

    async def click(self, b: Json) -> Json:
        return _begun(self._human.begin_click(b["member"], b["message"], b["custom_id"]))

    async def select(self, b: Json) -> Json:
        return _begun(self._human.begin_select(b["member"], b["message"], b["custom_id"], b["values"]))

    async def modal(self, b: Json) -> Json:
        return _begun(self._human.begin_modal(b["member"], b["interaction_id"], b.get("values") or {}))

    async def react(self, b: Json) -> Json:
        return await self._human.react(b["member"], b["message"], b["emoji"], burst=bool(b.get("burst")))

    async def unreact(self, b: Json) -> Json:
        return await self._human.unreact(b["member"], b["message"], b["emoji"])

    async def say(self, b: Json) -> Json:
        files = [self._file(upload) for upload in b.get("attachments") or []]
        return await self._human.say(b["member"], b["channel"], b.get("content") or "", files, b.get("reply_to"))

    async def delete(self, b: Json) -> Json:
        await self._human.delete(b["member"], b["message"])
        return {}

    async def crowd(self, b: Json) -> Json:
        if b["on"]:
            self._crowd.ask(b["member"])
        else:
            self._crowd.thank()
        return {"crowd": self._crowd.names}


def _begun(it: Interaction) -> Json:
    return {"interaction_id": str(it.id)}
