"""The report of a member's last study is kept."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("ALTER TABLE studies ADD COLUMN report BLOB")
