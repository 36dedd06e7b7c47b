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
    # What came through a permission is stored while that very one is there, not while any of its member's is.
    Column("generation", Integer, nullable=False, server_default="0"),
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

# The pages of lists that were read until Spotify refused more, so that reading goes on there.
half_read_lists = Table(
    "half_read_lists",
    metadata,
    person("owner_id", primary_key=True),
    Column("link", Text, primary_key=True, nullable=False),  # as in playlist_origins
    Column("version", Text, nullable=False),
    Column("through_account", Integer, nullable=False),
    Column("pages", Text, nullable=False),  # JSON, by the place of each page's first entry
    Column("read_at", Integer, nullable=False),
    CheckConstraint("through_account IN (0, 1)", name="through_account_is_a_flag"),
    sqlite_strict=True,
)

# The names that a member had looked for at Spotify: what was not found, or is doubtful, is not asked again for a while.
name_searches = Table(
    "name_searches",
    metadata,
    person("listener_id", primary_key=True),
    track(primary_key=True),
    Column("doubtful", Text),  # JSON of the likeliest candidate; NULL: there is none
    Column("at", Integer, nullable=False),
    Index("name_searches_by_track", "track_id"),
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

__all__ = [
    "feature_misses",
    "half_read_lists",
    "metadata",
    "name_searches",
    "playlist_origins",
    "spotify_accounts",
]
