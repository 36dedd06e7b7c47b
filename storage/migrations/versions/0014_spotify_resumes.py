"""Which permission a list came through, lists that were read in part, and names that were looked for in vain."""

from alembic import op

revision = "0014"
down_revision = "0013"

STATEMENTS = (
    "ALTER TABLE spotify_accounts ADD COLUMN generation INTEGER DEFAULT 0 NOT NULL",
    """
CREATE TABLE half_read_lists (
    owner_id INTEGER NOT NULL,
    link TEXT NOT NULL,
    version TEXT NOT NULL,
    through_account INTEGER NOT NULL,
    pages TEXT NOT NULL,
    read_at INTEGER NOT NULL,
    PRIMARY KEY (owner_id, link),
    CONSTRAINT through_account_is_a_flag CHECK (through_account IN (0, 1)),
    FOREIGN KEY(owner_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    """
CREATE TABLE name_searches (
    listener_id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    doubtful TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (listener_id, track_id),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX name_searches_by_track ON name_searches (track_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
