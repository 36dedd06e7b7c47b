"""The clients, their versions, and how each is started."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Client:
    """A client: its script, and the packages that it needs of PyPI or, for `.mjs`, of npm."""

    script: str
    packages: tuple[str, ...]

    @property
    def on_node(self) -> bool:
        return self.script.endswith(".mjs")

    def python(self) -> list[str]:
        needed = [word for package in self.packages for word in ("--with", package)]
        return ["uv", "run", "--quiet", "--no-project", "--isolated", *needed, "python"]

    def command(self, node_folder: Path | None = None) -> list[str]:
        """Give the command; `node_folder` is where node_modules lies, from where its script must start."""
        if self.on_node:
            assert node_folder is not None
            return ["node", str(node_folder / self.script)]
        return [*self.python(), str(FOLDER / self.script)]


_OLD = "setuptools==80.9.0"  # the last with pkg_resources, which they import
CLIENTS = {
    "hikari": Client("client_hikari.py", ("hikari==2.7.0",)),
    "disnake": Client("client_disnake.py", ("disnake==2.12.2",)),
    "nextcord": Client("client_nextcord.py", ("nextcord==2.6.0", _OLD)),
    "py-cord": Client("client_pycord.py", ("py-cord==2.8.1",)),
    "interactions.py": Client("client_interactions.py", ("discord-py-interactions==5.16.0", _OLD)),
    "discord.js": Client("client_discordjs.mjs", ("discord.js@14.28.1",)),
    "oceanic": Client("client_oceanic.mjs", ("oceanic.js@1.15.0",)),
    "eris": Client("client_eris.mjs", ("eris@0.18.0",)),
    "discordeno": Client("client_discordeno.mjs", ("discordeno@21.0.0",)),
}
