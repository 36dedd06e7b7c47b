"""What members say of votes that become ratings, for good; and stored models without the names of tracks.

The names were typed by members who may have been erased since. Predictions look them up when they are shown.
"""

from alembic import op

revision = "0015"
down_revision = "0014"

STATEMENTS = (
    "ALTER TABLE listeners ADD COLUMN learn INTEGER CONSTRAINT learn_is_a_flag CHECK (learn IN (0, 1))",
    """
UPDATE listeners SET learn = (
    SELECT learn FROM session_members AS member
    WHERE member.listener_id = listeners.id AND learn IS NOT NULL ORDER BY session_id DESC LIMIT 1
)
""",
    """
UPDATE models SET
    report = json_remove(report, '$.titles'),
    meta = json_set(json_remove(meta, '$.rated'), '$.stars', json((
        SELECT json_group_array(stars) FROM (
            SELECT json_extract(value, '$[2]') AS stars FROM json_each(meta, '$.rated') ORDER BY key
        )
    )))
""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
