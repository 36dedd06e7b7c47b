"""A real client does its job for people who click and type."""

import asyncio
import re

import aiohttp
import pytest

from bot.sandbox.human_http import TOKEN_HEADER
from bot.sandbox.options import HumanError
from bot.sandbox.point import aim
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import PNG, SmallBot, log_in


async def test_slash_with_attachment(sandbox: Sandbox, bot: SmallBot) -> None:
    upload = {"file": ("a.csv", b"1,2")}
    message = await sandbox.human.slash("Ada", "general", "playlist link", {"name": "x"}, attachments=upload)
    assert message["content"] == "x a.csv 3"
    assert message["interaction_name"] == "playlist link"


async def test_buttons_edit_their_message(sandbox: Sandbox, bot: SmallBot) -> None:
    human = sandbox.human
    first = await human.slash("Ada", "general", "buttons")
    assert [c["id"] for c in first["components"][0]["components"]] == [2, 3, 4]
    again = await human.click("Ben", first, "one")
    assert (again["id"], again["content"]) == (first["id"], "clicked")
    assert (await human.click("Ben", first, "later"))["content"] == "clicked", "acknowledged without a word"
    async with asyncio.timeout(5):
        while next(m for m in human.messages("Ben", "general") if m["id"] == first["id"])["content"] != "later":
            await asyncio.sleep(0.01)
    picked = await human.select("Ben", first, "pick", ["b"])
    assert picked["content"] == "picked b"
    with pytest.raises(HumanError):
        await human.click("Ben", first, "gone")


async def test_modal_with_file(sandbox: Sandbox, bot: SmallBot) -> None:
    human = sandbox.human
    card = await human.slash("Ada", "dm", "buttons")
    opened = await human.click("Ada", card, "form")
    assert opened["modal"]["title"] == "Link a playlist"
    with pytest.raises(HumanError):
        await human.modal("Ada", opened, {})
    name = opened["modal"]["components"][0]["components"][0]["custom_id"]
    done = await human.modal("Ada", opened, {name: "mine", "file": [("p.txt", b"hello")]})
    assert done["content"] == "mine: p.txt hello text/plain; charset=utf-8"
    assert done["ephemeral"]


async def test_deferred_then_followup_seen_by_one(sandbox: Sandbox, bot: SmallBot) -> None:
    human = sandbox.human
    async with human.events("Ada") as events:
        message = await human.slash("Ada", "general", "slow")
        first = await events.get()
    assert first["message"]["thinking"]
    assert message["content"] == "done"
    assert not message["thinking"]
    assert message["attachments"] == []
    image = message["embeds"][0]["image"]
    assert (image["width"], image["height"]) == (1, 1)
    async with aiohttp.ClientSession() as http, http.get(image["url"], headers={"Range": "bytes=1-3"}) as got:
        assert (got.status, await got.read()) == (206, PNG[1:4])
    secret = await human.wait_for("Ada", "general", lambda m: m["content"] == "a secret")
    assert secret["ephemeral"]
    assert [m["content"] for m in human.messages("Ben", "general")] == ["done"]
    channel = bot.get_channel(int(message["channel_id"]))
    assert [m.content async for m in channel.history()] == ["done"]


async def test_layout_view(sandbox: Sandbox, bot: SmallBot) -> None:
    message = await sandbox.human.slash("Ada", "general", "layout")
    container = message["components"][0]
    assert [c["type"] for c in container["components"]] == [10, 9, 12, 1]
    media = container["components"][2]["items"][0]["media"]
    assert "/art.png?" in media["url"]
    assert media["content_type"] == "image/png"


async def test_no_answer_fails(sandbox: Sandbox, bot: SmallBot) -> None:
    sandbox.interactions.deadline = 0.1
    with pytest.raises(HumanError, match="did not respond"):
        await sandbox.human.slash("Ada", "general", "silent")


async def test_limits_hold_in_callbacks(sandbox: Sandbox, bot: SmallBot) -> None:
    sandbox.interactions.deadline = 0.2
    with pytest.raises(HumanError, match="did not respond"):
        await sandbox.human.slash("Ada", "general", "guess", {"track": "x" * 2001})
    assert "50035" in str(bot.failures[0])


