"""Who was erased, as a digest: a backup that is restored must not bring anybody back."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE erasures (
    digest TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (digest)
)
 STRICT
"""
    )
