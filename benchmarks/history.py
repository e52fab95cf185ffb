"""What a day costs on day 10, 100 and 400 of one desk: ingest, store files and memory, and the day's assessment.

    python -m benchmarks.history 10 100 400

A small desk lives day by day: a bot with a database, an event log that is rotated every night, a controller's growing
minutes, growing lists of trades and orders, and account exports every eight hours, which agree with the trades: what is
open as a break would be said again every day. A baseline is in force since the first day, so that the soak is as long as the
history. A day that is shown and the three before it are ingested each by itself, the others `--step` at a time; the day before it is
assessed too, and carries what it says is finished. The last column of each measure is its ratio to the first day that is shown.
"""

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.assessment import assess
from deskgate.config.desk_file import load_desk
from deskgate.demo.hummingbot_schema import statements
from deskgate.schema import TABLES
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction

START = datetime(2026, 1, 5, tzinfo=UTC)
FILLS, MINUTES, SNAPSHOTS = 24, 288, 96
FEE = Decimal("0.0002")
FEE_RECORD = {
    "fee_type": "DeductedFromReturns",
    "percent": "0",
    "percent_token": "USDT",
    "flat_fees": [{"token": "USDT", "amount": str(FEE)}],
}
BOT = """
[bots.{name}]
mode = "live"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
local = ["{name}/*.sqlite", "{name}/minute.csv"]
events = ["{name}/events.jsonl*"]
exchange = ["{name}/exchange"]
"""
OPENING = f"opening = {{ at = {START:%Y-%m-%dT%H:%M:%SZ}, balance = {{ USDT = 500 }} }}\n"
DESK = '[desk]\nname = "history"\n' + BOT.format(name="bot1") + OPENING
HEADER = "ts,bot_mode,exchange,trading_pair,state,mid,equity_quote,base_pct,position_base,fills_count_today"
_AGED = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


