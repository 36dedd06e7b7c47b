"""The report of a member's last study is kept."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("ALTER TABLE studies ADD COLUMN report BLOB")
