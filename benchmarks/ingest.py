"""How fast events are taken in, against a newline count and polars' `read_ndjson` of the same file in the same run.

    python -m benchmarks.ingest 100000 1000000 10000000

The generated log is of the control plane's kind: its mix of types, its fields and its width are a real desk's, one
event every 86 ms, and every number in it is drawn from a seed. A second ingest of the unchanged desk follows. The ratios
and the events a second are by CPU seconds.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.measure import Measured, measure, median
from deskgate.config.desk_file import load_desk
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store

START_MS, EVERY_MS = 1_772_323_200_000, 86
TYPES = (
    ("market_snapshot",) * 12 + ("state_snapshot",) * 2 + ("execution_intent",) * 2 + ("audit",) * 2 + ("order",) * 2
)
DESK = """
[desk]
name = "benchmark"
"""
BOT = """
[bots.bot{n}]
mode = "paper"
connector = "bitget_paper_trade"
pairs = ["BTC-USDT"]
events = ["events.jsonl"]
"""


def write_desk(folder: Path, count: int) -> None:
    """Write a desk of three bots with one log of `count` events."""
    folder.mkdir(parents=True)
    (folder / "desk.toml").write_text(DESK + "".join(BOT.format(n=n) for n in (1, 2, 3)), encoding="utf-8")
    with (folder / "events.jsonl").open("w", encoding="utf-8") as file:
        for event in _events(count):
            file.write(json.dumps(event) + "\n")


def _events(count: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(7)
    orders: list[str] = []
    for number in range(count):
        ts, event_id = START_MS + number * EVERY_MS, f"{chance.getrandbits(128):032x}"
        kind, bot = chance.choice(TYPES), f"bot{chance.randrange(3) + 1}"
        mid = round(68_000 + chance.gauss(0, 50), 1)
        kind, body = _body(kind, chance, orders, mid)
        said = {"event_id": event_id, "producer": "hb:v2_with_controllers.py", "instance_name": bot}
        said |= {"controller_id": f"mm_{bot}", "connector_name": "bitget_paper_trade", "trading_pair": "BTC-USDT"}
        yield {
            **said,
            "event_type": kind,
            "event_version": "v1",
            "ts_utc": str(ts),
            "correlation_id": event_id,
            "stream": "hb.events.v1",
            "stream_entry_id": f"{ts}-0",
            "payload": {"schema_version": "1.0", "event_type": kind, **said, "timestamp_ms": ts, **body},
            "ingest_ts_utc": datetime.fromtimestamp((ts + chance.randrange(20, 900)) / 1000, UTC).isoformat(),
            "schema_validation_status": "ok",
        }


def _body(kind: str, chance: random.Random, orders: list[str], mid: float) -> tuple[str, dict[str, Any]]:
    if kind in ("market_snapshot", "state_snapshot"):
        body = {"mid_price": mid, "equity_quote": 5_000 + chance.random(), "base_pct": chance.random()}
        body |= {"target_base_pct": 0.65, "spread_pct": 0.003, "net_edge_pct": 0.0007, "turnover_x": chance.random()}
        return kind, {**body, "state": "running", "extra": {"regime": chance.choice(("up", "down", "flat"))}}
    if kind in ("execution_intent", "audit"):
        details = json.dumps(
            {"portfolio_action": "none", "critical_count": 0, "findings": [{"value": chance.random()}]}
        )
        return kind, {"action": "resume", "severity": "info", "metadata": {"reason": "limits", "details": details}}
    if not orders or chance.random() < 0.5:
        orders.append(f"HBOT-{chance.getrandbits(64):016x}")
        return "order_created", {"order_id": orders[-1], "side": "buy", "price": mid, "amount": 0.002}
    order = orders.pop()
    if chance.random() < 0.5:
        return "order_cancelled", {"order_id": order}
    fill = {"order_id": order, "trade_id": f"{chance.getrandbits(60)}", "side": "buy", "price": mid, "amount": 0.002}
    return "order_filled", {**fill, "fee_quote": round(mid * 0.002 * 0.0002, 8), "is_maker": True}


def count_newlines(file: Path) -> int:
    """Read the file and count its lines: the least that any reading costs."""
    with file.open("rb", buffering=0) as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))


def read_ndjson(file: Path) -> int:
    """Read the file with polars."""
    return pl.read_ndjson(file).height


def take_in(desk: Path, store: Path) -> dict[str, int]:
    """Ingest what is new of the desk."""
    what = load_desk(desk)
    account = Ingestor(Store.open(store, what.name), what, lambda: datetime.now(UTC)).ingest_files()
    return dict(account.total)


def main() -> None:
    """Measure each size and print one line for each step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--no-ndjson", action="store_true", help="leave read_ndjson out, where memory is short")
    parser.add_argument("--times", type=int, default=3, help="how often each step is measured; the median counts")
    given = parser.parse_args()
    print(
        f"{'events':>11} {'step':<16} {'seconds':>8} {'CPU s':>7} {'events/s':>10} {'x newlines':>10} {'x ndjson':>9} {'peak GB':>8}"
    )
    for count in given.events:
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), count, given.times, with_ndjson=not given.no_ndjson)


def _measure(folder: Path, count: int, times: int, *, with_ndjson: bool) -> None:
    desk, store = folder / "desk", folder / "store"
    write_desk(desk, count)
    file = desk / "events.jsonl"
    measure(count_newlines, file)  # so that every step finds the file in the page cache
    plain = median([measure(count_newlines, file) for _ in range(times)])
    ndjson = median([measure(read_ndjson, file) for _ in range(times)]) if with_ndjson else None
    time.sleep(3)  # a file written in the last moment would not be trusted by its times
    first = median([measure(take_in, desk, place) for place in (store, *_places(folder, times - 1))])
    again = median([measure(take_in, desk, store) for _ in range(times)])
    if first.result["stored"] != count or again.result.get("read", 0):
        raise SystemExit(f"{count} events generated, {first.result} taken in, then {again.result}: not what it must be")
    began, before = time.perf_counter(), os.times()
    command = [str(Path(sys.executable).with_name("deskgate")), "ingest", "--desk", str(desk), "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    whole = Measured(time.perf_counter() - began, 0.0, None, sum(after[2:4]) - sum(before[2:4]))
    steps = {
        "newline count": plain,
        "read_ndjson": ndjson,
        "ingest": first,
        "ingest again": again,
        "whole command": whole,
    }
    for name, measured in steps.items():
        if measured:
            ratios = [f"{measured.cpu_s / base.cpu_s:.1f}" if base else "" for base in (plain, ndjson)]
            rate = f"{count / measured.cpu_s:,.0f}" if name not in ("ingest again", "whole command") else ""
            peak = f"{measured.peak_gb:.2f}" if measured.peak_gb else ""
            print(
                f"{count:>11,} {name:<16} {measured.seconds:>8.2f} {measured.cpu_s:>7.2f} {rate:>10} {ratios[0]:>10} {ratios[1]:>9} {peak:>8}"
            )


def _places(folder: Path, count: int) -> Iterator[Path]:
    """Give places for stores, each gone when the next is asked for."""
    for number in range(count):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            yield Path(place) / str(number)


if __name__ == "__main__":
    main()
