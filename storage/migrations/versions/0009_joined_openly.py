"""Whether a member of a session lets own ratings of its candidates count."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE session_members ADD COLUMN openly INTEGER NOT NULL DEFAULT 0"
        " CONSTRAINT openly_is_a_flag CHECK (openly IN (0, 1))"
    )
