"""Collects what is wrong with a form, in Discord's tree."""

from typing import Any, cast
from urllib.parse import urlsplit

from bot.sandbox.errors import DiscordError

Path = tuple[str | int, ...]
Json = dict[str, Any]
_LISTS = frozenset({"attachments", "choices", "components", "embeds", "fields", "items", "options"})


class Problems:
    """A tree of {"key": {"0": {"_errors": [{"code", "message"}]}}}."""

    def __init__(self) -> None:
        self._tree: Json = {}

    def add(self, path: Path, code: str, message: str) -> None:
        node = self._tree
        for part in path:
            node = node.setdefault(str(part), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def check(self) -> None:
        """Raise DiscordError 50035 if anything was added."""
        if self._tree:
            raise DiscordError(400, 50035, "Invalid Form Body", self._tree)

    def required(self, path: Path) -> None:
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required")

    def choice(self, path: Path, allowed: str) -> None:
        self.add(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{allowed}}}.")

    def length(self, path: Path, value: Any, low: int, high: int, *, needed: bool = False) -> None:
        """Check the length of a string or list; None and absent are refused only where it is needed."""
        if value is None or (value == "" and low and needed):
            if needed:
                self.required(path)
        elif not isinstance(value, list if path[-1] in _LISTS else str):
            self.add(path, "BASE_TYPE_TYPE", "The value has the wrong type.")
        elif len(cast("str | list[object]", value)) > high and not low:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
        elif not low <= len(cast("str | list[object]", value)) <= high:
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")

    def kind(self, path: Path, value: Any, *kinds: type) -> bool:
        """Check the type of a value, which may be left out; say whether it is there and right."""
        right = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        if value is not None and not right:
            self.add(path, "BASE_TYPE_TYPE", "The value has the wrong type.")
        return right

    def snowflake(self, path: Path, value: Any) -> None:
        """Check an id, which may be left out."""
        if value is not None and snowflake(value) is None:
            self.add(path, "NUMBER_TYPE_COERCE", f'Value "{str(value)[:100]}" is not snowflake.')

    def flags(self, where: Path, it: Json, *names: str) -> None:
        """Check that the parts of these names, where there are any, are true or false."""
        for name in names:
            self.kind((*where, name), it.get(name), bool)

    def emoji(self, path: Path, value: Any) -> None:
        """Check an emoji, which may be left out."""
        if self.kind(path, value, dict):
            self.length((*path, "name"), value.get("name"), 1, 32, needed=True)
            self.snowflake((*path, "id"), value.get("id"))
            self.flags(path, value, "animated")

    def between(self, path: Path, value: Any, low: int, high: int) -> None:
        if value is None:
            return
        if not isinstance(value, int) or isinstance(value, bool):
            self.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value < low:
            self.add(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {low}.")
        elif value > high:
            self.add(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}.")

    def url(self, path: Path, value: Any, schemes: tuple[str, ...], *, needed: bool = False) -> None:
        """Check an address; None is refused only where it is needed."""
        if value is None:
            if needed:
                self.required(path)
            return
        try:
            parts = urlsplit(str(value))
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in schemes:
            shown = ", ".join(f"'{scheme}'" for scheme in schemes)
            told = f'Scheme "{parts.scheme}" is not supported. Scheme must be one of ({shown}).'
            self.add(path, "URL_TYPE_INVALID_SCHEME", told)
        elif not parts.netloc or (parts.scheme != "attachment" and any(letter.isspace() for letter in str(value))):
            self.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def snowflake(value: Any) -> int | None:
    """Read an id, which may come as text or number; None where it is none."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63 else None


def dictionary(problems: Problems, path: Path, value: Any) -> Json | None:
    """Give the value as a dictionary, or add that it is none."""
    if isinstance(value, dict):
        return cast("Json", value)
    problems.add(path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    return None


def rows(problems: Problems, path: Path, value: Any) -> list[tuple[Path, Json]]:
    """Give each dictionary of a list with its path, and add what is no list or no dictionary."""
    if value is None:
        return []
    if not isinstance(value, list):
        problems.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return []
    found = [((*path, i), dictionary(problems, (*path, i), item)) for i, item in enumerate(cast("list[Any]", value))]
    return [(where, item) for where, item in found if item is not None]
