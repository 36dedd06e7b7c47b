"""An operator's commands: backup, restore, and one person's data in the operator's hands."""

import argparse
import asyncio
import shutil
import signal
import sys
from pathlib import Path

from bot.config import Config
from bot.domain.errors import FileStands, NoBackup, NoKeys, NotConfigured, Unwritable
from bot.flow.account import export
from bot.flow.connect import rotate
from bot.safe.keys import Keyring
from bot.safe.lock import FolderLock
from bot.safe.private import require_place, written
from bot.safe.sealed import FRAME, SUFFIX, SealedReader, SealedWriter
from bot.serving.app import services
from bot.serving.site import ask
from cogs.ui import text_account
from storage.backup import Backup, backup, restore


def run(options: argparse.Namespace, config: Config) -> None:
    """Run one of the commands and say what came of it."""
    try:
        _run(options, config)
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise Unwritable(path=str(problem.filename or ""), reason=reason.lower()) from None


def _run(options: argparse.Namespace, config: Config) -> None:
    match options.command:
        case "backup":
            signal.signal(signal.SIGTERM, _end)
            _say_backup(backup(config.database, options.folder, options.keep, config.keyring()))
        case "restore":
            _restore(options.file, config, unsealed=options.unsealed)
        case "erase":
            asyncio.run(_erase(options.user_id, config))
        case "rotate":
            asyncio.run(_rotate(config))
        case "status":
            asyncio.run(_status(config))
        case "unseal":
            print(f"Written to {_unseal(options, config)}.")
        case _:
            overwrite = _may_overwrite(options.file, options)
            asyncio.run(_export(options.user_id, options.file, config, overwrite=overwrite))
            print(f"Written to {options.file}.")


def _may_overwrite(file: Path, options: argparse.Namespace) -> bool:
    """Whether a file may be replaced: by --overwrite, or by whoever sits at a terminal and says so."""
    try:
        require_place(file, overwrite=options.overwrite)
    except FileStands:
        if not sys.stdin.isatty() or input(f"{file} exists. Replace it? [y/N] ").strip().lower() not in {"y", "yes"}:
            raise
        return True
    return options.overwrite


def _end(number: int, _: object) -> None:
    """Leave nothing half-made behind."""
    raise SystemExit(128 + number)


def _say_backup(made: Backup) -> None:
    print(f"{made.file}: {made.file.stat().st_size / 1e6:.1f} MB, checked; {_people(made.rows)}.")


def _people(rows: dict[str, int]) -> str:
    return f"{rows.get('listeners', 0):,} people, {rows.get('ratings', 0):,} ratings"


def _restore(file: Path, config: Config, *, unsealed: bool) -> None:
    lock = FolderLock()
    lock.acquire(config.database.parent)
    try:
        done = asyncio.run(restore(file, config.database, config.keyring(), unsealed=unsealed))
    finally:
        lock.release()
    print(f"Restored: {_people(done.rows)}.")
    if done.saved_as is not None:
        print(f"What stood there before is kept as {done.saved_as}.")
    if done.erased is None:
        print(
            "There was no readable list of those who were erased since: erase them again with `earmark erase USER_ID`.",
            file=sys.stderr,
        )
    elif done.erased:
        print(f"Erased again, for they had left since: {done.erased}.")
    if done.told_by is not None:
        print(
            f"Who was erased since is known up to {done.told_by.name}: erase whoever asked later again with "
            "`earmark erase USER_ID`.",
            file=sys.stderr,
        )


async def _erase(user_id: int, config: Config) -> None:
    async with services(config, alone=False) as s:
        gone = await s.accounts.erase(user_id)
        if not s.accounts.settled:
            print(
                f"Something is reading the database, a backup perhaps, so {config.database}-wal may hold traces until "
                "it has ended. Run this again then.",
                file=sys.stderr,
            )
    if not gone:
        print("Nothing was stored about this person; noted, so that no backup brings anything back.")
        return
    print("Erased: " + ", ".join(f"{number:,} of {table}" for table, number in gone.items()) + ".")


async def _rotate(config: Config) -> None:
    keyring = config.keyring()
    if keyring is None:
        raise NoKeys
    async with services(config, alone=False) as s:
        done, lost = await rotate(s.outside.accounts, keyring)
    print(f"Sealed anew with the first key: {done:,}. The older keys can be taken out of EARMARK_KEYS.")
    if lost:
        print(f"No key opens {lost:,}: add the older keys behind the new one, and run this again.", file=sys.stderr)


async def _export(user_id: int, file: Path, config: Config, *, overwrite: bool) -> None:
    async with services(config, alone=False) as s:
        stores = (s.accounts, s.playlists, s.ratings, s.models, s.uploads, s.sessions, s.studies)
        archive = await export(*stores, s.workers, user_id, text_account.readme())
    await asyncio.to_thread(_write, file, archive, config.keyring(), overwrite)


def _write(file: Path, archive: bytes, keys: Keyring | None, overwrite: bool) -> None:
    """Write an archive, sealed where there are keys."""
    with written(file, overwrite=overwrite) as raw:
        if keys is None:
            raw.write(archive)
            return
        with SealedWriter(raw, keys) as sealed:
            sealed.write(archive)


async def _status(config: Config) -> None:
    """Ask the running bot how it is; exit with 1 where it is not well, as a container's health check expects."""
    port = config.metrics_port or config.port
    if port is None:
        raise NotConfigured("EARMARK_METRICS_PORT", missing=True)
    found = await ask(port)
    gateway, database = ("yes" if good else "NO" for good in (found.health.gateway, found.health.database))
    print(f"Connected to Discord: {gateway}. Database answers: {database}.")
    for line in found.lines():
        print(line)
    if not (found.health.gateway and found.health.database):
        raise SystemExit(1)


def _unseal(options: argparse.Namespace, config: Config) -> Path:
    """Write what a sealed file holds; nothing is left where it cannot be opened to its end."""
    keys, file = config.keyring(), options.file
    if keys is None:
        raise NotConfigured("EARMARK_KEYS", missing=True)
    if not file.is_file():
        raise NoBackup(path=str(file))
    to = options.to or (file.with_suffix("") if file.suffix == SUFFIX else file.with_name(f"{file.name}.open"))
    overwrite = _may_overwrite(to, options)
    with file.open("rb") as raw, written(to, overwrite=overwrite) as opened:
        shutil.copyfileobj(SealedReader(raw, keys), opened, FRAME)
    return to
