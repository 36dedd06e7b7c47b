"""What a running bot does by the clock: backups."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.config import Config
from bot.domain.errors import EarmarkError
from bot.safe.keys import Keyring
from bot.telemetry.metrics import Metrics
from storage.backup import backup, backups
from storage.check import NEVER

log = logging.getLogger(__name__)
HOUR = 3600.0
AGAIN = 600.0  # seconds after which a backup that failed is tried again


@asynccontextmanager
async def backing_up(config: Config, metrics: Metrics) -> AsyncGenerator[None]:
    """Make a backup every so many hours while the block runs, where the operator asked for it."""
    if config.backup_every is None:
        yield
        return
    keys = config.keyring()  # said at the start, where one is no key
    metrics.gauge("earmark_backup_age_seconds", "Since the newest backup was made.", lambda: _age(config.backups))
    stop = threading.Event()
    task = asyncio.create_task(_back_up(config, config.backup_every * HOUR, keys, stop), name="backups")
    try:
        yield
    finally:
        stop.set()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _back_up(config: Config, every: float, keys: Keyring | None, stop: threading.Event = NEVER) -> None:
    while True:
        await asyncio.sleep(max(0.0, every - await asyncio.to_thread(_age, config.backups)))
        try:
            made = await asyncio.to_thread(backup, config.database, config.backups, config.backup_keep, keys, stop)
            log.info("backup made: %s", made.file.name)
            continue
        except (EarmarkError, OSError) as problem:
            log.error("no backup could be made: %r", problem)  # noqa: TRY400 - no trace helps here
        except Exception:  # the next one may go well, whatever it was
            log.exception("no backup could be made")
        await asyncio.sleep(min(AGAIN, every))


def _age(folder: Path) -> float:
    """How many seconds ago the newest backup was made; those that a wrong clock dated ahead say nothing."""
    now = time.time()
    try:
        ages = [now - file.stat().st_mtime for file in backups(folder)]
    except OSError:  # one was removed a moment ago, or the disk is away
        return float("inf")
    return min((max(0.0, age) for age in ages if age > -HOUR), default=float("inf"))
