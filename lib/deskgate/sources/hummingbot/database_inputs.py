"""What each record of a Hummingbot database is made of: a row, with what other rows say of the same order.

Inputs come some at a time, so that a database of a year need not fit into memory. Those that may be of one record, or equal,
come together. A mark says up to which rows
a database was read, with the digest of everything that the records of these rows were made of. Where that is as it was,
and no later row says anything of an order that was not known whole, the earlier records are as they were.
"""

import hashlib
import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from deskgate.sources.hummingbot.database_rows import Stored

__all__ = ["COLUMNS", "Input", "Inputs"]

COLUMNS = {
    "Metadata": ("key", "value"),
    "Order": (
        *("id", "market", "symbol", "base_asset", "quote_asset", "creation_timestamp", "amount", "price"),
        *("last_status", "last_update_timestamp", "exchange_order_id", "order_type"),
    ),
    "OrderStatus": ("order_id", "timestamp", "status"),
    "TradeFill": (
        *("market", "symbol", "timestamp", "order_id", "trade_type", "order_type", "price", "amount", "trade_fee"),
        *("trade_fee_in_quote", "exchange_trade_id", "position"),
    ),
    "FundingPayment": ("timestamp", "market", "rate", "symbol", "amount"),
    "MarketData": ("timestamp", "exchange", "trading_pair", "mid_price", "best_bid", "best_ask"),
    "RangePositionUpdate": (
        *("hb_id", "timestamp", "tx_hash", "market", "order_action", "trading_pair", "base_amount", "quote_amount"),
    ),
    "Position": (
        *("side", "trading_pair", "timestamp", "amount", "breakeven_price", "unrealized_pnl_quote", "controller_id"),
    ),
}
# To these rows are added. The others are read whole.
_GROWING = ("TradeFill", "OrderStatus", "Order", "FundingPayment", "MarketData", "RangePositionUpdate")
_WHOLE = ("Metadata", "Position")
# The last state of an order changes with each state, and is told by the states themselves.
_LAST_STATE = ("last_status", "last_update_timestamp")
_OF_ORDER = tuple(name for name in COLUMNS["Order"] if name not in _LAST_STATE)
_OF_SIDES = ("OrderStatus", "Order")
# By what a table's inputs are put in order: two that are of one record, or equal, have the same. Payments are few, and an instant may
# be written in several ways.
_TOGETHER = {
    "TradeFill": 'CAST(r."order_id" AS TEXT)',
    "OrderStatus": 'CAST(r."order_id" AS TEXT)',
    "Order": 'CAST(r."id" AS TEXT)',
    "FundingPayment": "''",
    "MarketData": 'CAST(r."timestamp" AS TEXT)',
    "RangePositionUpdate": 'CAST(r."timestamp" AS TEXT)',
}
_FETCHED = 20_000


@dataclass(frozen=True)
class Input:
    """A row of a table with its `rowid`, what the database says of its order, and the side that it says that order has.

    `order` is empty where the table's rows are of none.
    """

    row: Stored
    order: Stored
    side: str | None


