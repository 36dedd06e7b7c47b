"""Studies that are under way, so that a restart can say that it interrupted them."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE studies (
    listener_id INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    PRIMARY KEY (listener_id),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
"""
    )