async def test_form_goes_once(sandbox: Sandbox, bot: SmallBot) -> None:
    human = sandbox.human
    opened = await human.click("Ada", await human.slash("Ada", "dm", "buttons"), "form")
    await human.modal("Ada", opened, {"file": [("p.txt", b"hello")]})
    with pytest.raises(HumanError, match="already"):
        await human.modal("Ada", opened, {"file": [("p.txt", b"hello")]})


async def test_autocomplete_and_checks(sandbox: Sandbox, bot: SmallBot) -> None:
    human = sandbox.human
    choices = await human.autocomplete("Ada", "general", "guess", {"track": "ab"}, "track")
    assert choices == [{"name": "ab!", "value": "ab-1"}]
    assert (await human.slash("Ada", "general", "guess", {"track": "x", "number": "7"}))["content"] == "x/7"
    for wrong in ({"track": "x", "number": 11}, {}, {"track": "x", "other": 1}):
        with pytest.raises(HumanError):
            await human.slash("Ada", "general", "guess", wrong)


async def test_message_command_and_content(sandbox: Sandbox, bot: SmallBot) -> None:
    human = sandbox.human
    said = await human.say("Ben", "general", "Blue Monday")
    answer = await human.message_command("Ada", "general", "Predict this track", said)
    assert answer["content"] == "about Blue Monday"
    assert ("message", "", False) in bot.events


async def test_user_command(sandbox: Sandbox, bot: SmallBot) -> None:
    answer = await sandbox.human.user_command("Ada", "general", "Greet", "Ben")
    assert (answer["content"], answer["interaction_name"]) == ("hello Ben", "Greet")
    async with aiohttp.ClientSession(sandbox.url, headers={TOKEN_HEADER: sandbox.page_token}) as http:
        body = {"member": "Ada", "channel": "general", "command": "Greet", "target": "Dan"}
        async with http.post("/human/user-command", json=body) as got:
            number = (await got.json())["interaction_id"]
    assert (await sandbox.human.wait(number))["content"] == "hello Dan"


async def test_reactions_and_direct_messages(sandbox: Sandbox, bot: SmallBot) -> None:
    human = sandbox.human
    card = await human.slash("Ada", "general", "guess", {"track": "x"})
    await human.react("Ben", card, "7️⃣")
    seen = await human.react("Dan", card, "7️⃣")
    assert seen["reactions"][0]["count"] == 2
    await human.unreact("Ben", card, "7️⃣")
    await human.say("Chloe", "dm", "hi")
    await human.wait_for("Chloe", "dm", lambda m: m["content"] == "hello Chloe")
    ben, dan = sandbox.world.member("Ben").id, sandbox.world.member("Dan").id
    assert bot.events[:3] == [("add", "7️⃣", ben), ("add", "7️⃣", dan), ("remove", "7️⃣", ben)]
    assert human.messages("Chloe", "dm")[0]["content"] == "hi"
    with pytest.raises(HumanError):
        human.messages("Ada", human.messages("Chloe", "dm")[0]["channel_id"])


async def test_human_api_over_http(sandbox: Sandbox, bot: SmallBot) -> None:
    async with aiohttp.ClientSession(sandbox.url, headers={TOKEN_HEADER: sandbox.page_token}) as http:
        async with http.get("/human/state") as got:
            state = await got.json()
        assert state["online"]
        ada, general = state["members"][0]["id"], state["channels"][0]["id"]
        form = aiohttp.FormData()
        form.add_field("file", b"abc", filename="l.csv")
        async with http.post("/human/upload", data=form) as got:
            upload = (await got.json())["upload_id"]
        events = await http.get("/human/events", params={"member": ada})
        body = {"member": ada, "channel": general, "command": "playlist link", "attachments": {"file": upload}}
        async with http.post("/human/slash", json=body) as got:
            number = (await got.json())["interaction_id"]
        async with http.get(f"/human/interactions/{number}", params={"member": ada, "wait": "3"}) as got:
            answer = await got.json()
        assert answer["state"] == "answered"
        assert answer["message"]["content"].strip() == "l.csv 3"
        assert b'"online"' in await events.content.readline()
        await events.content.readline()
        assert b'"type":"message"' in await events.content.readline()
        events.close()
        async with http.post("/human/slash", json={"member": ada}) as got:
            assert got.status == 400
        async with http.get("/human/commands", params={"member": ada}) as got:
            assert "playlist" in [command["name"] for command in await got.json()]


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://evil.example"}, {"Host": "evil.example"}, {TOKEN_HEADER: "wrong"}]
)
async def test_strangers_are_refused(sandbox: Sandbox, headers: dict[str, str]) -> None:
    given = {TOKEN_HEADER: sandbox.page_token} if {"Origin", "Host"} & set(headers) else {}
    async with aiohttp.ClientSession() as http, http.get(f"{sandbox.url}/human/state", headers=given | headers) as got:
        assert got.status == 403


