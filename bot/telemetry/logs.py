"""The log: to standard error, as text or as one JSON object a line; without contents, tokens or names.

What an exception says may hold what a member typed, so of exceptions the log keeps the class and the places in the
code, and not the words. Libraries' DEBUG lines hold whole events, tokens and SQL parameters, so EARMARK_LOG=DEBUG is
for this program's own loggers.
"""

import json
import logging
import re
import sys
import time
import traceback
from copy import copy
from types import TracebackType

SECRETS = re.compile(
    r"(?<=/webhooks/)\d+/[^/\s?'\"]+|(?<=/interactions/)\d+/[^/\s?'\"]+|[\w-]{18,40}\.[\w-]{6,8}\.[\w-]{20,}"
)
QUOTED = re.compile(r"[<(\n]")  # begins what asyncio quotes
OURS = ("bot", "cogs", "storage")
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def to_stderr(level: str, kind: str) -> None:
    """Log from now on; `kind` is "text" or "json"."""
    number = logging.getLevelNamesMapping().get(level, logging.INFO) or logging.INFO
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines() if kind == "json" else Text())
    logging.basicConfig(level=max(number, logging.INFO), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # ten lines at a first start that help nobody
    for name in OURS:
        logging.getLogger(name).setLevel(number)


def message(record: logging.LogRecord) -> str:
    """What a record says; asyncio quotes tasks with their arguments and exceptions, so of its words only the first."""
    said = record.getMessage()
    return QUOTED.split(said, maxsplit=1)[0].strip() if record.name == "asyncio" else said


class Text(logging.Formatter):
    """A line for people, and the trace below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record = copy(record)  # another formatter may have left its own trace there
        record.msg, record.args, record.exc_text = message(record), (), None
        return redacted(super().format(record))

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's name
        return "\n".join(trace(ei[1]))


class Lines(logging.Formatter):
    """One JSON object a line: at, level, logger, message; error_id, error and trace where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        line: dict[str, object] = {"at": at, "level": record.levelname, "logger": record.name}
        line["message"] = message(record)
        error_id = getattr(record, "error_id", None)
        if error_id is not None:
            line["error_id"] = error_id
        problem = record.exc_info[1] if record.exc_info else None
        if problem is not None:
            line["error"] = type(problem).__name__
            line["trace"] = list(trace(problem))
        return redacted(json.dumps(line, ensure_ascii=False, default=str))


def trace(problem: BaseException | None) -> list[str]:
    """Where an exception and its causes came from, the first cause first, in lines."""
    lines: list[str] = []
    for one in causes(problem):
        lines += [f'  File "{at.filename}", line {at.lineno}, in {at.name}: {at.line}' for at in steps(one)]
        lines += getattr(one, "places", "").splitlines()  # of another process
        lines.append(type(one).__qualname__)
    return lines


def causes(problem: BaseException | None) -> list[BaseException]:
    """An exception and what it came from, the first cause first."""
    chain: list[BaseException] = []
    while problem is not None and problem not in chain:
        chain.append(problem)
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    return chain[::-1]


def steps(problem: BaseException) -> traceback.StackSummary:
    """The places in the code through which an exception came, the outermost first."""
    return traceback.extract_tb(problem.__traceback__)


def redacted(text: str) -> str:
    """A text without tokens."""
    return SECRETS.sub("***", text)
