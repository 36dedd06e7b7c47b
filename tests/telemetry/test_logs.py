import json
import logging
import sys

import pytest

from bot.config import Config
from bot.domain.errors import NotConfigured
from bot.telemetry.logs import Lines, Text, to_stderr

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789AB"


def fail() -> None:
    try:
        {}["Ada's song"]
    except KeyError as cause:
        raise ValueError("what Ada typed") from cause


def record(message: str, *args: object, problem: bool = False) -> logging.LogRecord:
    info = None
    if problem:
        try:
            fail()
        except ValueError:
            info = sys.exc_info()
    made = logging.LogRecord("bot.x", logging.ERROR, "f.py", 1, message, args, info)
    made.error_id = "12ab34cd"
    return made


def test_one_object_a_line_with_the_error_s_class_and_not_its_words():
    said = Lines().format(record("unexpected\nerror %s", "12ab34cd", problem=True))
    assert "\n" not in said
    line = json.loads(said)
    assert (line["level"], line["logger"], line["error_id"]) == ("ERROR", "bot.x", "12ab34cd")
    assert line["message"] == "unexpected\nerror 12ab34cd"
    assert line["error"] == "ValueError"
    assert [part for part in line["trace"] if "test_logs.py" not in part] == ["KeyError", "ValueError"]
    assert "Ada" not in "".join(part.split(": raise")[0] for part in line["trace"] if "File" not in part)


@pytest.mark.parametrize("formatter", [Lines(), Text()])
def test_secrets_never_reach_the_log(formatter: logging.Formatter):
    url = f"https://discord.com/api/v10/webhooks/123/{'t' * 60}/messages/@original?x=1"
    said = formatter.format(record("login with %s failed at %s", TOKEN, url))
    assert TOKEN not in said
    assert "t" * 60 not in said
    assert "***" in said


@pytest.mark.parametrize("formatter", [Lines(), Text()])
def test_an_exception_s_words_stay_out_also_where_asyncio_quotes_them(formatter: logging.Formatter):
    assert formatter.format(record("oh", problem=True)).rstrip('"]}').endswith("ValueError")
    quoted = "Task exception was never retrieved\nfuture: <Task finished exception=ValueError('what Ada typed')>"
    made = logging.LogRecord("asyncio", logging.ERROR, "f.py", 1, quoted, (), None)
    assert "Task exception was never retrieved" in formatter.format(made)
    assert "Ada" not in formatter.format(made)
    called = logging.LogRecord(
        "asyncio", logging.ERROR, "f.py", 1, "Exception in callback f('what Ada typed')", (), None
    )
    assert "Ada" not in formatter.format(called)


def test_debug_is_for_this_program_s_own_loggers(capfd: pytest.CaptureFixture[str]):
    kept = logging.root.handlers[:], logging.root.level
    try:
        to_stderr("DEBUG", "text")
        logging.getLogger("aiosqlite").debug("executing with %s", "what Ada typed")
        logging.getLogger("discord.gateway").debug("event: %s", "what Ada typed")
        logging.getLogger("bot.flow").debug("something of ours")
        said = capfd.readouterr().err
        assert "something of ours" in said
        assert "Ada" not in said
    finally:
        to_stderr("INFO", "text")
        logging.root.handlers[:], logging.root.level = kept


def test_the_format_is_a_setting():
    assert Config.from_env({}).log_format == "text"
    assert Config.from_env({"EARMARK_LOG_FORMAT": "JSON"}).log_format == "json"
    with pytest.raises(NotConfigured):
        Config.from_env({"EARMARK_LOG_FORMAT": "xml"})
