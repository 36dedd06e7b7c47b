"""Group sessions: their members, rounds, votes, playlists, and what members are owed."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
CREATE TABLE sessions (
    id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER,
    phase TEXT NOT NULL,
    settings TEXT NOT NULL,
    exported INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT phase_is_known CHECK (
        phase IN ('lobby', 'gathering', 'rating', 'reveal', 'playlist', 'done', 'cancelled', 'abandoned')
    ),
    CONSTRAINT settings_are_json CHECK (json_valid(settings)),
    CONSTRAINT exported_is_a_flag CHECK (exported IN (0, 1))
)
 STRICT
""",
    """
CREATE UNIQUE INDEX one_live_session_a_channel ON sessions (channel_id)
WHERE phase NOT IN ('done', 'cancelled', 'abandoned')
""",
    "CREATE INDEX sessions_by_guild ON sessions (guild_id, id)",
    "CREATE INDEX sessions_by_message ON sessions (message_id)",
    """
CREATE TABLE session_members (
    session_id INTEGER NOT NULL,
    listener_id INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    present INTEGER NOT NULL,
    learn INTEGER,
    vetoes INTEGER NOT NULL,
    host INTEGER NOT NULL,
    PRIMARY KEY (session_id, listener_id),
    CONSTRAINT present_is_a_flag CHECK (present IN (0, 1)),
    CONSTRAINT learn_is_a_flag CHECK (learn IN (0, 1)),
    CONSTRAINT host_is_a_flag CHECK (host IN (0, 1)),
    FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX session_members_by_listener ON session_members (listener_id)",
    """
CREATE TABLE session_submissions (
    session_id INTEGER NOT NULL,
    listener_id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    PRIMARY KEY (session_id, listener_id),
    UNIQUE (session_id, track_id),
    FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX session_submissions_by_listener ON session_submissions (listener_id)",
    "CREATE INDEX session_submissions_by_track ON session_submissions (track_id)",
    """
CREATE TABLE session_rounds (
    session_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    submitter_id INTEGER,
    message_id INTEGER,
    closed_at INTEGER,
    PRIMARY KEY (session_id, number),
    FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE,
    FOREIGN KEY(submitter_id) REFERENCES listeners (id) ON DELETE SET NULL
)
 STRICT
""",
    "CREATE UNIQUE INDEX one_open_round_a_session ON session_rounds (session_id) WHERE closed_at IS NULL",
    "CREATE INDEX session_rounds_by_message ON session_rounds (message_id)",
    "CREATE INDEX session_rounds_by_submitter ON session_rounds (submitter_id)",
    "CREATE INDEX session_rounds_by_track ON session_rounds (track_id)",
    """
CREATE TABLE session_votes (
    session_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    listener_id INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    by_reaction INTEGER NOT NULL,
    PRIMARY KEY (session_id, number, listener_id),
    FOREIGN KEY(session_id, number) REFERENCES session_rounds (session_id, number) ON DELETE CASCADE,
    CONSTRAINT stars_in_range CHECK (stars BETWEEN 1 AND 10),
    CONSTRAINT by_reaction_is_a_flag CHECK (by_reaction IN (0, 1)),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX session_votes_by_listener ON session_votes (listener_id)",
    """
CREATE TABLE session_guesses (
    session_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    listener_id INTEGER NOT NULL,
    stars REAL NOT NULL,
    stand_in INTEGER NOT NULL,
    PRIMARY KEY (session_id, number, listener_id),
    FOREIGN KEY(session_id, number) REFERENCES session_rounds (session_id, number) ON DELETE CASCADE,
    CONSTRAINT stand_in_is_a_flag CHECK (stand_in IN (0, 1)),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX session_guesses_by_listener ON session_guesses (listener_id)",
    """
CREATE TABLE session_slots (
    session_id INTEGER NOT NULL,
    place INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    PRIMARY KEY (session_id, place),
    FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX session_slots_by_track ON session_slots (track_id)",
    """
CREATE TABLE session_satisfactions (
    session_id INTEGER NOT NULL,
    place INTEGER NOT NULL,
    listener_id INTEGER NOT NULL,
    stars REAL NOT NULL,
    stand_in INTEGER NOT NULL,
    PRIMARY KEY (session_id, place, listener_id),
    FOREIGN KEY(session_id, place) REFERENCES session_slots (session_id, place) ON DELETE CASCADE,
    CONSTRAINT stand_in_is_a_flag CHECK (stand_in IN (0, 1)),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX session_satisfactions_by_listener ON session_satisfactions (listener_id)",
    """
CREATE TABLE session_refused (
    session_id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    PRIMARY KEY (session_id, track_id),
    FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX session_refused_by_track ON session_refused (track_id)",
    """
CREATE TABLE session_debts (
    guild_id INTEGER NOT NULL,
    listener_id INTEGER NOT NULL,
    stars REAL NOT NULL,
    PRIMARY KEY (guild_id, listener_id),
    CONSTRAINT only_debts_are_kept CHECK (stars > 0),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX session_debts_by_listener ON session_debts (listener_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
