"""The record of predictions: what was said of a track before its listener rated it, and the rating that came."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE predictions (
    listener_id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    stars REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    seen INTEGER NOT NULL,
    predicted_at INTEGER NOT NULL,
    rated INTEGER,
    rated_at INTEGER,
    PRIMARY KEY (listener_id, track_id),
    CONSTRAINT range_is_a_range CHECK (low <= high),
    CONSTRAINT seen_is_a_flag CHECK (seen IN (0, 1)),
    CONSTRAINT rated_in_range CHECK (rated BETWEEN 1 AND 10),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
"""
    )
    op.execute("CREATE INDEX predictions_by_track ON predictions (track_id)")
