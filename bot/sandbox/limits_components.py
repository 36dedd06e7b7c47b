"""The rules of components: rows, layouts and modals."""

from typing import Any

from bot.sandbox.limits_errors import Json, Path, Problems, dictionary, rows

ROW, BUTTON, TEXT_INPUT, SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL, UPLOAD = (
    1, 2, 4, 9, 10, 11, 12, 13, 14, 17, 18, 19,
)  # fmt: skip
SELECTS = frozenset({3, 5, 6, 7, 8})
_IN_CONTAINER = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR})
_IN_LABEL = SELECTS | {TEXT_INPUT, UPLOAD, 21, 22, 23}
_WEB = ("http", "https")
_MEDIA = ("http", "https", "attachment")


class Checker:
    """Walks components, and keeps what must be unique or summed over all of them."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.total = 0
        self.text = 0
        self._custom_ids: set[str] = set()
        self._numbers: set[int] = set()

    def of(self, where: Path, it: Json, allowed: frozenset[int]) -> None:
        """Check a component that must be of an allowed type, and everything inside it."""
        self.total += 1
        kind = it.get("type")
        if type(kind) is not int or kind not in allowed:
            self.problems.choice((*where, "type"), ", ".join(map(str, sorted(allowed))))
            return
        self._number(where, it.get("id"))
        self.problems.flags(where, it, "disabled", "required", "spoiler", "divider")
        {
            ROW: self._row, BUTTON: self._button, TEXT_INPUT: self._input, SECTION: self._section, TEXT: self._text,
            THUMBNAIL: self._media, GALLERY: self._gallery, FILE: self._file, CONTAINER: self._container,
            LABEL: self._label, UPLOAD: self._upload, SEPARATOR: self._separator,
        }.get(kind, self._select if kind in SELECTS else self._grouped)(where, it)  # fmt: skip

    def _number(self, where: Path, number: Any) -> None:
        self.problems.between((*where, "id"), number, 0, 2**31 - 1)
        if isinstance(number, int) and number:
            if number in self._numbers:
                self.problems.add((*where, "id"), "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
            self._numbers.add(number)

    def _custom_id(self, where: Path, it: Json) -> None:
        given = it.get("custom_id")
        where = (*where, "custom_id")
        self.problems.length(where, given, 1, 100, needed=True)
        if isinstance(given, str) and given:
            if given in self._custom_ids:
                told = "Component custom id cannot be duplicated"
                self.problems.add(where, "COMPONENT_CUSTOM_ID_DUPLICATED", told)
            self._custom_ids.add(given)

    def _row(self, where: Path, it: Json) -> None:
        inside = rows(self.problems, (*where, "components"), it.get("components"))
        if not inside:
            told = "Must be between 1 and 5 in length."
            self.problems.add((*where, "components"), "BASE_TYPE_BAD_LENGTH", told)
        width = 0
        for path, child in inside:
            width += 5 if child.get("type") in tuple(SELECTS) else 1
            if width > 5:
                told = "The specified component exceeds the maximum width"
                self.problems.add(path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", told)
            self.of(path, child, SELECTS | {BUTTON})

    def _button(self, where: Path, it: Json) -> None:
        style, p = it.get("style"), self.problems
        p.length((*where, "label"), it.get("label"), 0, 80)
        p.emoji((*where, "emoji"), it.get("emoji"))
        if type(style) is not int or style not in range(1, 7):
            p.choice((*where, "style"), "1, 2, 3, 4, 5, 6")
            return
        if style == 6:
            if not it.get("sku_id"):
                p.required((*where, "sku_id"))
            return
        if not it.get("label") and not it.get("emoji"):
            p.add(where, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button must have a label or an emoji")
        if style == 5:
            p.url((*where, "url"), it.get("url"), (*_WEB, "discord"), needed=True)
            p.length((*where, "url"), it.get("url"), 0, 512)
        else:
            self._custom_id(where, it)
        wrong = "custom_id" if style == 5 else "url"
        if it.get(wrong) is not None:
            told = "A custom id and url cannot both be specified"
            p.add((*where, wrong), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", told)

    def _select(self, where: Path, it: Json) -> None:
        self._custom_id(where, it)
        self.problems.length((*where, "placeholder"), it.get("placeholder"), 0, 150)
        self._amounts(where, it, 25)
        if it.get("type") == 3:
            self._options(where, it)

    def _amounts(self, where: Path, it: Json, most: int) -> None:
        p, low, high = self.problems, it.get("min_values"), it.get("max_values")
        p.between((*where, "min_values"), low, 0, most)
        p.between((*where, "max_values"), high, 1, most)
        if isinstance(low, int) and low > (high if isinstance(high, int) else 1):
            told = "min_values must be less than or equal to max_values"
            p.add((*where, "min_values"), "SELECT_COMPONENT_MIN_VALUES_TOO_LARGE", told)

    def _options(self, where: Path, it: Json) -> None:
        p, seen = self.problems, set[str]()
        where = (*where, "options")
        p.length(where, it.get("options"), 1, 25, needed=True)
        options = rows(p, where, it.get("options"))
        for path, option in options:
            p.length((*path, "label"), option.get("label"), 1, 100, needed=True)
            p.length((*path, "value"), option.get("value"), 1, 100, needed=True)
            p.length((*path, "description"), option.get("description"), 0, 100)
            p.emoji((*path, "emoji"), option.get("emoji"))
            p.flags(path, option, "default")
            if str(option.get("value")) in seen:
                told = "The specified option value is already used"
                p.add((*path, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", told)
            seen.add(str(option.get("value")))
        most = it.get("max_values")
        most = most if isinstance(most, int) else 1
        if options and most > len(options):
            told = f"int value should be less than or equal to {len(options)}."
            p.add((*where[:-1], "max_values"), "NUMBER_TYPE_MAX", told)
        if sum(bool(option.get("default")) for _, option in options) > most:
            p.add(where, "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "More options are default than can be chosen")

    def _grouped(self, where: Path, it: Json) -> None:
        self._custom_id(where, it)
        if it.get("type") != 23:
            self.problems.length((*where, "options"), it.get("options"), 1, 10, needed=True)

    def _upload(self, where: Path, it: Json) -> None:
        self._custom_id(where, it)
        self._amounts(where, it, 10)

    def _input(self, where: Path, it: Json) -> None:
        p, low, high = self.problems, it.get("min_length"), it.get("max_length")
        self._custom_id(where, it)
        if type(it.get("style")) is not int or it["style"] not in (1, 2):
            p.choice((*where, "style"), "1, 2")
        p.between((*where, "min_length"), low, 0, 4000)
        p.between((*where, "max_length"), high, 1, 4000)
        if isinstance(low, int) and isinstance(high, int) and low > high:
            told = "Minimum length must be less than or equal to maximum length"
            p.add((*where, "min_length"), "TEXT_INPUT_COMPONENT_MIN_LENGTH_TOO_LARGE", told)
        p.length((*where, "placeholder"), it.get("placeholder"), 0, 100)
        p.length((*where, "value"), it.get("value"), 0, 4000)

    def _text(self, where: Path, it: Json) -> None:
        content = it.get("content")
        self.problems.length((*where, "content"), content, 1, 4000, needed=True)
        self.text += len(content) if isinstance(content, str) else 0

    def _section(self, where: Path, it: Json) -> None:
        path = (*where, "components")
        self.problems.length(path, it.get("components"), 1, 3, needed=True)
        for inner, child in rows(self.problems, path, it.get("components")):
            self.of(inner, child, frozenset({TEXT}))
        path = (*where, "accessory")
        if it.get("accessory") is None:
            self.problems.required(path)
        elif (child := dictionary(self.problems, path, it["accessory"])) is not None:
            self.of(path, child, frozenset({BUTTON, THUMBNAIL}))

    def _media(self, where: Path, it: Json) -> None:
        media = dictionary(self.problems, (*where, "media"), it.get("media"))
        if media is not None:
            self.problems.url((*where, "media", "url"), media.get("url"), _MEDIA, needed=True)
        self.problems.length((*where, "description"), it.get("description"), 0, 1024)
        self.problems.flags(where, it, "spoiler")

    def _gallery(self, where: Path, it: Json) -> None:
        self.problems.length((*where, "items"), it.get("items"), 1, 10, needed=True)
        for path, item in rows(self.problems, (*where, "items"), it.get("items")):
            self._media(path, item)

    def _file(self, where: Path, it: Json) -> None:
        file = dictionary(self.problems, (*where, "file"), it.get("file"))
        if file is not None:
            # An edit sends back the address under which the file was kept.
            self.problems.url((*where, "file", "url"), file.get("url"), _MEDIA, needed=True)

    def _separator(self, where: Path, it: Json) -> None:
        if it.get("spacing") not in (None, 1, 2) or it.get("spacing") is True:
            self.problems.choice((*where, "spacing"), "1, 2")

    def _container(self, where: Path, it: Json) -> None:
        path = (*where, "components")
        self.problems.length(path, it.get("components"), 1, 40, needed=True)
        self.problems.between((*where, "accent_color"), it.get("accent_color"), 0, 0xFFFFFF)
        for inner, child in rows(self.problems, path, it.get("components")):
            self.of(inner, child, _IN_CONTAINER)

    def _label(self, where: Path, it: Json) -> None:
        self.problems.length((*where, "label"), it.get("label"), 1, 45, needed=True)
        self.problems.length((*where, "description"), it.get("description"), 0, 100)
        if it.get("component") is None:
            self.problems.required((*where, "component"))
        elif (child := dictionary(self.problems, (*where, "component"), it["component"])) is not None:
            self.of((*where, "component"), child, _IN_LABEL)


def check_classic(problems: Problems, given: Any) -> None:
    """Check a message's rows of buttons and selects."""
    checker = Checker(problems)
    problems.length(("components",), given, 0, 5)
    for path, it in rows(problems, ("components",), given):
        checker.of(path, it, frozenset({ROW}))


