"""A database that only grew is read from where it ended; whatever else happened to it, the store is as if it was read whole."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from deskgate.config.desk import Desk
from deskgate.store import reading
from deskgate.store.tables import Store
from tiers import quick

from .bot_database import FILL, MS, ORDER, PAYMENT, POSITION, STATE, assert_same, open_orders, trade
from .event_files import ingest, rows, unaccounted


def _execute(*queries: str) -> Callable[[sqlite3.Connection], None]:
    def change(database: sqlite3.Connection) -> None:
        for query in queries:
            database.execute(query)

    return change


def _add(query: str, *values: object) -> Callable[[sqlite3.Connection], None]:
    def change(database: sqlite3.Connection) -> None:
        database.execute(query, values)

    return change


def _nothing(_: sqlite3.Connection) -> None:
    pass


# What happens beside the trade that is added, and whether the database is then read from where it ended.
CHANGES: dict[str, tuple[Callable[[sqlite3.Connection], None], bool]] = {
    "nothing else": (_nothing, True),
    "an open order ends": (
        _execute(
            f"INSERT INTO OrderStatus (order_id, timestamp, status) VALUES ('open', {MS + 9}, 'OrderCancelled')",
            f"UPDATE \"Order\" SET last_status = 'OrderCancelled', last_update_timestamp = {MS + 9} WHERE id = 'open'",
        ),
        True,
    ),
    "an old order is filled": (_add(FILL, MS + 7, "open", "t-late"), True),
    "a payment": (_add(PAYMENT, MS + 11), True),
    "the venue's id of an order comes": (
        _execute("UPDATE \"Order\" SET exchange_order_id = 'x' WHERE id = 'open'"),
        False,
    ),
    "an order without states gets one": (_add(STATE, "stateless", MS + 3, "OrderCancelled"), False),
    "an order without states ends": (
        _execute("UPDATE \"Order\" SET last_status = 'OrderCancelled' WHERE id = 'stateless'"),
        False,
    ),
    "a side becomes known by a state": (_add(STATE, "sideless", MS + 3, "SellOrderCompleted"), False),
    "a side becomes known by a fill": (_add(FILL, MS + 3, "sideless", "t-side"), False),
    "the order of a state comes": (_add(ORDER, "orphan", MS, "OrderCancelled", MS, "v"), False),
    "the order of a fill comes": (_add(ORDER, "orphan fill", MS, "BuyOrderCompleted", MS, "v"), False),
    "a fill is edited": (_execute("UPDATE TradeFill SET price = 100600000 WHERE exchange_trade_id = 't1'"), False),
    "a fill is deleted": (_execute("DELETE FROM TradeFill WHERE exchange_trade_id = 't1'"), False),
    "a fill is added before others": (
        _execute("UPDATE TradeFill SET rowid = rowid + 1000", FILL.replace("?", f"{MS}", 1).replace("?", "'z'")),
        False,
    ),
    "a position moves": (_add(POSITION, "p", MS + 60_000, 20_000), False),
    "the schema's version is another": (_execute("UPDATE Metadata SET value = '20220130'"), False),
    "a state cannot be read": (_add(STATE, "open", "soon", "OrderCancelled"), True),
    "a state stands there again": (_add(STATE, "open", MS, "BuyOrderCreated"), False),
}


@pytest.mark.parametrize("change", quick(list(CHANGES), 4))
def test_store_is_as_if_the_database_was_read_whole_each_time(
    change: str, desk: Desk, tmp_path: Path, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, goes_on = CHANGES[change]
    grown, whole = (Store.open(tmp_path / name, "desk") for name in ("grown", "whole"))
    open_orders(database)
    database.execute(POSITION, ("p", MS, 10_000))
    trade(database, 1)
    for step in range(3):
        if step:
            trade(database, step + 1)
        if step == 1:
            changed(database)
        account = ingest(grown, desk)
        with monkeypatch.context() as patch:
            patch.setattr(reading, "grown_part", lambda _source, _cursor: None)
            ingest(whole, desk)
        assert_same(grown, whole)
        if step == 1:
            assert (account.rewritten == []) == goes_on
        if step == 2:
            assert (account.total["read"], account.rewritten) == (3, [])
    assert unaccounted(grown) == 0


def test_only_what_was_added_is_read(root: Path, desk: Desk, store: Store, database: sqlite3.Connection) -> None:
    for number in range(20):
        trade(database, number)
    assert ingest(store, desk).total["read"] == 60
    trade(database, 20)
    account = ingest(store, desk)
    assert (account.total["read"], account.total["stored"], account.rewritten) == (3, 3, [])
    assert rows(store, "sources").select("rows", "bytes").rows() == [(63, (root / "bot.sqlite").stat().st_size)]
    database.execute("VACUUM")
    assert ingest(store, desk).total["stored"] == 0


def test_rows_in_the_write_ahead_log_are_read_from_where_the_last_ended(
    desk: Desk, store: Store, database: sqlite3.Connection
) -> None:
    database.execute("PRAGMA journal_mode = wal")
    for number in range(3):
        trade(database, number)
        assert ingest(store, desk).total["read"] == 3
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert ingest(store, desk).total["read"] == 0
    assert rows(store, "fills").height == 3


def test_log_of_a_linked_database_is_beside_its_target(
    root: Path, tmp_path: Path, desk: Desk, store: Store, database: sqlite3.Connection
) -> None:
    database.execute("PRAGMA journal_mode = wal")
    place = tmp_path / "elsewhere"
    place.mkdir()
    for file in root.glob("bot.sqlite*"):
        file.rename(place / file.name)
    (root / "bot.sqlite").symlink_to(place / "bot.sqlite")
    with closing(sqlite3.connect(place / "bot.sqlite", isolation_level=None)) as moved:
        for number in range(3):
            trade(moved, number)
            assert ingest(store, desk).total["read"] == 3
