"""Whatever is asked of the sandbox, it answers as Discord does: with an error of its own, never with a failure."""

import copy
import itertools
import json
import logging
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.buckets import Buckets
from bot.sandbox.human_actions import Actions
from bot.sandbox.human_http import TOKEN_HEADER
from bot.sandbox.interactions import AUTOCOMPLETE, COMMAND, COMPONENT

from .conftest import Http, SmallBot

NASTY = (None, True, 0, -1, 1.5, 2**70, "", "x", "\0", "²", "9" * 5000, [], {}, [[]], [{}], {"x": {}}, ["\0"])
BUTTON = {
    "type": 2,
    "style": 1,
    "label": "Go",
    "custom_id": "go",
    "emoji": {"name": "🔥", "id": None},
    "disabled": True,
}
CHOICES = [{"label": "a", "value": "a"}]
MENU = {"type": 3, "custom_id": "pick", "options": [{"label": "a", "value": "a", "default": True}], "min_values": 0}
EMBED = {
    "title": "t", "url": "https://a.b", "color": 1, "timestamp": "2026-01-01T00:00:00Z",
    "fields": [{"name": "n", "value": "v", "inline": True}], "author": {"name": "a", "icon_url": "https://a.b"},
    "footer": {"text": "f"}, "image": {"url": "https://a.b"}, "thumbnail": {"url": "https://a.b"},
}  # fmt: skip
MESSAGE = {
    "content": "c <@1>", "tts": False, "flags": 4, "nonce": "n", "embeds": [EMBED],
    "components": [{"type": 1, "components": [BUTTON]}, {"type": 1, "components": [MENU]}],
    "allowed_mentions": {"parse": ["users"], "users": ["1"], "replied_user": True},
    "message_reference": {"message_id": "1", "fail_if_not_exists": False},
    "attachments": [{"id": "0", "filename": "f", "description": "d", "title": "t"}],
}  # fmt: skip
LAYOUT = {
    "flags": 1 << 15,
    "components": [
        {
            "type": 17, "accent_color": 1, "spoiler": True, "components": [
                {"type": 10, "content": "c", "id": 7},
                {"type": 9, "components": [{"type": 10, "content": "c"}],
                 "accessory": {"type": 11, "media": {"url": "https://a.b"}, "description": "d"}},
                {"type": 12, "items": [{"media": {"url": "https://a.b"}, "description": "d", "spoiler": True}]},
                {"type": 13, "file": {"url": "attachment://x"}}, {"type": 14, "divider": True, "spacing": 1},
                {"type": 1, "components": [BUTTON]},
            ],
        }
    ],
}  # fmt: skip
POLL = {
    "poll": {"question": {"text": "q"}, "answers": [{"poll_media": {"text": "a", "emoji": {"name": "🔥"}}}],
             "duration": 1, "allow_multiselect": True, "layout_type": 1},
}  # fmt: skip
COMMAND_BODY = {
    "name": "n", "description": "d", "type": 1, "default_member_permissions": "8", "contexts": [0],
    "integration_types": [0], "name_localizations": {"de": "n"}, "nsfw": False, "dm_permission": True,
    "options": [
        {"type": 3, "name": "a", "description": "d", "required": True, "min_length": 1, "max_length": 9,
         "choices": [{"name": "c", "value": "v"}]},
        {"type": 4, "name": "b", "description": "d", "min_value": 1, "max_value": 9, "autocomplete": True},
    ],
}  # fmt: skip
FORM = {
    "custom_id": "f", "title": "t", "components": [
        {"type": 18, "label": "l", "description": "d",
         "component": {"type": 4, "custom_id": "a", "style": 1, "min_length": 1, "max_length": 9, "value": "v"}},
        {"type": 18, "label": "l", "component": {"type": 21, "custom_id": "b", "options": CHOICES}},
        {"type": 1, "components": [{"type": 4, "custom_id": "c", "style": 1, "label": "l"}]},
    ],
}  # fmt: skip


def mutations(body: Any) -> Iterator[Any]:
    """Replace each part of a body by each nasty value."""
    yield body
    for path in _paths(body):
        for nasty in NASTY:
            changed = copy.deepcopy(body)
            place = changed
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = nasty
            yield changed
    yield from NASTY


def _paths(value: Any, before: tuple = ()) -> Iterator[tuple]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*before, key)
        yield from _paths(part, (*before, key))