async def test_restart_keeps_the_world(tmp_path) -> None:
    sandbox = await Sandbox.start(data=tmp_path)
    with aim(sandbox.url):
        bot, task = await log_in(sandbox)
        card = await sandbox.human.slash("Ada", "general", "buttons", {"private": True})
        upload = {"file": ("a.csv", b"1,2")}
        await sandbox.human.say("Ben", "music", "look", [("a.png", PNG)])
        await sandbox.human.slash("Ada", "general", "playlist link", attachments=upload)
        await bot.close()
        await task
    before = sandbox.human.messages("Ada", "general"), sandbox.human.messages("Ada", "music")
    await sandbox.close()
    again = await Sandbox.start(data=tmp_path)
    assert again.bot_token == sandbox.bot_token
    assert again.human.messages("Ada", "general") == before[0]
    moved = again.human.messages("Ada", "music")[0]["attachments"][0]["url"]
    assert moved.startswith(again.url)
    async with aiohttp.ClientSession() as http, http.get(moved) as got:
        assert await got.read() == PNG
    assert "buttons" in [c["name"] for c in again.human.commands("Ada")]
    with aim(again.url):
        bot, task = await log_in(again)
        assert (await again.human.click("Ada", card["id"], "one"))["content"] == "clicked"
        await bot.close()
        await task
    await again.close()


async def test_links_stored_unsigned_are_signed(tmp_path) -> None:
    sandbox = await Sandbox.start(data=tmp_path)
    with aim(sandbox.url):
        bot, task = await log_in(sandbox)
        await sandbox.human.slash("Ada", "general", "slow")
        await bot.close()
        await task
    await sandbox.close()
    kept = tmp_path / "world.jsonl"
    kept.write_text(re.sub(r"\?ex=[^\"]*", "", kept.read_text()))
    again = await Sandbox.start(data=tmp_path)
    image = again.human.messages("Ada", "general")[0]["embeds"][0]["image"]
    async with aiohttp.ClientSession() as http, http.get(image["url"]) as got:
        assert await got.read() == PNG
    await again.close()


async def test_trace_holds_everything_but_secrets(tmp_path) -> None:
    sandbox = await Sandbox.start(trace=tmp_path / "trace.jsonl")
    with aim(sandbox.url):
        bot, task = await log_in(sandbox)
        await sandbox.human.slash("Ada", "general", "slow")
        await sandbox.human.wait_for("Ada", "general", lambda m: m["content"] == "a secret")
        await bot.close()
        await task
    await sandbox.close()
    text = (tmp_path / "trace.jsonl").read_text()
    assert "INTERACTION_CREATE" in text
    assert "/webhooks/{webhook_id}/{webhook_token}" in text
    for it in sandbox.interactions.by_id.values():
        assert it.token not in text
    assert sandbox.bot_token not in text


async def test_user_install_only(tmp_path) -> None:
    sandbox = await Sandbox.start(guild_install=False, user_installs=["Ada"])
    with aim(sandbox.url):
        bot, task = await log_in(sandbox)
        assert not bot.guilds
        offered = {"name": "mine", "description": "d", "integration_types": [1], "contexts": [0, 1, 2]}
        assert sandbox.human.commands("Ada") == []
        sandbox.commands.add(None, offered)
        assert [c["name"] for c in sandbox.human.commands("Ada")] == ["mine"]
        assert sandbox.human.commands("Ben") == []
        seen = asyncio.get_running_loop().create_future()

        @bot.event
        async def on_interaction(interaction) -> None:
            await interaction.response.send_message(f"{interaction.is_user_integration()} {interaction.guild_id}")
            seen.set_result(None)

        answer = await sandbox.human.slash("Ada", "general", "mine")
        await seen
        assert answer["content"] == f"True {sandbox.world.guild_id}"
        await bot.close()
        await task
    await sandbox.close()
