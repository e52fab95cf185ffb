"""An ingest reads a bounded part of the past, and what it stores is what all of history would have given.

Each desk is ingested day by day with a checkpoint and merged files after every commit, and once from the beginning
with nothing carried forward. Both must hold the same rows.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from benchmarks.history import LongDesk
from deltalake import DeltaTable

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.store import reading, upkeep
from deskgate.store.checkpoint import Checkpoint
from deskgate.store.ingest import Account, Ingestor
from deskgate.store.offsets import SourceOffset, read_offsets
from deskgate.store.tables import Store

from .event_files import LATER, NOW, ids, ingest, lines, rows, unaccounted

HEADER = "ts,bot_mode,exchange,trading_pair,state,mid,equity_quote"
COMPARED = ("fills", "orders", "mids", "snapshots", "positions", "balances", "events", "quarantine", "sources")


@pytest.fixture(autouse=True)
def checkpoint_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CHECKPOINT_COMMITS", 1)


def _ingest_all_at_once(desk: Desk, place: Path) -> Store:
    store = Store.open(place, desk.name)
    ingest(store, desk)
    return store


def _assert_same(one: Store, other: Store) -> None:
    for name in COMPARED:
        dropped = {"sources": ["row_id"], "quarantine": ["path", "row_id", "since", "until"]}.get(name, ["path"])
        # When an unreadable record was is known better the more of its file is read at once.
        found = [rows(store, name).drop(dropped) for store in (one, other)]
        if name == "quarantine":
            found = [frame.unique() for frame in found]
        assert found[0].sort(pl.all()).equals(found[1].sort(pl.all())), name


def _offsets_without_checkpoint(store: Store, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], SourceOffset]:
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "latest", classmethod(lambda _cls, _location, _counts: None))
        return Store(store.location, store.desk).snapshot(read_offsets)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Store, list[dict[str, int]], list[Account]]:
    """A desk of three days, its store, what was pinned each evening and what each ingest read."""
    folder = tmp_path_factory.mktemp("lived")
    living, pins, accounts = LongDesk(folder / "desk"), [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upkeep, "CHECKPOINT_COMMITS", 1)
        for _ in range(3):
            living.add_day()
            desk = load_desk(folder / "desk")
            store = Store.open(folder / "store", desk.name)
            accounts.append(Ingestor(store, desk, lambda: NOW).ingest_files())
            pins.append(store.pin())
            store.compact(files_max=1)
    return desk, store, pins, accounts


@pytest.mark.slow
def test_days_one_by_one_give_the_store_of_all_at_once(lived: Any, tmp_path: Path) -> None:
    desk, store, _, accounts = lived
    _assert_same(store, _ingest_all_at_once(desk, tmp_path / "whole"))
    assert unaccounted(store) == 0
    grown = ["bot1/minute.csv", "bot1/exchange/my_trades.json", "bot1/exchange/closed_orders.json"]
    assert [[account.sources[path]["read"] for path in grown] for account in accounts[1:]] == [[288, 24, 24]] * 2
    assert [account.sources["bot1/bot.sqlite"]["read"] for account in accounts] == [24, 24, 24]


@pytest.mark.slow
def test_offsets_from_a_checkpoint_are_those_of_the_whole_ledger(lived: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, store, _, _ = lived
    assert store.snapshot(lambda transaction: transaction.checkpoint) is not None
    found = store.snapshot(read_offsets)
    assert found == _offsets_without_checkpoint(store, monkeypatch)
    assert len(found) > 20


@pytest.mark.slow
def test_past_answers_stay_what_they_were(lived: Any, tmp_path: Path) -> None:
    _, store, pins, _ = lived
    living = LongDesk(tmp_path / "desk")
    for _ in range(2):
        living.add_day()
    asked_then = _ingest_all_at_once(load_desk(tmp_path / "desk"), tmp_path / "store")
    for name in ("fills", "orders", "mids", "snapshots", "events"):
        now = store.read(pins[1], LATER, [name])[name].drop("path")
        assert now.sort(pl.all()).equals(rows(asked_then, name).drop("path").sort(pl.all())), name


@pytest.mark.slow
def test_number_of_files_is_bounded(root: Path, desk: Desk, store: Store) -> None:
    for number in range(6):
        with (root / "events.jsonl").open("a") as end:
            end.write(lines(*range(10 * number, 10 * number + 10)))
        ingest(store, desk)
        store.compact(files_max=2)
        assert len(DeltaTable(f"{store.location}/events").file_uris()) <= 2
    assert len(ids(store)) == 60


def _minute(number: int, mid: object = "100.5") -> str:
    return f"2026-05-04T00:{number:02}:00+00:00,live,bitget_perpetual,BTC-USDT,running,{mid},500\n"


def _growing(root: Path, text: str) -> None:
    (root / "minute.csv").write_text(text)


# What is appended to a table in three rounds; `{}` stands for a price of its own.
GROWTH: dict[str, list[str]] = {
    "grows": [_minute(1, "{}") + _minute(2, "{}"), _minute(3, "{}"), _minute(4, "{}")],
    "a row that was there comes again": [_minute(1, "{}") + _minute(2, "{}"), _minute(1, "{}"), _minute(1, "{}")],
    "a row is there twice": [_minute(1, "{}"), _minute(2, "{}") * 2, _minute(3, "{}")],
    "a row without its end is finished": [_minute(1, "{}") + _minute(2, "{}")[:-8], _minute(2, "{}")[-8:], ""],
    "a row is cut and goes on": [_minute(1, "{}"), _minute(2, "{}")[:-8], _minute(2, "{}")[-8:] + _minute(3, "{}")],
    "wrong rows": [_minute(1, "{}") + "x\n", "y,z\n\n" + _minute(2, "{}") + HEADER + "\n", _minute(3, "{}")],
    "windows line ends": [_minute(number, "{}").replace("\n", "\r\n") for number in (1, 2, 3)],
}


@pytest.mark.slow
def test_tables_that_grow_are_stored_as_if_read_whole_each_time(
    root: Path, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = [Store.open(tmp_path / name, "desk") for name in ("grown", "whole")]
    for case in GROWTH:
        (root / f"{case}.csv").write_text(HEADER + "\n")
    for step in range(3):
        for number, (case, appended) in enumerate(GROWTH.items()):
            with (root / f"{case}.csv").open("a", newline="") as end:
                end.write(appended[step].replace("{}", f"{100 + number}.5"))
        accounts = [ingest(stores[0], desk)]
        with monkeypatch.context() as patch:
            patch.setattr(reading, "grown_part", lambda _source, _cursor: None)
            accounts.append(ingest(stores[1], desk))
        assert accounts[0].rows["snapshots"] == accounts[1].rows["snapshots"]
        _assert_same(*stores)
        stores[0].compact()
    assert accounts[0].sources["grows.csv"]["read"] == 1
    assert accounts[0].sources["a row that was there comes again.csv"]["read"] == 4
    assert unaccounted(stores[0]) == 0


def test_only_what_was_appended_to_a_table_is_read(root: Path, desk: Desk, store: Store) -> None:
    _growing(root, HEADER + "\n" + "".join(map(_minute, range(20))))
    ingest(store, desk)
    _growing(root, HEADER + "\n" + "".join(map(_minute, range(22))))
    account = ingest(store, desk)
    assert (account.total["read"], account.total["stored"], account.rewritten) == (2, 2, [])
    assert rows(store, "sources").select("rows", "bytes").rows() == [(22, (root / "minute.csv").stat().st_size)]


def test_table_whose_past_was_changed_is_read_whole(root: Path, desk: Desk, store: Store) -> None:
    _growing(root, HEADER + "\n" + _minute(1) + _minute(2))
    ingest(store, desk)
    _growing(root, HEADER + "\n" + _minute(1, "100.6") + _minute(2) + _minute(3))
    account = ingest(store, desk)
    assert (account.total["read"], account.total["stored"]) == (3, 2)
    assert account.rewritten == ["minute.csv"]


def trades(case: int, last: int) -> list[dict[str, Any]]:
    return [
        {
            "info": {"tradeId": f"t{case}-{number}"},
            "id": f"t{case}-{number}",
            "order": f"o{case}-{number}",
            "clientOrderId": f"c{case}-{number}",
            "timestamp": 1_777_900_000_000 + 60_000 * number,
            "symbol": "BTC/USDT:USDT",
            "side": "buy",
            "takerOrMaker": "maker",
            "price": 100.5,
            "amount": 1,
        }
        for number in range(last)
    ]


def _newest_first(trades: list[dict[str, Any]]) -> str:
    return json.dumps(trades[::-1])


def _with_a_head(trades: list[dict[str, Any]]) -> str:
    return json.dumps({"exported_at": trades[-1]["timestamp"], "my_trades": trades})


def _last_one_changes(trades: list[dict[str, Any]]) -> str:
    return json.dumps([*trades[:-1], trades[-1] | {"amount": len(trades)}])


def _id_comes_again(trades: list[dict[str, Any]]) -> str:
    """Once it has grown, the last trade has the ids of the first: both are kept, as when the file is read whole."""
    ids_of_the_first = {name: trades[0][name] for name in ("id", "order", "clientOrderId")}
    return json.dumps([*trades[:-1], trades[-1] | (ids_of_the_first if len(trades) > 22 else {})])


def _indented(trades: list[dict[str, Any]]) -> str:
    return json.dumps(trades, indent=1) + "\n"


# How a list is written, and how many of its 23 trades are read when it has grown from 22.
LISTS: list[tuple[Callable[[list[dict[str, Any]]], str], int]] = [
    (json.dumps, 1),
    (_indented, 1),
    (_newest_first, 23),
    (_with_a_head, 23),
    (_last_one_changes, 23),
    (_id_comes_again, 23),
]


@pytest.mark.slow
def test_lists_that_grow_are_stored_as_if_read_whole_each_time(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = root / "desk.toml"
    file.write_text(file.read_text() + 'exchange = ["my_trades*.json"]\n')
    desk, stores = load_desk(root), [Store.open(tmp_path / name, "desk") for name in ("grown", "whole")]
    for last in (22, 23):
        for number, (written, _) in enumerate(LISTS):
            (root / f"my_trades{number}.json").write_text(written(trades(number, last)))
        account = ingest(stores[0], desk)
        with monkeypatch.context() as patch:
            patch.setattr(reading, "grown_part", lambda _source, _cursor: None)
            ingest(stores[1], desk)
        _assert_same(*stores)
    read = [account.sources[f"my_trades{number}.json"]["read"] for number in range(len(LISTS))]
    assert read == [wanted for _, wanted in LISTS]


@pytest.mark.parametrize("pattern", ["my_trades*.json", "my_trades.json"])
def test_list_that_became_no_list_is_passed_over_where_a_wildcard_finds_it(
    pattern: str, root: Path, store: Store
) -> None:
    settings, file = root / "desk.toml", root / "my_trades.json"
    settings.write_text(settings.read_text() + f'exchange = ["{pattern}"]\n')
    file.write_text(json.dumps(trades(0, 22)))
    ingest(store, load_desk(root))
    file.write_text('{"anything": "else"}')
    if pattern == "my_trades.json":
        with pytest.raises(InputError, match=r"my_trades\.json: "):
            ingest(store, load_desk(root))
    else:
        account = ingest(store, load_desk(root))
        assert (account.total["read"], list(account.passed_over)[-1]) == (0, "my_trades.json")
        assert "my_trades.json" not in account.listed


@pytest.mark.slow
def test_event_of_long_ago_with_other_content_is_still_a_conflict(root: Path, desk: Desk, store: Store) -> None:
    """The look-up by time does not find it; the hashes of the checkpoint do."""
    file = root / "events.jsonl"
    for number in range(1, 4):
        with file.open("a") as end:
            end.write(lines(500 * number))
        ingest(store, desk)
        store.compact()
    assert store.snapshot(lambda transaction: transaction.checkpoint) is not None
    with file.open("a") as end:
        end.write(lines(9_000).replace('"e9000"', '"e500"'))
    assert ingest(store, desk).total["conflicts"] == 1
    assert rows(store).height == 3


@pytest.mark.slow
def test_fill_that_changes_its_time_replaces_the_version_of_long_ago(root: Path, desk: Desk, store: Store) -> None:
    from deskgate.demo.hummingbot_schema import statements

    insert = (
        "INSERT OR REPLACE INTO TradeFill (config_file_path, strategy, market, symbol, base_asset, quote_asset, timestamp,"
        " order_id, trade_type, order_type, price, amount, leverage, trade_fee, trade_fee_in_quote, exchange_trade_id,"
        " position) VALUES ('c', 's', 'm', 'BTC-USDT', 'BTC', 'USDT', ?, ?, 'BUY', 'LIMIT', 1, 1, 1, '{}', 0, ?, 'NIL')"
    )
    with closing(sqlite3.connect(root / "bot.sqlite")) as database:
        for statement in statements():
            database.execute(statement)
        database.execute("INSERT INTO Metadata (key, value) VALUES ('local_db_version', '20230516')")
        for number in range(1, 5):
            database.execute(insert, (1_777_900_000_000 + 86_400_000 * number, f"o{number}", f"t{number}"))
            database.commit()
            ingest(store, desk)
            store.compact()
        pinned = store.pin()
        database.execute("UPDATE TradeFill SET timestamp = 1777900000123 WHERE order_id = 'o2'")
        database.commit()
        ingest(store, desk)
    assert rows(store, "fills").sort("ts")["order_id"].to_list() == ["o2", "o1", "o3", "o4"]
    assert store.read(pinned, LATER)["fills"].sort("ts")["order_id"].to_list() == ["o1", "o2", "o3", "o4"]


def test_unchanged_and_grown_files_are_not_opened_while_the_desk_is_listed(
    root: Path, desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "events.jsonl").write_text(lines(1))
    _growing(root, HEADER + "\n" + _minute(1))
    ingest(store, desk)
    _growing(root, HEADER + "\n" + _minute(1) + _minute(2))
    with monkeypatch.context() as patch:
        patch.setattr("deskgate.sources.listing.recognise", lambda file: pytest.fail(f"{file} was opened"))
        assert ingest(store, desk).total["stored"] == 1
