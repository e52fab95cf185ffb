"""Files that are no longer what was read of them: by kind of file, what an honest desk does is no loss."""

import gzip
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from glob import escape
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.demo.hummingbot_schema import statements
from deskgate.sources.lines import digests_of_beginnings
from deskgate.store.lost_files import LostFile, lost_files
from deskgate.store.tables import Store
from tiers import quick

from .conftest import TOML
from .event_files import ingest, lines

DAY = date(2026, 5, 4)
EVENTS, TABLE, BASE = "events.jsonl", "minute.csv", "bot.sqlite"
HEADER = "ts,bot_mode,exchange,trading_pair,state,mid,equity_quote\n"
GONE = "it is no longer there"


def minutes(*numbers: int) -> str:
    return "".join(f"2026-05-04T00:{number:02}:00Z,live,x,BTC-USDT,running,100.5,500\n" for number in numbers)


def database(file: Path, *payments: int) -> None:
    with closing(sqlite3.connect(file)) as opened:
        if not file.stat().st_size:
            for statement in (*statements(), "INSERT INTO Metadata VALUES ('local_db_version', '20230516')"):
                opened.execute(statement)
        opened.executemany(
            "INSERT INTO FundingPayment (timestamp, config_file_path, market, rate, symbol, amount)"
            " VALUES (?, 'c', 'm', 0.0001, 'BTC-USDT', -0.5)",
            [(1_777_852_800 + 3600 * number,) for number in payments],
        )
        opened.commit()


