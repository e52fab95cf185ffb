"""Files that all bots list, of deployments that each are one bot's."""

import shutil
from pathlib import Path

import pytest

from deskgate.config.desk import load_desk
from deskgate.config.errors import InputError
from deskgate.store.ingest import read_desk

from .desks import a_database, a_desk
from .samples import DB_FILL, DB_ORDER

EVERY = 'local = ["bots/**/data/*.sqlite"]\n'


def _deployed(root: Path, instance: str, *trades: str, place: str = "instances") -> Path:
    folder = root / "bots" / place / instance / "data"
    folder.mkdir(parents=True)
    rows = [DB_FILL | {"exchange_trade_id": trade, "order_id": f"o-{trade}"} for trade in trades]
    orders = [DB_ORDER | {"id": f"o-{trade}"} for trade in trades]
    return a_database(folder / "conf.sqlite", {"TradeFill": rows, "Order": orders})


def test_database_is_of_the_bot_whose_instance_its_folder_is(tmp_path: Path) -> None:
    _deployed(tmp_path, "grid-20260318-000000", "t1")
    _deployed(tmp_path, "grid-20260319-000000", "t2")
    _deployed(tmp_path, "blue_1", "t3")
    desk = a_desk(tmp_path, {"a": EVERY + 'instances = ["grid-*"]', "b": EVERY + 'instances = ["blue_?"]'})
    fills = read_desk(load_desk(desk))["fills"]
    assert sorted(fills.select("bot", "trade_id").rows()) == [("a", "t1"), ("a", "t2"), ("b", "t3")]


def test_archived_copy_beside_the_live_database_adds_nothing(tmp_path: Path) -> None:
    live = _deployed(tmp_path, "grid-20260318-000000", "t1", "t2")
    copy = tmp_path / "bots/archived/grid-20260318-000000/data/conf.sqlite"
    copy.parent.mkdir(parents=True)
    shutil.copy(live, copy)
    # The deployment after it was running already, and its database has a fill of the same order id.
    _deployed(tmp_path, "grid-20260319-000000", "t2", "t4")
    desk = a_desk(tmp_path, {"a": EVERY + 'instances = ["grid-*"]'})
    frames = read_desk(load_desk(desk))
    assert sorted(frames["fills"]["trade_id"]) == ["t1", "t2", "t4"]
    assert frames["orders"].height == 3


def test_database_of_another_bots_instance_is_refused(tmp_path: Path) -> None:
    _deployed(tmp_path, "grid-20260318-000000", "t1")
    desk = a_desk(tmp_path, {"a": 'instances = ["grid-*"]', "b": EVERY})
    with pytest.raises(
        InputError, match=r"listed under bots\.b\.local, and by its name an instance of a, expected one bot"
    ):
        read_desk(load_desk(desk))
