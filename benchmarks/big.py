"""What a day of 10 thousand to 10 million events costs: ingest, `gates` and `daily`, in CPU seconds and memory.

    python -m benchmarks.big 1e4 1e5 1e6 1e7
    python -m benchmarks.big 1e6 1e7 --one-bot      # all quotes are of one bot

The desk is the demo's of one day, or copies of its bots as in `benchmarks.fleet`; its orders, fills, account exports and
minutes stay as they are. To reach the number of events, each minute's market snapshot of each bot is written again and
again, with ids, times and mids of their own, as the control plane's event log has them; one line in 25 is a heartbeat of
a live bot, as its MQTT bridge sends it. So most events are quotes, and a small share are orders and fills.

Every command runs in a process of its own. `RSS` is the most that its processes had resident together, `anonymous` what
of it was no mapped file; `growth` is the ratio to the size before. A desk that `--keep` has is used again.
"""

import argparse
import csv
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.fleet import DAY, write_fleet
from benchmarks.measure import TreeMemory

BEGIN_MS, END_MS = 1_772_434_800_000, 1_772_496_000_000  # 2026-03-02, 07:00 to 24:00 UTC
MINUTE_MS = 60_000
HEARTBEAT_EVERY = 25
STEPS = ("ingest", "gates", "daily")


@dataclass(frozen=True)
class Cost:
    """What one command cost: CPU seconds of it and its children, wall seconds, and peak memory in GB."""

    cpu_s: float
    wall_s: float
    rss_gb: float
    anonymous_gb: float
    code: int


def write_big(folder: Path, events: int, bots: int, *, one_bot: bool = False) -> Path:
    """Write a desk whose day has `events` events, and return its folder; one that is there is left as it is.

    `one_bot`: the quotes of each events log are all of one live bot.
    """
    done = folder / "desk" / "big.json"
    told = {"events": events, "bots": bots, "one_bot": one_bot}
    if done.exists() and json.loads(done.read_text(encoding="utf-8")) == told:
        return folder / "desk"
    shutil.rmtree(folder, ignore_errors=True)
    desk = write_fleet(folder, bots)
    logs = sorted(desk.rglob("event_store/events_*.jsonl"))
    there = sum(_lines(file) for file in (*logs, *desk.rglob("bot?/events.jsonl"), *desk.rglob("b???/events.jsonl")))
    if events < there:
        raise SystemExit(f"{events} events asked for, expected at least {there}: those of the orders of {bots} bots")
    _list_logs(desk)
    wanted = events - there
    for number, log in enumerate(logs):
        share = wanted * (number + 1) // len(logs) - wanted * number // len(logs)
        _write_market(log, share, random.Random(number), one_bot=one_bot)
    done.write_text(json.dumps(told), encoding="utf-8")
    return desk


