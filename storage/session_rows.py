"""A group session as rows, and rows as a session: so that a step writes only what it changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import text

from bot.domain.session import Ballot, Guess, Member, Phase, Round, Session, Settings, Slot
from storage.database import Statement

Key = tuple[int, ...]
Rows = Mapping[Key, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a session: its key and its other columns, as in the statements that write it.

    Attributes:
        exclusive: its values are unique, too, so a row that changes is dropped before the others are written.

    """

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...] = ()
    exclusive: bool = False

    @property
    def put(self) -> str:
        names = (*self.key, *self.values)
        holes = ", ".join(f":{name}" for name in names)
        changes = ", ".join(f"{name} = excluded.{name}" for name in self.values)
        then = f"UPDATE SET {changes}" if changes else "NOTHING"
        # Names of ours alone stand in this text; values are bound.
        return (
            f"INSERT INTO {self.table} ({', '.join(names)}) VALUES ({holes})"  # noqa: S608 - see above
            f" ON CONFLICT ({', '.join(self.key)}) DO {then}"
        )

    @property
    def drop(self) -> str:
        return f"DELETE FROM {self.table} WHERE {' AND '.join(f'{name} = :{name}' for name in self.key)}"  # noqa: S608

    def bind(self, key: Key, values: Sequence[Any] = ()) -> dict[str, Any]:
        """Parameters by name: all of a row's for `put`, the key alone for `drop`."""
        return dict(zip((*self.key, *self.values), (*key, *values), strict=False))


# Parents stand before their children.
PARTS = (
    Part(
        "sessions",
        ("id",),
        (
            "guild_id",
            "channel_id",
            "message_id",
            "author_id",
            "phase",
            "settings",
            "exported",
            "created_at",
            "touched_at",
        ),
    ),
    Part(
        "session_members", ("session_id", "listener_id"), ("joined_at", "present", "learn", "vetoes", "host", "openly")
    ),
    Part("session_submissions", ("session_id", "listener_id"), ("track_id",), exclusive=True),
    Part(
        "session_rounds",
        ("session_id", "number"),
        ("track_id", "opened_at", "ends_at", "submitter_id", "message_id", "closed_at"),
    ),
    Part("session_votes", ("session_id", "number", "listener_id"), ("stars", "by_reaction")),
    Part("session_guesses", ("session_id", "number", "listener_id"), ("stars", "stand_in")),
    Part("session_slots", ("session_id", "place"), ("track_id",)),
    Part("session_satisfactions", ("session_id", "place", "listener_id"), ("stars", "stand_in")),
    Part("session_refused", ("session_id", "track_id")),
)
_WIDTH = max(len(part.key) + len(part.values) for part in PARTS)


def _select(part: Part) -> str:
    names = (*part.key, *part.values)
    padded = ", ".join((*names, *(["NULL"] * (_WIDTH - len(names)))))
    return f"SELECT '{part.table}', {padded} FROM {part.table} WHERE {part.key[0]} = :id"  # noqa: S608 - names of ours


# All of a session in one statement, and so as it was at one moment.
WHOLE = Statement(text(" UNION ALL ".join(_select(part) for part in PARTS)))


def rows_of(session: Session | None) -> dict[str, Rows]:
    """Every row of a session by table and key; what names somebody who is no member any more is left out."""
    if session is None:
        return {part.table: {} for part in PARTS}
    i, there = session.id, session.members
    head = (
        session.guild_id,
        session.channel_id,
        session.message_id,
        session.author_id if session.author_id in there else None,
        str(session.phase),
        json.dumps(asdict(session.settings)),
        int(session.exported),
        session.created_at,
        session.touched_at,
    )
    return {
        "sessions": {(i,): head},
        "session_members": {(i, m.listener_id): _member_row(m, session.host_id) for m in there.values()},
        "session_submissions": {(i, who): (track,) for who, track in session.submissions.items() if who in there},
        "session_rounds": {(i, r.number): _round_row(r, there) for r in session.rounds},
        "session_votes": {
            (i, r.number, who): (ballot.stars, int(ballot.by_reaction))
            for r in session.rounds
            for who, ballot in r.ballots.items()
            if who in there
        },
        "session_guesses": {
            (i, r.number, who): (guess.stars, int(guess.stand_in))
            for r in session.rounds
            for who, guess in r.expected.items()
            if who in there
        },
        "session_slots": {(i, place): (slot.track_id,) for place, slot in enumerate(session.slots)},
        "session_satisfactions": {
            (i, place, who): (guess.stars, int(guess.stand_in))
            for place, slot in enumerate(session.slots)
            for who, guess in slot.satisfaction.items()
            if who in there
        },
        "session_refused": {(i, track): () for track in session.refused},
    }


