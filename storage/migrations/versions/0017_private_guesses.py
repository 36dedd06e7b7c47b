"""What sessions of before told of a member that only a private rating can have said.

A rating that was given in private stood in for the prediction, as whole stars, and so entered what stood in for others.
Votes of the same session stay, and so does what was predicted, and what members gave openly.
"""

from alembic import op

revision = "0017"
down_revision = "0016"

PRIVATE = """
(stand_in = 1 OR stars = CAST(stars AS INTEGER))
AND NOT EXISTS (
    SELECT 1 FROM session_members AS member
    WHERE member.session_id = told.session_id AND member.listener_id = told.listener_id AND openly = 1
)
"""
VOTED = """
EXISTS (
    SELECT 1 FROM session_slots AS slot
    JOIN session_rounds AS round ON round.session_id = slot.session_id AND round.track_id = slot.track_id
    JOIN session_votes AS vote ON vote.session_id = round.session_id AND vote.number = round.number
    WHERE slot.session_id = told.session_id AND slot.place = told.place
        AND vote.listener_id = told.listener_id AND vote.stars = told.stars
)
"""


def upgrade() -> None:
    op.execute(f"DELETE FROM session_guesses AS told WHERE {PRIVATE}")  # noqa: S608 - words of ours
    op.execute(f"DELETE FROM session_satisfactions AS told WHERE {PRIVATE} AND NOT {VOTED}")  # noqa: S608
