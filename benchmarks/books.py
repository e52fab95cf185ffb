"""How fast fills are booked first in, first out, against average cost over the same fills in the same run.

    python -m benchmarks.books 100000 1000000

Fills of 8 positions, drawn from a seed: of any size and side (`mixed`), many small ones against few large ones (`small`), and
positions that only grow, so that each fill stays open (`open`). Each run is in a process of its own, of three the median.
"""

import argparse
import random
import time
from collections.abc import Callable, Mapping
from decimal import Decimal

import polars as pl

from benchmarks.measure import measure
from deskgate.accounting.cost_book import METHODS, book_fills
from deskgate.case.tolerances import MONEY
from deskgate.config.accounting import Accounting

POSITIONS, RUNS = 8, 3
# What a fill changes its position by, by its number, in hundredths.
_KINDS: Mapping[str, Callable[[random.Random, int], int]] = {
    "mixed": lambda draw, _number: draw.choice((1, -1)) * draw.randint(1, 50),
    "small": lambda _draw, number: 50 if number // POSITIONS % 50 == 0 else -1,
    "open": lambda draw, _number: draw.randint(1, 50),
}


def made(kind: str, fills: int) -> pl.DataFrame:
    """Return fills as a cost book takes them."""
    draw = random.Random(7)
    sizes = [_KINDS[kind](draw, number) for number in range(fills)]
    prices = [draw.randint(6_000_000, 7_000_000) for _ in sizes]
    hundredth = pl.lit(Decimal("0.01")).cast(MONEY)
    rows = pl.DataFrame({"key": [number % POSITIONS for number in range(fills)], "base": sizes, "price": prices})
    return rows.with_columns(pl.col("base", "price").cast(pl.Decimal(38, 2)).cast(MONEY) * hundredth).select(
        "key", pl.col("base").cast(MONEY), value=(pl.col("base") * pl.col("price")).cast(MONEY)
    )


def booked(kind: str, fills: int, accounting: str) -> tuple[float, int]:
    """Return the seconds that booking takes, and how many lots are left."""
    rows = made(kind, fills)
    flat = pl.DataFrame(schema={"key": pl.Int64, "position": MONEY, "cost": MONEY})
    began = time.perf_counter()
    _, held = book_fills(rows, flat, by=["key"], method=METHODS[Accounting(accounting)])
    return time.perf_counter() - began, held.height


def main() -> None:
    """Print one line for each kind and number of fills."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fills", nargs="*", type=int, default=[100_000, 1_000_000])
    print(f"{'fills':>10} {'kind':<6} {'average s':>10} {'fifo s':>8} {'x':>6} {'us a fill':>10} {'lots left':>10}")
    for fills in parser.parse_args().fills:
        for kind in _KINDS:
            found = {
                each: sorted(measure(booked, kind, fills, each.value).result for _ in range(RUNS))[RUNS // 2]
                for each in Accounting
            }
            (average, _), (fifo, lots) = found[Accounting.AVERAGE], found[Accounting.FIFO]
            print(
                f"{fills:>10,} {kind:<6} {average:>10.3f} {fifo:>8.3f} {fifo / average:>6.2f} {fifo / fills * 1e6:>10.2f} {lots:>10,}",
                flush=True,
            )


if __name__ == "__main__":
    main()