class LongDesk:
    """A desk to which one day at a time is added."""

    def __init__(self, root: Path, *, database: bool = True) -> None:
        self.root, self.day = root, 0
        self._bot, self._with_database = root / "bot1", database
        (self._bot / "exchange" / "positions").mkdir(parents=True)
        (self._bot / "exchange" / "balance").mkdir(parents=True)
        (root / "desk.toml").write_text(DESK, encoding="utf-8")
        (self._bot / "minute.csv").write_text(HEADER + "\n", encoding="utf-8")
        with closing(sqlite3.connect(self._bot / "bot.sqlite")) as database_file:
            for statement in statements():
                database_file.execute(statement)
            database_file.execute("INSERT INTO Metadata VALUES ('local_db_version', '20230516')")
            database_file.commit()

    def add_day(self) -> datetime:
        """Let the desk live one day more, and return that day's begin."""
        begin = START + timedelta(days=self.day)
        fills = [self._fill(begin, number) for number in range(FILLS)]
        self._events(begin, fills)
        self._minutes(begin)
        self._append("my_trades", [_trade(fill) for fill in fills])
        self._append("closed_orders", [_order(fill) for fill in fills])
        if self._with_database:
            self._database(fills)
        for hour in (8, 16, 24):
            self._account(begin + timedelta(hours=hour), fills=self.day * FILLS + hour * FILLS // 24)
        self.day += 1
        return begin

    def _fill(self, begin: datetime, number: int) -> dict[str, Any]:
        at = begin + timedelta(minutes=60 * number + 7, seconds=self.day % 50)
        name, side = f"{self.day}-{number}", ("buy", "sell")[number % 2]
        return {
            "at": at,
            "order": f"HBOT-{name}",
            "venue": f"9{self.day:05}{number:03}",
            "trade": f"t{name}",
            "side": side,
        }

    def _events(self, begin: datetime, fills: list[dict[str, Any]]) -> None:
        log = self._bot / "events.jsonl"
        if log.exists():
            log.rename(self._bot / f"events.jsonl.{begin - timedelta(days=1):%Y-%m-%d}")
        body = {"mid_price": 100.5, "equity_quote": 500.0, "state": "running"}
        found = [
            (begin + timedelta(minutes=15 * number), "market_snapshot", body, f"s{self.day}-{number}")
            for number in range(SNAPSHOTS)
        ]
        for fill in fills:
            said = {"order_id": fill["order"], "trade_id": fill["trade"], "side": fill["side"], "price": 100.5}
            said |= {"amount": 0.01, "fee_quote": float(FEE)}
            found.append((fill["at"], "order_filled", said, f"f{fill['trade']}"))
        with log.open("w", encoding="utf-8") as file:
            for at, kind, payload, event_id in sorted(found, key=lambda each: each[0]):
                envelope: dict[str, Any] = {
                    "event_id": event_id,
                    "event_type": kind,
                    "event_version": "v1",
                    "ts_utc": at.isoformat(),
                }
                envelope |= {"instance_name": "bot1", "connector_name": "bitget_perpetual"}
                envelope |= {"trading_pair": "BTC-USDT", "correlation_id": event_id, "payload": payload}
                file.write(json.dumps(envelope) + "\n")

    def _minutes(self, begin: datetime) -> None:
        with (self._bot / "minute.csv").open("a", encoding="utf-8") as file:
            for number in range(MINUTES):
                at = begin + timedelta(minutes=5 * number)
                file.write(f"{at.isoformat()},live,bitget_perpetual,BTC-USDT,running,100.5,500.0,0,0,{number}\n")

    def _append(self, name: str, items: list[dict[str, Any]]) -> None:
        file = self._bot / "exchange" / f"{name}.json"
        text = json.dumps(items)
        file.write_text(f"{file.read_text()[:-1]}, {text[1:]}" if file.exists() else text, encoding="utf-8")

    def _database(self, fills: list[dict[str, Any]]) -> None:
        with closing(sqlite3.connect(self._bot / "bot.sqlite")) as database:
            database.executemany(
                "INSERT INTO TradeFill (config_file_path, strategy, market, symbol, base_asset, quote_asset, timestamp,"
                " order_id, trade_type, order_type, price, amount, leverage, trade_fee, trade_fee_in_quote,"
                " exchange_trade_id, position) VALUES ('c', 's', 'bitget_perpetual', 'BTC-USDT', 'BTC', 'USDT', ?, ?,"
                " ?, 'LIMIT', 100500000, 10000, 1, ?, ?, ?, 'NIL')",
                [
                    (
                        round(fill["at"].timestamp() * 1000),
                        fill["order"],
                        fill["side"].upper(),
                        json.dumps(FEE_RECORD),
                        int(FEE * 1_000_000),
                        fill["trade"],
                    )
                    for fill in fills
                ],
            )
            database.commit()

    def _account(self, at: datetime, *, fills: int) -> None:
        """Export the account after so many fills: every second one closes what the one before it opened."""
        name, stamp = f"{at:%Y%m%dT%H%M%SZ}.json", round(at.timestamp() * 1000)
        held = float(500 - FEE * fills)
        balance = {"info": {}, "timestamp": stamp, "total": {"USDT": held}, "free": {"USDT": held}}
        (self._bot / "exchange" / "balance" / name).write_text(json.dumps(balance | {"used": {"USDT": 0.0}}))
        position = {
            "symbol": "BTC/USDT:USDT",
            "contracts": 0,
            "side": "long",
            "entryPrice": None,
            "marginMode": "cross",
            "timestamp": stamp,
        }
        (self._bot / "exchange" / "positions" / name).write_text(json.dumps([position]))


def _trade(fill: dict[str, Any]) -> dict[str, Any]:
    return {
        "info": {"tradeId": fill["trade"]},
        "id": fill["trade"],
        "order": fill["venue"],
        "clientOrderId": fill["order"],
        "timestamp": round(fill["at"].timestamp() * 1000),
        "symbol": "BTC/USDT:USDT",
        "side": fill["side"],
        "takerOrMaker": "maker",
        "price": 100.5,
        "amount": 0.01,
        "fee": {"cost": float(FEE), "currency": "USDT"},
    }


def _order(fill: dict[str, Any]) -> dict[str, Any]:
    stamp = round(fill["at"].timestamp() * 1000)
    return {
        "info": {"orderId": fill["venue"]},
        "id": fill["venue"],
        "clientOrderId": fill["order"],
        "timestamp": stamp - 60_000,
        "lastUpdateTimestamp": stamp,
        "status": "closed",
        "symbol": "BTC/USDT:USDT",
        "side": fill["side"],
        "price": 100.5,
        "amount": 0.01,
        "filled": 0.01,
        "remaining": 0,
    }


def age(folder: Path) -> None:
    """Let every file be of before: days pass between two ingests, and what is old enough is trusted and cleaned up."""
    for file in folder.rglob("*"):
        if file.is_file() and file.stat().st_mtime > _AGED + 1e6:
            os.utime(file, (_AGED, _AGED))


def freeze(store: Store) -> None:
    """Let a baseline be in force since the first day."""
    row = {"row_id": "baseline", "effective_at": START, "recorded_at": START, "by": "a", "why": "b", "digests": "{}"}
    rows = pl.DataFrame([row], schema=TABLES["baselines"].create_empty().schema)

    def add(transaction: Transaction) -> None:
        transaction.add_all({"baselines": rows})

    store.write(add)


def one_day(desk_root: Path, place: Path, day: str) -> dict[str, float]:
    """Ingest what is new; where a day is given, assess it too."""
    desk, began = load_desk(desk_root), time.process_time()
    store = Store.open(place, desk.name)
    account = Ingestor(store, desk, lambda: datetime.now(UTC)).ingest_files()
    store.compact()
    measured = {"ingest_s": time.process_time() - began, "ingest_mb": peak_mb(), "read": account.total["read"]}
    if day:
        begin, began = datetime.fromisoformat(day), time.process_time()
        assess(desk, store, day=begin.date(), as_of=begin + timedelta(days=1))
        measured |= {"assess_s": time.process_time() - began, "assess_mb": peak_mb()}
    return measured


def peak_mb() -> float:
    """Return the most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Live through the days and print one line for each that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("days", nargs="*", type=int, default=[10, 100, 400])
    parser.add_argument("--no-database", action="store_true", help="leave the bot's database as it is on the first day")
    parser.add_argument("--step", type=int, default=5, help="how many days between those shown are ingested at once")
    parser.add_argument("--one-day", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one_day:
        root, place, day = given.one_day
        print(json.dumps(one_day(Path(root), Path(place), day)))
        return
    print(f"{'day':>5} {'measure':<16} {'value':>9} {'x first':>8}")
    with tempfile.TemporaryDirectory() as folder:
        _live(Path(folder), sorted(given.days), given.step, database=not given.no_database)


def _live(folder: Path, shown: list[int], step: int, *, database: bool) -> None:
    desk, place = LongDesk(folder / "desk", database=database), folder / "store"
    freeze(Store.open(place, load_desk(desk.root).name))
    first: dict[str, float] = {}
    for day in range(1, shown[-1] + 1):
        begin = desk.add_day()
        age(desk.root)
        if day not in shown:
            if day % step == 0 or set(range(day, day + 4)) & set(shown):
                one_day(desk.root, place, begin.isoformat() if day + 1 in shown else "")
        else:
            measured = _alone(desk.root, place, begin)
            measured["store files"] = len([each for each in place.rglob("*") if each.is_file()])
            first = first or measured
            for name, value in measured.items():
                print(f"{day:>5} {name:<16} {value:>9.2f} {value / max(first[name], 1e-9):>8.2f}", flush=True)
        age(place)


def _alone(root: Path, place: Path, begin: datetime) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.history", "--one-day", str(root), str(place), begin.isoformat()]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(run.stdout)
    return found


if __name__ == "__main__":
    main()
