"""The commands of the shell: `earmark` alone, and `earmark run`, `sandbox`, `evaluate` and `analyse`."""

import argparse
import asyncio
import logging
import os
import socket
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bot.config import Config
from bot.errors import EarmarkError, FolderInUse, NewerDatabase, NotConfigured

DEFAULT_PORT = 8427
EXIT_USAGE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 well, 1 failed, 2 not understood or not configured."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["evaluate"]:
        from bot.taste.evaluate import main as evaluate  # noqa: PLC0415 - heavy

        return evaluate(arguments[1:])
    if arguments[:1] == ["analyse"]:
        from bot.cli_analyse import main as analyse  # noqa: PLC0415 - heavy

        return analyse(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        config = Config.from_env(os.environ)
        if options.data:
            config = replace(config, data=options.data, database=options.data / "earmark.db")
        _log_to_stderr(config.log_level)
        return _dispatch(options, config)
    except EarmarkError as problem:
        print(_sentence(problem), file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        return 0


def _dispatch(options: argparse.Namespace, config: Config) -> int:
    if options.command == "sandbox":
        from bot.sandbox.standalone import serve  # noqa: PLC0415

        port = _free(options.port)
        asyncio.run(serve(port, options.data, options.trace, options.members, _announce(options)))
        return 0
    from bot import app  # noqa: PLC0415

    sandbox_url = _loopback(os.environ.get("EARMARK_DISCORD_URL"))
    if options.command == "run" or config.token:
        if not config.token:
            raise NotConfigured("DISCORD_TOKEN")
        asyncio.run(app.run_on_discord(config, sandbox_url))
        return 0

    async def ready(url: str) -> None:
        print(f"Sandbox ready: {url}/", flush=True)
        _open(url, options)

    asyncio.run(app.run_in_sandbox(config, _free(options.port), ready))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="earmark",
        description="A Discord bot that learns your taste. Alone, it runs in a sandbox: a chat page on this machine. "
        "With DISCORD_TOKEN set, it runs on Discord.",
        epilog="earmark evaluate FILE.csv ... measures the model on rating files.",
    )
    _sandbox_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser("run", help="run on Discord; needs DISCORD_TOKEN")
    run.add_argument("--data", type=Path, default=argparse.SUPPRESS, help="folder for everything that is kept")
    sandbox = commands.add_parser("sandbox", help="only the sandbox, for a bot in another process")
    _sandbox_options(sandbox, inherit=True)
    sandbox.add_argument("--trace", type=Path, help="write every exchange and event to this file, as JSON lines")
    sandbox.add_argument("--members", type=int, default=4, help="how many people live in it (default 4)")
    commands.add_parser("evaluate", help="measure the model on rating files", add_help=False)
    commands.add_parser("analyse", help="print what can be heard in audio files", add_help=False)
    return parser


def _sandbox_options(parser: argparse.ArgumentParser, *, inherit: bool = False) -> None:
    missing = argparse.SUPPRESS if inherit else None
    parser.add_argument("--port", type=int, default=missing, help=f"the page's port (default {DEFAULT_PORT})")
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
        try:
            probe.bind(("127.0.0.1", DEFAULT_PORT))
        except OSError:
            return 0
    return DEFAULT_PORT


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
        case NotConfigured():
            return f"{problem.setting} is not understood: see the operator's guide in README.md."
        case FolderInUse():
            return f"Another instance is using {problem.folder}: stop it first, or choose another folder with --data."
        case NewerDatabase():
            return f"{problem.path} was written by a later version of this program: install that one."
        case _:
            return f"{type(problem).__name__}: {vars(problem)}"


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(
        level=level if level in logging.getLevelNamesMapping() else "INFO",
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
