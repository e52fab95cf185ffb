"""What the first reading of a bot's database costs, and the reading of a day more.

    python -m benchmarks.database 30000 100000 300000

A database has so many orders, one every thirty seconds, as a market maker with one quote a side writes them: each was created and
then cancelled, so that it has two records, and every fiftieth was filled instead, with a third. Ingest reads it into an empty
store, and again after another day of orders; each in a process of its own.
"""

import argparse
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Measured, measure
from deskgate.config.desk_file import load_desk
from deskgate.demo.hummingbot_schema import statements
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store

NOW = datetime(2026, 11, 1, tzinfo=UTC)
START_MS, EVERY_MS, LIVED_MS = 1_767_225_600_000, 30_000, 29_000
A_DAY = 86_400_000 // EVERY_MS
FILLED = 50
DESK = """
[desk]
name = "benchmark"

[bots.bot1]
mode = "live"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
local = ["bot1.sqlite"]
"""
_COMMON = "'c', 's', 'bitget_perpetual', 'BTC-USDT', 'BTC', 'USDT'"
_COLUMNS = "config_file_path, strategy, market, symbol, base_asset, quote_asset"
_ORDER = (
    f'INSERT INTO "Order" ({_COLUMNS}, id, creation_timestamp, order_type, amount, leverage, price, last_status,'
    f" last_update_timestamp, exchange_order_id, position) VALUES ({_COMMON}, ?, ?, 'LIMIT', 200, 1, 67000000000, ?, ?, ?, 'OPEN')"
)
_STATE = "INSERT INTO OrderStatus (order_id, timestamp, status) VALUES (?, ?, ?)"
_FILL = (
    f"INSERT INTO TradeFill ({_COLUMNS}, timestamp, order_id, trade_type, order_type, price, amount, leverage, trade_fee,"
    f" trade_fee_in_quote, exchange_trade_id, position) VALUES ({_COMMON}, ?, ?, 'BUY', 'LIMIT', 67000000000, 200, 1,"
    ' \'{"percent": "0.0002", "flat_fees": []}\', 0, ?, \'OPEN\')'
)


def main() -> None:
    """Read a database of each size, and a day more of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("orders", nargs="*", type=int, default=[30_000, 100_000, 300_000])
    print(f"{'records':>10} {'step':12} {'CPU s':>8} {'us a record':>12} {'GB':>6}", flush=True)
    for orders in parser.parse_args().orders:
        with tempfile.TemporaryDirectory(prefix="deskgate-database-") as folder:
            desk = Path(folder)
            (desk / "desk.toml").write_text(DESK, encoding="utf-8")
            with closing(sqlite3.connect(desk / "bot1.sqlite", isolation_level=None)) as database:
                for statement in statements():
                    database.execute(statement)
                database.execute("INSERT INTO Metadata VALUES ('local_db_version', '20230516')")
                for step, numbers in (("first", range(orders)), ("a day more", range(orders, orders + A_DAY))):
                    _write(database, numbers)
                    _show(step, measure(_ingest, desk))


def _write(database: sqlite3.Connection, numbers: Iterable[int]) -> None:
    orders: list[tuple[object, ...]] = []
    states: list[tuple[object, ...]] = []
    fills: list[tuple[object, ...]] = []
    for number in numbers:
        created, order = START_MS + number * EVERY_MS, f"BBCUT{number:059x}"
        ended, status = created + LIVED_MS, "OrderCancelled" if number % FILLED else "BuyOrderCompleted"
        orders.append((order, created, status, ended, f"v{number}"))
        states += [(order, created, "BuyOrderCreated"), (order, ended, status)]
        if not number % FILLED:
            fills.append((ended, order, f"t{number}"))
    database.execute("BEGIN")
    for query, rows in ((_ORDER, orders), (_STATE, states), (_FILL, fills)):
        database.executemany(query, rows)
    database.execute("COMMIT")


def _ingest(folder: Path) -> int:
    desk = load_desk(folder)
    account = Ingestor(Store.open(folder / "store", desk.name), desk, lambda: NOW).ingest_files()
    return account.total["read"]


def _show(step: str, found: Measured) -> None:
    each = found.cpu_s / found.result * 1e6
    print(f"{found.result:10,} {step:12} {found.cpu_s:8.1f} {each:12.0f} {found.peak_gb:6.2f}", flush=True)


if __name__ == "__main__":
    main()