def balance(hour: int) -> str:
    return json.dumps(
        {"exported_at": 1_777_852_800_000 + 3_600_000 * hour, "balance": {"info": {}, "total": {"USDT": 500.0}}}
    )


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with one file of each kind, and its store."""
    place = tmp_path_factory.mktemp("ingested")
    root = place / "desk"
    root.mkdir()
    (root / "desk.toml").write_text(TOML)
    (root / EVENTS).write_text(lines(1, 2, 3))
    (root / TABLE).write_text(HEADER + minutes(1, 2, 3))
    database(root / BASE, 1, 2, 3)
    ingest(Store.open(place / "store", "desk"), load_desk(root))
    return place


@pytest.fixture
def read(ingested: Path, root: Path, store: Store) -> Desk:
    """The desk with one file of each kind that was read into the store."""
    for name, to in (("desk", root), ("store", Path(store.location))):
        shutil.copytree(ingested / name, to, dirs_exist_ok=True)
    return load_desk(root)


def found(desk: Desk, store: Store, *days: date) -> list[LostFile]:
    return lost_files(desk, store, ingest(store, desk), days or {DAY})


def test_nothing_is_lost_of_what_grew_or_is_of_another_day(root: Path, read: Desk, store: Store) -> None:
    assert found(read, store) == []
    with (root / EVENTS).open("a") as events, (root / TABLE).open("a") as table:
        events.write(lines(4))
        table.write(minutes(4))
    database(root / BASE, 4)
    assert found(read, store) == []
    (root / EVENTS).unlink()
    assert found(read, store, DAY - timedelta(days=1)) == []


@pytest.mark.parametrize("name", quick([EVENTS, TABLE, BASE], 1))
def test_file_that_is_gone_is_one_finding_and_comes_back(root: Path, read: Desk, store: Store, name: str) -> None:
    before, size = (root / name).read_bytes(), (root / name).stat().st_size
    (root / name).unlink()
    for _ in range(2):
        (lost,) = found(read, store)
        assert (lost.path, lost.bytes_read, lost.records, lost.now) == (name, size, 3, GONE)
    assert str(lost) == f"{name}: {size:,} bytes with 3 records were read, {GONE}"
    (root / name).write_bytes(before)
    assert found(read, store) == []


def _cut_events(root: Path) -> None:
    (root / EVENTS).write_text(lines(1))


def _change_the_beginning(root: Path) -> None:
    (root / EVENTS).write_text(lines(1, 7, 3, 4, 5))


def _cut_table(root: Path) -> None:
    (root / TABLE).write_text(HEADER + minutes(1, 2))


def _another_table(root: Path) -> None:
    (root / TABLE).write_text(HEADER + minutes(11, 12, 13, 14))


def _older_database(root: Path) -> None:
    (root / BASE).unlink()
    database(root / BASE, 1, 2)


def _another_database(root: Path) -> None:
    (root / BASE).unlink()
    database(root / BASE, 11, 12, 13, 14)


@pytest.mark.parametrize(
    ("change", "path", "words"),
    quick(
        [
            (_cut_events, EVENTS, "bytes that begin otherwise"),
            (_change_the_beginning, EVENTS, "bytes that begin otherwise"),
            (_cut_table, TABLE, "bytes with 2 records, 2 of them as read before"),
            (_another_table, TABLE, "bytes with 4 records, 0 of them as read before"),
            (_older_database, BASE, "bytes with 2 records, 2 of them as read before"),
            (_another_database, BASE, "bytes with 4 records, 0 of them as read before"),
        ],
        3,
    ),
)
def test_shorter_older_or_other_content_is_found(
    root: Path, read: Desk, store: Store, change: Callable[[Path], None], path: str, words: str
) -> None:
    change(root)
    (lost,) = found(read, store)
    assert (lost.path, lost.lies_at) == (path, None)
    assert words in lost.now
    # It does not go away with the next ingest, which finds nothing new.
    assert found(read, store) == [lost]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "path", "pairs"),
    [
        (_cut_events, EVENTS, '["BTC-USDT", "ETH-USDT"]'),
        *((*each, '["ETH-USDT"]') for each in ((_cut_table, TABLE), (_older_database, BASE), (None, None))),
        *(
            pytest.param(*each, marks=pytest.mark.long)
            for each in (
                (_cut_events, EVENTS, '["ETH-USDT"]'),
                *((*of, '["BTC-USDT", "ETH-USDT"]') for of in ((_cut_table, TABLE), (_older_database, BASE))),
                (None, None, '["BTC-USDT", "ETH-USDT"]'),
            )
        ),
    ],
)
def test_file_that_is_cut_while_desk_toml_is_edited_is_found(
    root: Path, read: Desk, store: Store, change: Callable[[Path], None] | None, path: str | None, pairs: str
) -> None:
    if change:
        change(root)
    for toml in (TOML.replace('["BTC-USDT"]', pairs), TOML):
        (root / "desk.toml").write_text(toml)
        for _ in range(2):
            assert [lost.path for lost in found(load_desk(root), store)] == ([path] if path else [])


@pytest.mark.slow
def test_file_that_grows_while_desk_toml_is_edited_to_and_fro_is_not_lost(root: Path, read: Desk, store: Store) -> None:
    for number, pair in enumerate(("ETH-USDT", "BTC-USDT", "ETH-USDT", "BTC-USDT"), 4):
        (root / "desk.toml").write_text(TOML.replace("BTC-USDT", pair))
        with (root / EVENTS).open("a") as events, (root / TABLE).open("a") as table:
            events.write(lines(number))
            table.write(minutes(number))
        database(root / BASE, number)
        assert found(load_desk(root), store) == []
    _cut_events(root)
    assert [lost.path for lost in found(load_desk(root), store)] == [EVENTS]


def test_emptied_database_that_is_passed_over_is_found(root: Path, read: Desk, store: Store) -> None:
    (root / BASE).write_bytes(b"no database\n")
    (lost,) = found(read, store)
    assert (lost.path, lost.records) == (BASE, 3)
    assert lost.now.startswith("now 12 bytes, passed over: ")


def _renamed(file: Path) -> None:
    file.rename(file.with_name(f"{file.name}.1"))
    file.write_text(lines(8))


def _renamed_after_more(file: Path) -> None:
    with file.open("a") as end:
        end.write(lines(4))
    _renamed(file)


def _copied_and_truncated(file: Path) -> None:
    file.with_name(f"{file.name}.1").write_bytes(file.read_bytes())
    os.truncate(file, 0)


def _packed(file: Path) -> None:
    file.with_name(f"{file.name}.1.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()


@pytest.mark.parametrize("rotate", quick([_renamed, _renamed_after_more, _copied_and_truncated, _packed]))
def test_rotated_log_is_not_lost(root: Path, read: Desk, store: Store, rotate: Callable[[Path], None]) -> None:
    rotate(root / EVENTS)
    assert found(read, store) == []


@pytest.mark.slow
def test_logs_that_move_up_by_one_are_not_lost_and_the_last_of_them_is_when_it_goes(
    root: Path, read: Desk, store: Store
) -> None:
    for number in (8, 9):
        for place in (2, 1):
            if (older := root / f"{EVENTS}.{place}").exists():
                older.rename(root / f"{EVENTS}.{place + 1}")
        (root / EVENTS).rename(root / f"{EVENTS}.1")
        (root / EVENTS).write_text(lines(number))
        assert found(read, store) == []
    (root / f"{EVENTS}.2").unlink()
    assert {lost.records for lost in found(read, store)} == {3}


@pytest.mark.slow
def test_renamed_log_that_no_pattern_lists_is_named(root: Path, store: Store) -> None:
    (root / "desk.toml").write_text(TOML.replace('"events*"', '"events.jsonl"'))
    desk = load_desk(root)
    (root / EVENTS).write_text(lines(1, 2, 3))
    ingest(store, desk)
    _renamed_after_more(root / EVENTS)
    (lost,) = found(desk, store)
    assert lost.lies_at == f"{EVENTS}.1"
    assert str(lost).endswith(f"; its content lies in {EVENTS}.1, which no pattern of desk.toml lists")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "beside"), [("a[1].jsonl", {"a[1].jsonl.1"}), (".events.jsonl", {".events.jsonl.1"})])
def test_only_files_named_like_the_lost_one_are_looked_at(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch, name: str, beside: set[str]
) -> None:
    (root / "desk.toml").write_text(TOML.replace('"events*"', f'"{escape(name)}"'))
    desk = load_desk(root)
    (root / name).write_text(lines(1, 2, 3))
    ingest(store, desk)
    _renamed(root / name)
    (root / ".a.jsonl").write_text(lines(1, 2, 3))
    looked: set[str] = set()

    def digests(file: Path, *given: Any, **more: Any) -> dict[int, str]:
        looked.add(file.name)
        return digests_of_beginnings(file, *given, **more)

    monkeypatch.setattr("deskgate.store.lost_files.digests_of_beginnings", digests)
    (lost,) = found(desk, store)
    assert (lost.lies_at, looked - {name}) == (f"{name}.1", beside)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "new"), [(TABLE, "minute.legacy_1.csv"), (BASE, "old.sqlite")])
def test_renamed_file_that_is_read_whole_is_not_lost(root: Path, read: Desk, store: Store, name: str, new: str) -> None:
    # It grew before it was renamed, and another one was begun in its place.
    if name == BASE:
        database(root / BASE, 4)
        (root / BASE).rename(root / new)
        database(root / BASE, 11)
    else:
        (root / TABLE).rename(root / new)
        (root / TABLE).write_text(HEADER + minutes(11))
        with (root / new).open("a") as end:
            end.write(minutes(4))
    assert found(read, store) == []


@pytest.mark.slow
def test_another_database_of_the_day_stands_for_none_that_is_gone(root: Path, read: Desk, store: Store) -> None:
    database(root / "new.sqlite", *range(10, 20))
    (root / BASE).unlink()
    (root / "desk.toml").write_text(TOML.replace("[bots.bot1]", '[bots.bot1]\ninstances = ["other"]'))
    assert [lost.path for lost in found(load_desk(root), store)] == [BASE]


def test_what_no_pattern_asks_for_any_more_is_not_looked_for(root: Path, read: Desk, store: Store) -> None:
    (root / BASE).unlink()
    (root / "desk.toml").write_text(TOML.replace('"*.sqlite"', '"data/*.sqlite"'))
    assert found(load_desk(root), store) == []


@pytest.mark.slow
def test_export_is_found_only_when_it_is_gone(root: Path, store: Store) -> None:
    (root / "desk.toml").write_text(TOML + 'exchange = ["venue"]\n')
    desk, file = load_desk(root), root / "venue" / "balance.json"
    file.parent.mkdir()
    for hour in (1, 2, 30):
        file.write_text(balance(hour))
        assert found(desk, store) == []
    dated = file.with_name("balance_20260504T030000Z.json")
    dated.write_text(balance(3))
    ingest(store, desk)
    dated.unlink()
    (lost,) = found(desk, store)
    assert (lost.path, lost.leg, lost.now) == (f"venue/{dated.name}", "exchange", GONE)