def _member_row(member: Member, host_id: int) -> tuple[Any, ...]:
    learn = None if member.learn is None else int(member.learn)
    host = int(member.listener_id == host_id)
    return member.joined_at, int(member.present), learn, member.vetoes, host, int(member.openly)


def _round_row(round_: Round, there: Mapping[int, Member]) -> tuple[Any, ...]:
    submitter = round_.submitter_id if round_.submitter_id in there else None
    return round_.track_id, round_.opened_at, round_.ends_at, submitter, round_.message_id, round_.closed_at


def session_of(rows: Iterable[Sequence[Any]]) -> Session | None:
    """The session that rows of `WHOLE` describe, or None where there are none.

    When the host was erased, whoever has been there longest stands in.
    """
    found: dict[str, list[Sequence[Any]]] = {part.table: [] for part in PARTS}
    for table, *values in rows:
        found[table].append(values)
    if not found["sessions"]:
        return None
    (head,) = found["sessions"]
    i, guild_id, channel_id, message_id, author_id, phase, settings, exported, created_at, touched_at = head[:10]
    members, hosts = dict[int, Member](), list[int]()
    for row in found["session_members"]:
        learn = None if row[4] is None else bool(row[4])
        members[row[1]] = Member(row[1], row[2], bool(row[3]), learn, row[5], bool(row[7]))
        hosts += [row[1]] if row[6] else []
    by_stay = sorted(members.values(), key=lambda m: (not m.present, m.joined_at, m.listener_id))
    return Session(
        guild_id,
        channel_id,
        hosts[0] if hosts else by_stay[0].listener_id if by_stay else 0,
        _settings(settings),
        members,
        created_at,
        touched_at,
        i,
        message_id,
        Phase(phase),
        _rounds(found),
        {row[1]: row[2] for row in found["session_submissions"]},
        _slots(found),
        frozenset(row[1] for row in found["session_refused"]),
        bool(exported),
        author_id,
    )


def _settings(stored: str) -> Settings:
    values: dict[str, Any] = json.loads(stored)
    values["playlist_ids"] = tuple(values["playlist_ids"])
    return Settings(**values)


def _rounds(found: Mapping[str, Sequence[Sequence[Any]]]) -> tuple[Round, ...]:
    ballots: dict[int, dict[int, Ballot]] = {}
    for _, number, listener_id, stars, by_reaction, *_rest in found["session_votes"]:
        ballots.setdefault(number, {})[listener_id] = Ballot(stars, bool(by_reaction))
    expected = _guesses(found["session_guesses"])
    return tuple(
        Round(
            *(number, track_id, opened_at, ends_at, submitter_id, message_id, closed_at),
            ballots=ballots.get(number, {}),
            expected=expected.get(number, {}),
        )
        for _, number, track_id, opened_at, ends_at, submitter_id, message_id, closed_at, *_rest in sorted(
            found["session_rounds"], key=lambda row: row[1]
        )
    )


def _slots(found: Mapping[str, Sequence[Sequence[Any]]]) -> tuple[Slot, ...]:
    satisfaction = _guesses(found["session_satisfactions"])
    ordered = sorted(found["session_slots"], key=lambda row: row[1])
    return tuple(Slot(row[2], satisfaction.get(row[1], {})) for row in ordered)


def _guesses(rows: Sequence[Sequence[Any]]) -> dict[int, dict[int, Guess]]:
    guesses: dict[int, dict[int, Guess]] = {}
    for _, place, listener_id, stars, stand_in, *_rest in rows:
        guesses.setdefault(place, {})[listener_id] = Guess(stars, bool(stand_in))
    return guesses