def check_layout(problems: Problems, given: Any) -> None:
    """Check a message of Components V2."""
    checker = Checker(problems)
    for path, it in rows(problems, ("components",), given):
        checker.of(path, it, _IN_CONTAINER | {CONTAINER})
    if checker.total > 40:
        problems.add(("components",), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "The maximum of 40 is exceeded")
    if checker.text > 4000:
        told = "The total length of displayed text exceeds 4000"
        problems.add(("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", told)


def check_form(problems: Problems, data: Json, base: Path) -> None:
    """Check a modal."""
    checker = Checker(problems)
    problems.length((*base, "custom_id"), data.get("custom_id"), 1, 100, needed=True)
    problems.length((*base, "title"), data.get("title"), 1, 45, needed=True)
    problems.length((*base, "components"), data.get("components"), 1, 5, needed=True)
    for path, it in rows(problems, (*base, "components"), data.get("components")):
        if it.get("type") == ROW:
            _check_old_row(checker, path, it)
        else:
            checker.of(path, it, frozenset({TEXT, LABEL}))


def _check_old_row(checker: Checker, path: Path, it: Json) -> None:
    """Check a row that holds a text input, the older form of a modal's field."""
    checker.problems.length((*path, "components"), it.get("components"), 1, 1, needed=True)
    for inner, child in rows(checker.problems, (*path, "components"), it.get("components")):
        checker.problems.length((*inner, "label"), child.get("label"), 1, 45, needed=True)
        checker.of(inner, child, frozenset({TEXT_INPUT}))
