"""What it costs to replay a year of days: by this process and by two, on the metrics on record, under two suites.

    python -m benchmarks.backtest 365

The desk is that of `benchmarks.history`, with one bot: its days are published without notebooks, as `benchmarks.ladder` does it, and then
replayed by `deskgate backtest`, each time in a process of its own. The second suites ask for more: every critical bound is half
as wide. Ends with 1 where one and two workers say other things.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

from benchmarks.history import START, LongDesk
from benchmarks.ladder import publish
from deskgate.config.desk_file import load_desk
from deskgate.config.paths import SUITES
from deskgate.gates.suites import load_suites
from deskgate.store.desk_store import ingest_desk


def main() -> None:
    """Publish the days, replay them four times, and print what each cost and said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("days", nargs="?", type=int, default=365)
    parser.add_argument("--keep", type=Path, help="a folder in which the desk and its days are left, or are already")
    given = parser.parse_args()
    with nullcontext(given.keep) if given.keep else tempfile.TemporaryDirectory() as place:
        root = Path(place)
        if not (root / "out").exists():
            live_through(root, given.days)
        narrower(root / "narrower")
        print(f"{'suites':10} {'workers':>7} {'CPU s':>8} {'wall s':>8} {'days':>5} {'flips':>6} {'digest':>17}")
        said = {(name, n): _replay(root, given.days, name, n) for name in ("shipped", "narrower") for n in (1, 2)}
    raise SystemExit(any(said[name, 1] != said[name, 2] for name in ("shipped", "narrower")))


def live_through(root: Path, days: int) -> None:
    """Let the desk live through the days, and publish each of them from what is known at the end."""
    began = time.process_time()
    desk_of = LongDesk(_made(root / "desk"))
    for _ in range(days):
        desk_of.add_day()
    desk, out = load_desk(root / "desk"), root / "out"
    later = START + timedelta(days=days + 1)
    store, _ = ingest_desk(desk, out, lambda: later)
    ingested = time.process_time()
    decisions = Counter(
        publish(desk, store, out, (START + timedelta(days=n)).date()).split(maxsplit=1)[0] for n in range(days)
    )
    print(
        f"{days} days: ingested in {ingested - began:.0f} CPU s, published in {time.process_time() - ingested:.0f};"
        f" {dict(decisions)}",
        flush=True,
    )


def _made(folder: Path) -> Path:
    rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def narrower(folder: Path) -> None:
    """Write suites of which every critical bound of a number is half as wide as that of the shipped ones."""
    rmtree(folder, ignore_errors=True)
    copytree(SUITES, folder)
    for suite in load_suites(SUITES).values():
        file = folder / f"{suite.name}.json"
        content = json.loads(file.read_text(encoding="utf-8"))
        for entry in content["expectations"]:
            bounds = entry["kwargs"]
            if entry["severity"] == "critical" and bounds.get("max_value"):
                bounds["max_value"] /= 2
        file.write_text(json.dumps(content, indent=2), encoding="utf-8")


def _replay(root: Path, days: int, name: str, workers: int) -> str:
    program = str(Path(sys.executable).with_name("deskgate"))
    last = (START + timedelta(days=days - 1)).date().isoformat()
    command = [program, "backtest", "--from", START.date().isoformat(), "--to", last, "--json"]
    command += ["--desk", str(root / "desk"), "--out", str(root / "out")]
    command += ["--suites", str(root / name)] if name != "shipped" else []
    command += ["--workers", str(workers)] if workers > 1 else []
    before, began = os.times(), time.monotonic()
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    wall, after = time.monotonic() - began, os.times()
    found: dict[str, Any] = json.loads(ran.stdout)
    flips = sum(len(day["flips"]) for day in found["days"])
    digest = sha256(ran.stdout.encode()).hexdigest()[:16]
    cpu = sum(after[2:4]) - sum(before[2:4])
    print(
        f"{name:10} {workers:>7} {cpu:>8.1f} {wall:>8.1f} {len(found['days']):>5} {flips:>6} {digest:>17}", flush=True
    )
    return digest


if __name__ == "__main__":
    main()
