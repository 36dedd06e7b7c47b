"""The crowd: members who play along when asked, so that one person can see what needs a group.

They do what people do, through the human API, and know of the bot only what they see: they press a button called
*Join*, and give a number from 1 to 10 where a message asks for one, by button or by reaction, each by a hidden taste.
"""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from typing import Any

from bot.sandbox.entities import Json, Member
from bot.sandbox.human import Human, Ref
from bot.sandbox.options import HumanError
from bot.sandbox.tastes import Catalogue, Taste

NUMBERS = tuple(str(number) for number in range(1, 11))
KEYCAPS = (*(f"{number}\ufe0f\u20e3" for number in range(1, 10)), "\U0001f51f")
RATED_FIRST = 15  # tracks that each rates by themselves, so that there is a taste to be learned


class Crowd:
    """The members who play along.

    Args:
        pause: the least and the most seconds before a member does something.

    """

    def __init__(self, human: Human, pause: tuple[float, float] = (0.4, 2.0)) -> None:
        self._human = human
        self.pause = pause
        self._catalogue = Catalogue()
        self._tasks: dict[int, list[asyncio.Task[None]]] = {}
        self._ready: set[int] = set()  # those whose own tracks are rated

    @property
    def names(self) -> list[str]:
        """Who plays along."""
        return [member.name for member in self._human.world.people if member.id in self._tasks]

    def ask(self, asker: Ref) -> list[str]:
        """Let everybody but the asker play along; the asker plays for themselves from now on. Gives their names."""
        asking = self._human.member(asker)
        self._dismiss(asking)
        for place, member in enumerate(self._human.world.people):
            if member is not asking and member.id not in self._tasks:
                life = Life(self._human, member, Taste.of(member.name, place), self._catalogue, self.pause)
                tasks = [asyncio.create_task(life.watch(), name=f"crowd-{member.name}")]
                if member.id not in self._ready:
                    self._ready.add(member.id)
                    tasks.append(asyncio.create_task(life.prepare(), name=f"crowd-{member.name}-rates"))
                self._tasks[member.id] = tasks
        return self.names

    def thank(self) -> None:
        """Let everybody rest."""
        for member in self._human.world.people:
            self._dismiss(member)

    def _dismiss(self, member: Member) -> None:
        for task in self._tasks.pop(member.id, []):
            task.cancel()

    async def close(self) -> None:
        tasks = [task for tasks in self._tasks.values() for task in tasks]
        self.thank()
        await asyncio.gather(*tasks, return_exceptions=True)


class Life:
    """What one simulated member does."""

    def __init__(
        self, human: Human, member: Member, taste: Taste, catalogue: Catalogue, pause: tuple[float, float]
    ) -> None:
        self._human, self._member, self._taste, self._catalogue, self._pause = human, member, taste, catalogue, pause
        self._chance = random.Random(member.name)  # noqa: S311 - pauses are no secret
        self._done: set[tuple[str, str]] = set()  # (message, what was done about it)

    async def prepare(self) -> None:
        """Take the music that comes with the bot, rate some of it, and have a model trained."""
        with contextlib.suppress(HumanError, TimeoutError):
            await self._human.slash(self._member.id, "dm", "playlist link", {"catalogue": "bach"})
            card = await self._human.slash(self._member.id, "dm", "rate start")
            for _ in range(RATED_FIRST):
                chosen = self._number(card)
                if chosen is None:
                    break
                card = await self._human.click(self._member.id, card, chosen)
                await asyncio.sleep(self._pause[0] / 4)
            await self._human.slash(self._member.id, "dm", "retrain")

    async def watch(self) -> None:
        """Look at everything that is said in the channels, also at what was said shortly before."""
        async with self._human.events(self._member.id) as queue:
            for channel in self._human.world.text_channels:
                for message in self._human.messages(self._member.id, channel.id)[-5:]:
                    await self._look(message)
            while True:
                event = await queue.get()
                if event["type"] in {"message", "update", "reaction"} and event.get("message"):
                    await self._look(event["message"])

    async def _look(self, message: Json) -> None:
        """Do what a message asks for, once."""
        if not message["author"].get("bot") or message.get("ephemeral"):
            return
        if self._human.world.channels[int(message["channel_id"])].member_id is not None:
            return
        join = next((button for button in _buttons(message) if button.get("label") == "Join"), None)
        number = self._number(message)
        what = "join" if number is None and join is not None else _title(message)
        if (number is None and join is None) or (message["id"], what) in self._done:
            return
        self._done.add((message["id"], what))
        await asyncio.sleep(self._chance.uniform(*self._pause))
        with contextlib.suppress(HumanError, TimeoutError):
            if number is not None:
                await self._give(message, number)
            elif join is not None:
                await self._human.click(self._member.id, message["id"], join["custom_id"])

    async def _give(self, message: Json, custom_id: str) -> None:
        """Vote by a digit that stands under the message already, every other time, else by button."""
        emoji = KEYCAPS[self._stars(message) - 1]
        offered = {reaction["emoji"]["name"] for reaction in message.get("reactions") or []}
        if emoji in offered and self._chance.random() < 0.5:
            await self._human.react(self._member.id, message["id"], emoji)
        else:
            await self._human.click(self._member.id, message["id"], custom_id)

    def _number(self, message: Json) -> str | None:
        """The custom id of the button that says this member's number; None where no ten numbers are offered."""
        numbers = {
            button["label"]: button["custom_id"] for button in _buttons(message) if button.get("label") in NUMBERS
        }
        return numbers[str(self._stars(message))] if len(numbers) == len(NUMBERS) else None

    def _stars(self, message: Json) -> int:
        embed: Json = (message.get("embeds") or [{}])[0]
        return self._taste.stars(_title(message), embed.get("description") or "", self._catalogue)


def _title(message: Json) -> str:
    embeds = message.get("embeds") or [{}]
    return str(embeds[0].get("title") or "")


def _buttons(message: Json) -> Iterator[dict[str, Any]]:
    for row in message.get("components") or []:
        for item in row.get("components") or []:
            if item.get("type") == 2 and not item.get("disabled") and item.get("custom_id"):
                yield item
