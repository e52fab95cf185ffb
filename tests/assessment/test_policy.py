"""What lies in the desk's folder and is named by nobody: how much of the day is in it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from deskgate.assessment import policy
from deskgate.assessment.policy import find_policy
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.digests import find_configuration
from deskgate.config.paths import SUITES
from deskgate.gates.suites import load_suites
from deskgate.store import ingest
from deskgate.store.ingest import desk_parts
from deskgate.store.parts import Part
from sources.desks import a_database, a_desk
from sources.samples import DB_FILL, DB_ORDER

AT = datetime(2026, 3, 18, tzinfo=UTC)


def records(root: Path) -> dict[str, int | None]:
    """Return the records of the day of each unnamed bot."""
    desk = load_desk(a_desk(root, {"alpha": 'local = ["hummingbot/data/conf_a.sqlite"]'}))
    found = find_policy(
        desk,
        load_suites(SUITES),
        find_configuration(desk, SUITES),
        frozen=None,
        since=AT,
        until=AT + timedelta(days=1),
    )
    return {name: each.records for name, each in found.unnamed.items()}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with the database that desk.toml names."""
    data = tmp_path / "hummingbot/data"
    data.mkdir(parents=True)
    a_database(data / "conf_a.sqlite", {"TradeFill": [DB_FILL], "Order": [DB_ORDER]})
    return data


def test_copy_of_a_named_bots_database_has_no_record_that_is_not_judged(tmp_path: Path, data: Path) -> None:
    shutil.copy(data / "conf_a.sqlite", data / "backup.sqlite")
    assert records(tmp_path) == {"backup": 0}


def test_database_of_another_bot_in_the_same_folder_has_records(tmp_path: Path, data: Path) -> None:
    others = DB_FILL | {"order_id": "o2", "exchange_trade_id": "t2"}
    a_database(data / "conf_b.sqlite", {"TradeFill": [DB_FILL, others], "Order": [DB_ORDER, DB_ORDER | {"id": "o2"}]})
    assert records(tmp_path) == {"conf_b": 2}


def test_named_bots_are_read_once_and_only_for_bots_with_records(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reading(desk: Desk) -> Iterator[Part]:
        read.extend(desk.bots)
        return desk_parts(desk)

    for module in (policy, ingest):
        monkeypatch.setattr(module, "desk_parts", reading)
    for name, orders in {
        "conf_0": [],
        "conf_1": [DB_ORDER | {"id": "o2"}],
        "conf_2": [DB_ORDER | {"id": "o3"}],
    }.items():
        a_database(data / f"{name}.sqlite", {"Order": orders})
    assert records(tmp_path) == {"conf_0": 0, "conf_1": 1, "conf_2": 1}
    assert sorted(read) == ["alpha", "conf_0", "conf_1", "conf_2"]


def test_reading_of_some_instants_is_the_part_of_the_whole_that_is_theirs(tmp_path: Path, data: Path) -> None:
    late = {"creation_timestamp": (AT + timedelta(days=2)).timestamp() * 1000}
    later = DB_ORDER | {"id": "o3", **late, "last_update_timestamp": late["creation_timestamp"]}
    wrong = DB_FILL | {"order_id": "o4", "exchange_trade_id": "t4", "price": "none"}
    (data / "conf_a.sqlite").unlink()
    a_database(data / "conf_a.sqlite", {"TradeFill": [DB_FILL, wrong], "Order": [DB_ORDER, later]})
    desk = load_desk(a_desk(tmp_path, {"alpha": 'local = ["hummingbot/data/conf_a.sqlite"]'}))
    within = AT, AT + timedelta(days=1)
    part, whole = ingest.read_desk(desk, within=within), ingest.read_desk(desk)
    for table in ("fills", "orders", "mids", "positions"):
        assert part[table].equals(whole[table].filter(pl.col("ts").is_between(*within))), table
    assert part["quarantine"].equals(whole["quarantine"])
    assert (part["orders"].height, whole["orders"].height, part["quarantine"].height) == (1, 2, 1)


def test_only_the_rows_of_the_day_count(tmp_path: Path, data: Path) -> None:
    late = {"creation_timestamp": (AT + timedelta(days=2)).timestamp() * 1000}
    later = DB_ORDER | {"id": "o3", **late, "last_update_timestamp": late["creation_timestamp"]}
    a_database(data / "conf_b.sqlite", {"Order": [DB_ORDER | {"id": "o2"}, later]})
    assert records(tmp_path) == {"conf_b": 1}


def test_what_cannot_be_read_has_nobody_knows_how_many_records(tmp_path: Path, data: Path) -> None:
    (data / "torn.sqlite").write_bytes(b"torn")
    assert records(tmp_path) == {"torn": None}
