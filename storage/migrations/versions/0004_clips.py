"""The first half minute of what members uploaded, so that it can be heard on a card."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE clips (
    track_id INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    mp3 BLOB NOT NULL,
    PRIMARY KEY (track_id),
    CONSTRAINT fk_clips_track_id_tracks FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE,
    CONSTRAINT fk_clips_owner_id_listeners FOREIGN KEY(owner_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
"""
    )
    op.execute("CREATE INDEX clips_by_owner ON clips (owner_id)")
