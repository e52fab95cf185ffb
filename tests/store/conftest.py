"""A small desk whose bot has event files, and its store."""

from pathlib import Path

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.store.tables import Store

TOML = """
[desk]
name = "desk"
[bots.bot1]
mode = "live"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
local = ["*.csv", "*.sqlite"]
events = ["events*"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The desk's folder, without any source yet."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "desk.toml").write_text(TOML)
    return folder


@pytest.fixture
def desk(root: Path) -> Desk:
    """The desk."""
    return load_desk(root)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Its empty store."""
    return Store.open(tmp_path / "store", "desk")
