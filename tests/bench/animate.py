"""Draws docs/earmark.gif anew: a person in a browser links, rates, retrains and predicts on the sandbox's page.

`uv run python -m tests.bench.animate` needs Debian's chromium, as the browser tests do.
"""

import asyncio
import io
import re
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Page, async_playwright, expect

from tests.end_to_end.room import a_room
from tests.end_to_end.test_browser import CHROMIUM, FLAGS, command, rate, run, said

TARGET = Path(__file__).resolve().parents[2] / "docs" / "earmark.gif"
SIZE = (1000, 700)  # of the browser's window, pixels
SCALE = 0.72
COLOURS = 96
RATED = 12


class Film:
    """Frames, and for how many milliseconds each is shown."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []
        self._milliseconds: list[int] = []

    async def take(self, milliseconds: int) -> None:
        await self._page.wait_for_timeout(250)
        picture = Image.open(io.BytesIO(await self._page.screenshot()))
        small = picture.resize((round(SIZE[0] * SCALE), round(SIZE[1] * SCALE)), Image.Resampling.LANCZOS)
        self._frames.append(small.convert("P", palette=Image.Palette.ADAPTIVE, colors=COLOURS))
        self._milliseconds.append(milliseconds)

    def save(self, file: Path) -> None:
        first, *others = self._frames
        first.save(file, save_all=True, append_images=others, duration=self._milliseconds, loop=0, optimize=True)


async def play(page: Page, film: Film) -> None:
    await command(page, "playlist link")
    await page.get_by_test_id("option-catalogue").select_option(label="Bach, 100 pieces")
    await film.take(1200)
    await run(page)
    await expect(said(page, "100 tracks, features for 100")).to_be_visible(timeout=60_000)
    await film.take(1800)
    await command(page, "rate start")
    await run(page)
    await film.take(1500)
    for _ in range(RATED):
        await rate(page, 1)
        await film.take(350)
    await command(page, "retrain")
    await run(page)
    await expect(said(page, re.compile(f"From {RATED} ratings"))).to_be_visible(timeout=60_000)
    await page.wait_for_timeout(500)
    await film.take(3000)
    await command(page, "predict playlist")
    await page.get_by_test_id("option-playlist").press_sequentially("Bach")
    await page.get_by_test_id("suggestions").get_by_role("option").first.click()
    await run(page)
    await expect(said(page, re.compile("range"))).to_be_visible(timeout=60_000)
    await film.take(4000)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with a_room(Path(folder), None) as room, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = await browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, color_scheme="dark")
            await page.goto(f"{room.sandbox.url}/")
            film = Film(page)
            await play(page, film)
            await browser.close()
        film.save(TARGET)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    asyncio.run(main())
