"""What a running bot does by the clock: backups."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.config import Config
from bot.errors import EarmarkError
from bot.keys import Keyring
from storage.backup import backup, backups

log = logging.getLogger(__name__)
HOUR = 3600.0
AGAIN = 600.0  # seconds after which a backup that failed is tried again


@asynccontextmanager
async def backing_up(config: Config) -> AsyncGenerator[None]:
    """Make a backup every so many hours while the block runs, where the operator asked for it."""
    if config.backup_every is None:
        yield
        return
    keys = config.keyring()  # said at the start, where one is no key
    task = asyncio.create_task(_back_up(config, config.backup_every * HOUR, keys), name="backups")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _back_up(config: Config, every: float, keys: Keyring | None) -> None:
    while True:
        await asyncio.sleep(max(0.0, every - await asyncio.to_thread(_age, config.backups)))
        try:
            made = await asyncio.to_thread(backup, config.database, config.backups, config.backup_keep, keys)
            log.info("backup made: %s", made.file.name)
        except (EarmarkError, OSError) as problem:
            log.error("no backup could be made: %s", type(problem).__name__)  # noqa: TRY400 - no trace helps here
            await asyncio.sleep(min(AGAIN, every))


def _age(folder: Path) -> float:
    """How many seconds ago the newest backup was made; those that a wrong clock dated ahead say nothing."""
    now = time.time()
    ages = (now - file.stat().st_mtime for file in backups(folder))
    return min((max(0.0, age) for age in ages if age > -HOUR), default=float("inf"))
