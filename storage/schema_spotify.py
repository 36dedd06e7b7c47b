"""The tables of what comes from Spotify and ReccoBeats; `storage/schema.py` says what holds of all tables."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from storage.schema import Snowflake, person, track
from storage.schema_sessions import metadata  # with the sessions' tables in it

# A member's permission, sealed with the operator's key; unreadable without it.
spotify_accounts = Table(
    "spotify_accounts",
    metadata,
    person("listener_id", primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("connected_at", Integer, nullable=False),
    sqlite_strict=True,
)

# Where a playlist was read from, and in which version; a file that takes its place takes this away.
playlist_origins = Table(
    "playlist_origins",
    metadata,
    Column("playlist_id", Snowflake, ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True, nullable=False),
    Column("link", Text, nullable=False),  # playlist:<id>, album:<id>, liked:, top:long_term
    Column("version", Text, nullable=False),  # Spotify's snapshot id; empty where there is none
    Column("through_account", Integer, nullable=False),
    CheckConstraint("through_account IN (0, 1)", name="through_account_is_a_flag"),
    Index("playlist_origins_by_link", "link"),
    sqlite_strict=True,
)

# What a source was asked and did not know, so that it is not asked again for a while.
feature_misses = Table(
    "feature_misses",
    metadata,
    track(primary_key=True),
    Column("source", Text, primary_key=True),
    Column("at", Integer, nullable=False),
    sqlite_strict=True,
)

__all__ = ["feature_misses", "metadata", "playlist_origins", "spotify_accounts"]
