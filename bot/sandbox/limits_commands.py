"""The rules of application commands."""

import unicodedata
from collections import Counter
from typing import Any, cast

from bot.sandbox.errors import DiscordError
from bot.sandbox.limits_errors import Json, Path, Problems, rows

CHAT, USER, MESSAGE = 1, 2, 3
_MOST = {CHAT: 100, USER: 15, MESSAGE: 15}
_SUB, _GROUP = 1, 2
_INTEGER, _LARGEST = 4, 2**53
# Marks that Devanagari and Thai need to be written at all.
_MARKED = (("\u0900", "\u097f"), ("\u0e00", "\u0e7f"), ("\ua8e0", "\ua8ff"))


def is_name(name: object) -> bool:
    """Say whether a chat command or option may have a name: 1-32 lower-case letters, digits, `-`, `_`, `'`."""
    if not isinstance(name, str) or not 1 <= len(name) <= 32:
        return False
    return all(map(_letter, name)) and name == name.lower()


def _letter(letter: str) -> bool:
    marked = any(low <= letter <= high for low, high in _MARKED)
    return letter in "-_'" or marked or unicodedata.category(letter)[0] in "LN"


def check_commands(commands: list[Json]) -> None:
    """Raise DiscordError if a set of commands, or one of them, is against the rules."""
    problems, seen = Problems(), set[tuple[int, str]]()
    found = rows(problems, (), commands)
    for path, command in found:
        kind = command.get("type") or CHAT
        if type(kind) is not int or kind not in _MOST:
            problems.choice((*path, "type"), "1, 2, 3")
            continue
        key = (kind, str(command.get("name")))
        if key in seen:
            told = "Application command names must be unique"
            problems.add((*path, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", told)
        seen.add(key)
        _command(problems, path, command, kind)
    problems.check()
    for kind, amount in Counter(command.get("type") or CHAT for _, command in found).items():
        if amount > _MOST[kind]:
            raise DiscordError(400, 30032, f"Maximum number of application commands reached ({_MOST[kind]}).")


def _command(problems: Problems, path: Path, command: Json, kind: int) -> None:
    name = command.get("name")
    if kind == CHAT:
        _name(problems, (*path, "name"), name, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        problems.length((*path, "description"), command.get("description"), 1, 100, needed=True)
        _options(problems, (*path, "options"), command.get("options"), depth=0)
    else:
        problems.length((*path, "name"), name, 1, 32, needed=True)
        if command.get("description"):
            told = "Context menu commands cannot have description"
            problems.add((*path, "description"), "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_CANNOT_HAVE", told)
        if command.get("options"):
            told = "Context menu commands cannot have options"
            problems.add((*path, "options"), "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_CANNOT_HAVE", told)
    problems.flags(path, command, "nsfw", "dm_permission")
    _translations(problems, path, command)
    bits = command.get("default_member_permissions")
    if bits is not None and not (str(bits).isascii() and str(bits).isdigit() and len(str(bits)) < 20):
        told = f'Value "{str(bits)[:100]}" is not a permission set.'
        problems.add((*path, "default_member_permissions"), "NUMBER_TYPE_COERCE", told)
    _set_of(problems, (*path, "contexts"), command.get("contexts"), (0, 1, 2))
    _set_of(problems, (*path, "integration_types"), command.get("integration_types"), (0, 1))
    if _size(command) > 8000:
        told = "Command exceeds maximum size (8000)"
        problems.add(path, "APPLICATION_COMMAND_TOO_LARGE", told)


def _name(problems: Problems, path: Path, name: Any, code: str, told: str) -> None:
    if not name:
        problems.required(path)
    elif not is_name(name):
        problems.add(path, code, told)


def _translations(problems: Problems, path: Path, it: Json) -> None:
    for name, most in (("name_localizations", 100), ("description_localizations", 100)):
        if problems.kind((*path, name), it.get(name), dict):
            for locale, text in it[name].items():
                problems.length((*path, name, locale), text, 1, most, needed=True)


def _set_of(problems: Problems, path: Path, values: Any, allowed: tuple[int, ...]) -> None:
    if values is None:
        return
    shown = ", ".join(map(str, allowed))
    if not isinstance(values, list) or not values:
        problems.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {len(allowed)} in length.")
        return
    given = cast("list[Any]", values)
    for i, value in enumerate(given):
        if type(value) is not int or value not in allowed:
            problems.choice((*path, i), shown)
    if len({*map(str, given)}) < len(given):
        problems.add(path, "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")


def _options(problems: Problems, path: Path, given: Any, depth: int) -> None:
    problems.length(path, given, 0, 25)
    names, optional, kinds = set[str](), False, set[bool]()
    for where, option in rows(problems, path, given):
        kind = option.get("type")
        name = str(option.get("name"))
        _name(problems, (*where, "name"), option.get("name"), "APPLICATION_COMMAND_INVALID_NAME", "Name is invalid")
        problems.length((*where, "description"), option.get("description"), 1, 100, needed=True)
        problems.flags(where, option, "required", "autocomplete")
        _translations(problems, where, option)
        if name in names:
            told = "Option name already used"
            problems.add((*where, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", told)
        names.add(name)
        kinds.add(kind in (_SUB, _GROUP))
        if (
            type(kind) is not int
            or kind not in range(1, 12)
            or (kind == _GROUP and depth)
            or (kind == _SUB and depth > 1)
        ):
            problems.add((*where, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command option is invalid")
        elif kind in (_SUB, _GROUP):
            _options(problems, (*where, "options"), option.get("options"), 1 if kind == _GROUP else 2)
        else:
            _value(problems, where, option)
            if option.get("required") and optional:
                told = "Required options must be placed before non-required options"
                problems.add((*where, "required"), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", told)
            optional = optional or not option.get("required")
    if len(kinds) > 1:
        told = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        problems.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", told)


def _value(problems: Problems, where: Path, option: Json) -> None:
    kind = option.get("type")
    problems.length((*where, "choices"), option.get("choices"), 0, 25)
    choices = rows(problems, (*where, "choices"), option.get("choices"))
    check_choices(problems, choices, text=kind == 3)
    if choices and (kind not in (3, 4, 10) or option.get("autocomplete")):
        told = "Choices are not allowed with autocomplete or for this type"
        problems.add((*where, "choices"), "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", told)
    if option.get("autocomplete") and kind not in (3, 4, 10):
        told = "Autocomplete is not allowed for this type"
        problems.add((*where, "autocomplete"), "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", told)
    for name in ("min_value", "max_value"):
        problems.kind((*where, name), option.get(name), *((int,) if kind == _INTEGER else (int, float)))
        if isinstance(option.get(name), int | float) and abs(option[name]) > _LARGEST:
            problems.between((*where, name), int(option[name]), -_LARGEST, _LARGEST)
    problems.between((*where, "min_length"), option.get("min_length"), 0, 6000)
    problems.between((*where, "max_length"), option.get("max_length"), 1, 6000)


def check_choices(problems: Problems, choices: list[tuple[Path, Json]], *, text: bool) -> None:
    """Check each choice of an option, or of an autocomplete's answer."""
    names = set[str]()
    for path, choice in choices:
        problems.length((*path, "name"), choice.get("name"), 1, 100, needed=True)
        value = choice.get("value")
        if value is None:
            problems.required((*path, "value"))
        elif text or isinstance(value, str):
            problems.length((*path, "value"), value, 1, 100, needed=True)
        if str(choice.get("name")) in names:
            told = "Choice name already used"
            problems.add((*path, "name"), "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", told)
        names.add(str(choice.get("name")))


def _size(it: Json) -> int:
    """Count a command's characters: names, descriptions and values, of each the longest translation."""
    total = 0
    for name in ("name", "description"):
        translated = it.get(f"{name}_localizations")
        texts = [it.get(name), *(cast("Json", translated).values() if isinstance(translated, dict) else ())]
        total += max((len(text) for text in texts if isinstance(text, str)), default=0)
    if isinstance(it.get("value"), str):
        total += len(it["value"])
    for key in ("options", "choices"):
        inside = it.get(key)
        if isinstance(inside, list):
            total += sum(_size(cast("Json", child)) for child in cast("list[Any]", inside) if isinstance(child, dict))
    return total
