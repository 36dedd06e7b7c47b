"""Members' sealed permissions, where playlists were read from, and what a source of features did not know."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
CREATE TABLE spotify_accounts (
    listener_id INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    connected_at INTEGER NOT NULL,
    PRIMARY KEY (listener_id),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    """
CREATE TABLE playlist_origins (
    playlist_id INTEGER NOT NULL,
    link TEXT NOT NULL,
    version TEXT NOT NULL,
    through_account INTEGER NOT NULL,
    PRIMARY KEY (playlist_id),
    CONSTRAINT through_account_is_a_flag CHECK (through_account IN (0, 1)),
    FOREIGN KEY(playlist_id) REFERENCES playlists (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX playlist_origins_by_link ON playlist_origins (link)",
    """
CREATE TABLE feature_misses (
    track_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (track_id, source),
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
