"""The page, in a browser: context menus, threads and polls."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.sandbox.server import Sandbox

from .conftest import SmallBot

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (apt install chromium)"),
]


@pytest.fixture
async def page(sandbox: Sandbox, bot: SmallBot) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page()
        page.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        await page.goto(f"{sandbox.url}/#Ada/general")
        yield page
        await browser.close()
        assert problems == []


async def test_a_user_command_is_in_the_menu_of_who_wrote(sandbox: Sandbox, page: Page) -> None:
    await sandbox.human.say("Ben", "general", "Blue Monday")
    shown = page.get_by_test_id("message").filter(has_text="Blue Monday")
    await shown.hover()
    await shown.get_by_test_id("message-menu").click()
    await page.get_by_test_id("menu-item").filter(has_text="about Ben").click()
    await expect(page.get_by_test_id("message").filter(has_text="hello Ben")).to_be_visible()


async def test_threads_come_and_go_in_the_sidebar(sandbox: Sandbox, page: Page) -> None:
    said = await sandbox.human.say("Ben", "general", "Blue Monday")
    sandbox.human.guild.start_thread("Ben", "general", "About it", message=said)
    await sandbox.human.say("Ben", said["id"], "What of it?")
    await page.get_by_test_id("thread-link").click()
    await expect(page.locator("#channel-title")).to_have_text("About it")
    await expect(page.get_by_test_id("message").filter(has_text="What of it?")).to_be_visible()
    sandbox.human.guild.delete_channel("Ada", said["id"])
    await expect(page.locator("#channel-title")).to_have_text("general")
    await expect(page.get_by_test_id("channel-About it")).to_have_count(0)


async def test_a_poll_is_voted_in(sandbox: Sandbox, bot: SmallBot, page: Page) -> None:
    poll = {"question": {"text": "Which?"}, "answers": [{"poll_media": {"text": text}} for text in ("Blue", "Monday")]}
    channel = sandbox.world.text_channels[0].id
    async with bot.http._HTTPClient__session.post(
        f"{sandbox.url}/api/v10/channels/{channel}/messages",
        json={"poll": poll},
        headers={"Authorization": f"Bot {sandbox.bot_token}"},
    ) as made:
        assert made.status == 200
    await page.get_by_role("button", name="Monday").click()
    await expect(page.get_by_role("button", name="Monday")).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_role("button", name="Monday")).to_contain_text("1")
