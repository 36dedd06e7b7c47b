"""What the bot survives, and what it does under load: `python -m tests.bench.bench_soak`. Prints figures only.

--only kills   SIGKILL, then SIGTERM, at random moments under clicks
--only workers killed while they return their results
--only busy    clicks at a rate while models train and exports run
--only flat    memory, tasks and file descriptors while actions go on for long
--only big     one SQLite file with very many members
"""

import argparse
import asyncio
import signal
import tempfile
import time
from pathlib import Path

from tests.bench.soak_big import soak_big
from tests.bench.soak_kills import soak_kills
from tests.bench.soak_load import soak_busy, soak_flat
from tests.bench.soak_workers import soak_workers

PARTS = ("kills", "workers", "busy", "flat", "big")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--kills", type=int, default=20, help="with SIGKILL, and as many with SIGTERM")
    parser.add_argument("--worker-kills", type=int, default=200)
    parser.add_argument("--clickers", type=int, default=10, help="who click while the bot is killed")
    parser.add_argument("--kill-rate", type=float, default=50, help="their clicks a second, together")
    parser.add_argument("--rate", type=float, default=200, help="clicks a second while models train")
    parser.add_argument("--members", type=int, default=50, help="who click and train")
    parser.add_argument("--seconds", type=float, default=60, help="of busy, and of flat")
    parser.add_argument("--actions", type=float, default=20, help="a second, for flat")
    parser.add_argument("--people", type=int, default=20_000, help="in the big file")
    parser.add_argument("--times", type=int, default=200, help="each command on the big file")
    options = parser.parse_args()
    for part, measure in zip(PARTS, (_kills, _workers, _busy, _flat, _big), strict=True):
        if options.only in {None, part}:
            with tempfile.TemporaryDirectory() as folder:
                asyncio.run(measure(options, Path(folder)))


def say(what: str, figure: str) -> None:
    print(f"{what:44} {figure}", flush=True)


async def _kills(options: argparse.Namespace, data: Path) -> None:
    for name, number in (("SIGKILL", signal.SIGKILL), ("SIGTERM", signal.SIGTERM)):
        began = time.perf_counter()
        o = await soak_kills(data / name, options.kills, number, options.clickers, options.kill_rate)
        took = time.perf_counter() - began
        clicked = f"{o.clicks} clicks, {o.clicks / o.seconds:.0f}/s while up, {o.acknowledged} acknowledged"
        kept = f"{o.lost} lost, {o.twice} counted wrongly, {o.dead} cards dead"
        say(f"{o.ends} times {name}, {took:.0f} s", f"{clicked}: {kept}; exit codes {dict(o.codes)}")


async def _workers(options: argparse.Namespace, data: Path) -> None:
    o = await soak_workers(data, options.worker_kills)
    say(f"{o.kills} workers killed", f"{o.hung} jobs hung, the longest took {o.longest_s:.1f} s; end {o.end_s:.2f} s")


async def _busy(options: argparse.Namespace, data: Path) -> None:
    await soak_busy(data, options.members, options.rate, options.seconds, say)


async def _flat(options: argparse.Namespace, data: Path) -> None:
    await soak_flat(data, options.members, options.actions, options.seconds, say)


async def _big(options: argparse.Namespace, data: Path) -> None:
    await soak_big(data, options.people, options.times, say)


if __name__ == "__main__":
    main()
