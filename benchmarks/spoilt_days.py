"""Days on record for `benchmarks.calibrate`: the demo's desk over many days, with faults planted in its own files on some of them.

A fault is put into the records that the bots and the venue wrote, before anything is ingested. Each kind comes in a small and in a
large size: the large one is beyond what the shipped bound tolerates, or near it; the small one is far within it and far beyond what
the demo does by itself.
"""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.demo_days import FIRST, end_of, open_days
from deskgate.assessment.artifacts import DayArtifacts, write_artifacts
from deskgate.assessment.assessment import assess
from deskgate.audit.trail import Trail
from deskgate.config.desk_file import load_desk
from deskgate.demo import write_demo
from deskgate.demo.clock import day_of, iso_milli
from deskgate.demo.json_file import write_document, write_lines
from deskgate.run.publish import decide_day, record_decision, write_decision
from deskgate.store.desk_store import open_to_read

__all__ = ["PLANTS", "Plant", "Planted", "live_through", "planned_faults"]

_LATE_MIN = 30


@dataclass(frozen=True)
class Plant:
    """One kind of fault: what it does to a desk's files on a day, the entry that is made for it, and its two sizes."""

    name: str
    unit: str
    entry: str
    sizes: tuple[float, float]
    put: Callable[[Path, date, float], None]


@dataclass(frozen=True)
class Planted:
    """A fault that was put into a day."""

    day: date
    plant: Plant
    size: float


def _late_stream(desk: Path, day: date, seconds: float) -> None:
    """Let the collector receive half an hour of bot1's messages late."""
    file = desk / "bot1" / "events.jsonl"
    begin = datetime.combine(day, time(12), UTC).timestamp()
    messages = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for message in messages:
        if begin <= message["payload"]["timestamp"] < begin + 60 * _LATE_MIN:
            message["received_at"] = round(message["received_at"] + seconds, 3)
    write_lines(file, messages, compact=True)


def _venue_clock(desk: Path, day: date, seconds: float) -> None:
    """Let bot4's venue stamp the day's trades late."""
    file = desk / "bot4" / "exchange" / "my_trades.json"
    trades = json.loads(file.read_text(encoding="utf-8"))
    for trade in trades:
        if day_of(trade["timestamp"]) == day:
            stamp = trade["timestamp"] + round(1000 * seconds)
            trade |= {"timestamp": stamp, "datetime": iso_milli(stamp)}
            trade["info"]["time"] = str(stamp)
    write_document(file, trades)


def _wrong_minutes(column: str, change: Callable[[float, float], float]) -> Callable[[Path, date, float], None]:
    """Return what changes a column of bot1's minutes from noon on."""

    def put(desk: Path, day: date, size: float) -> None:
        file = desk / "bot1" / "logs" / "epp_v24" / "bot1_a" / "minute.csv"
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
        for row in rows:
            if row["ts"][:10] == day.isoformat() and row["ts"][11:13] >= "12":
                row[column] = f"{change(float(row[column]), size):.8f}"
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        file.write_text(text.getvalue(), encoding="utf-8")

    return put


def _late_fill(desk: Path, day: date, seconds: float) -> None:
    """Let bot4 hear of one fill late, in its database and in its stream."""
    (file,) = (desk / "bot4" / "data").glob("*.sqlite")
    noon = round(datetime.combine(day, time(12), UTC).timestamp() * 1000)
    with closing(sqlite3.connect(file)) as database:
        asked = "SELECT exchange_trade_id FROM TradeFill WHERE timestamp >= ? ORDER BY timestamp LIMIT 1"
        (trade_id,) = database.execute(asked, (noon,)).fetchone()
        late = "UPDATE TradeFill SET timestamp = timestamp + ? WHERE exchange_trade_id = ?"
        database.execute(late, (round(1000 * seconds), trade_id))
        database.commit()
    log = desk / "bot4" / "events.jsonl"
    messages = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    for message in messages:
        if message["payload"]["data"].get("exchange_trade_id") == trade_id:
            message["received_at"] += seconds
            message["payload"]["timestamp"] += round(seconds)
            if "timestamp" in message["payload"]["data"]:
                message["payload"]["data"]["timestamp"] += seconds
    messages.sort(key=lambda each: each["received_at"])
    write_lines(log, messages, compact=True)


PLANTS = (
    Plant("messages received late", "s", "event_store#lag_p99_s", (8, 70), _late_stream),
    Plant("the venue's clock off", "s", "reconciliation#clock_early_s", (0.8, 8), _venue_clock),
    Plant(
        *("equity of the minutes wrong", "of equity", "reconciliation#equity_change_off", (0.005, 0.06)),
        _wrong_minutes("equity_quote", lambda value, size: value * (1 + size)),
    ),
    Plant("one fill heard late", "s", "reconciliation#fill_late_s", (25, 200), _late_fill),
    Plant(
        *("target of the inventory off", "of equity", "reconciliation#base_off_target", (0.2, 0.6)),
        _wrong_minutes("target_base_pct", lambda value, size: value + size),
    ),
)


def planned_faults(days: int, faulty: int) -> list[Planted]:
    """Return so many faults on as many of the days, evenly; every kind in its small size, then every kind in its large one."""
    return [
        Planted(
            FIRST + timedelta(days=(2 * number + 1) * days // (2 * faulty)),
            (plant := PLANTS[number % len(PLANTS)]),
            plant.sizes[number // len(PLANTS) % 2],
        )
        for number in range(faulty)
    ]


def live_through(root: Path, out: Path, days: int, faulty: int, *, workers: int, seed: int) -> None:
    """Write the desk of a seed unless it is there, put the faults into it, ingest it, and assess and publish its days.

    Each of `workers` processes assesses a part of the days, one after the other; they are decided and recorded in order.
    """
    if not root.exists():
        write_demo(root, seed=seed, days=days + 1)
    for each in planned_faults(days, faulty):
        each.plant.put(root, each.day, each.size)
    desk = load_desk(root)
    _, dates = open_days(desk, out, days)
    trail = Trail.open(desk, out)
    parts = [dates[number * days // workers : (number + 1) * days // workers] for number in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(_assess, [root] * workers, [out] * workers, parts))
    for day in dates:
        folder = out / day.isoformat()
        given: dict[str, Any] = {"previous": None, "provisional": False, "checkpoint": trail.checkpoint().as_json()}
        decision = decide_day(desk, DayArtifacts.open(folder), [], **given)
        record_decision(trail, write_decision(decision, folder), end_of(day))


def _assess(root: Path, out: Path, days: Sequence[date]) -> None:
    """Assess days and write what they gave, as a run does that makes no page."""
    desk = load_desk(root)
    store = open_to_read(desk, out)
    for day in days:
        folder = out / day.isoformat()
        folder.mkdir(parents=True)
        write_artifacts(folder, assess(desk, store, day=day, as_of=end_of(day)), {})
        print(f"{day} assessed", flush=True)
