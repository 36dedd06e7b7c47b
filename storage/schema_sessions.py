"""The tables of group sessions; `storage/schema.py` says what holds of all tables."""

from sqlalchemy import (
    REAL,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.schema import Snowflake, metadata, person, track


def _session() -> Column[int]:
    session = ForeignKey("sessions.id", ondelete="CASCADE")
    return Column("session_id", Snowflake, session, nullable=False, primary_key=True)


def _flag(name: str) -> CheckConstraint:
    return CheckConstraint(f"{name} IN (0, 1)", name=f"{name}_is_a_flag")


def _of_a_round() -> tuple[Column[int], Column[int], ForeignKeyConstraint]:
    there = ["session_rounds.session_id", "session_rounds.number"]
    return (
        Column("session_id", Snowflake, primary_key=True, nullable=False),
        Column("number", Integer, primary_key=True, nullable=False),
        ForeignKeyConstraint(["session_id", "number"], there, ondelete="CASCADE"),
    )


# The host is a flag of a member, so that a host who is erased does not take the others' along.
sessions = Table(
    "sessions",
    metadata,
    Column("id", Snowflake, primary_key=True),
    Column("guild_id", Snowflake, nullable=False),
    Column("channel_id", Snowflake, nullable=False),
    Column("message_id", Snowflake),  # the card's; NULL: not posted yet
    # Who opened it, and so typed its name and theme; NULL: somebody erased, whose words are gone.
    Column("author_id", Snowflake, ForeignKey("listeners.id", ondelete="SET NULL")),
    Column("phase", Text, nullable=False),
    Column("settings", Text, nullable=False),  # JSON: bot.domain_session.Settings
    Column("exported", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("touched_at", Integer, nullable=False),
    CheckConstraint(
        "phase IN ('lobby', 'gathering', 'rating', 'reveal', 'playlist', 'done', 'cancelled', 'abandoned')",
        name="phase_is_known",
    ),
    CheckConstraint("json_valid(settings)", name="settings_are_json"),
    _flag("exported"),
    Index(
        "one_live_session_a_channel",
        "channel_id",
        unique=True,
        sqlite_where=text("phase NOT IN ('done', 'cancelled', 'abandoned')"),
    ),
    Index("sessions_by_author", "author_id"),
    Index("sessions_by_guild", "guild_id", "id"),
    Index("sessions_by_message", "message_id"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

session_members = Table(
    "session_members",
    metadata,
    _session(),
    person("listener_id", primary_key=True),
    Column("joined_at", Integer, nullable=False),
    Column("present", Integer, nullable=False),
    Column("learn", Integer),  # NULL: not asked yet
    Column("vetoes", Integer, nullable=False),
    Column("host", Integer, nullable=False),
    Column("openly", Integer, nullable=False, server_default=text("0")),  # own ratings of the candidates count
    _flag("present"),
    _flag("learn"),
    _flag("host"),
    _flag("openly"),
    Index("session_members_by_listener", "listener_id"),
    sqlite_strict=True,
)

session_submissions = Table(
    "session_submissions",
    metadata,
    _session(),
    person("listener_id", primary_key=True),
    track(),
    UniqueConstraint("session_id", "track_id"),
    Index("session_submissions_by_listener", "listener_id"),
    Index("session_submissions_by_track", "track_id"),
    sqlite_strict=True,
)

session_rounds = Table(
    "session_rounds",
    metadata,
    _session(),
    Column("number", Integer, primary_key=True, nullable=False),  # from 1
    track(),
    Column("opened_at", Integer, nullable=False),
    Column("ends_at", Integer, nullable=False),
    Column("submitter_id", Snowflake, ForeignKey("listeners.id", ondelete="SET NULL")),
    Column("message_id", Snowflake),
    Column("closed_at", Integer),  # NULL: open
    Index("one_open_round_a_session", "session_id", unique=True, sqlite_where=text("closed_at IS NULL")),
    Index("session_rounds_by_message", "message_id"),
    Index("session_rounds_by_submitter", "submitter_id"),
    Index("session_rounds_by_track", "track_id"),
    sqlite_strict=True,
)

# A vote is one row, whatever happens at the same moment: the key leaves no room for a second.
session_votes = Table(
    "session_votes",
    metadata,
    *_of_a_round(),
    person("listener_id", primary_key=True),
    Column("stars", Integer, nullable=False),
    Column("by_reaction", Integer, nullable=False),
    CheckConstraint("stars BETWEEN 1 AND 10", name="stars_in_range"),
    _flag("by_reaction"),
    Index("session_votes_by_listener", "listener_id"),
    sqlite_strict=True,
)

# What each member was expected to give, when the round opened.
session_guesses = Table(
    "session_guesses",
    metadata,
    *_of_a_round(),
    person("listener_id", primary_key=True),
    Column("stars", REAL, nullable=False),
    Column("stand_in", Integer, nullable=False),
    _flag("stand_in"),
    Index("session_guesses_by_listener", "listener_id"),
    sqlite_strict=True,
)

session_slots = Table(
    "session_slots",
    metadata,
    _session(),
    Column("place", Integer, primary_key=True, nullable=False),  # from 0
    track(),
    Index("session_slots_by_track", "track_id"),
    sqlite_strict=True,
)

session_satisfactions = Table(
    "session_satisfactions",
    metadata,
    Column("session_id", Snowflake, primary_key=True, nullable=False),
    Column("place", Integer, primary_key=True, nullable=False),
    person("listener_id", primary_key=True),
    Column("stars", REAL, nullable=False),
    Column("stand_in", Integer, nullable=False),
    ForeignKeyConstraint(
        ["session_id", "place"], ["session_slots.session_id", "session_slots.place"], ondelete="CASCADE"
    ),
    _flag("stand_in"),
    Index("session_satisfactions_by_listener", "listener_id"),
    sqlite_strict=True,
)

# Tracks swapped or vetoed away: they do not come back in this session.
session_refused = Table(
    "session_refused",
    metadata,
    _session(),
    track(primary_key=True),
    Index("session_refused_by_track", "track_id"),
    sqlite_strict=True,
)

# Who got less than the others on a server, in stars, carried from one session to the next.
session_debts = Table(
    "session_debts",
    metadata,
    Column("guild_id", Snowflake, primary_key=True, autoincrement=False),
    person("listener_id", primary_key=True),
    Column("stars", REAL, nullable=False),
    CheckConstraint("stars > 0", name="only_debts_are_kept"),
    Index("session_debts_by_listener", "listener_id"),
    sqlite_strict=True,
)