class Inputs:
    """The inputs of a database that come after a mark; all of them, where there is none.

    Parameters
    ----------
    database
        A connection in a transaction.
    mark
        What `mark` gave when the database was read before.
    """

    def __init__(self, database: sqlite3.Connection, mark: str | None = None) -> None:
        self._database = database
        self.names = {str(name) for (name,) in self._select("SELECT name FROM sqlite_master WHERE type = 'table'")}
        self._named = {table: self._with_all_columns(table) for table in COLUMNS}
        rowids, _, self._digest = (mark or "").partition(":")
        ends = [int(rowid) for rowid in rowids.split(",") if rowid]
        # A mark of a version that knew other tables shows nothing.
        self._known = dict(zip(_GROWING, ends, strict=True)) if len(ends) == len(_GROWING) else {}

    def only_grew(self) -> bool:
        """Return whether the records before the mark are what they were."""
        return bool(self._known) and not self._is_completed() and self._digests[0] == self._digest

    def mark(self) -> str:
        """Return the mark of everything that the database has now."""
        ends = (self._select(f"SELECT coalesce(max(rowid), 0) FROM {self._named[name]}")[0][0] for name in _GROWING)
        return f"{','.join(map(str, ends))}:{self._digests[1]}"

    def rows(self, table: str) -> list[Stored]:
        """Return all rows of a table, without what other tables say; none where it is not there."""
        return [_row(table, row) for row in self._select(f"SELECT * FROM {self._named[table]} ORDER BY rowid")]

    def columns(self, table: str) -> set[str]:
        """Return the names of the columns that a table has, of any."""
        return {str(row[1]) for row in self._select(f'PRAGMA table_info("{table}")')}

    def is_empty(self, table: str) -> bool:
        """Return whether a table has no row, or is not there."""
        return not self._select(f"SELECT EXISTS (SELECT 1 FROM {self._named[table]})")[0][0]

    def of(self, table: str) -> Iterator[list[Input]]:
        """Yield the inputs of a table that come after the mark, some at a time: all that stand `_TOGETHER` at once."""
        cursor, rest = self._database.execute(self._query(table)), list[tuple[object, ...]]()
        while rows := cursor.fetchmany(_FETCHED):
            rest += rows
            last = rest[-1][0]
            ends = next((n for n in range(len(rest) - 1, 0, -1) if rest[n - 1][0] != last), 0)
            if ends:
                yield [_input(table, row[1:]) for row in rest[:ends]]
            rest = rest[ends:]
        if rest:
            yield [_input(table, row[1:]) for row in rest]

    def _select(self, query: str) -> list[tuple[object, ...]]:
        return self._database.execute(query).fetchall()

    def _with_all_columns(self, table: str) -> str:
        """Return a table with the columns that we know; those that it does not have are null."""
        if table not in self.names:
            nothing = ", ".join(f'NULL AS "{name}"' for name in ("rowid", *COLUMNS[table]))
            return f"(SELECT {nothing} WHERE 0)"
        there = self.columns(table)
        columns = (f'"{name}"' if name in there else f'NULL AS "{name}"' for name in COLUMNS[table])
        return f'(SELECT rowid AS rowid, {", ".join(columns)} FROM "{table}")'

    def _later(self, table: str, row: str = "") -> str:
        """Return the condition that a row comes after the mark."""
        return f"{row}rowid > {self._known[table]}" if self._known else "1"

    def _query(self, table: str) -> str:
        """Return the query of a table's inputs: what they are in order by, rowid and its own columns, those of the order, the order's side."""
        order, columns = self._named["Order"], (f'r."{name}"' for name in ("rowid", *COLUMNS[table]))
        own = f"{_TOGETHER[table]} AS together, {', '.join(columns)}"
        of_order = ", ".join(f'o."{name}"' for name in _OF_ORDER)
        # Where an order stands twice, the later row counts.
        with_order = f"LEFT JOIN {order} o ON o.rowid = (SELECT max(rowid) FROM {order} WHERE id IS r.order_id)"
        later, in_order = self._later(table, "r."), "ORDER BY together, r.rowid"
        match table:
            case "TradeFill":
                return f"SELECT {own}, {of_order} FROM {self._named[table]} r {with_order} WHERE {later} {in_order}"
            case "OrderStatus":
                return (
                    f"{self._sides()} SELECT {own}, {of_order}, {_known_side('o')} FROM {self._named[table]} r {with_order}"
                    " LEFT JOIN stated s ON s.order_id IS r.order_id LEFT JOIN filled f ON f.order_id IS r.order_id"
                    f" WHERE {later} {in_order}"
                )
            case "Order":
                # Of those that have states, the states say everything.
                return (
                    f"{self._sides()} SELECT {own}, {_known_side('r')} FROM {order} r"
                    " LEFT JOIN stated s ON s.order_id IS r.id LEFT JOIN filled f ON f.order_id IS r.id"
                    f" WHERE s.states IS NULL AND {later} {in_order}"
                )
            case _:
                return f"SELECT {own} FROM {self._named[table]} r WHERE {later} {in_order}"

    def _sides(self) -> str:
        """Return, as tables of a query, the side that the first state of each order names, and its first fill."""
        later = f"SELECT id FROM {self._named['Order']} WHERE {self._later('Order')}"
        asked = f"{later} UNION SELECT order_id FROM {self._named['OrderStatus']} WHERE {self._later('OrderStatus')}"
        of_asked = f"WHERE order_id IN ({asked})" if self._known else ""
        stated, filled = (
            f"SELECT order_id, side, min(CASE WHEN side IS NOT NULL THEN rowid END), count(*) AS states"
            f" FROM (SELECT order_id, {_side(told)} AS side, rowid FROM {self._named[table]} {of_asked}) GROUP BY order_id"
            for table, told in (("OrderStatus", "status"), ("TradeFill", "trade_type || 'Order'"))
        )
        return f"WITH stated AS MATERIALIZED ({stated}), filled AS MATERIALIZED ({filled})"

    def _is_completed(self) -> bool:
        """Return whether a later row is of an order that the rows before the mark have, and did not know whole, or of none.

        Known whole is an order with its row, and with a state that names its side: whatever comes after that changes no
        record of it.
        """
        rows = [("OrderStatus", "order_id"), ("TradeFill", "order_id"), ("Order", "id")]
        named = [f"SELECT {name} AS order_id FROM {self._named[table]} WHERE" for table, name in rows]
        is_later = [self._later(table) for table, _ in rows]
        later = [f"{select} {condition}" for select, condition in zip(named, is_later, strict=True)]
        earlier = [f"{select} NOT ({condition})" for select, condition in zip(named, is_later, strict=True)]
        known = f"order_id IN ({earlier[2]}) AND order_id IN ({self._with_side()} AND NOT ({is_later[0]}))"
        completing = (
            f"{later[2]} UNION SELECT order_id FROM ({later[0]} UNION {later[1]}) WHERE NOT coalesce({known}, 0)"
        )
        is_theirs = f"order_id IN ({' UNION ALL '.join(earlier)}) OR order_id IS NULL"
        return bool(self._select(f"SELECT EXISTS (SELECT 1 FROM ({completing}) WHERE {is_theirs})")[0][0])

    def _with_side(self) -> str:
        """Return the query of the orders whose side a state names."""
        return f"SELECT order_id FROM {self._named['OrderStatus']} WHERE {_side('status')} IS NOT NULL"

    @cached_property
    def _digests(self) -> tuple[str, str]:
        """The digests of all that records are made of, of the rows before the mark and of all."""
        whole = hashlib.sha256(repr([self.rows(table) for table in _WHOLE]).encode(errors="surrogatepass"))
        before, now = whole.copy(), whole
        # Which orders are known whole is asked of all rows: where a later row changes it, the database did not only grow.
        last = (f'CASE WHEN id IN ({self._with_side()}) THEN NULL ELSE "{name}" END' for name in _LAST_STATE)
        of_orders = ", ".join(["rowid", *(f'"{name}"' for name in _OF_ORDER), *last])
        for table in _GROWING:
            columns, known = of_orders if table == "Order" else "*", self._known.get(table, 0)
            of_table, until = hashlib.sha256(), ""
            for some in self._raw(f"SELECT {columns} FROM {self._named[table]} ORDER BY rowid"):
                number = bisect_right(some, known, key=lambda row: row[0])
                of_table.update("".join(map(repr, some[:number])).encode())
                if number < len(some):
                    until = until or of_table.hexdigest()
                    of_table.update("".join(map(repr, some[number:])).encode())
            before.update((until or of_table.hexdigest()).encode())
            now.update(of_table.hexdigest().encode())
        return before.hexdigest(), now.hexdigest()

    def _raw(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query, some at a time, with texts as the bytes that are stored."""
        decoded, self._database.text_factory = self._database.text_factory, bytes
        try:
            cursor = self._database.execute(query)
            while rows := cursor.fetchmany(_FETCHED):
                yield rows
        finally:
            self._database.text_factory = decoded


def _side(told: str) -> str:
    return f"CASE WHEN {told} LIKE 'BuyOrder%' THEN 'BUY' WHEN {told} LIKE 'SellOrder%' THEN 'SELL' END"


def _known_side(order: str) -> str:
    return f"coalesce(s.side, f.side, {_side(f'{order}.last_status')})"


def _row(table: str, values: Sequence[object]) -> Stored:
    return dict(zip(("rowid", *COLUMNS[table]), _texts(values), strict=False))


def _input(table: str, values: Sequence[object]) -> Input:
    row, rest = _row(table, values), values[len(COLUMNS[table]) + 1 :]
    order = dict(zip(_OF_ORDER, _texts(rest), strict=False)) | {"id": row["order_id"]} if len(rest) > 1 else {}
    return Input(row, order, str(rest[-1]) if table in _OF_SIDES and rest[-1] else None)


def _texts(values: Sequence[object]) -> Sequence[object]:
    """SQLite lets anything stand in any column; a blob is kept as its Python notation."""
    if bytes not in map(type, values):
        return values
    return [str(value) if isinstance(value, bytes) else value for value in values]
