"""The operator's settings, read once from a mapping."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path

from bot.domain.errors import NotConfigured
from bot.i18n import CATALOGUES
from bot.safe.keys import Keyring
from bot.safe.lock import holds_only_ours

FEATURE_SOURCES = ("file", "audio", "reccobeats", "spotify")
DEFAULT_FEATURES = FEATURE_SOURCES[:3]
PASTED = "http://127.0.0.1:8888"  # where nothing listens: members copy the address that their browser shows


@dataclass(frozen=True)
class Config:
    """Settings of one run.

    Attributes:
        data: folder for the database and everything else that must outlive a restart.
        database: the SQLite file.
        token: Discord's bot token; None means the sandbox.
        workers: processes that train models.
        port: where a web host expects an answer; None binds nothing.
        metrics_port: where this machine alone may ask how the bot is; None binds nothing.
        backups: folder for scheduled backups.
        backup_every: hours between them; None makes none.
        backup_keep: how many are kept.
        keys: what seals tokens and backups, newest first; none seals nothing.
        log_level: a name of the standard library's `logging`.
        spotify_client_id, spotify_client_secret: the operator's app at Spotify; None reads no Spotify link.
        public_url: under which members' browsers reach this program: HTTPS, or http://127.0.0.1:PORT.
        features: the sources of audio features that are allowed: file, audio, reccobeats, spotify.
        spotify_api, spotify_accounts, reccobeats: where these services are; for tests, and from no setting.
        patience: seconds that each of them has for an answer; the same.
        log_format: "text" or "json".
        catalogues: the folder of translations; from no setting.
        sentry_dsn: the operator's own Sentry, which is told of errors; None tells nobody.

    """

    data: Path
    database: Path
    token: str | None = field(default=None, repr=False)
    workers: int = 1
    port: int | None = None
    metrics_port: int | None = None
    backups: Path = Path("data/backups")
    backup_every: int | None = None
    backup_keep: int = 7
    keys: tuple[str, ...] = field(default=(), repr=False)
    log_level: str = "INFO"
    spotify_client_id: str | None = None
    spotify_client_secret: str | None = field(default=None, repr=False)
    public_url: str | None = None
    features: tuple[str, ...] = ("file", "audio")
    spotify_api: str = "https://api.spotify.com/v1/"
    spotify_accounts: str = "https://accounts.spotify.com"
    reccobeats: str = "https://api.reccobeats.com"
    patience: float = 8.0
    log_format: str = "text"
    sentry_dsn: str | None = field(default=None, repr=False)
    catalogues: Path = CATALOGUES

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Config":
        """Read the settings; raise NotConfigured where one cannot be understood."""
        data = Path(env["EARMARK_DATA"]) if env.get("EARMARK_DATA") else data_folder()
        return cls(
            data=data,
            database=Path(env.get("EARMARK_DATABASE") or data / "earmark.db"),
            token=(env.get("DISCORD_TOKEN") or "").strip() or None,
            workers=_whole(env, "EARMARK_WORKERS", default=1, low=1, high=64) or 1,
            port=_whole(env, "PORT", default=None, low=1, high=65535),
            metrics_port=_whole(env, "EARMARK_METRICS_PORT", default=None, low=1, high=65535),
            backups=Path(env.get("EARMARK_BACKUPS") or data / "backups"),
            backup_every=_whole(env, "EARMARK_BACKUP_EVERY", default=None, low=1, high=24 * 365),
            backup_keep=_whole(env, "EARMARK_BACKUP_KEEP", default=7, low=1, high=10_000) or 7,
            keys=tuple(key.strip() for key in (env.get("EARMARK_KEYS") or "").split(",") if key.strip()),
            log_level=(env.get("EARMARK_LOG") or "INFO").upper(),
            spotify_client_id=(env.get("SPOTIFY_CLIENT_ID") or "").strip() or None,
            spotify_client_secret=(env.get("SPOTIFY_CLIENT_SECRET") or "").strip() or None,
            public_url=_public(env.get("PUBLIC_URL")),
            features=_sources(env.get("EARMARK_FEATURES")),
            log_format=_one_of(env, "EARMARK_LOG_FORMAT", "text", "json"),
            sentry_dsn=(env.get("SENTRY_DSN") or "").strip() or None,
        )

    def require_token(self) -> str:
        if not self.token:
            raise NotConfigured("DISCORD_TOKEN")
        return self.token

    @property
    def redirect_uri(self) -> str:
        """Where Spotify sends members back to; it must stand in the app's settings, letter by letter."""
        return f"{self.public_url or PASTED}/spotify/callback"

    def keyring(self) -> Keyring | None:
        """The operator's keys; None where there are none; raise NotConfigured where one is no key."""
        return Keyring(self.keys) if self.keys else None


def data_folder(here: Path = Path(), program: Path = Path(__file__).parents[1]) -> Path:
    """Where everything is kept unless a setting says otherwise.

    A folder `data` that is there already stays in use, and a checkout keeps its own; an installed program, which may be
    started from any folder, keeps it where the system wants a person's programs to.
    """
    data = here / "data"
    if (data.is_dir() and holds_only_ours(data)) or (program / "pyproject.toml").is_file():
        return data
    return user_data_path("earmark", appauthor=False)


def _one_of(env: Mapping[str, str], name: str, default: str, *others: str) -> str:
    value = (env.get(name) or default).strip().lower()
    if value not in {default, *others}:
        raise NotConfigured(name)
    return value


def _public(text: str | None) -> str | None:
    """An address that Spotify accepts for its way back: HTTPS, or a loopback address by number."""
    if not (text or "").strip():
        return None
    try:
        parts = urlsplit((text or "").strip())
        local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1"} and parts.port is not None
    except ValueError:
        raise NotConfigured("PUBLIC_URL") from None
    if not (local or (parts.scheme == "https" and parts.hostname)) or parts.query or parts.fragment or parts.username:
        raise NotConfigured("PUBLIC_URL")
    return (text or "").strip().rstrip("/")


def _sources(text: str | None) -> tuple[str, ...]:
    if text is None:
        return DEFAULT_FEATURES
    named = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    if not set(named) <= set(FEATURE_SOURCES):
        raise NotConfigured("EARMARK_FEATURES")
    return named


def _whole(env: Mapping[str, str], name: str, *, default: int | None, low: int, high: int) -> int | None:
    text = (env.get(name) or "").strip()
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise NotConfigured(name) from None
    if not low <= value <= high:
        raise NotConfigured(name)
    return value
