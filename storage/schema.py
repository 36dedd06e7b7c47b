"""The data dictionary: every table, its columns and what holds between them.

Every row that belongs to a person hangs on that person's row in `listeners`, so erasing somebody is one statement.
The tables of group sessions stand in `storage/schema_sessions.py`, those of Spotify in `storage/schema_spotify.py`.
A time is in seconds since 1970, UTC, where nothing else is said. Discord's ids (snowflakes) need 64 bits. Ids of ours
stand in buttons and choices that outlive their rows, so they are never used again (AUTOINCREMENT; `storage/ids.py`).
"""

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
# STRICT tables know INTEGER, which holds 64 bits, but no BIGINT.
Snowflake = BigInteger().with_variant(Integer, "sqlite")


def person(name: str, *, primary_key: bool = False) -> Column[int]:
    """A column that names a person, whose row goes when the person's does."""
    there = ForeignKey("listeners.id", ondelete="CASCADE")
    return Column(name, Snowflake, there, nullable=False, primary_key=primary_key)


def track(*, primary_key: bool = False) -> Column[int]:
    """A column that names a track."""
    there = ForeignKey("tracks.id", ondelete="CASCADE")
    return Column("track_id", Snowflake, there, nullable=False, primary_key=primary_key)


listeners = Table(
    "listeners",
    metadata,
    Column("id", Snowflake, primary_key=True, autoincrement=False),  # the Discord user's id
    Column("created_at", Integer, nullable=False),
    Column("learn", Integer),  # may votes in sessions become ratings? NULL: not asked yet
    CheckConstraint("learn IN (0, 1)", name="learn_is_a_flag"),
    sqlite_strict=True,
)

