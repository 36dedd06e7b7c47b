"""REST routes of the application's commands, global and the guild's."""

from typing import Any

from bot.sandbox.commands import Commands
from bot.sandbox.entities import Json
from bot.sandbox.errors import DiscordError
from bot.sandbox.rest import Answer, Call, Route

_BASES = ("/applications/{application_id}/commands", "/applications/{application_id}/guilds/{guild_id}/commands")


class CommandRoutes:
    """Answers the routes of both scopes."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def table(self) -> list[Route]:
        one = "/{command_id}"
        handlers = (
            ("GET", "", self.listing),
            ("PUT", "", self.put),
            ("POST", "", self.add),
            ("GET", one, self.get),
            ("PATCH", one, self.edit),
            ("DELETE", one, self.remove),
        )
        return [Route(method, base + tail, handle) for base in _BASES for method, tail, handle in handlers]

    def _scope(self, call: Call) -> int | None:
        if call.number("application_id") != call.world.application_id:
            raise DiscordError(403, 20012, "You are not authorized to perform this action on this application")
        if "guild_id" not in call.params:
            return None
        if call.number("guild_id") != call.world.guild_id:
            raise DiscordError(403, 50001, "Missing Access")
        return call.number("guild_id")

    async def listing(self, call: Call) -> list[Json]:
        found = list(self._commands.of(self._scope(call)).values())
        wanted = call.query.get("with_localizations", "").lower() in ("true", "1")
        return found if wanted else [_untranslated(command) for command in found]

    async def put(self, call: Call) -> list[Json]:
        wanted: Any = call.body
        if not isinstance(wanted, list):
            problem = {"code": "LIST_TYPE_CONVERT", "message": "Only iterables may be used in a ListType"}
            raise DiscordError(400, 50035, "Invalid Form Body", {"_errors": [problem]})
        return self._commands.put(self._scope(call), wanted)

    async def add(self, call: Call) -> Answer:
        new, built = self._commands.add(self._scope(call), call.mapping())
        return Answer(201 if new else 200, built)

    async def get(self, call: Call) -> Json:
        return self._commands.get(self._scope(call), call.number("command_id"))

    async def edit(self, call: Call) -> Json:
        return self._commands.edit(self._scope(call), call.number("command_id"), call.mapping())

    async def remove(self, call: Call) -> None:
        self._commands.remove(self._scope(call), call.number("command_id"))


def _untranslated(it: Json) -> Json:
    """Leave out translations, which Discord lists on request only."""
    kept = {name: value for name, value in it.items() if not name.endswith("_localizations")}
    for name in ("options", "choices"):
        if name in kept:
            kept[name] = [_untranslated(inner) for inner in kept[name]]
    return kept