def _lines(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(1 for _ in stream)


def _list_logs(desk: Path) -> None:
    """Let every live bot list the control plane's log beside its own stream: the log has its quotes too."""
    lines = (desk / "desk.toml").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("events") and "events.jsonl*" in line and "bot2/" not in line and "2/events" not in line:
            inner = line[line.index('"') + 1 : line.rindex('"')]
            group = inner.rsplit("/", 2)[0] + "/" if inner.count("/") > 1 else ""
            lines[number] = f'events = ["{inner}", "{group}reports/event_store/market_*.jsonl"]'
        elif line.startswith("events") and "event_store" in line:
            inner = line[line.index('"') + 1 : line.rindex('"')]
            lines[number] = f'events = ["{inner}", "{inner.replace("events_*", "market_*")}"]'
    (desk / "desk.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_market(log: Path, count: int, chance: random.Random, *, one_bot: bool) -> None:
    """Write `count` market snapshots and heartbeats of the bots whose group has `log`."""
    template = next(
        json.loads(line) for line in log.open(encoding="utf-8") if '"event_type": "market_snapshot"' in line
    )
    group = log.parent.parent.parent
    bots = sorted(file.parent.parent.parent.parent for file in group.glob("*/logs/epp_v24/*/minute.csv"))
    spans = {bot: list(_minutes(next(bot.glob("logs/epp_v24/*/minute.csv")), template)) for bot in bots}
    live = [bot for bot in bots if (bot / "data").exists()]
    quoted = live[:1] if one_bot else bots
    beats = {bot: (bot / "events.jsonl.heartbeats").open("wb") for bot in live}
    every_ms = (END_MS - BEGIN_MS) / max(count, 1)
    with (log.parent / log.name.replace("events_", "market_")).open("wb") as file:
        for number in range(count):
            ms = BEGIN_MS + int(number * every_ms)
            arrived_ms = ms + chance.randrange(20, 900)
            if number % HEARTBEAT_EVERY == 0:
                bot = live[number // HEARTBEAT_EVERY % len(live)]
                beats[bot].write(
                    b'{"topic":"hbot/%b/hb","received_at":%.3f,"payload":{"header":{"timestamp":%d,"msg_id":%d}}}\n'
                    % (bot.name.encode(), arrived_ms / 1000, ms, number)
                )
                continue
            minutes = spans[quoted[number % len(quoted)]]
            text, low, high = minutes[min((ms - BEGIN_MS) // MINUTE_MS, len(minutes) - 1)]
            event_id = str(uuid.UUID(int=chance.getrandbits(128))).encode()
            mid = low + (high - low) * (ms % MINUTE_MS) / MINUTE_MS
            arrived = datetime.fromtimestamp(arrived_ms / 1000, UTC).isoformat().encode()
            file.write(text % {b"id": event_id, b"ms": b"%d" % ms, b"mid": b"%.2f" % mid, b"arrived": arrived} + b"\n")
    for stream in beats.values():
        stream.close()


def _minutes(file: Path, template: dict[str, Any]) -> Iterator[tuple[bytes, float, float]]:
    """Yield the line of each minute of a bot as a format, and the mids of its begin and its end."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    name = file.parent.name.rsplit("_", 1)[0]
    for row, after in zip(rows, [*rows[1:], rows[-1]], strict=True):
        said = {
            "instance_name": name,
            "controller_id": f"epp_v2_4_{name}_{row['exchange']}",
            "connector_name": row["exchange"],
            "trading_pair": row["trading_pair"],
        }
        numbers = {key: float(row[key]) for key in ("equity_quote", "base_pct", "target_base_pct")}
        payload = {**template["payload"], **said, **numbers, "state": row["state"], "extra": {"regime": row["regime"]}}
        payload |= {"event_id": "%(id)b", "correlation_id": "%(id)b", "timestamp_ms": "#ms", "mid_price": "#mid"}
        event = {**template, **said, "event_id": "%(id)b", "ts_utc": "%(ms)b", "correlation_id": "%(id)b"}
        event |= {"stream_entry_id": "%(ms)b-0", "payload": payload, "ingest_ts_utc": "%(arrived)b"}
        text = re.sub(r'"#(\w+)"', r"%(\1)b", json.dumps(event))
        yield text.encode(), float(row["mid"]), float(after["mid"])


def run(*given: str, cap_gb: float) -> tuple[Cost, str]:
    """Run a deskgate command and return what it cost and printed; a process of it cannot have more than `cap_gb`."""
    program = str(Path(sys.executable).with_name("deskgate"))
    before, began = os.times(), time.perf_counter()
    limit = ["prlimit", f"--data={int(cap_gb * 1e9)}", "--"] if cap_gb else []
    with tempfile.TemporaryFile("w+") as out:
        command = subprocess.Popen([*limit, program, *given], stdout=out, text=True)
        with TreeMemory(command.pid) as memory:
            code = command.wait()
        out.seek(0)
        printed = out.read()
    after = os.times()
    wall = time.perf_counter() - began
    return Cost(sum(after[2:4]) - sum(before[2:4]), wall, memory.rss_gb, memory.anonymous_gb, code), printed


def measure_size(
    desk: Path, out: Path, events: int, steps: Sequence[str], cap_gb: float, again: bool
) -> dict[str, Cost]:
    """Run the steps on a desk in turn, and return what each cost."""
    if not again:
        shutil.rmtree(out, ignore_errors=True)
    at = ["--desk", str(desk), "--out", str(out)]
    time.sleep(3)  # a file written in the last moment would not be trusted by its times
    found = {}
    for step in steps:
        dated = [] if step == "ingest" else ["--date", DAY]
        cost, printed = run(step, *at, *dated, "--json", cap_gb=cap_gb)
        # 1: the day is no GO, which is no matter here.
        if cost.code not in (0, 1):
            print(printed)
            print(f"{events:>11,} deskgate {step} ended with {cost.code}, expected 0 or 1", flush=True)
        found[step] = cost
    return found


def main() -> None:
    """Measure each size and print one line for each step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", nargs="*", type=float, default=[1e4, 1e5, 1e6], help="sizes of the day, ascending")
    parser.add_argument("--bots", type=int, default=4, help="a multiple of 4")
    parser.add_argument("--one-bot", action="store_true", help="all quotes of four bots are of one of them")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--keep", type=Path, help="where the desks and their stores stay, for another look")
    parser.add_argument("--again", action="store_true", help="go on with the store that --keep has")
    parser.add_argument("--cap", type=float, default=0, help="GB of data that a process may have; 0: no bound")
    given = parser.parse_args()
    print(
        f"{'events':>11} {'step':<7} {'CPU s':>8} {'growth':>7} {'RSS GB':>7} {'growth':>7} {'anonymous':>10} {'wall s':>8}"
    )
    with tempfile.TemporaryDirectory(prefix="deskgate-big-") as place:
        before: dict[str, Cost] = {}
        for events in map(int, given.events):
            folder = (given.keep or Path(place)) / f"{events}-{given.bots}{'-one' if given.one_bot else ''}"
            desk = write_big(folder, events, given.bots, one_bot=given.one_bot)
            found = measure_size(desk, folder / "out", events, given.steps, given.cap, given.again)
            for step, cost in found.items():
                last = before.get(step)
                cpu, rss = (f"{cost.cpu_s / last.cpu_s:.2f}", f"{cost.rss_gb / last.rss_gb:.2f}") if last else ("", "")
                print(
                    f"{events:>11,} {step:<7} {cost.cpu_s:>8.1f} {cpu:>7} {cost.rss_gb:>7.2f} {rss:>7}"
                    f" {cost.anonymous_gb:>10.2f} {cost.wall_s:>8.1f}",
                    flush=True,
                )
            before = found


if __name__ == "__main__":
    main()
