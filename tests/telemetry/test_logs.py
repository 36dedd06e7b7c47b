import json
import logging
import sys

import pytest

from bot.config import Config
from bot.domain.errors import NotConfigured
from bot.telemetry.logs import Lines, Text

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


@pytest.mark.parametrize("formatter", [Lines(), Text(), Lines(words=True), Text(words=True)])
def test_secrets_never_reach_the_log(formatter: logging.Formatter):
    url = f"https://discord.com/api/v10/webhooks/123/{'t' * 60}/messages/@original?x=1"
    said = formatter.format(record("login with %s failed at %s", TOKEN, url))
    assert TOKEN not in said
    assert "t" * 60 not in said
    assert "***" in said


def test_words_come_only_when_asked_for():
    plain = Text().format(record("oh", problem=True))
    assert plain.splitlines()[-1] == "ValueError"
    assert Text(words=True).format(record("oh", problem=True)).splitlines()[-1] == "ValueError: what Ada typed"


def test_the_format_is_a_setting():
    assert Config.from_env({}).log_format == "text"
    assert Config.from_env({"EARMARK_LOG_FORMAT": "JSON"}).log_format == "json"
    with pytest.raises(NotConfigured):
        Config.from_env({"EARMARK_LOG_FORMAT": "xml"})
