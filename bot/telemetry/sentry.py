"""Optional: what the log calls an error also goes to the operator's own Sentry, and no more than the log says.

That is the class, the places in the code and the error's id; not what an exception says, no local variables, no
breadcrumbs, no name of a machine. The package is an extra, because most operators need none.
"""

import importlib.util
import logging
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

from bot.domain.errors import ExtraMissing, NotConfigured
from bot.telemetry.logs import causes, message, redacted, steps

OWN = ("sentry_sdk", "urllib3")  # what sending itself logs must not be sent
ROOT = Path(__file__).resolve().parents[2]
GRACE = 2.0  # seconds that the last reports have at the end
Event = dict[str, Any]


@contextmanager
def reporting(dsn: str | None) -> Generator[None]:
    """Send what is logged as an error meanwhile; without a DSN, nothing.

    Raises:
        ExtraMissing: the package is not installed.
        NotConfigured: the DSN is not one.

    """
    if not dsn:
        yield
        return
    reporter, root = Reporter(dsn), logging.getLogger()
    root.addHandler(reporter)
    try:
        yield
    finally:
        root.removeHandler(reporter)
        reporter.close()


class Reporter(logging.Handler):
    """Sends records in the background; a Sentry that does not answer keeps nobody waiting."""

    def __init__(self, dsn: str) -> None:
        super().__init__(logging.ERROR)
        if importlib.util.find_spec("sentry_sdk") is None:
            raise ExtraMissing(setting="SENTRY_DSN", extra="sentry")
        from sentry_sdk import Client  # noqa: PLC0415 - an extra
        from sentry_sdk.utils import BadDsn  # noqa: PLC0415

        try:
            self._client = Client(
                dsn=dsn,
                release=_release(),
                server_name="earmark",
                default_integrations=False,
                auto_enabling_integrations=False,
                auto_session_tracking=False,
                send_client_reports=False,
                max_breadcrumbs=0,
            )
        except BadDsn:
            raise NotConfigured("SENTRY_DSN") from None

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(OWN):
            try:
                self._client.capture_event(cast("Any", event(record)))  # its type spells out every field
            except Exception:  # noqa: BLE001 - as every handler: whoever logs is not to fail by it
                self.handleError(record)

    def close(self) -> None:
        self._client.close(timeout=GRACE)
        super().close()


def _release() -> str:
    try:
        return f"earmark@{version('earmark')}"
    except PackageNotFoundError:  # a host that installed the requirements alone
        return "earmark"


def event(record: logging.LogRecord) -> Event:
    """What is sent of a record, in the form of Sentry's event payload."""
    sent: Event = {
        "level": record.levelname.lower(),
        "logger": record.name,
        "platform": "python",
        "logentry": {
            "message": redacted(str(record.msg) if record.args else message(record)),
            "formatted": redacted(message(record)),
        },
    }
    error_id = getattr(record, "error_id", None)
    if error_id is not None:
        sent["tags"] = {"error_id": error_id}
    problem = record.exc_info[1] if record.exc_info else None
    if problem is not None:
        sent["exception"] = {"values": [_exception(one) for one in causes(problem)]}
    return sent


def _exception(problem: BaseException) -> Event:
    frames = [
        {
            "filename": _place(at.filename),
            "function": at.name,
            "lineno": at.lineno,
            "context_line": at.line,
            "in_app": "site-packages" not in at.filename,
        }
        for at in steps(problem)
    ]
    kind = type(problem)
    return {"type": kind.__qualname__, "module": kind.__module__, "stacktrace": {"frames": frames}}


def _place(filename: str) -> str:
    """A file's path inside its package or this project, which says nothing of the machine."""
    file = Path(filename)
    if "site-packages" in file.parts:
        return "/".join(file.parts[file.parts.index("site-packages") + 1 :])
    return file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
