"""Who says what of tracks: names, ids and sound by contributor, and through whose list a track was rated.

Whose words the names of before were was not noted. Those of a track that a member's file measured, or that a member
uploaded, are taken for that member's; where others have the track, too, they also stay unsigned, and are believed last.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

TRACK_VALUES = (
    """
CREATE TABLE track_values (
    id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    contributor_id INTEGER,
    source TEXT NOT NULL,
    name_key TEXT,
    search_key TEXT,
    isrc TEXT,
    facts TEXT NOT NULL,
    features TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT facts_are_json CHECK (json_valid(facts)),
    CONSTRAINT features_are_json CHECK (features IS NULL OR json_valid(features)),
    UNIQUE (track_id, contributor_id, source),
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE,
    FOREIGN KEY(contributor_id) REFERENCES listeners (id) ON DELETE CASCADE
)
 STRICT
""",
    "CREATE UNIQUE INDEX one_word_of_a_service ON track_values (track_id, source) WHERE contributor_id IS NULL",
    "CREATE INDEX track_values_by_isrc ON track_values (contributor_id, isrc) WHERE isrc IS NOT NULL",
    "CREATE INDEX track_values_by_name ON track_values (contributor_id, name_key)",
)
# What the row of a track said, as facts; a title that repeats an id is none.
FACTS = """
CREATE TEMP TABLE described AS
SELECT
    tracks.id AS track_id,
    json_patch('{}', json_object(
        'title', iif(stand_in, NULL, title),
        'artist', iif(stand_in, NULL, nullif(artist, '')),
        'album', nullif(album, ''),
        'artwork_url', artwork_url,
        'duration_ms', duration_ms
    )) AS facts,
    iif(stand_in, NULL, name_key) AS name_key,
    iif(stand_in, NULL, search_key) AS search_key,
    iif(spotify_id IS NULL, NULL, isrc) AS isrc,
    album = 'Uploaded' AS uploaded,
    artist = 'Johann Sebastian Bach' AND album LIKE 'Chorales, played by our own %' AS ours,
    coalesce(
        (SELECT owner_id FROM clips WHERE clips.track_id = tracks.id),
        (SELECT contributor_id FROM track_features AS said WHERE said.track_id = tracks.id AND source = 'file'),
        (SELECT contributor_id FROM track_features AS said WHERE said.track_id = tracks.id AND source = 'audio')
    ) AS contributor_id
FROM (SELECT *, title IN ('Track ' || spotify_id, 'Recording ' || isrc) AS stand_in FROM tracks) AS tracks
"""
# Of our own catalogue, and of services, everybody is told; of a file or a recording, whoever sent it.
SOUNDS = """
INSERT INTO track_values (track_id, contributor_id, source, facts, features, at)
SELECT said.track_id, iif(ours OR source NOT IN ('file', 'audio'), NULL, said.contributor_id),
    iif(source = 'file' AND said.contributor_id IS NULL, 'unsigned', source), '{}', features, fetched_at
FROM track_features AS said JOIN described ON described.track_id = said.track_id
"""
NAMES = (
    """
INSERT INTO track_values (track_id, contributor_id, source, name_key, search_key, isrc, facts, at)
SELECT track_id, iif(ours, NULL, contributor_id), iif(ours OR uploaded, 'audio', 'file'), name_key, search_key, isrc,
    iif(isrc IS NULL, facts, json_set(facts, '$.isrc', isrc)), CAST(strftime('%s', 'now') AS INTEGER)
FROM described WHERE ours OR contributor_id IS NOT NULL
ON CONFLICT DO UPDATE SET
    name_key = excluded.name_key, search_key = excluded.search_key, isrc = excluded.isrc, facts = excluded.facts
""",
    """
INSERT INTO track_values (track_id, contributor_id, source, name_key, search_key, facts, features, at)
SELECT track_id, NULL, 'unsigned', name_key, search_key, facts,
    (SELECT features FROM track_features AS said WHERE said.track_id = described.track_id AND source = 'file'),
    CAST(strftime('%s', 'now') AS INTEGER)
FROM described
WHERE NOT ours AND (
    contributor_id IS NULL
    OR EXISTS (
        SELECT 1 FROM playlist_tracks AS listed JOIN playlists ON playlists.id = listed.playlist_id
        WHERE listed.track_id = described.track_id AND owner_id <> contributor_id
    )
    OR EXISTS (
        SELECT 1 FROM ratings WHERE ratings.track_id = described.track_id AND listener_id <> contributor_id
    )
)
ON CONFLICT DO UPDATE SET
    name_key = excluded.name_key, search_key = excluded.search_key, facts = excluded.facts
""",
)
TRACKS = (
    """
CREATE TABLE tracks_by_identity (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    spotify_id TEXT,
    isrc TEXT,
    name_key TEXT,
    CONSTRAINT one_identity CHECK ((spotify_id IS NULL) + (isrc IS NULL) + (name_key IS NULL) >= 2),
    UNIQUE (spotify_id)
)
 STRICT
""",
    """
INSERT INTO tracks_by_identity
SELECT id, spotify_id, iif(spotify_id IS NULL, isrc, NULL),
    iif(spotify_id IS NULL AND isrc IS NULL AND album <> 'Uploaded', name_key, NULL)
FROM tracks
""",
    "DELETE FROM sqlite_sequence WHERE name = 'tracks_by_identity'",
    "INSERT INTO sqlite_sequence SELECT 'tracks_by_identity', seq FROM sqlite_sequence WHERE name = 'tracks'",
    "DROP TABLE tracks",
    "ALTER TABLE tracks_by_identity RENAME TO tracks",
    "CREATE INDEX tracks_by_isrc ON tracks (isrc)",
    "CREATE INDEX tracks_by_name ON tracks (name_key)",
)
SEEN = (
    "ALTER TABLE playlist_tracks ADD COLUMN since INTEGER DEFAULT '0' NOT NULL",
    "ALTER TABLE playlist_shares ADD COLUMN since INTEGER DEFAULT '0' NOT NULL",
    """
CREATE TABLE ratings_through_lists (
    listener_id INTEGER NOT NULL,
    track_id INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    rated_at INTEGER NOT NULL,
    through_id INTEGER,
    PRIMARY KEY (listener_id, track_id),
    CONSTRAINT stars_in_range CHECK (stars BETWEEN 1 AND 10),
    FOREIGN KEY(listener_id) REFERENCES listeners (id) ON DELETE CASCADE,
    FOREIGN KEY(track_id) REFERENCES tracks (id) ON DELETE CASCADE,
    FOREIGN KEY(through_id) REFERENCES listeners (id) ON DELETE SET NULL
)
 STRICT
""",
    "INSERT INTO ratings_through_lists SELECT listener_id, track_id, stars, rated_at, NULL FROM ratings",
    "DROP TABLE ratings",
    "ALTER TABLE ratings_through_lists RENAME TO ratings",
    "CREATE INDEX ratings_by_track ON ratings (track_id)",
    "CREATE INDEX ratings_by_owner ON ratings (through_id) WHERE through_id IS NOT NULL",
)


def upgrade() -> None:
    for statement in (*TRACK_VALUES, FACTS, SOUNDS, *NAMES, *TRACKS, *SEEN):
        op.execute(statement)
    for done in ("described", "track_features"):
        op.execute(f"DROP TABLE {done}")
