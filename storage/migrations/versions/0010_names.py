"""Keys that keep the marks with which many scripts spell, and the words that are looked for, without accents."""

from alembic import op

from bot.domain.names import name_key, search_key

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """
CREATE TABLE tracks_new (
    id INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    search_key TEXT NOT NULL,
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
    """
INSERT INTO tracks_new
    (id, name_key, search_key, title, artist, album, spotify_id, isrc, url, artwork_url, duration_ms)
SELECT id, name_key(artist, title), search_key(artist, title),
    title, artist, album, spotify_id, isrc, url, artwork_url, duration_ms
FROM tracks
""",
    "DROP TABLE tracks",
    "ALTER TABLE tracks_new RENAME TO tracks",
    "CREATE INDEX tracks_by_isrc ON tracks (isrc)",
    "CREATE INDEX tracks_by_name ON tracks (name_key)",
)


def upgrade() -> None:
    driver = op.get_bind().connection.dbapi_connection
    assert driver is not None
    for key in (name_key, search_key):
        driver.create_function(key.__name__, 2, key, deterministic=True)
    for statement in STATEMENTS:
        op.execute(statement)
