"""What the sandbox refuses in forms, and its rate limits."""

import contextlib

import pytest

from bot.sandbox import limits
from bot.sandbox.errors import DiscordError
from bot.sandbox.limits import Buckets


def refused(check, *args, **kwargs) -> DiscordError:
    with pytest.raises(DiscordError) as caught:
        check(*args, **kwargs)
    assert caught.value.status == 400
    return caught.value


def message(body, *, edit=False, files=0) -> DiscordError:
    return refused(limits.check_message, body, edit=edit, files=files)


def button(**values):
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go"} | values


def row(*children):
    return {"type": 1, "components": list(children)}


def at(errors, *path) -> str:
    for part in path:
        errors = errors[part]
    return errors["_errors"][0]["code"]


def test_a_good_message_passes() -> None:
    embed = {"title": "T", "fields": [{"name": "a", "value": "b"}], "image": {"url": "attachment://x.png"}}
    options = [{"label": x, "value": x} for x in "abc"]
    rows = [row(button(), button(custom_id="b")), row({"type": 3, "custom_id": "s", "options": options})]
    limits.check_message({"content": "x" * 2000, "embeds": [embed], "components": rows}, edit=False, files=0)
    limits.check_message({}, edit=True, files=0)
    limits.check_message({}, edit=False, files=1)


@pytest.mark.parametrize(
    "body", [{}, {"content": "  "}, {"content": None}, {"embeds": [{}]}, {"embeds": [{"color": 1}]}]
)
def test_empty_messages(body) -> None:
    assert message(body).code == 50006