# What members rate and list: one row an identity, which is a Spotify id, an ISRC or a name (see storage/catalogue.py);
# a track without any is somebody's recording, or one whose namers were all erased.
tracks = Table(
    "tracks",
    metadata,
    Column("id", Snowflake, primary_key=True),
    Column("spotify_id", Text, unique=True),
    Column("isrc", Text),
    Column("name_key", Text),  # artist and title, folded: whether two are the same
    CheckConstraint("(spotify_id IS NULL) + (isrc IS NULL) + (name_key IS NULL) >= 2", name="one_identity"),
    Index("tracks_by_isrc", "isrc"),
    Index("tracks_by_name", "name_key"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# What is said of tracks: by whom, from which source, and when. Without a contributor it is the word of a service or,
# where the source is members' files, what several contributors agree on (`file`), or what nobody noted who said it
# (`unsigned`, from a time when files had one row for everybody).
track_values = Table(
    "track_values",
    metadata,
    Column("id", Snowflake, primary_key=True),
    track(),
    Column("contributor_id", Snowflake, ForeignKey("listeners.id", ondelete="CASCADE")),
    Column("source", Text, nullable=False),  # file, audio, spotify, reccobeats
    Column("name_key", Text),  # of the title and artist in `facts`, where they are there
    Column("search_key", Text),  # the same, with all words and no accents: what is looked for
    Column("isrc", Text),
    Column("facts", Text, nullable=False),  # JSON: title, artist, album, duration_ms ...
    Column("features", Text),  # JSON: {name: value}; NULL: nothing is said of the sound
    Column("at", Integer, nullable=False),
    CheckConstraint("json_valid(facts)", name="facts_are_json"),
    CheckConstraint("features IS NULL OR json_valid(features)", name="features_are_json"),
    UniqueConstraint("track_id", "contributor_id", "source"),
    Index("one_word_of_a_service", "track_id", "source", unique=True, sqlite_where=text("contributor_id IS NULL")),
    Index("track_values_by_name", "contributor_id", "name_key"),
    Index("track_values_by_isrc", "contributor_id", "isrc", sqlite_where=text("isrc IS NOT NULL")),
    sqlite_strict=True,
)

# The first half minute of what members uploaded.
clips = Table(
    "clips",
    metadata,
    track(primary_key=True),
    person("owner_id"),
    Column("mp3", LargeBinary, nullable=False),
    Index("clips_by_owner", "owner_id"),
    sqlite_strict=True,
)

playlists = Table(
    "playlists",
    metadata,
    Column("id", Snowflake, primary_key=True),
    person("owner_id"),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("created_at", Integer, nullable=False),
    UniqueConstraint("owner_id", "name"),
    CheckConstraint("name <> ''", name="name_not_empty"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)


def _playlist() -> Column[int]:
    return Column(
        "playlist_id", Snowflake, ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True, nullable=False
    )


playlist_tracks = Table(
    "playlist_tracks",
    metadata,
    _playlist(),
    track(primary_key=True),
    Column("position", Integer, nullable=False),
    Column("since", Integer, nullable=False, server_default="0"),  # when it came on the list, in milliseconds
    Index("playlist_tracks_by_track", "track_id"),
    sqlite_strict=True,
)

playlist_shares = Table(
    "playlist_shares",
    metadata,
    _playlist(),
    Column("guild_id", Snowflake, primary_key=True, autoincrement=False),
    Column("seen_at", Integer, nullable=False),  # when its owner was last seen in the server
    Column("since", Integer, nullable=False, server_default="0"),  # in milliseconds
    Index("playlist_shares_by_guild", "guild_id"),
    sqlite_strict=True,
)

ratings = Table(
    "ratings",
    metadata,
    person("listener_id", primary_key=True),
    track(primary_key=True),
    Column("stars", Integer, nullable=False),
    Column("rated_at", Integer, nullable=False),
    # Through whose shared playlist the track was seen; NULL: one's own.
    Column("through_id", Snowflake, ForeignKey("listeners.id", ondelete="SET NULL")),
    CheckConstraint("stars BETWEEN 1 AND 10", name="stars_in_range"),
    Index("ratings_by_track", "track_id"),
    Index("ratings_by_owner", "through_id", sqlite_where=text("through_id IS NOT NULL")),
    sqlite_strict=True,
)

# Every verdict on a card, newest last: Undo takes the newest back.
verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Snowflake, primary_key=True),
    person("listener_id"),
    track(),
    Column("stars", Integer),  # NULL: skipped
    Column("previous_stars", Integer),  # NULL: was not rated
    Column("at", Integer, nullable=False),
    CheckConstraint("stars BETWEEN 1 AND 10", name="stars_in_range"),
    CheckConstraint("previous_stars BETWEEN 1 AND 10", name="previous_stars_in_range"),
    Index("verdicts_by_listener", "listener_id", "id"),
    Index("verdicts_by_track", "track_id"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

models = Table(
    "models",
    metadata,
    person("listener_id", primary_key=True),
    Column("arrays", LargeBinary, nullable=False),  # an .npz archive without objects
    Column("meta", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("ratings", Integer, nullable=False),
    Column("trained_at", Integer, nullable=False),
    CheckConstraint("json_valid(meta)", name="meta_is_json"),
    CheckConstraint("json_valid(report)", name="report_is_json"),
    sqlite_strict=True,
)

# What was predicted for a track before its listener rated it, and what the listener then gave. A prediction that the
# listener saw is written when it is shown; of any other track the pair is added when the model is replaced.
predictions = Table(
    "predictions",
    metadata,
    person("listener_id", primary_key=True),
    track(primary_key=True),
    Column("stars", REAL, nullable=False),
    Column("low", REAL, nullable=False),  # the 80 % range
    Column("high", REAL, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("predicted_at", Integer, nullable=False),
    Column("rated", Integer),  # NULL: not rated yet; what was given first stands here, whatever is given later
    Column("rated_at", Integer),
    CheckConstraint("low <= high", name="range_is_a_range"),
    CheckConstraint("seen IN (0, 1)", name="seen_is_a_flag"),
    CheckConstraint("rated BETWEEN 1 AND 10", name="rated_in_range"),
    Index("predictions_by_track", "track_id"),
    sqlite_strict=True,
)

# With whom a member compares tastes: the members of a server, or (0) everybody. No row: with nobody.
sharing = Table(
    "sharing",
    metadata,
    person("listener_id", primary_key=True),
    Column("guild_id", Snowflake, primary_key=True, autoincrement=False),
    Column("since", Integer, nullable=False),
    Column("openly", Integer, nullable=False),  # 1: ratings count just as they are, at once and alone
    Column("seen_at", Integer, nullable=False),  # when the member was last seen in the server
    CheckConstraint("openly IN (0, 1)", name="openly_is_a_flag"),
    Index("sharing_by_guild", "guild_id"),
    sqlite_strict=True,
)

public_cards = Table(
    "public_cards",
    metadata,
    Column("message_id", Snowflake, primary_key=True, autoincrement=False),
    Column("channel_id", Snowflake, nullable=False),
    Column("guild_id", Snowflake),
    person("owner_id"),
    track(),
    Column("playlist_id", Snowflake),
    Column("posted_at", Integer, nullable=False),
    Index("public_cards_by_owner", "owner_id"),
    Index("public_cards_by_track", "track_id"),
    sqlite_strict=True,
)

# The digits that members have put under public cards and rounds: taking one back leaves the one before it, and after a
# time away the bot knows which are new.
digit_reactions = Table(
    "digit_reactions",
    metadata,
    Column("message_id", Snowflake, primary_key=True, autoincrement=False),
    person("listener_id", primary_key=True),
    Column("stars", Integer, primary_key=True),
    Column("at", Integer, nullable=False),  # nanoseconds since 1970, UTC: it tells their order
    Column("unclear", Integer, nullable=False),  # one of several that are new, of which its member is yet to be told
    CheckConstraint("stars BETWEEN 1 AND 10", name="stars_in_range"),
    CheckConstraint("unclear IN (0, 1)", name="unclear_is_a_flag"),
    Index("digit_reactions_by_listener", "listener_id"),
    Index("digit_reactions_by_time", "at"),
    sqlite_strict=True,
)

# Who was erased: a salted digest of the person's id, and when. It holds nothing else of the person, and only says
# whom to erase again when an older backup is restored.
erasures = Table(
    "erasures",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("at", Integer, nullable=False),
    sqlite_strict=True,
)

# The operator's state, such as which commands Discord was told of last; nothing of any person.
settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_strict=True,
)

# Studies (`/retrain thorough:True`): the report of each member's last, and whether one is under way: whose a restart
# interrupted is told so.
studies = Table(
    "studies",
    metadata,
    person("listener_id", primary_key=True),
    Column("begun_at", Integer, nullable=False),  # 0: none is under way
    Column("report", LargeBinary),  # JSON: [[file's name, its content in Base64, words for a picture or null], ...]
    sqlite_strict=True,
)
