"""The first shape: listeners, tracks, playlists, ratings, models."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
CREATE TABLE listeners (
    id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (id)
)
 STRICT
""",
    """
CREATE TABLE settings (
    "key" TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY ("key")
)
 STRICT
""",
    """
CREATE TABLE tracks (
    id INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    title TEXT NOT NULL,
    artist TEXT NOT NULL,
    album TEXT NOT NULL,
    spotify_id TEXT,
    isrc TEXT,
    url TEXT,
    artwork_url TEXT,
    duration_ms INTEGER,
    PRIMARY KEY (id),
    CONSTRAINT title_not_empty CHECK (title <> ''),
    UNIQUE (spotify_id)
)
 STRICT
""",
    "CREATE INDEX tracks_by_isrc ON tracks (isrc)",
    "CREATE INDEX tracks_by_name ON tracks (name_key)",
    """
CREATE TABLE models (
    listener_id INTEGER NOT NULL,
    arrays BLOB NOT NULL,
    meta TEXT NOT NULL,
    report TEXT NOT NULL,
    ratings INTEGER NOT NULL,
    trained_at INTEGER NOT NULL,
    PRIMARY KEY (listener_id),
    CONSTRAINT meta_is_json CHECK (json_valid(meta)),
    CONSTRAINT report_is_json CHECK (json_valid(report)),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    """
CREATE TABLE playlists (
    id INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (owner_id, name),
    CONSTRAINT name_not_empty CHECK (name <> ''),
    FOREIGN KEY(owner_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    """
CREATE TABLE public_cards (
    message_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    guild_id INTEGER,
    owner_id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    playlist_id INTEGER,
    posted_at INTEGER NOT NULL,
    PRIMARY KEY (message_id),
    FOREIGN KEY(owner_id) REFERENCES listeners (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX public_cards_by_owner ON public_cards (owner_id)",
    "CREATE INDEX public_cards_by_track ON public_cards (track_id)",
    """
CREATE TABLE ratings (
    listener_id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    rated_at INTEGER NOT NULL,
    PRIMARY KEY (listener_id, track_id),
    CONSTRAINT stars_in_range CHECK (stars BETWEEN 1 AND 10),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX ratings_by_track ON ratings (track_id)",
    """
CREATE TABLE track_features (
    track_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    contributor_id INTEGER,
    features TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    PRIMARY KEY (track_id, source),
    CONSTRAINT features_are_json CHECK (json_valid(features)),
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE,
    FOREIGN KEY(contributor_id) REFERENCES listeners (id) ON DELETE SET NULL
)
 STRICT
""",
    "CREATE INDEX track_features_by_contributor ON track_features (contributor_id)",
    """
CREATE TABLE verdicts (
    id INTEGER NOT NULL,
    listener_id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    stars INTEGER,
    previous_stars INTEGER,
    at INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT stars_in_range CHECK (stars BETWEEN 1 AND 10),
    CONSTRAINT previous_stars_in_range CHECK (previous_stars BETWEEN 1 AND 10),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX verdicts_by_listener ON verdicts (listener_id, id)",
    "CREATE INDEX verdicts_by_track ON verdicts (track_id)",
    """
CREATE TABLE playlist_shares (
    playlist_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    PRIMARY KEY (playlist_id, guild_id),
    FOREIGN KEY(playlist_id) REFERENCES playlists (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX playlist_shares_by_guild ON playlist_shares (guild_id)",
    """
CREATE TABLE playlist_tracks (
    playlist_id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (playlist_id, track_id),
    FOREIGN KEY(playlist_id) REFERENCES playlists (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE INDEX playlist_tracks_by_track ON playlist_tracks (track_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
