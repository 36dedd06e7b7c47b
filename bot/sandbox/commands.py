"""The application's commands: kept, and offered where install context allows."""

from bot.sandbox import compose, limits, permissions
from bot.sandbox.entities import Channel, Json
from bot.sandbox.errors import DiscordError
from bot.sandbox.world import World


class Commands:
    """Every registered command, by scope: None for global ones, else the guild's id."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._by_scope: dict[int | None, dict[int, Json]] = {}
        for scope in (None, world.guild_id):
            saved = world.saved(f"commands:{scope}") or {"commands": []}
            self._by_scope[scope] = {int(command["id"]): command for command in saved["commands"]}

    def of(self, scope: int | None) -> dict[int, Json]:
        return self._by_scope.setdefault(scope, {})

    def visible(self, member_id: int, channel: Channel) -> list[Json]:
        """List the commands a member is offered in a channel, as install context and contexts allow."""
        found = [*self.of(channel.guild_id).values()] if channel.guild_id and self.world.guild_install else []
        found += [c for c in self.of(None).values() if owners(self.world, c, member_id, channel)]
        has = self.world.permissions(member_id, channel)
        return found if channel.guild_id is None else [command for command in found if _allowed(command, has)]

    def put(self, scope: int | None, wanted: list[Json]) -> list[Json]:
        """Replace all commands of a scope; a command that stays keeps its id."""
        limits.check_commands(wanted)
        before = {(c["name"], c["type"]): c for c in self.of(scope).values()}
        built = [self._build(scope, w, before.get((w["name"], w.get("type") or 1))) for w in wanted]
        self._by_scope[scope] = {int(command["id"]): command for command in built}
        self._keep(scope)
        return built

    def add(self, scope: int | None, wanted: Json) -> tuple[bool, Json]:
        """Add or replace the command of that name and type; say whether it is new."""
        limits.check_commands([wanted])
        same = [c for c in self.of(scope).values() if (c["name"], c["type"]) == (wanted["name"], wanted.get("type", 1))]
        built = self._build(scope, wanted, same[0] if same else None)
        self.of(scope)[int(built["id"])] = built
        self._keep(scope)
        return not same, built

    def edit(self, scope: int | None, command_id: int, changes: Json) -> Json:
        before = self.get(scope, command_id)
        wanted = before | changes
        limits.check_commands([wanted])
        built = self._build(scope, wanted, before)
        self.of(scope)[command_id] = built
        self._keep(scope)
        return built

    def get(self, scope: int | None, command_id: int) -> Json:
        try:
            return self.of(scope)[command_id]
        except KeyError:
            raise DiscordError(404, 10063, "Unknown application command") from None

    def remove(self, scope: int | None, command_id: int) -> None:
        self.get(scope, command_id)
        del self.of(scope)[command_id]
        self._keep(scope)

    def _keep(self, scope: int | None) -> None:
        self.world.save(f"commands:{scope}", {"commands": list(self.of(scope).values())})
        self.world.announce({"type": "commands"})

    def _build(self, scope: int | None, wanted: Json, before: Json | None) -> Json:
        bits = wanted.get("default_member_permissions")
        built: Json = {
            "id": before["id"] if before else str(self.world.snowflake()),
            "application_id": str(self.world.application_id),
            "version": str(self.world.snowflake()),
            "default_member_permissions": None if bits is None else str(bits),
            "type": wanted.get("type") or 1,
            "name": wanted["name"],
            "name_localizations": wanted.get("name_localizations"),
            "description": wanted.get("description") or "",
            "description_localizations": wanted.get("description_localizations"),
            "dm_permission": wanted.get("dm_permission") is not False,
            "contexts": wanted.get("contexts"),
            "integration_types": wanted.get("integration_types") or [0],
            "nsfw": bool(wanted.get("nsfw")),
        }
        if scope is not None:
            built["guild_id"] = str(scope)
        if wanted.get("options"):
            built["options"] = [_option(option) for option in wanted["options"]]
        return built


def _allowed(command: Json, has: int) -> bool:
    """Say whether the permissions suffice that a command asks for; of "0" only administrators have enough."""
    needed = command["default_member_permissions"]
    if needed is None or has & permissions.ADMINISTRATOR:
        return True
    return int(needed) != 0 and has & int(needed) == int(needed)


def _option(option: Json) -> Json:
    # Discord leaves out what is false or not given.
    built: Json = {k: v for k, v in compose.without_nulls(option).items() if v is not False}
    if "options" in built:
        built["options"] = [_option(inner) for inner in built["options"]]
    return built


def owners(world: World, command: Json | None, member_id: int, channel: Channel) -> Json:
    """Say who authorised the bot here: {"0": guild or "0" in a DM, "1": user}; empty where nobody did."""
    kinds: list[int] = [0, 1] if command is None else command["integration_types"]
    contexts = None if command is None else command.get("contexts")
    here = 0 if channel.guild_id is not None else 1
    if contexts is not None and here not in contexts:
        return {}
    if command is not None and contexts is None and here == 1 and not command["dm_permission"]:
        return {}
    found: Json = {}
    if 0 in kinds and world.guild_install:
        found["0"] = str(channel.guild_id or 0)
    if 1 in kinds and member_id in world.user_installs:
        found["1"] = str(member_id)
    return found
