"""Aims discord.py at another Discord and back."""

from collections.abc import Generator
from contextlib import contextmanager

from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL


@contextmanager
def aim(base_url: str) -> Generator[None, None, None]:
    """Send discord.py's REST, gateway and asset traffic to `base_url` until the block ends.

    Enter before the client is built: it reads these addresses when it logs in.
    """
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE)
    base = base_url.rstrip("/")
    Route.BASE = f"{base}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = URL(base.replace("http", "ws", 1) + "/gateway")
    setattr(Asset, "BASE", base)  # noqa: B010  # its type is the real address, so a plain assignment is refused
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = before