@pytest.fixture
def endless(http: Http, caplog: pytest.LogCaptureFixture) -> Iterator[Http]:
    """Calls the API without rate limits, and knows of every failure that it logs."""
    http.sandbox.rest.buckets = Buckets(clock=itertools.count(0, 1000).__next__)
    yield http
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_bodies_with_wrong_parts(endless: Http, bot: SmallBot) -> None:
    world = endless.sandbox.world
    base = f"/channels/{world.text_channels[0].id}/messages"
    _, mine = await endless("POST", base, {"content": "mine"})
    guild = f"/applications/{world.application_id}/guilds/{world.guild_id}/commands"
    bodies = [
        ("POST", base, MESSAGE), ("PATCH", f"{base}/{mine['id']}", MESSAGE), ("POST", base, LAYOUT),
        ("POST", base, POLL),
        ("POST", base + "/bulk-delete", {"messages": ["1", "2"]}), ("POST", guild, COMMAND_BODY),
        ("PUT", guild, [COMMAND_BODY]), ("POST", "/users/@me/channels", {"recipient_id": "1"}),
        ("POST", f"/channels/{world.text_channels[0].id}/threads", {"name": "t", "type": 11}),
        ("PATCH", f"/channels/{world.text_channels[0].id}", {"name": "t", "locked": True}),
    ]  # fmt: skip
    world.bot_base |= 1 << 13 | 1 << 4
    failed = []
    for method, path, body in bodies:
        for changed in mutations(body):
            status, _ = await endless(method, path, changed)
            failed += [(method, path, changed)] if status >= 500 else []
    assert failed == []
    assert await bot.application_info(), "the client is there still"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (COMMAND, {"type": 4, "data": MESSAGE}),
        (COMMAND, {"type": 9, "data": FORM}),
        (COMPONENT, {"type": 7, "data": LAYOUT}),
        (AUTOCOMPLETE, {"type": 8, "data": {"choices": [{"name": "n", "value": "v"}]}}),
    ],
)
async def test_answers_with_wrong_parts(endless: Http, kind: int, body: dict) -> None:
    failed = []
    for changed in mutations(body):
        status, _ = await endless.answer(endless.begin(kind), changed)
        failed += [changed] if status >= 500 else []
    assert failed == []


async def test_wrong_words_in_paths_and_queries(endless: Http) -> None:
    world = endless.sandbox.world
    right = {
        "channel_id": world.text_channels[0].id,
        "guild_id": world.guild_id,
        "application_id": world.application_id,
    }
    failed = []
    for route in endless.sandbox.rest._routes:
        names = [part[1:-1].partition(":")[0] for part in route.template.split("/") if part.startswith("{")]
        for wrong in ("0", "-1", "x", "²", "%00", "9" * 5000, "1.5", "@original", "%F0%9F%94%A5"):
            for name in names:
                path = "/".join(
                    (wrong if part[1:-1] == name else str(right.get(part[1:-1], 1))) if part.startswith("{") else part
                    for part in route.template.split("/")
                )
                if ":public" in route.template:
                    path = route.template.replace("{channel_id}", wrong).replace("{kind:public|private}", "public")
                status, _ = await endless(route.method, path)
                failed += [(route.method, path)] if status >= 500 else []
    assert failed == []
    for query in ("limit", "before", "after", "around", "type"):
        for wrong in ("", "x", "²", "9" * 5000, "-1", "%00", "1.5"):
            path = f"/channels/{right['channel_id']}/messages?{query}={wrong}"
            assert (await endless("GET", path))[0] < 500
    endless.sandbox.unknown_routes.clear()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"[" * 100_000, 50109),
        (b'{"embeds":' + b"[" * 900 + b"]" * 900 + b"}", 50109),
        (b'{"content": ' + b"9" * 5000 + b"}", 50109),
        (b'{"content": NaN}', 50109),
        (b'{"flags": 1e999}', 50109),
        (b'{"content": "\\ud800"}', 50109),
        (b'{"content": "\xff"}', 50109),
        (b"{", 50109),
        (b"[]", 50035),
    ],
)
async def test_bodies_that_are_no_message(endless: Http, raw: bytes, code: int) -> None:
    base = f"/channels/{endless.sandbox.world.text_channels[0].id}/messages"
    status, answer = await endless("POST", base, data=raw, headers={"Content-Type": "application/json"})
    assert (status, answer["code"]) == (400, code)


async def test_forms_that_are_none(endless: Http) -> None:
    base = f"/channels/{endless.sandbox.world.text_channels[0].id}/messages"
    urlencoded, boundary = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
    for kind in ("multipart/form-data", boundary, urlencoded, "text/x"):
        status, _ = await endless("POST", base, data=b"\xff%zz=\0&a&&==", headers={"Content-Type": kind})
        assert status == 400, kind
    head = b'Content-Disposition: form-data; name="files[99999999999999]"; filename="\xff/..\\a\tb.txt"'
    part = b"--x\r\n" + head + b"\r\n\r\nx\r\n--x--"
    status, made = await endless("POST", base, data=part, headers={"Content-Type": boundary})
    assert (status, made["attachments"][0]["filename"]) == (200, "a_b.txt")


async def test_the_human_api_too(endless: Http) -> None:
    headers = {TOKEN_HEADER: endless.sandbox.page_token, "Content-Type": "application/json"}
    body = {"member": "Ada", "channel": "general", "message": "1", "content": "c", "emoji": "🔥", "command": "x",
            "name": "n", "target": "Ben", "interaction_id": "1", "custom_id": "c", "values": [], "on": True,
            "options": {}, "focused": "a", "locale": "de", "answer": 1, "attachments": []}  # fmt: skip
    async with aiohttp.ClientSession(endless.sandbox.url, headers=headers) as http:
        torn = (b"[" * 100_000, b'{"member": "\\ud800"}', b'{"member": 1' + b"0" * 5000 + b"}", b"{}", b"[]")
        for name in Actions(endless.sandbox.human, endless.sandbox.crowd).table():
            raws = [json.dumps(changed).encode() for changed in mutations(body)] if name == "say" else []
            for raw in (*raws, *torn):
                async with http.post(f"/human/{name}", data=raw) as got:
                    assert got.status < 500, (name, raw[:200])
        for path in ("/static/%00", "/attachments/1/²/x", "/attachments/1/" + "9" * 5000 + "/x", "/avatars/1/x.png"):
            async with http.get(path) as got:
                assert got.status == 404, path
