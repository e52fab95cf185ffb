"""How fast fills are priced by mids, against DuckDB's ASOF JOIN and against a scan of the mids for each fill, in one run.

    make setup SYNC="--group benchmark"
    python -m benchmarks.parity 100000 1000000

Only this file needs DuckDB. Fills and mids are read from parquet files, of 4 bots and 2 pairs each, in any order, with ties.
`one` is the mid at or before each fill, no older than 5 minutes; `eight` has those at the order's creation and at six
horizons as well; `measures` begins with quotes as they were observed, and ends with every measure that needs a price. The
scan is made for a sample of the fills, and its time multiplied. An event is a fill or a mid. Every step runs in a process
of its own, its imports do not count.
"""

import argparse
import importlib
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.measure import measure, median
from deskgate.measures.horizons import HORIZONS
from deskgate.measures.priced import HORIZON_AGE, mid_after, price_fills
from deskgate.measures.slippage import cost_against
from deskgate.prices.flaws import flawed
from deskgate.prices.mids import MID_AGE, MarketMids, market_mids

START = datetime(2026, 3, 1, tzinfo=UTC)
MONEY = pl.Decimal(38, 18)
SPAN_S = 2_000_000
SAMPLE = 200


def write(folder: Path, fills: int, mids: int) -> None:
    """Write fills.parquet, quotes.parquet (as they are observed) and mids.parquet (the mids among them)."""
    chance = np.random.default_rng(7)
    cents = pl.Series("cents", chance.integers(6_900_000, 7_100_000, mids)).cast(MONEY)
    quotes = _places(chance, mids).with_columns(
        trust=pl.lit(0, pl.Int8),
        market=pl.lit("bitget_perpetual"),
        mid=cents / 100,
        best_bid=cents / 100 - 1,
        best_ask=cents / 100 + 1,
        row_id=pl.int_range(mids).cast(pl.String),
    )
    quotes.write_parquet(folder / "quotes.parquet")
    known = [
        rows.select(pl.lit(bot).alias("bot"), pl.lit(pair).alias("pair"), "ts", "mid", pl.col("source").cast(pl.String))
        for (bot, pair), rows in market_mids([flawed(quotes)]).by_market.items()
    ]
    pl.concat(known).sample(fraction=1, shuffle=True, seed=7).write_parquet(folder / "mids.parquet")
    before = pl.Series("before", chance.integers(0, 600, fills) * 1_000_000).cast(pl.Duration("us"))
    _places(chance, fills).with_columns(
        trade_id=pl.int_range(fills).cast(pl.String),
        order_id=(pl.int_range(fills) // 2).cast(pl.String),
        side=pl.Series(np.where(chance.random(fills) < 0.5, "BUY", "SELL")),
        liquidity=pl.lit("maker"),
        price=pl.Series(chance.integers(6_900_000, 7_100_000, fills)).cast(MONEY) / 100,
        quantity=pl.Series(chance.integers(1, 50, fills)).cast(MONEY) / 10_000,
        made=pl.col("ts") - before,
    ).write_parquet(folder / "fills.parquet")


def _places(chance: np.random.Generator, count: int) -> pl.DataFrame:
    since = pl.Series(chance.integers(0, SPAN_S * 10, count) * 100_000).cast(pl.Duration("us"))
    return pl.DataFrame(
        {
            "bot": pl.Series(chance.integers(1, 5, count)).cast(pl.String).str.replace("^", "bot"),
            "pair": pl.Series(np.where(chance.random(count) < 0.5, "BTC-USDT", "ETH-USDT")),
            "since": since,
        }
    ).select("bot", "pair", ts=pl.lit(START, pl.Datetime("us", "UTC")) + pl.col("since"))


def one(folder: Path) -> float:
    """Price each fill once; return the sum of what was found."""
    fills, known = _read(folder, "bot", "pair", "ts")
    at = pl.col("ts")
    return float(known.as_of(fills, at, at - MID_AGE)["mid"].sum())


def eight(folder: Path) -> float:
    """Price each fill at its instant, at its order's creation and at each horizon."""
    return _total(price_fills(*_read(folder)))


def measures(folder: Path) -> float:
    """Find the mids among the quotes, price each fill eight times, and compute what every measure sums up."""
    known = market_mids([flawed(pl.read_parquet(folder / "quotes.parquet"))])
    rows = price_fills(pl.read_parquet(folder / "fills.parquet"), known)
    names = ["mid", "mid_at_order", *map(mid_after, HORIZONS)]
    rows.select(cost_against(name).cast(pl.Float64).alias(name) for name in names)
    return _total(rows)


def _read(folder: Path, *columns: str) -> tuple[pl.DataFrame, MarketMids]:
    """Return the fills, with all or some columns, and the mids."""
    parts = pl.read_parquet(folder / "mids.parquet").partition_by("bot", "pair", as_dict=True, include_key=False)
    known = MarketMids({(bot, pair): rows.sort("ts") for (bot, pair), rows in parts.items()})
    return pl.read_parquet(folder / "fills.parquet", columns=list(columns) or None), known


def _total(rows: pl.DataFrame) -> float:
    return sum(float(rows[name].sum()) for name in ("mid", "mid_at_order", *map(mid_after, HORIZONS)))


def duckdb_one(folder: Path) -> float:
    """Price each fill once by DuckDB."""
    return _by_duckdb(folder, [("f.ts", _interval(MID_AGE.total_seconds()))])


def duckdb_eight(folder: Path) -> float:
    """Price each fill eight times by DuckDB."""
    age = _interval(MID_AGE.total_seconds())
    after = [
        (f"f.ts + {_interval(each.total_seconds())}", _interval(abs(each.total_seconds()) * HORIZON_AGE))
        for each in HORIZONS.values()
    ]
    return _by_duckdb(folder, [("f.ts", age), ("f.made", age), *after])


def _interval(seconds: float) -> str:
    return f"to_microseconds({round(seconds * 1e6)})"


def _by_duckdb(folder: Path, instants: list[tuple[str, str]]) -> float:
    duckdb = importlib.import_module("duckdb")
    joins, sums = [], []
    for number, (at, age) in enumerate(instants):
        name = f"m{number}"
        on = f"{name}.bot = f.bot AND {name}.pair = f.pair AND {name}.ts <= {at}"
        joins.append(f"ASOF LEFT JOIN '{folder}/mids.parquet' {name} ON {on}")
        sums.append(f"coalesce(sum(CASE WHEN {name}.ts >= {at} - {age} THEN {name}.mid END), 0)")
    query = f"SELECT {' + '.join(sums)} FROM '{folder}/fills.parquet' f {' '.join(joins)}"
    return float(duckdb.sql(query).fetchall()[0][0])


def scan(folder: Path) -> float:
    """Look through all mids for each fill of a sample; return the seconds that all fills would take."""
    fills, known = _read(folder)[0], pl.read_parquet(folder / "mids.parquet")
    began = time.perf_counter()
    for fill in fills.head(SAMPLE).iter_rows(named=True):
        at = fill["ts"]
        mine = (pl.col("bot") == fill["bot"]) & (pl.col("pair") == fill["pair"])
        known.filter(mine & pl.col("ts").is_between(at - MID_AGE, at)).select(pl.col("mid").sort_by("ts").last())
    return (time.perf_counter() - began) * fills.height / SAMPLE


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fills", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--mids", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3, help="how often each step is measured; the median counts")
    given = parser.parse_args()
    try:
        importlib.import_module("duckdb")
    except ImportError:
        parser.exit(
            2,
            'benchmarks.parity compares with DuckDB, which is not installed here: make setup SYNC="--group benchmark"\n',
        )
    print(f"{'fills':>10} {'step':<14} {'seconds':>8} {'CPU s':>6} {'events/s':>12} {'peak GB':>8} {'found':>20}")
    for count in given.fills:
        with tempfile.TemporaryDirectory() as place:
            folder, events = Path(place), count + given.mids
            write(folder, count, given.mids)
            for step, other in ((one, duckdb_one), (eight, duckdb_eight), (measures, None)):
                cpu = [_print(each, folder, count, events, given.times) for each in (other, step) if each]
                if other:
                    print(f"{'':>10} {step.__name__} takes {cpu[1] / cpu[0]:.2f} of DuckDB's CPU time")
            if count <= 100_000:
                whole = measure(scan, folder).result
                print(f"{count:>10,} {'scan':<14} {whole:>8.0f} {'':>6} {events / whole:>12,.0f}   from {SAMPLE} fills")


def _print(step: Callable[[Path], float], folder: Path, count: int, events: int, times: int) -> float:
    run = median([measure(step, folder) for _ in range(times)])
    figures = (
        f"{run.seconds:>8.2f} {run.cpu_s:>6.2f} {events / run.seconds:>12,.0f} {run.peak_gb:>8.2f} {run.result:>20,.2f}"
    )
    print(f"{count:>10,} {step.__name__:<14} {figures}", flush=True)
    return run.cpu_s


if __name__ == "__main__":
    main()
