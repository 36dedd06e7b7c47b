"""Polls: checked, kept, voted in, ended."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from bot.sandbox.entities import Json, Message
from bot.sandbox.limits_errors import Path, Problems, dictionary, rows

_LONGEST = 768  # hours


def check(problems: Problems, given: Any) -> None:
    """Check a new message's poll."""
    if given is None or (poll := dictionary(problems, ("poll",), given)) is None:
        return
    _media(problems, ("poll", "question"), poll.get("question"), 300)
    answers = rows(problems, ("poll", "answers"), poll.get("answers"))
    if not 1 <= len(answers) <= 10:
        problems.add(("poll", "answers"), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 10 in length.")
    for path, answer in answers:
        _media(problems, (*path, "poll_media"), answer.get("poll_media"), 55)
    hours: Any = poll.get("duration")
    if isinstance(hours, float) and hours.is_integer():  # as some clients write it
        hours = int(hours)
    problems.between(("poll", "duration"), hours, 1, _LONGEST)
    problems.flags(("poll",), poll, "allow_multiselect")
    if poll.get("layout_type") not in (None, 1):
        problems.choice(("poll", "layout_type"), "1")


def _media(problems: Problems, path: Path, given: Any, most: int) -> None:
    if given is None:
        problems.required(path)
    elif (media := dictionary(problems, path, given)) is not None:
        problems.length((*path, "text"), media.get("text"), 1, most, needed=True)
        problems.emoji((*path, "emoji"), media.get("emoji"))


def built(given: Json) -> Json:
    """Make what is kept of a checked poll: answers numbered, the end as ISO 8601."""
    answers = [
        {"answer_id": number, "poll_media": _kept(answer["poll_media"])}
        for number, answer in enumerate(given["answers"], 1)
    ]
    ends = datetime.now(UTC) + timedelta(hours=given.get("duration") or 24)
    return {
        "question": {"text": given["question"]["text"]},
        "answers": answers,
        "expiry": ends.isoformat(timespec="microseconds"),
        "allow_multiselect": bool(given.get("allow_multiselect")),
        "layout_type": 1,
    }


def _kept(media: Json) -> Json:
    kept: Json = {"text": media["text"]}
    if isinstance(emoji := media.get("emoji"), dict):
        kept["emoji"] = {name: cast("Json", emoji).get(name) for name in ("id", "name")}
    return kept


def over(message: Message) -> bool:
    return message.poll is not None and datetime.fromisoformat(message.poll["expiry"]) <= datetime.now(UTC)


def shown(message: Message, viewer_id: int) -> Json:
    """Build the poll with its results as somebody sees them."""
    assert message.poll is not None
    counts = [
        {"id": int(answer), "count": len(who), "me_voted": viewer_id in who} for answer, who in message.votes.items()
    ]
    return message.poll | {"results": {"answer_counts": counts, "is_finalized": over(message)}}


def end(message: Message) -> None:
    assert message.poll is not None
    message.poll = message.poll | {"expiry": datetime.now(UTC).isoformat(timespec="microseconds")}
