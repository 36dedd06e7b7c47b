from pathlib import Path

import pytest
from platformdirs import user_data_path

from bot.config import Config, data_folder
from bot.domain.errors import NotConfigured
from bot.safe.disk import ephemeral_filesystem


def test_defaults_need_nothing():
    config = Config.from_env({})
    assert (config.data, config.database, config.token, config.port) == (
        Path("data"),
        Path("data/earmark.db"),
        None,
        None,
    )


def test_the_token_is_required_only_on_discord_and_never_shown():
    with pytest.raises(NotConfigured):
        Config.from_env({"DISCORD_TOKEN": "  "}).require_token()
    config = Config.from_env({"DISCORD_TOKEN": "secret.token"})
    assert config.require_token() == "secret.token"
    assert "secret" not in repr(config)


@pytest.mark.parametrize("port", ["x", "0", "70000", "-1", "8.5"])
def test_a_port_that_is_none_is_refused_by_name(port: str):
    with pytest.raises(NotConfigured) as caught:
        Config.from_env({"PORT": port})
    assert caught.value.setting == "PORT"


MOUNTS = """\
22 1 0:20 / / rw,relatime - overlay overlay rw
23 22 8:1 / /data rw,relatime shared:1 - ext4 /dev/sda1 rw
24 23 0:31 / /data/cache rw - tmpfs tmpfs rw
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind"), [("/app/data", "overlay"), ("/data", None), ("/data/x/y", None), ("/data/cache/z", "tmpfs")]
)
def test_a_folder_that_hosts_throw_away_is_recognised(tmp_path: Path, folder: str, kind: str | None):
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    assert ephemeral_filesystem(Path(folder), table) == kind


def test_no_mount_table_no_warning(tmp_path: Path):
    assert ephemeral_filesystem(tmp_path, tmp_path / "missing") is None


def test_data_lies_in_a_checkout_else_where_the_system_keeps_it(tmp_path: Path):
    here, checkout, installed = (tmp_path / name for name in ("here", "checkout", "installed"))
    for folder in (here, checkout, installed):
        folder.mkdir()
    (checkout / "pyproject.toml").touch()
    assert data_folder(here, checkout) == here / "data"
    own = data_folder(here, installed)
    assert own == user_data_path("earmark", appauthor=False)
    (here / "data").mkdir()
    (here / "data" / "earmark.db").touch()
    assert data_folder(here, installed) == here / "data", "what is there already stays in use"
    (here / "data" / "measurements.csv").touch()
    assert data_folder(here, installed) == own, "it is somebody else's"
