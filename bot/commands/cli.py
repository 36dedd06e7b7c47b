"""The commands of the shell; `earmark --help` lists them."""

import argparse
import asyncio
import os
import socket
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.config import Config
from bot.domain.errors import EarmarkError, NotConfigured, NothingStored, StorageBusy
from bot.domain.names import printable
from bot.safe.keys import Keyring
from bot.telemetry import logs
from bot.telemetry.sentry import reporting

DEFAULT_PORT = 8427
EXIT_USAGE = 2
INTENTS = ("message-content", "members", "presences")
TOOLS = {"evaluate", "study", "analyse"}
UPKEEP = {"backup", "restore", "erase", "export", "rotate", "unseal", "status"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 well, 1 failed, 2 not understood or not configured."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in TOOLS:
        try:
            return _tool(arguments[0], arguments[1:])
        except KeyboardInterrupt:
            print("Interrupted.", file=sys.stderr)
            return 1
    options = arguments_parser().parse_args(arguments)
    try:
        config = Config.from_env(os.environ)
        if options.data:
            ignored = [name for name in ("EARMARK_DATABASE", "EARMARK_BACKUPS") if os.environ.get(name)]
            if ignored:
                print(f"--data counts, and not {' and '.join(ignored)}.", file=sys.stderr)
            config = replace(
                config, data=options.data, database=options.data / "earmark.db", backups=options.data / "backups"
            )
        logs.to_stderr(config.log_level, config.log_format)
        return _dispatch(options, config)
    except EarmarkError as problem:
        print(printable(_sentence(problem)), file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        return 0


def _tool(name: str, arguments: Sequence[str]) -> int:
    """Run a command that has options of its own and needs no configuration."""
    match name:
        case "evaluate":
            from bot.commands.evaluate import main as run  # noqa: PLC0415 - heavy
        case "study":
            from bot.commands.study import main as run  # noqa: PLC0415
        case _:
            from bot.commands.analyse import main as run  # noqa: PLC0415
    return run(arguments)


def _dispatch(options: argparse.Namespace, config: Config) -> int:
    if options.command == "key":
        print(Keyring.new())
        return 0
    if options.command == "doctor":
        from bot.serving import doctor  # noqa: PLC0415

        checks = asyncio.run(doctor.examine(config, discord=_discord()))
        print(doctor.table(checks))
        return int(doctor.failed(checks))
    if options.command in UPKEEP:
        from bot.commands import upkeep  # noqa: PLC0415

        upkeep.run(options, config)
        return 0
    if options.command == "sandbox":
        from bot.sandbox.standalone import serve  # noqa: PLC0415

        port = _free(options.port)
        sizes = {"members": options.members, "channels": options.channels, "intents": options.intents}
        _run(serve(port, options.data, options.trace, _announce(options), **sizes))
        return 0
    with reporting(config.sentry_dsn):
        _run_bot(options, config)
    return 0


def _run_bot(options: argparse.Namespace, config: Config) -> None:
    from bot.serving import app  # noqa: PLC0415

    sandbox_url = _loopback(os.environ.get("EARMARK_DISCORD_URL"))
    if options.command == "run" or config.token:
        if not config.token:
            raise NotConfigured("DISCORD_TOKEN")
        _run(app.run_on_discord(config, sandbox_url))
        return

    async def ready(url: str) -> None:
        print(f"Sandbox ready: {url}/", flush=True)
        _open(url, options)

    _run(app.run_in_sandbox(config, _free(options.port), ready))


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run on the quicker event loop where there is one; Windows has none."""
    try:
        from uvloop import new_event_loop  # noqa: PLC0415
    except ImportError:
        new_event_loop = None
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main)


def arguments_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="earmark",
        description="A Discord bot that learns your taste. Alone, it runs in a sandbox: a chat page on this machine. "
        "With DISCORD_TOKEN set, it runs on Discord.",
        epilog="earmark evaluate FILE.csv ... measures the model on rating files; earmark study FILE.csv redoes the "
        "experiment of 2020 on one.",
    )
    _sandbox_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser("run", help="run on Discord; needs DISCORD_TOKEN")
    run.add_argument("--data", type=Path, default=argparse.SUPPRESS, help="folder for everything that is kept")
    sandbox = commands.add_parser("sandbox", help="only the sandbox, for a bot in another process")
    _sandbox_options(sandbox, inherit=True)
    sandbox.add_argument("--trace", type=Path, help="write every exchange and event to this file, as JSON lines")
    sandbox.add_argument("--members", type=int, default=4, help="how many people live in it (default 4)")
    sandbox.add_argument(
        "--intents", type=_intents, default=(), metavar="NAMES",
        help=f"privileged intents that the bot holds, comma-separated: {', '.join(INTENTS)} (default none)",
    )  # fmt: skip
    sandbox.add_argument("--channels", type=int, default=2, help="how many text channels it has (default 2)")
    _upkeep_commands(commands)
    commands.add_parser("key", help="make a key for EARMARK_KEYS")
    doctor = commands.add_parser("doctor", help="say what works and what does not, and what to do about it")
    doctor.add_argument("--data", type=Path, default=argparse.SUPPRESS, help="the bot's data folder")
    commands.add_parser("evaluate", help="measure the model on rating files", add_help=False)
    commands.add_parser("study", help="redo the experiment of 2020 on a rating file", add_help=False)
    commands.add_parser("analyse", help="print what can be heard in audio files", add_help=False)
    return parser


def _user_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) < 2**63):
        raise argparse.ArgumentTypeError("a Discord user's id is a whole number of up to 19 digits")
    return int(text)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**16:
        raise ValueError(text)
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _upkeep_commands(commands: Any) -> None:
    """Describe the commands of `bot.commands.upkeep`."""
    copy = commands.add_parser("backup", help="copy the database, also while the bot runs")
    copy.add_argument("folder", type=Path, metavar="DIR")
    copy.add_argument("--keep", type=_count, help="remove all but so many of the newest backups in DIR")
    back = commands.add_parser("restore", help="put a backup in the database's place; stop the bot first")
    back.add_argument("file", type=Path, metavar="FILE")
    back.add_argument("--unsealed", action="store_true", help="trust a file that EARMARK_KEYS did not seal")
    erase = commands.add_parser("erase", help="erase everything about a person")
    erase.add_argument("user_id", type=_user_id, metavar="USER_ID", help="the Discord user's id")
    rotate = commands.add_parser("rotate", help="seal everything anew with the first of EARMARK_KEYS")
    export = commands.add_parser("export", help="write everything about a person into a ZIP archive")
    export.add_argument("user_id", type=_user_id, metavar="USER_ID", help="the Discord user's id")
    export.add_argument("file", type=Path, metavar="FILE.zip", help="sealed where EARMARK_KEYS is set")
    unseal = commands.add_parser("unseal", help="open a file that was sealed with EARMARK_KEYS")
    unseal.add_argument("file", type=Path, metavar="FILE")
    unseal.add_argument("to", type=Path, metavar="TO", nargs="?", help="default: FILE without .sealed")
    commands.add_parser("status", help="how the running bot is; needs PORT or EARMARK_METRICS_PORT")
    for command in (export, unseal):
        command.add_argument("--overwrite", action="store_true", help="replace a file that stands there, unasked")
    for command in (copy, back, erase, rotate, export, unseal):
        command.add_argument("--data", type=Path, default=argparse.SUPPRESS, help="the bot's data folder")


def _intents(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := set(names) - {*INTENTS}:
        raise argparse.ArgumentTypeError(f"{min(unknown)!r} is none of {', '.join(INTENTS)}")
    return names


def _sandbox_options(parser: argparse.ArgumentParser, *, inherit: bool = False) -> None:
    missing = argparse.SUPPRESS if inherit else None
    parser.add_argument("--port", type=_port, default=missing, help=f"the page's port (default {DEFAULT_PORT})")
    parser.add_argument("--data", type=Path, default=missing, help="folder for everything that is kept")
    browser_default = argparse.SUPPRESS if inherit else False
    parser.add_argument("--no-browser", action="store_true", default=browser_default, help="do not open the page")


def _announce(options: argparse.Namespace) -> Callable[[str, str], Awaitable[None]]:
    async def ready(url: str, bot_token: str) -> None:
        print(f"Sandbox ready: {url}/", flush=True)
        print(f"Bot token: {bot_token}", flush=True)
        _open(url, options)

    return ready


def _open(url: str, options: argparse.Namespace) -> None:
    if not options.no_browser and sys.stdout.isatty():
        webbrowser.open(f"{url}/")


def _free(port: int | None) -> int:
    """The port asked for, else the usual one, else any that is free."""
    if port is not None:
        return port
    with socket.socket() as probe:
        # As servers bind: a port that this program left a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", DEFAULT_PORT))
        except OSError:
            print(f"Port {DEFAULT_PORT} is in use, so the page gets another one.", file=sys.stderr)
            return 0
    return DEFAULT_PORT


def _discord() -> str:
    """Where Discord is: at a sandbox, where one is named."""
    from bot.serving.doctor import DISCORD  # noqa: PLC0415

    sandbox = _loopback(os.environ.get("EARMARK_DISCORD_URL"))
    return f"{sandbox}/api/v10" if sandbox else DISCORD


def _loopback(url: str | None) -> str | None:
    if not url:
        return None
    if urlsplit(url).hostname not in {"127.0.0.1", "::1"}:
        raise NotConfigured("EARMARK_DISCORD_URL")
    return url.rstrip("/")


def _sentence(problem: EarmarkError) -> str:
    match problem:
        case NotConfigured(setting="DISCORD_TOKEN"):
            return "DISCORD_TOKEN is missing: set it to your bot's token, or run `earmark` alone to try the sandbox."
        case NotConfigured(missing=True):
            return f"{problem.setting} is not set: see docs/operators.md."
        case NotConfigured():
            return f"{problem.setting} is not understood: see docs/operators.md."
        case NothingStored():
            return "Nothing is stored about this person."
        case StorageBusy():
            return (
                "The disk is full or failing, or another program locks the database. Nothing was changed: mend that, "
                "and try again."
            )
        case _:
            from cogs.ui import text, text_errors  # noqa: PLC0415 - needs Discord's library

            return text_errors.error(problem, text.bare)
