"""Ids that are never used again, who typed a session's words, and which digits members put under messages.

Buttons and choices in Discord outlive the rows that they name. So the counters begin far above all that is stored: what
was deleted before had ids that no table remembers.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

# As before, but for AUTOINCREMENT, and for `author_id` of sessions.
TABLES = {
    "tracks": (
        """
CREATE TABLE tracks_with_lasting_ids (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name_key TEXT NOT NULL,
    search_key TEXT NOT NULL,
    title TEXT NOT NULL,
    artist TEXT NOT NULL,
    album TEXT NOT NULL,
    spotify_id TEXT,
    isrc TEXT,
    url TEXT,
    artwork_url TEXT,
    duration_ms INTEGER,
    CONSTRAINT title_not_empty CHECK (title <> ''),
    UNIQUE (spotify_id)
)
 STRICT
""",
        "id, name_key, search_key, title, artist, album, spotify_id, isrc, url, artwork_url, duration_ms",
        (
            "CREATE INDEX tracks_by_isrc ON tracks (isrc)",
            "CREATE INDEX tracks_by_name ON tracks (name_key)",
        ),
    ),
    "playlists": (
        """
CREATE TABLE playlists_with_lasting_ids (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (owner_id, name),
    CONSTRAINT name_not_empty CHECK (name <> ''),
    FOREIGN KEY(owner_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
        "id, owner_id, name, kind, created_at",
        (),
    ),
    "verdicts": (
        """
CREATE TABLE verdicts_with_lasting_ids (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    listener_id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    stars INTEGER,
    previous_stars INTEGER,
    at INTEGER NOT NULL,
    CONSTRAINT stars_in_range CHECK (stars BETWEEN 1 AND 10),
    CONSTRAINT previous_stars_in_range CHECK (previous_stars BETWEEN 1 AND 10),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
""",
        "id, listener_id, track_id, stars, previous_stars, at",
        (
            "CREATE INDEX verdicts_by_listener ON verdicts (listener_id, id)",
            "CREATE INDEX verdicts_by_track ON verdicts (track_id)",
        ),
    ),
    "sessions": (
        """
CREATE TABLE sessions_with_lasting_ids (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER,
    author_id INTEGER,
    phase TEXT NOT NULL,
    settings TEXT NOT NULL,
    exported INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    CONSTRAINT phase_is_known CHECK (
        phase IN ('lobby', 'gathering', 'rating', 'reveal', 'playlist', 'done', 'cancelled', 'abandoned')
    ),
    CONSTRAINT settings_are_json CHECK (json_valid(settings)),
    CONSTRAINT exported_is_a_flag CHECK (exported IN (0, 1)),
    FOREIGN KEY(author_id) REFERENCES listeners (id) ON DELETE SET NULL
)
 STRICT
""",
        "id, guild_id, channel_id, message_id, phase, settings, exported, created_at, touched_at",
        (
            """
CREATE UNIQUE INDEX one_live_session_a_channel ON sessions (channel_id)
WHERE phase NOT IN ('done', 'cancelled', 'abandoned')
""",
            "CREATE INDEX sessions_by_author ON sessions (author_id)",
            "CREATE INDEX sessions_by_guild ON sessions (guild_id, id)",
            "CREATE INDEX sessions_by_message ON sessions (message_id)",
        ),
    ),
}
# Whoever opened a session joined it in the same second; a host comes before others who did.
AUTHORS = """
UPDATE sessions SET author_id = (
    SELECT listener_id FROM session_members AS member
    WHERE member.session_id = sessions.id AND member.joined_at = sessions.created_at
    ORDER BY member.host DESC, listener_id LIMIT 1
)
"""
# Nobody can be told to have typed these, perhaps somebody who was erased since.
UNSIGNED = """
UPDATE sessions SET settings = CASE
    WHEN json_extract(settings, '$.theme') IS NULL THEN json_replace(settings, '$.name', 'Session')
    ELSE json_replace(settings, '$.name', 'Session', '$.theme', 'Session')
END
WHERE author_id IS NULL
"""
DIGITS = (
    """
CREATE TABLE digit_reactions (
    message_id INTEGER NOT NULL,
    listener_id INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    at INTEGER NOT NULL,
    unclear INTEGER NOT NULL,
    PRIMARY KEY (message_id, listener_id, stars),
    CONSTRAINT stars_in_range CHECK (stars BETWEEN 1 AND 10),
    CONSTRAINT unclear_is_a_flag CHECK (unclear IN (0, 1)),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX digit_reactions_by_listener ON digit_reactions (listener_id)",
    "CREATE INDEX digit_reactions_by_time ON digit_reactions (at)",
)


def upgrade() -> None:
    for table, (create, columns, indexes) in TABLES.items():
        lasting = f"{table}_with_lasting_ids"
        op.execute(create)
        op.execute(f"INSERT INTO {lasting} ({columns}) SELECT {columns} FROM {table}")  # noqa: S608 - names of ours
        op.execute(f"DROP TABLE {table}")
        op.execute(f"ALTER TABLE {lasting} RENAME TO {table}")
        for index in indexes:
            op.execute(index)
        op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{table}'")  # noqa: S608
        op.execute(f"INSERT INTO sqlite_sequence SELECT '{table}', coalesce(max(id), 0) + 1000000 FROM {table}")  # noqa: S608
    for statement in (AUTHORS, UNSIGNED, *DIGITS):
        op.execute(statement)
