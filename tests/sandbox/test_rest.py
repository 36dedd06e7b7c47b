"""The REST half, asked as any client would ask it."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from bot.sandbox import permissions
from bot.sandbox.interactions import COMMAND
from bot.sandbox.server import Sandbox

from .conftest import Http

if TYPE_CHECKING:
    from bot.sandbox.trace import Exchange


async def test_who_may_ask(http: Http) -> None:
    assert await http("GET", "/users/@me", headers={"Authorization": "Bot x"}) == (
        401,
        {"message": "401: Unauthorized", "code": 0},
    )
    status, user = await http("GET", "/users/@me")
    assert (status, user["username"], user["mfa_enabled"]) == (200, "Earmark", True)


async def test_unknown_route_is_noted(http: Http) -> None:
    status, answer = await http("GET", "/voice/regions")
    assert (status, answer) == (404, {"message": "404: Not Found", "code": 0})
    assert http.sandbox.unknown_routes == ["GET /api/v10/voice/regions"]
    http.sandbox.unknown_routes.clear()


async def test_messages(http: Http) -> None:
    channel = http.sandbox.world.text_channels[0].id
    base = f"/channels/{channel}/messages"
    _, first = await http("POST", base, {"content": "one <@1>"})
    _, second = await http("POST", base, {"content": "two", "message_reference": {"message_id": first["id"]}})
    assert second["referenced_message"]["content"] == "one <@1>"
    status, edited = await http("PATCH", f"{base}/{first['id']}", {"content": "uno"})
    assert (status, edited["content"], bool(edited["edited_timestamp"])) == (200, "uno", True)
    _, listed = await http("GET", base)
    assert [m["content"] for m in listed] == ["two", "uno"]
    _, after = await http("GET", f"{base}?after={first['id']}")
    assert [m["content"] for m in after] == ["two"]
    assert (await http("GET", f"{base}?limit=101"))[1]["code"] == 50035
    assert (await http("GET", f"{base}?before=x"))[1]["errors"]["before"]["_errors"]
    assert (await http("DELETE", f"{base}/{second['id']}"))[0] == 204
    assert (await http("GET", f"{base}/{second['id']}"))[1]["code"] == 10008
    said = await http.sandbox.human.say("Ada", "general", "hello")
    assert (await http("PATCH", f"{base}/{said['id']}", {"content": "x"}))[1]["code"] == 50005
    assert (await http("GET", "/channels/12/messages"))[1]["code"] == 10003


async def test_files_stay_with_their_message(http: Http) -> None:
    form = aiohttp.FormData(quote_fields=False)
    about = {"content": "c", "attachments": [{"id": 0, "filename": "a b.txt", "description": "alt"}]}
    form.add_field("payload_json", json.dumps(about), content_type="application/json")
    form.add_field("files[0]", b"abc", filename="a b.txt")
    base = f"/channels/{http.sandbox.world.text_channels[0].id}/messages"
    _, message = await http("POST", base, data=form)
    [file] = message["attachments"]
    assert (file["filename"], file["size"], file["description"]) == ("a_b.txt", 3, "alt")
    _, kept = await http("PATCH", f"{base}/{message['id']}", {"content": "d"})
    assert kept["attachments"] == [file]
    _, bare = await http("PATCH", f"{base}/{message['id']}", {"attachments": []})
    assert bare["attachments"] == []


async def test_permissions(http: Http) -> None:
    world = http.sandbox.world
    general = world.text_channels[0]
    base = f"/channels/{general.id}/messages"
    world.deny(general, permissions.SEND_MESSAGES)
    assert (await http("POST", base, {"content": "x"}))[1] == {"message": "Missing Permissions", "code": 50013}
    world.deny(general, permissions.VIEW_CHANNEL)
    status, answer = await http("GET", base)
    assert (status, answer["code"]) == (403, 50001)


async def test_reactions(http: Http) -> None:
    said = await http.sandbox.human.say("Ada", "general", "hello")
    base = f"/channels/{said['channel_id']}/messages/{said['id']}/reactions"
    assert (await http("PUT", f"{base}/👍/@me"))[0] == 204
    assert (await http("PUT", f"{base}/word/@me"))[1]["code"] == 10014
    _, who = await http("GET", f"{base}/👍")
    assert [user["username"] for user in who] == ["Earmark"]
    assert (await http("DELETE", f"{base}/👍/@me"))[0] == 204


async def test_callback_once_and_in_time(http: Http) -> None:
    it = http.begin()
    status, answer = await http.answer(it, {"type": 4, "data": {"content": "hi"}}, "?with_response=1")
    assert (status, answer["resource"]["message"]["content"]) == (200, "hi")
    assert answer["interaction"]["response_message_id"] == answer["resource"]["message"]["id"]
    assert (await http.answer(it, {"type": 4, "data": {"content": "hi"}}))[1]["code"] == 40060
    assert (await http.answer(http.begin(), {"type": 5})) == (204, None)
    http.sandbox.interactions.deadline = 0.01
    late = http.begin()
    await asyncio.sleep(0.05)
    status, answer = await http.answer(late, {"type": 5})
    assert (status, answer) == (404, {"message": "Unknown interaction", "code": 10062})
    assert late.state == "failed"


async def test_webhook_lives_for_a_while(http: Http) -> None:
    it = http.begin()
    hook = f"/webhooks/{http.sandbox.world.application_id}/{it.token}"
    assert (await http("POST", hook, {"content": "early"}))[1]["code"] == 10015
    await http.answer(it, {"type": 5, "data": {"flags": 64}})
    _, original = await http("GET", f"{hook}/messages/@original")
    assert original["flags"] == 64 | 128
    _, first = await http("POST", hook, {"content": "first"})
    assert (first["id"], first["flags"]) == (original["id"], 64)
    _, second = await http("POST", hook, {"content": "second"})
    assert second["message_reference"]["message_id"] == original["id"]
    channel = f"/channels/{original['channel_id']}/messages/{original['id']}"
    assert (await http("GET", channel))[1]["code"] == 10008
    assert (await http("DELETE", f"{hook}/messages/{second['id']}"))[0] == 204
    assert (await http("PATCH", f"{hook}/messages/{second['id']}", {"content": "x"}))[1]["code"] == 10008
    http.sandbox.interactions.lifetime = 0.0
    assert (await http("POST", hook, {"content": "late"}))[1]["code"] == 50027


async def test_user_install_has_five_followups(http: Http) -> None:
    it = http.begin(owners={"1": str(http.sandbox.world.member("Ada").id)})
    await http.answer(it, {"type": 4, "data": {"content": "x"}})
    hook = f"/webhooks/{http.sandbox.world.application_id}/{it.token}"
    answers = [await http("POST", hook, {"content": str(n)}) for n in range(6)]
    assert [status for status, _ in answers] == [200] * 5 + [400]
    assert answers[-1][1]["code"] == 40094


async def test_components_stay_components(http: Http) -> None:
    base = f"/channels/{http.sandbox.world.text_channels[0].id}/messages"
    text = {"type": 10, "content": "hello"}
    _, message = await http("POST", base, {"flags": 1 << 15, "components": [text, {"type": 14}]})
    assert [c["id"] for c in message["components"]] == [1, 2]
    status, answer = await http("PATCH", f"{base}/{message['id']}", {"content": "x"})
    assert (status, answer["code"]) == (400, 50035)
    missing = {"type": 12, "items": [{"media": {"url": "attachment://gone.png"}}]}
    assert (await http("POST", base, {"flags": 1 << 15, "components": [missing]}))[1]["code"] == 50035


async def test_commands(http: Http) -> None:
    base = f"/applications/{http.sandbox.world.application_id}/commands"
    status, made = await http("POST", base, {"name": "one", "description": "d"})
    assert status == 201
    _, kept = await http("PUT", base, [{"name": "one", "description": "e"}, {"name": "two", "description": "d"}])
    assert (kept[0]["id"], kept[0]["description"]) == (made["id"], "e")
    assert (await http("PATCH", f"{base}/{made['id']}", {"description": "f"}))[1]["description"] == "f"
    assert (await http("DELETE", f"{base}/{made['id']}"))[0] == 204
    assert (await http("GET", f"{base}/{made['id']}"))[1]["code"] == 10063
    assert [c["name"] for c in (await http("GET", base))[1]] == ["two"]


async def test_exchanges_and_trace(tmp_path: Path) -> None:
    sandbox = await Sandbox.start(trace=tmp_path / "trace.jsonl")
    async with aiohttp.ClientSession() as session:
        http = Http(sandbox, session)
        it = http.begin()
        await http.answer(it, {"type": 4, "data": {"content": "hi"}}, "?with_response=1")
        last: Exchange = sandbox.exchanges[-1]
        method, template, status, request, response = last
        assert (method, template) == ("POST", "/interactions/{interaction_id}/{interaction_token}/callback")
        assert (status, request["data"]["content"], response["interaction"]["type"]) == (200, "hi", COMMAND)
    await sandbox.close()
    text = (tmp_path / "trace.jsonl").read_text()
    assert it.token not in text
    assert sandbox.bot_token not in text
    assert json.loads(text.splitlines()[-1])["status"] == 200


async def test_form_bodies(http: Http) -> None:
    base = f"/channels/{http.sandbox.world.text_channels[0].id}/messages"
    for fields in ({"content": "7", "tts": "false"}, {"payload_json": '{"content": "7"}'}):
        status, made = await http("POST", base, data=fields)
        assert (status, made["content"]) == (200, "7")
    hook = http.begin()
    answer = {"payload_json": '{"type": 4, "data": {"content": "hi"}}'}
    status, made = await http("POST", f"/interactions/{hook.id}/{hook.token}/callback?with_response=true", data=answer)
    assert (status, made["resource"]["message"]["content"]) == (200, "hi")


async def test_callbacks_carry_no_bucket(http: Http) -> None:
    it = http.begin()
    url = f"{http.sandbox.url}/api/v10/interactions/{it.id}/{it.token}/callback"
    async with aiohttp.ClientSession() as session, session.post(url, json={"type": 5}) as got:
        assert got.status == 204
        assert not [name for name in got.headers if name.lower().startswith("x-ratelimit")]


async def test_default_sounds(http: Http) -> None:
    status, sounds = await http("GET", "/soundboard-default-sounds")
    assert status == 200
    assert {"name", "sound_id", "volume", "emoji_id", "emoji_name", "available"} == set(sounds[0])


def nulls(value: object, path: str = "") -> list[str]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] if value is None else [found for key, part in inner for found in nulls(part, f"{path}/{key}")]


async def test_what_was_not_given_is_not_sent_back(http: Http) -> None:
    base = f"/channels/{http.sandbox.world.text_channels[0].id}/messages"
    button = {"type": 2, "style": 1, "label": "Go", "custom_id": "go", "emoji": {"id": None, "name": "🔥"}}
    option = {"label": "a", "value": "a", "description": None, "emoji": None}
    menu = {"type": 3, "custom_id": "pick", "options": [option], "placeholder": None}
    embed = {"title": "t", "url": None, "color": None, "fields": [{"name": "n", "value": "v", "inline": None}]}
    rows = [{"type": 1, "components": [button | {"url": None}]}, {"type": 1, "components": [menu]}]
    _, made = await http("POST", base, {"content": None, "embeds": [embed], "components": rows})
    assert nulls(made["embeds"]) + nulls(made["components"]) == []
    assert made["embeds"][0]["fields"] == [{"name": "n", "value": "v", "inline": False}]
    command = {"name": "one", "description": "d", "options": [
        {"type": 3, "name": "a", "description": "d", "choices": [
            {"name": "c", "value": "v", "name_localizations": None}]}]}  # fmt: skip
    base = f"/applications/{http.sandbox.world.application_id}/commands"
    await http("POST", base, command)
    _, [listed] = await http("GET", base)
    assert nulls(listed) == ["/default_member_permissions", "/contexts"]


@pytest.mark.parametrize(
    ("sent", "kept", "title"),
    [
        ("list.csv", "list.csv", None),
        ("hello (world).png", "hello_world.png", "hello (world)"),
        ("_bug1.png", "bug1.png", "_bug1"),
        ("тест.csv", "_.csv", "тест"),
        ("Test测试.jpg", "Test.jpg", "Test测试"),
        ("café list.tar.gz", "cafe_list.tar.gz", "café list.tar"),
        ("../../etc/passwd", "passwd", None),
    ],
)
async def test_file_names_are_changed_as_discord_changes_them(http: Http, sent: str, kept: str, title: str) -> None:
    said = await http.sandbox.human.say("Ben", "general", "look", [(sent, b"x")])
    [file] = said["attachments"]
    assert (file["filename"], file.get("title")) == (kept, title)
    form = aiohttp.FormData(quote_fields=False)
    body = {"embeds": [{"image": {"url": f"attachment://{sent.rsplit('/', 1)[-1]}"}}]}
    form.add_field("payload_json", json.dumps(body), content_type="application/json")
    form.add_field("files[0]", b"x", filename=sent)
    _, made = await http("POST", f"/channels/{said['channel_id']}/messages", data=form)
    assert f"/{kept}?" in made["embeds"][0]["image"]["url"]


async def test_attachments_are_for_whoever_was_given_the_link(http: Http) -> None:
    said = await http.sandbox.human.say("Ben", "general", "look", [("a.txt", b"secret")])
    link = said["attachments"][0]["url"]
    async with aiohttp.ClientSession() as session:
        async with session.get(link) as got:
            assert await got.read() == b"secret"
        bare = link.partition("?")[0]
        for wrong in (bare, f"{bare}?ex=ffffffff&is=0&hm={'0' * 64}", link.replace("/a.txt", "/b.txt")):
            async with session.get(wrong) as got:
                assert (got.status, await got.text()) == (404, "This content is no longer available.")
