"""What a person fills in: components found, selections and modals checked and put into Discord's words."""

from typing import Any

from bot.sandbox import compose, options, payloads
from bot.sandbox.entities import Json
from bot.sandbox.media import File
from bot.sandbox.options import HumanError
from bot.sandbox.world import World

_TEXT, _STRINGS, _PICKS, _FILES, _RADIO, _BOXES, _BOX = 4, 3, (5, 6, 7, 8), 19, 21, 22, 23


def component(components: list[Json], custom_id: str, kinds: tuple[int, ...]) -> Json:
    """Find a usable component of a message."""
    for found in compose.walk(components):
        if found.get("custom_id") == custom_id and found["type"] in kinds:
            if found.get("disabled"):
                raise HumanError("That is switched off.")
            return found
    raise HumanError("That message has no such button or menu any more.")


def selection(world: World, menu: Json, values: list[str]) -> Json:
    """Build an interaction's data for a select menu."""
    data: Json = {"custom_id": menu["custom_id"], "component_type": menu["type"], "id": menu["id"]}
    resolved: Json = {}
    data["values"] = _chosen(world, menu, values, resolved)
    return data | ({"resolved": resolved} if resolved else {})


def _chosen(world: World, menu: Json, values: list[str], resolved: Json) -> list[str]:
    low, high = menu.get("min_values", 1), menu.get("max_values", 1)
    if menu.get("required") is False and not values:
        return []
    if not low <= len(values) <= high:
        raise HumanError(f"Choose between {low} and {high}.")
    if menu["type"] in _PICKS:
        return [options.mention(world, 8 if menu["type"] == 8 else 6, value, resolved) for value in values]
    known = [option["value"] for option in menu.get("options", [])]
    if any(value not in known for value in values):
        raise HumanError("That is not among the choices.")
    return values


def submission(world: World, modal: Json, values: Json) -> Json:
    """Build an interaction's data for a submitted modal; raise HumanError where the form would not let it go."""
    resolved: Json = {}
    inputs = {c["custom_id"] for c in compose.walk(modal["components"]) if c.get("custom_id")}
    unknown = set(values) - inputs
    if unknown:
        raise HumanError(f"This form has no field {min(unknown)!r}.")
    rows: list[Json] = []
    for row in modal["components"]:
        if row["type"] == 18:
            inner = _filled(world, row["component"], values, resolved)
            rows.append({"type": 18, "id": row["id"], "component": inner})
        elif row["type"] == 1:
            inside = [_filled(world, field, values, resolved) for field in row["components"]]
            rows.append({"type": 1, "id": row["id"], "components": inside})
        else:
            rows.append({"type": row["type"], "id": row["id"]})
    data: Json = {"custom_id": modal["custom_id"], "components": rows}
    return data | ({"resolved": resolved} if resolved else {})


def _filled(world: World, field: Json, values: Json, resolved: Json) -> Json:
    kind, name = field["type"], field["custom_id"]
    built: Json = {"type": kind, "id": field["id"], "custom_id": name}
    given: Any = values.get(name)
    if kind == _TEXT:
        return built | {"value": _text(field, str(field.get("value") or "" if given is None else given))}
    if kind == _FILES:
        return built | {"values": _files(world, field, given or [], resolved)}
    if kind == _RADIO:
        return built | {"value": given}
    if kind == _BOX:
        return built | {"value": bool(field.get("default") if given is None else given)}
    chosen = given if isinstance(given, list) else [] if given is None else [given]
    if given is None:
        chosen = [option["value"] for option in field.get("options", []) if option.get("default")]
    if kind == _BOXES:
        return built | {"values": chosen}
    return built | {"values": _chosen(world, field, chosen, resolved)}


def _text(field: Json, text: str) -> str:
    if not text:
        if field.get("required", True):
            raise HumanError("A required field is empty.")
        return text
    if not (field.get("min_length") or 0) <= len(text) <= (field.get("max_length") or 4000):
        raise HumanError("The text is too short or too long.")
    return text


def _files(world: World, field: Json, given: list[Any], resolved: Json) -> list[str]:
    low = field.get("min_values", 1) if field.get("required", True) else 0
    if not low <= len(given) <= field.get("max_values", 1):
        raise HumanError(f"This form takes between {low} and {field.get('max_values', 1)} files.")
    chosen: list[str] = []
    for value in given:
        file = value if isinstance(value, File) else world.files.get(int(value))
        if file is None:
            raise HumanError("That upload is gone.")
        resolved.setdefault("attachments", {})[str(file.id)] = payloads.attachment(world, file)
        chosen.append(str(file.id))
    return chosen
