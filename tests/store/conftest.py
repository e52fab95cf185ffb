"""A small desk whose bot has event files, and its store."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.demo.hummingbot_schema import statements
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


@pytest.fixture
def database(root: Path) -> Iterator[sqlite3.Connection]:
    """The bot's database, still without a row."""
    with closing(sqlite3.connect(root / "bot.sqlite", isolation_level=None)) as opened:
        for statement in statements():
            opened.execute(statement)
        opened.execute("INSERT INTO Metadata VALUES ('local_db_version', '20230516')")
        yield opened