def test_content_and_embeds() -> None:
    error = message({"content": "x" * 2001})
    assert error.body() == {
        "message": "Invalid Form Body", "code": 50035,
        "errors": {"content": {"_errors": [{
            "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}]}},
    }  # fmt: skip
    assert at(message({"embeds": [{"title": "t"}] * 11}).errors, "embeds")
    long = [{"description": "x" * 3001}, {"description": "x" * 3000}]
    assert at(message({"embeds": long}).errors, "embeds", "1") == "MAX_EMBED_SIZE_EXCEEDED"
    field = {"fields": [{"name": " ", "value": "v"}]}
    assert at(message({"embeds": [field]}).errors, "embeds", "0", "fields", "0", "name")
    for url in ("javascript:alert(1)", "http://", "nonsense", "http://[", "https://a b"):
        assert at(message({"embeds": [{"title": "t", "url": url}]}).errors, "embeds", "0", "url").startswith("URL_TYPE")


@pytest.mark.parametrize(
    ("components", "path"),
    [
        ([row(button(custom_id=str(i))) for i in range(6)], ()),
        ([row(*(button(custom_id=str(i)) for i in range(6)))], (0, "components", 5)),
        ([row({"type": 5, "custom_id": "a"}, button())], (0, "components", 1)),
        ([row()], (0, "components")),
        ([row(button(), button())], (0, "components", 1, "custom_id")),
        ([row(button(label="x" * 81))], (0, "components", 0, "label")),
        ([row(button(custom_id="x" * 101))], (0, "components", 0, "custom_id")),
        ([row(button(custom_id=None))], (0, "components", 0, "custom_id")),
        ([row(button(label=None))], (0, "components", 0)),
        ([row(button(style=5))], (0, "components", 0, "url")),
        ([row(button(style=5, url="https://a.example"))], (0, "components", 0, "custom_id")),
        ([row(button(url="https://a.example"))], (0, "components", 0, "url")),
        ([row({"type": 3, "custom_id": "a", "options": []})], (0, "components", 0, "options")),
        ([row({"type": 3, "custom_id": "a", "options": [{"label": "a", "value": "a"}] * 2})],
         (0, "components", 0, "options", 1, "value")),
        ([{"type": 10, "content": "text"}], (0, "type")),
        (["row"], (0,)),
        ("rows", ()),
    ],
)  # fmt: skip
def test_components(components, path) -> None:
    assert at(message({"content": "x", "components": components}).errors, "components", *map(str, path))


def test_layouts() -> None:
    flags = 1 << 15
    text = {"type": 10, "content": "x"}
    section = {"type": 9, "components": [text], "accessory": button()}
    limits.check_message(
        {"flags": flags, "components": [{"type": 17, "components": [text, section]}]}, edit=False, files=0
    )
    limits.check_message({"components": [text]}, edit=True, files=0)
    assert at(message({"flags": flags, "content": "x", "components": [text]}).errors, "content")
    assert at(message({"flags": flags, "components": [text] * 41}).errors, "components")
    assert at(message({"flags": flags, "components": [{"type": 10, "content": "x" * 2001}] * 2}).errors, "components")
    assert at(message({"flags": flags, "components": [{"type": 9, "components": [text]}]}).errors,
              "components", "0", "accessory")  # fmt: skip


def test_callbacks_and_modals() -> None:
    error = refused(limits.check_callback, {"type": 4, "data": {"components": [row(button(label="x" * 81))]}}, 0)
    assert at(error.errors, "data", "components", "0", "components", "0", "label")
    assert refused(limits.check_callback, {"type": 4, "data": {}}, 0).code == 50006
    assert at(refused(limits.check_callback, {}, 0).errors, "type")
    assert at(refused(limits.check_callback, {"type": 8, "data": {"choices": [{"name": "a", "value": "a"}] * 26}}, 0)
              .errors, "data", "choices")  # fmt: skip
    upload = {"type": 18, "label": "File", "component": {"type": 19, "custom_id": "f", "max_values": 10}}
    old = row({"type": 4, "custom_id": "t", "style": 1, "label": "Text"})
    limits.check_modal({"custom_id": "m", "title": "M", "components": [upload, old]})
    limits.check_callback({"type": 5}, 0)
    for changes, key in (
        ({"title": "x" * 46}, "title"),
        ({"components": []}, "components"),
        ({"custom_id": ""}, "custom_id"),
    ):
        form = {"custom_id": "m", "title": "M", "components": [upload]} | changes
        assert at(refused(limits.check_modal, form).errors, "data", key)


def command(**values):
    return {"name": "rate", "description": "Rate a track"} | values


def option(name, **values):
    return {"type": 3, "name": name, "description": "d"} | values


def test_commands() -> None:
    subs = [{"type": 1, "name": "link", "description": "d", "options": [option("a", required=True), option("b")]}]
    limits.check_commands([command(options=subs), {"name": "Predict this", "type": 3}, command(name="оценка")])
    for name in ("Rate", "a b", "x" * 33, "", "a.b"):
        assert at(refused(limits.check_commands, [command(name=name)]).errors, "0", "name")
    assert at(refused(limits.check_commands, [command(), command()]).errors, "1", "name")
    late = [option("a"), option("b", required=True)]
    assert at(refused(limits.check_commands, [command(options=late)]).errors, "0", "options", "1", "required")
    assert at(refused(limits.check_commands, [command(options=[option("a")] * 2)]).errors, "0", "options", "1", "name")
    choices = [{"name": str(i), "value": "v"} for i in range(26)]
    assert at(refused(limits.check_commands, [command(options=[option("a", choices=choices)])]).errors,
              "0", "options", "0", "choices")  # fmt: skip
    large = [option(f"a{i}", choices=[{"name": f"{i}{j}".ljust(90, "x"), "value": "v" * 90} for j in range(25)])
             for i in range(2)]  # fmt: skip
    assert at(refused(limits.check_commands, [command(options=large)]).errors, "0") == "APPLICATION_COMMAND_TOO_LARGE"
    assert refused(limits.check_commands, [command(name=f"c{i}") for i in range(101)]).code == 30032
    assert at(refused(limits.check_commands, [command(contexts=[3])]).errors, "0", "contexts", "0")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_buckets() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    react = ("PUT", "/channels/123456/messages/1/reactions/x/@me")
    first, second = buckets.take(*react), buckets.take(*react)
    assert first.allowed
    assert first.headers["X-RateLimit-Remaining"] == "0"
    assert not second.allowed
    assert second.body == {"message": "You are being rate limited.", "retry_after": 0.25, "global": False, "code": 0}
    assert {"Via", "Retry-After", "X-RateLimit-Scope"} <= second.headers.keys()
    assert buckets.take("PUT", "/channels/654321/messages/1/reactions/x/@me").allowed
    clock.now += 0.25
    assert buckets.take(*react).allowed
    edits = [buckets.take("PATCH", "/channels/123456/messages/1").allowed for _ in range(6)]
    creates = [buckets.take("POST", "/channels/123456/messages").allowed for _ in range(6)]
    assert edits == creates == [True] * 5 + [False]
    hooks = [buckets.take("POST", "/webhooks/123456/abc").allowed for _ in range(6)]
    assert hooks == [True] * 5 + [False]


def test_the_global_limit_spares_interactions() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    taken = [buckets.take("GET", f"/route{i}") for i in range(51)]
    assert [v.allowed for v in taken] == [True] * 50 + [False]
    assert taken[-1].body["global"] is True
    assert all(buckets.take("POST", "/interactions/123456/t/callback").allowed for _ in range(500))
    assert buckets.take("POST", "/webhooks/123456/t").allowed
    clock.now += 1
    assert buckets.take("GET", "/route").allowed


ODD = (None, [], {}, "x", -1, 1.5, True, [None], [[]], {"a": {}})


def variants(value):
    """Every copy of a JSON value with one place replaced by something odd."""
    yield from ODD
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        for odd in variants(inner):
            copy = value.copy()
            copy[key] = odd
            yield copy


def test_odd_values_are_refused_or_taken_but_never_break() -> None:
    select = {"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a"}], "min_values": 1, "max_values": 1}
    embed = {"title": "t", "fields": [{"name": "a", "value": "b"}], "image": {"url": "https://a.example"}}
    classic = {"content": "x", "embeds": [embed], "components": [row(button()), row(select)], "message_reference": {}}
    section = {
        "type": 9,
        "components": [{"type": 10, "content": "x"}],
        "accessory": {"type": 11, "media": {"url": "x"}},
    }
    layout = {"flags": 1 << 15, "components": [{"type": 17, "components": [section]}], "attachments": [{"id": 0}]}
    form = {"custom_id": "m", "title": "M", "components": [{"type": 18, "label": "L", "component": select}]}
    choices = [{"name": "a", "value": "v"}]
    chat = command(options=[option("a", choices=choices)], contexts=[0], name_localizations={"de": "x"})
    bodies = [{"type": 4, "data": classic}, {"type": 7, "data": layout}, {"type": 9, "data": form}]
    bodies.append({"type": 8, "data": {"choices": choices}})
    for check, given in [(lambda b: limits.check_callback(b, 0), b) for b in bodies] + [
        (limits.check_commands, [chat])
    ]:
        for body in variants(given):
            with contextlib.suppress(DiscordError):
                check(body)
    for odd in ([None], {"a": 1}, 3):
        assert at(message({"content": odd}).errors, "content") == "BASE_TYPE_TYPE"
