"""How fast fills are priced by mids, against the row-by-row way: for each fill a loop over the mids, in plain Python.

    python -m benchmarks.rows 10000 100000 1000000

There are as many mids as fills, of 4 bots and 2 pairs (`benchmarks.parity` writes both). The loop is that of a script which
keeps the mids of each market in a list: it goes through them until one is later than the fill, and takes the one before,
if it is no older than 5 minutes. It takes a hundred times as long for ten times as many; after `--loop-s` seconds of CPU it
is ended, and only how far it came is said. Where it came to its end, both must find the same. Every step runs in a process
of its own.
"""

import argparse
import tempfile
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import polars as pl

from benchmarks.measure import Measured, measure, median
from benchmarks.parity import one, write
from deskgate.prices.mids import MID_AGE

_MARKET = ("bot", "pair")


def row_by_row(folder: Path, most_s: float) -> tuple[float, int]:
    """Go through the mids of its market for each fill; return the sum of what was found, and of how many fills within the time."""
    known = defaultdict(list)
    for mid in pl.read_parquet(folder / "mids.parquet").sort("ts").iter_rows(named=True):
        known[mid["bot"], mid["pair"]].append((mid["ts"], mid["mid"]))
    total, done = Decimal(0), 0
    for fill in pl.read_parquet(folder / "fills.parquet", columns=[*_MARKET, "ts"]).iter_rows(named=True):
        if time.process_time() > most_s:
            break
        at, found = fill["ts"], None
        for ts, mid in known[fill["bot"], fill["pair"]]:
            if ts > at:
                break
            found = (ts, mid)
        if found and found[0] >= at - MID_AGE:
            total += found[1]
        done += 1
    return float(total), done


def main() -> None:
    """Measure each size and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fills", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--loop-s", type=float, default=60, help="after so many seconds of CPU the loop is ended")
    parser.add_argument("--times", type=int, default=3, help="how often the join is measured; the median counts")
    given = parser.parse_args()
    print(f"{'fills':>10} {'step':<12} {'CPU s':>9} {'x joins':>9} {'peak GB':>8} {'found':>20}")
    for count in given.fills:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write(folder, count, count)
            joins = median([measure(one, folder) for _ in range(given.times)])
            _print(count, "joins", joins, joins.result, joins)
            rows = measure(row_by_row, folder, given.loop_s)
            total, done = rows.result
            if done < count:
                print(
                    f"{count:>10,} row by row   ended after {rows.cpu_s:.0f} CPU s: {done:,} fills were priced",
                    flush=True,
                )
                continue
            _print(count, "row by row", rows, total, joins)
            if abs(total - joins.result) > 1e-6 * abs(joins.result):
                raise SystemExit(f"{count} fills: the two ways found different mids: not what it must be")


def _print(count: int, name: str, run: Measured, total: float, joins: Measured) -> None:
    figures = f"{run.cpu_s:>9.2f} {run.cpu_s / joins.cpu_s:>9.1f} {run.peak_gb:>8.2f} {total:>20,.2f}"
    print(f"{count:>10,} {name:<12} {figures}", flush=True)


if __name__ == "__main__":
    main()
