"""With whom members compare their tastes."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE sharing (
    listener_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    PRIMARY KEY (listener_id, guild_id),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
"""
    )
