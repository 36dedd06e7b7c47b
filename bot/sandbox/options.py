"""Turns what a person typed into the data of an interaction, checked as Discord's own client checks it."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox import payloads
from bot.sandbox.entities import Json
from bot.sandbox.media import File
from bot.sandbox.world import World

Ref = str | int


class HumanError(Exception):
    """Something a person cannot do, in one sentence."""


@dataclass(frozen=True)
class Typed:
    """A command as typed.

    Attributes:
        values: option name -> value, as text or already of its type.
        files: option name -> uploaded file.
        focused: the option being typed, for autocomplete.

    """

    values: Json
    files: dict[str, File]
    focused: str | None = None


def find(commands: list[Json], name: str, kind: int) -> tuple[Json, list[Json]]:
    """Find a command by its full name: (command, the path of subcommands below it)."""
    if kind != 1:
        for command in commands:
            if command["type"] == kind and command["name"] == name:
                return command, []
        raise HumanError(f"There is no command called {name!r} here.")
    first, *rest = name.removeprefix("/").split()
    for command in commands:
        if command["type"] == 1 and command["name"] == first:
            return command, _descend(command, rest, name)
    raise HumanError(f"There is no command /{name.removeprefix('/')} here.")


def _descend(command: Json, rest: list[str], name: str) -> list[Json]:
    path, level = [], command
    for word in rest:
        inner = [o for o in level.get("options", []) if o["name"] == word and o["type"] in (1, 2)]
        if not inner:
            raise HumanError(f"There is no command /{name} here.")
        level = inner[0]
        path.append(level)
    if any(o["type"] in (1, 2) for o in level.get("options", [])):
        raise HumanError(f"/{name} needs a subcommand.")
    return path


def chat_input(world: World, command: Json, path: list[Json], typed: Typed) -> Json:
    """Build an interaction's data for a slash command or its autocompletion."""
    resolved: Json = {}
    wanted = (path[-1] if path else command).get("options", [])
    unknown = (set(typed.values) | set(typed.files)) - {option["name"] for option in wanted}
    if unknown:
        raise HumanError(f"This command has no option {min(unknown)!r}.")
    built = [b for option in wanted if (b := _option(world, option, typed, resolved)) is not None]
    for level in reversed(path):
        built = [{"type": level["type"], "name": level["name"], "options": built}]
    data: Json = {"id": command["id"], "name": command["name"], "type": 1, "options": built}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data | ({"resolved": resolved} if resolved else {})


def _option(world: World, option: Json, typed: Typed, resolved: Json) -> Json | None:
    name, kind = option["name"], option["type"]
    if name == typed.focused:
        # Half-typed text is sent as it stands, whatever the option's type.
        return {"type": kind, "name": name, "value": str(typed.values.get(name, "")), "focused": True}
    if kind == 11:
        file = typed.files.get(name)
        if file is not None:
            resolved.setdefault("attachments", {})[str(file.id)] = payloads.attachment(world, file)
            return {"type": 11, "name": name, "value": str(file.id)}
    elif typed.values.get(name) is not None:
        if typed.focused is not None:
            return {"type": kind, "name": name, "value": typed.values[name]}
        return {"type": kind, "name": name, "value": _value(world, option, typed.values[name], resolved)}
    if option.get("required") and typed.focused is None:
        raise HumanError(f"The option {name!r} is required.")
    return None


def _value(world: World, option: Json, raw: Any, resolved: Json) -> Any:
    kind, name = option["type"], option["name"]
    if kind in (4, 10):
        return _number(option, raw)
    if kind == 5:
        return raw if isinstance(raw, bool) else str(raw).strip().lower() in ("true", "yes", "1")
    if kind in (6, 7, 8, 9):
        return mention(world, kind, raw, resolved)
    text = str(raw)
    if option.get("choices") and text not in [choice["value"] for choice in option["choices"]]:
        raise HumanError(f"{text!r} is not among the choices of {name!r}.")
    if not option.get("min_length", 0) <= len(text) <= option.get("max_length", 6000):
        raise HumanError(f"The text of {name!r} is too short or too long.")
    return text


def _number(option: Json, raw: Any) -> float:
    try:
        value = int(raw) if option["type"] == 4 else float(raw)
    except (TypeError, ValueError):
        raise HumanError(f"{option['name']!r} must be a number.") from None
    if option.get("choices") and value not in [choice["value"] for choice in option["choices"]]:
        raise HumanError(f"{value} is not among the choices of {option['name']!r}.")
    if value < option.get("min_value", value) or value > option.get("max_value", value):
        raise HumanError(f"{option['name']!r} is out of range.")
    return value


def mention(world: World, kind: int, raw: Any, resolved: Json) -> str:
    """Resolve a user (6, 9; select 5) or channel (7; select 8) by name or id."""
    if kind in (7, 8):
        for channel in world.text_channels:
            if str(raw).removeprefix("#") in (str(channel.id), channel.name):
                built = payloads.channel(world, channel, permissions=0)
                resolved.setdefault("channels", {})[str(channel.id)] = built
                return str(channel.id)
        raise HumanError(f"There is no channel {raw!r}.")
    try:
        member = world.member(raw if isinstance(raw, int) else str(raw))
    except KeyError:
        raise HumanError(f"There is no member {raw!r}.") from None
    resolved.setdefault("users", {})[str(member.id)] = payloads.user(member)
    built = payloads.guild_member(member, with_user=False, permissions=0)
    resolved.setdefault("members", {})[str(member.id)] = built
    return str(member.id)
