"""A person in a browser: link, rate 20, retrain and predict, by clicking in Chromium on the sandbox's page."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from tests.end_to_end.people import playlist_csv
from tests.end_to_end.room import Room

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (apt install chromium)"),
]


@pytest.fixture
async def page(room: Room) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1100, "height": 760}, color_scheme="dark")
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        await page.goto(f"{room.sandbox.url}/")
        yield page
        await browser.close()
        assert problems == []


async def command(page: Page, words: str) -> None:
    """Type a slash command and choose it from the list; one that takes nothing runs at once."""
    composer = page.get_by_test_id("composer")
    await composer.click()
    await composer.press_sequentially(f"/{words}")
    await page.get_by_test_id("suggestions").get_by_role("option").first.click()


async def run(page: Page) -> None:
    await page.get_by_test_id("run-command").click()


def said(page: Page, words: str | re.Pattern[str]) -> Locator:
    """Where a message says these words."""
    return page.get_by_test_id("messages").get_by_text(words).last


async def shot(page: Page, tmp_path: Path, name: str) -> None:
    picture = tmp_path / f"{name}.png"
    await page.screenshot(path=picture)
    assert picture.stat().st_size > 10_000


async def click(button: Locator) -> None:
    """Press a button as a person does: not in the moment in which it came."""
    await expect(button).to_be_visible()
    await button.page.wait_for_timeout(400)
    await button.click()


async def rate(page: Page, times: int) -> None:
    """Rate what is asked: somebody who likes what is in a major key, and the older the better."""
    for press in range(times):
        card = page.locator("[data-custom-id^='earmark:rate:']")
        await expect(card.first).to_be_visible()
        before = await card.first.get_attribute("data-custom-id")
        title = await said(
            page, re.compile(r"^(?!Saved).*in [A-G](-flat|-sharp)? (major|minor), BWV \d+(/\d+)?$")
        ).inner_text()
        stars = (8 if "major" in title else 3) + press % 3 - 1
        await click(page.locator(f"[data-custom-id^='earmark:rate:'][data-custom-id$=':{stars}']").last)
        await expect(page.locator(f"[data-custom-id='{before}']")).to_have_count(0)


async def test_the_whole_job_by_clicking(room: Room, page: Page, tmp_path: Path):
    await command(page, "playlist link")
    await page.get_by_test_id("option-catalogue").select_option(label="Bach, 100 pieces")
    await run(page)
    await expect(said(page, "100 tracks, features for 100")).to_be_visible(timeout=15_000)

    await command(page, "rate start")
    await run(page)
    player = page.get_by_test_id("messages").locator("audio").last
    await player.evaluate("audio => audio.readyState || new Promise(done => audio.onloadedmetadata = done)")
    assert 5 < await player.evaluate("audio => audio.duration") <= 30.1
    assert await player.evaluate("async audio => { audio.muted = true; await audio.play(); return !audio.paused; }")
    await rate(page, 20)
    await expect(said(page, "20 rated")).to_be_visible()
    await shot(page, tmp_path, "rate")

    await command(page, "retrain")
    await run(page)
    await expect(said(page, "From 20 ratings")).to_be_visible(timeout=30_000)
    await expect(page.get_by_test_id("messages").locator("img[alt^='Left: what I predicted']")).to_be_visible()

    await command(page, "predict track")
    await page.get_by_test_id("option-track").press_sequentially("BWV 227/3")
    await page.get_by_test_id("suggestions").get_by_role("option", name="BWV 227/3").click()
    await run(page)
    await expect(said(page, "which you gave")).to_be_visible(timeout=30_000)
    await shot(page, tmp_path, "predict")
    await argue(page, tmp_path)
    assert room.bot is not None
    assert await room.bot.services.ratings.count(int(room.human.member("Ada").id)) == 20


async def test_the_second_half_of_a_double_click_rates_nothing(room: Room, page: Page):
    await enter(page, "/playlist link catalogue:Bach", "Linked")
    await enter(page, "/rate start", "How much do you like it?")
    seven = page.locator("[data-custom-id^='earmark:rate:'][data-custom-id$=':7']").last
    for presses in (1, 2):
        await page.wait_for_timeout(600)
        place = await seven.bounding_box()
        assert place is not None
        for _ in range(2):
            await page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
            await page.wait_for_timeout(180)
        assert room.bot is not None
        rated = await room.bot.services.ratings.count(int(room.human.member("Ada").id))
        assert rated == presses, "one rating a double click"


async def argue(page: Page, tmp_path: Path) -> None:
    """Ask what one change and then another would make of a prediction, on a desk and on a phone, in both themes."""
    menu = page.locator("[data-custom-id^='earmark:whatif:']").last
    now = (await said(page, re.compile(r"^\d+\.\d \(")).inner_text()).split()[0]
    for change, heading in ((re.compile("^(slower|faster)"), r"At \d+ bpm"), ("in major", "In major")):
        option = menu.locator("option").filter(has_text=change).first
        await menu.select_option(value=await option.get_attribute("value"))
        answer = page.get_by_test_id("messages").locator("dd").last
        await expect(answer).to_contain_text(re.compile(rf"{heading}: ([\d.]+ instead of|still) {now}"))
    for theme in ("dark", "light"):
        await page.emulate_media(color_scheme=theme)
        for width, place in ((1100, "desk"), (390, "phone")):
            await page.set_viewport_size({"width": width, "height": 760})
            await page.wait_for_timeout(500)  # the list of channels slides away
            await menu.scroll_into_view_if_needed()
            overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert await page.evaluate(overflow) <= 0
            await shot(page, tmp_path, f"argue-{theme}-{place}")


async def test_options_typed_by_name_arrive(room: Room, page: Page):
    await page.get_by_test_id("composer").press_sequentially("/playlist link catalogue:Bach")
    await page.keyboard.press("Enter")
    await expect(said(page, "100 tracks, features for 100")).to_be_visible(timeout=15_000)
    await page.get_by_test_id("composer").press_sequentially("/rate start public:True")
    await page.keyboard.press("Enter")
    await expect(said(page, "What does everybody think?")).to_be_visible()


async def test_a_file_is_uploaded_in_a_form(page: Page, tmp_path: Path):
    file = tmp_path / "My mix.csv"
    file.write_bytes(playlist_csv(40))
    await command(page, "playlist link")
    await run(page)
    modal = page.get_by_test_id("modal")
    await modal.locator("input[type=file]").set_input_files(file)
    await modal.locator("button[type=submit]").click()
    await expect(said(page, "40 tracks, features for 40")).to_be_visible(timeout=15_000)


async def test_it_can_be_read_on_a_phone(page: Page, tmp_path: Path):
    await page.set_viewport_size({"width": 390, "height": 780})
    await command(page, "help")
    await expect(said(page, "learns your taste in music")).to_be_visible()
    overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    await shot(page, tmp_path, "phone")


async def test_a_choice_that_is_taken_stays_taken(page: Page):
    await enter(page, "/playlist link catalogue:Bach", "Linked")
    await page.get_by_test_id("composer").press_sequentially("/playlist share playlist:Bach")
    offered = page.get_by_test_id("suggestions").get_by_role("option", name="Bach, 100 pieces")
    await expect(offered).to_be_visible()
    # The list of what stood there before is taken while what was typed last still waits to be asked for.
    await page.keyboard.type(",")
    await page.keyboard.press("Enter")
    await page.wait_for_timeout(1000)
    await expect(page.get_by_test_id("suggestions")).to_be_hidden()
    await expect(page.get_by_test_id("option-playlist")).to_have_value("Bach, 100 pieces")
    await page.keyboard.press("Enter")
    await expect(said(page, "is shared")).to_be_visible(timeout=15_000)


async def become(page: Page, who: str) -> None:
    await page.get_by_test_id("member-switch").select_option(label=who)
    await expect(page.locator("#you-avatar")).to_contain_text(who[0])


async def enter(page: Page, words: str, answer: str) -> None:
    """Type a command with its options; Enter runs it, but the first one may only take what is suggested."""
    await page.get_by_test_id("composer").press_sequentially(words)
    await page.keyboard.press("Enter")
    try:
        await expect(said(page, answer)).to_be_visible(timeout=4_000)
    except AssertionError:
        await page.keyboard.press("Enter")
    await expect(said(page, answer)).to_be_visible(timeout=15_000)


async def test_three_members_play_a_round(page: Page, tmp_path: Path):
    for words, answer in (
        ("/playlist link catalogue:Bach", "Linked"),
        ("/playlist share playlist:Bach, 100 pieces", "is shared"),
    ):
        await enter(page, words, answer)
    await page.get_by_test_id("composer").press_sequentially("/session start rounds:1 length:3 name:Friday")
    await page.keyboard.press("Enter")
    await expect(said(page, "Friday")).to_be_visible(timeout=15_000)
    for who in ("Ben", "Chloe"):
        await become(page, who)
        await click(page.locator("[data-custom-id^='earmark:session:join:']").last)
        await expect(said(page, "May your votes")).to_be_visible()
    await become(page, "Ada")
    await expect(said(page, "3 members")).to_be_visible()
    await click(page.locator("[data-custom-id^='earmark:session:begin:']").last)
    for stars, who in ((9, "Ada"), (3, "Ben")):
        await become(page, who)
        await expect(said(page, "Round 1 of 1")).to_be_visible(timeout=15_000)
        await click(page.locator(f"[data-custom-id^='earmark:svote:'][data-custom-id$=':{stars}']").last)
        await expect(said(page, "Your vote")).to_be_visible()
    await shot(page, tmp_path, "round")
    await become(page, "Chloe")
    digit = page.get_by_test_id("messages").locator("button.reaction", has_text="6").last
    await digit.click(timeout=20_000)
    await expect(said(page, "What everybody thought")).to_be_visible(timeout=30_000)
    told = page.get_by_role("listitem").filter(has_text=re.compile("Ada 9.*Ben 3.*Chloe 6"))
    await expect(told.last).to_be_visible()
