"""One interaction: what a member did, and what the bot made of it."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field

from bot.sandbox.entities import Channel, Json, Member, Message

DEFER_UPDATE = 6  # acknowledged; the message stays as it is for now


@dataclass(eq=False)
class Interaction:
    """One interaction and what became of it.

    Attributes:
        source: the message whose component was used, also behind a modal.
        opener: the interaction that opened the modal submitted by this one.
        state: pending, deferred, answered, modal or failed.
        response: what `@original` names; `shown` is what the member looks at.

    """

    id: int
    type: int
    member: Member
    channel: Channel
    data: Json
    owners: Json
    source: Message | None = None
    opener: "Interaction | None" = None
    command: str | None = None
    token: str = field(default_factory=lambda: "aW50" + secrets.token_urlsafe(60), repr=False)
    started: float = field(default_factory=time.monotonic)
    state: str = "pending"
    callback: int | None = None
    response: Message | None = None
    shown: Message | None = None
    own: dict[int, Message] = field(default_factory=dict)
    followups: int = 0
    modal: Json | None = None
    submitted: "Interaction | None" = None
    choices: list[Json] | None = None
    error: str | None = None
    timer: asyncio.TimerHandle | None = None
    waiters: set["asyncio.Future[None]"] = field(default_factory=set)

    def become(self, state: str) -> None:
        """Change the state and wake whoever waits for it."""
        self.state = state
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def settled(self, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until it is neither pending nor deferred; say whether that happened in `timeout` seconds.

        A click acknowledged without a word (a deferred update) is settled: Discord shows nobody that more may come.
        """
        until = time.monotonic() + timeout
        while self.state == "pending" or (self.state == "deferred" and self.callback != DEFER_UPDATE):
            waiter = asyncio.get_running_loop().create_future()
            self.waiters.add(waiter)
            try:
                await asyncio.wait_for(waiter, until - time.monotonic())
            except TimeoutError:
                return False
            finally:
                self.waiters.discard(waiter)
        return True
