"""Since when and how openly members share their tastes, and when they were last seen where they share."""

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    """
CREATE TABLE new_sharing (
    listener_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    since INTEGER NOT NULL,
    openly INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (listener_id, guild_id),
    CONSTRAINT openly_is_a_flag CHECK (openly IN (0, 1)),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    "INSERT INTO new_sharing SELECT listener_id, guild_id, unixepoch(), 0, unixepoch() FROM sharing",
    "DROP TABLE sharing",
    "ALTER TABLE new_sharing RENAME TO sharing",
    "CREATE INDEX sharing_by_guild ON sharing (guild_id)",
    """
CREATE TABLE new_playlist_shares (
    playlist_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (playlist_id, guild_id),
    FOREIGN KEY(playlist_id) REFERENCES playlists (id) ON DELETE CASCADE
)
 STRICT
""",
    "INSERT INTO new_playlist_shares SELECT playlist_id, guild_id, unixepoch() FROM playlist_shares",
    "DROP TABLE playlist_shares",
    "ALTER TABLE new_playlist_shares RENAME TO playlist_shares",
    "CREATE INDEX playlist_shares_by_guild ON playlist_shares (guild_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
