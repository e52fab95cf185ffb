"""A Hummingbot trades database, row by row as its recorder writes it.

Amounts are truncated to six decimals and scaled, a fill carries the bot's whole-second clock, a fill always leaves
its order at OrderFilled even after the order's end, and an order refused at its birth leaves no row at all. The rows
are plain dictionaries until they are written, so that a fault can be put into them.
"""

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from deskgate.demo.bots import BotPlan, Trading
from deskgate.demo.desk_file import controller_settings
from deskgate.demo.hummingbot_schema import COLUMNS, statements
from deskgate.demo.journal import Kind, journal
from deskgate.demo.market import Market
from deskgate.demo.story import Story
from deskgate.demo.venue import BITGET, Fill, Order, Side

__all__ = [
    "STRATEGY",
    "Row",
    "Tables",
    "config_file",
    "empty_tables",
    "fee_record",
    "recorded",
    "scaled",
    "write_database",
]

Row = dict[str, object]
Tables = dict[str, list[Row]]

STRATEGY = "v2_with_controllers"

_SCHEMA_VERSION = "20230516"
_VERSION_AT = 96  # where the file's header names the SQLite release that wrote it
_VERSION = 3_040_001


def scaled(value: Decimal) -> int:
    """Return a value as the recorder stores it: millionths, truncated towards zero."""
    return int(value * 1_000_000)


def config_file(bot: str) -> str:
    """Return the name of a bot's script configuration."""
    return f"conf_{STRATEGY}_{bot}.yml"


def empty_tables() -> Tables:
    """Return the tables of a database that a bot opened and never used."""
    return {table: [] for table in COLUMNS} | {"Metadata": [{"key": "local_db_version", "value": _SCHEMA_VERSION}]}


def recorded(trading: Trading, market: Market, story: Story) -> Tables:
    """Return the rows that a bot's recorder wrote through the story."""
    plan = trading.plan
    tables = empty_tables()
    for entry in journal(trading):
        if entry.payment is not None:
            ts = entry.payment.ts_ms / 1000 if plan.rules is BITGET else entry.payment.ts_ms
            row: Row = {"timestamp": ts, "rate": float(entry.payment.rate), "amount": float(entry.payment.amount)}
            tables["FundingPayment"].append(_where(plan) | row)
        elif entry.order is not None:
            _record(tables, plan, entry.order, entry.fill, entry.kind, entry.at_ms)
    tables["MarketData"] = [_quotes(plan, market, ms) for ms in story.minutes(plan.name)]
    tables["Controllers"] = [
        {
            "id": plan.controller,
            "controller_id": number,
            "timestamp": (start_ms + 5_000) / 1000,
            "type": "market_making",
            "config": json.dumps(controller_settings(plan)),
        }
        for number, start_ms in enumerate(story.starts(plan.name), start=1)
    ]
    saved_ms = story.minutes(plan.name)[-1] + 2_180
    tables["MarketState"] = [
        {
            "id": 1,
            "config_file_path": config_file(plan.name),
            "market": plan.rules.market,
            "timestamp": saved_ms,
            "saved_state": "{}",
        }
    ]
    return tables


def _record(tables: Tables, plan: BotPlan, order: Order, fill: Fill | None, kind: Kind, at_ms: int) -> None:
    """Write what the recorder writes for one event of an order."""
    if kind is Kind.CREATED:
        tables["Order"].append(_order(plan, order))
        at_ms = order.created_ms
    if fill is not None:
        tables["TradeFill"].append(_trade_fill(plan, order, fill))
    status = _status(order.side, kind)
    tables["OrderStatus"].append(
        {"id": len(tables["OrderStatus"]) + 1, "order_id": order.order_id, "timestamp": at_ms, "status": status}
    )
    row = next(row for row in reversed(tables["Order"]) if row["id"] == order.order_id)
    row.update(last_status=status, last_update_timestamp=at_ms)


def _status(side: Side, kind: Kind) -> str:
    if kind in {Kind.CREATED, Kind.COMPLETED}:
        return f"{side.title()}Order{kind.title()}"
    return f"Order{kind.title()}"


def _where(plan: BotPlan) -> Row:
    return {
        "config_file_path": config_file(plan.name),
        "strategy": STRATEGY,
        "market": plan.rules.market,
        "symbol": plan.instrument.pair,
        "base_asset": plan.instrument.base,
        "quote_asset": plan.instrument.quote,
    }


def _order(plan: BotPlan, order: Order) -> Row:
    return _where(plan) | {
        "id": order.order_id,
        "creation_timestamp": order.created_ms,
        "order_type": "LIMIT",
        "amount": scaled(order.quantity),
        "leverage": plan.rules.leverage,
        "price": scaled(order.price),
        "exchange_order_id": order.exchange_order_id,
        "position": "OPEN",
    }


def _trade_fill(plan: BotPlan, order: Order, fill: Fill) -> Row:
    return _where(plan) | {
        "timestamp": fill.known_ms,
        "order_id": order.order_id,
        "trade_type": order.side.value,
        "order_type": "LIMIT",
        "price": scaled(order.price),
        "amount": scaled(fill.quantity),
        "leverage": plan.rules.leverage,
        "trade_fee": json.dumps(fee_record(fill.fee, fill.fee_token)),
        "trade_fee_in_quote": scaled(fill.fee_quote),
        "exchange_trade_id": fill.trade_id,
        "position": "OPEN",
    }


def fee_record(fee: Decimal, token: str) -> dict[str, object]:
    """Return a live fill's fee as Hummingbot keeps it: the commission in its own token."""
    flat = [{"token": token, "amount": f"{fee:f}"}] if fee else []
    return {"fee_type": "DeductedFromReturns", "percent": "0", "percent_token": token, "flat_fees": flat}


def _quotes(plan: BotPlan, market: Market, ms: int) -> Row:
    bid, ask = market.book(ms)
    return {
        "timestamp": ms * 1_000_000,
        "exchange": plan.rules.market,
        "trading_pair": plan.instrument.pair,
        "mid_price": scaled((bid + ask) / 2),
        "best_bid": scaled(bid),
        "best_ask": scaled(ask),
        "order_book": None,
    }


def write_database(path: Path, tables: Tables) -> None:
    """Write the tables to a new SQLite file, the same bytes whichever SQLite release writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("page_size = 4096", "encoding = 'UTF-8'", "auto_vacuum = 0", "journal_mode = DELETE"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")
        for statement in statements():
            database.execute(statement)
        for table, columns in COLUMNS.items():
            marks = ", ".join("?" * len(columns))
            rows = [tuple(row.get(column) for column in columns) for row in tables[table]]
            database.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)
        database.execute("COMMIT")
    with path.open("r+b") as file:
        file.seek(_VERSION_AT)
        file.write(_VERSION.to_bytes(4, "big"))
