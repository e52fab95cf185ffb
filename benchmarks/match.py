"""How fast fills of three legs are matched, against two plain full joins on the id over the same legs in the same run.

    python -m benchmarks.match 10000 100000 1000000

The ratio is of CPU seconds. Each leg has `fills` rows, as Hummingbot and the venue record them; one in a hundred is wrong in one way or another:
missing in a leg, repeated, or with another price, quantity, fee, side or time. Steps run in processes of their own.
"""

import argparse
from datetime import UTC, datetime
from functools import reduce

import numpy as np
import polars as pl

from benchmarks.measure import measure, median
from deskgate.reconciliation.fills.values import VALUES, differences
from deskgate.reconciliation.matching.match import match_fills
from deskgate.schema import LEGS, TABLES

START = datetime(2026, 3, 1, tzinfo=UTC)
NOISE = 0.01
MONEY = pl.Decimal(38, 18)


def three_legs(count: int) -> pl.DataFrame:
    """Return the fills of three legs, `count` each but for the noise."""
    chance = np.random.default_rng(7)
    number = pl.int_range(count, eager=True)
    since = (number * 2_500).cast(pl.Duration("ms"))
    fills = pl.DataFrame(
        {
            "bot": pl.Series(chance.integers(1, 5, count)).cast(pl.String).str.replace("^", "bot"),
            "pair": pl.Series(["BTC-USDT"]).new_from_index(0, count),
            "trade_id": (number + 1_287_000_000_000_000_000).cast(pl.String),
            "order_id": (number // 2 + 10**15).cast(pl.String),
            "exchange_order_id": (number // 2 + 10**17).cast(pl.String),
            "side": pl.Series(np.where(chance.random(count) < 0.5, "BUY", "SELL")),
            "price": pl.Series(chance.integers(600_000, 700_000, count)).cast(MONEY) / 10,
            "quantity": pl.Series(chance.integers(1, 50, count)).cast(MONEY) / 10_000,
            "fee_amount": pl.Series(chance.integers(1, 9_999, count)).cast(MONEY) / 1_000_000,
        }
    ).with_columns(
        ts=pl.lit(START, pl.Datetime("us", "UTC")) + since,
        fee_token=pl.lit("USDT"),
        fee_quote=pl.col("fee_amount"),
    )
    rows, schema = pl.concat([_leg_rows(fills, leg, chance) for leg in LEGS]), TABLES["fills"].create_empty().schema
    # What no leg says here: the venue's name of the market, contracts, positions.
    return rows.select(
        name if name in rows.columns else pl.lit(None, dtype).alias(name) for name, dtype in schema.items()
    )


def _leg_rows(fills: pl.DataFrame, leg: str, chance: np.random.Generator) -> pl.DataFrame:
    fault = pl.Series(chance.random(fills.height))
    kind = pl.Series(chance.integers(0, 6, fills.height))
    wrong = (fault < NOISE / len(LEGS)).alias("wrong")
    rows = fills.with_columns(wrong, kind.alias("fault")).filter(~(pl.col("wrong") & (pl.col("fault") == 0)))

    def where(number: int, value: pl.Expr, other: pl.Expr) -> pl.Expr:
        return pl.when(pl.col("wrong") & (pl.col("fault") == number)).then(value).otherwise(other)

    price, quantity, fee = pl.col("price"), pl.col("quantity"), pl.col("fee_amount")
    rows = rows.with_columns(
        price=where(1, price + 1, price),
        quantity=where(2, quantity * 2, quantity),
        fee_amount=where(3, fee * 2, fee),
        ts=where(4, pl.col("ts") + pl.duration(seconds=60), pl.col("ts")),
    )
    again = rows.filter(pl.col("wrong") & (pl.col("fault") == 5)).with_columns(trade_id=pl.col("trade_id") + "_1")
    return pl.concat([rows, again]).with_columns(
        leg=pl.lit(leg),
        path=pl.lit(leg),
        visible_at="ts",
        market=pl.lit(None, pl.String),
        liquidity=pl.lit(None, pl.String),
        row_id=pl.concat_str(pl.lit(leg), pl.int_range(pl.len()).cast(pl.String)),
    )


def match(fills: pl.DataFrame) -> int:
    """Match the fills and count what differs."""
    matched = match_fills(fills)
    wide = matched.fills.with_columns(
        ts=pl.coalesce("ts_exchange", "ts_events", "ts_local"),
        notional=pl.col("price_local") * pl.col("quantity_local"),
        order_id=pl.coalesce("order_id_local", "order_id_events"),
        exchange_order_id=pl.col("exchange_order_id_exchange"),
    )
    return sum(differences(wide, kind).height for kind in VALUES) + matched.duplicates.height


def plain_joins(fills: pl.DataFrame) -> int:
    """Join the three legs on the id, in full, and do nothing with it."""
    legs = [fills.filter(pl.col("leg") == leg).rename(_suffixed(fills, leg)) for leg in LEGS]
    key = ["bot", "pair", "trade_id"]
    return reduce(lambda one, two: one.join(two, on=key, how="full", coalesce=True), legs).height


def _suffixed(fills: pl.DataFrame, leg: str) -> dict[str, str]:
    return {name: f"{name}_{leg}" for name in fills.columns if name not in ("bot", "pair", "trade_id")}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fills", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--times", type=int, default=3, help="how often each step is measured; the median counts")
    given = parser.parse_args()
    print(f"{'fills a leg':>11} {'step':<12} {'seconds':>8} {'CPU s':>7} {'x joins':>8} {'peak GB':>8} {'found':>9}")
    for count in given.fills:
        fills = three_legs(count)
        joins = median([measure(plain_joins, fills) for _ in range(given.times)])
        matched = median([measure(match, fills) for _ in range(given.times)])
        for name, step in (("plain joins", joins), ("match", matched)):
            ratio = step.cpu_s / joins.cpu_s
            figures = f"{step.seconds:>8.2f} {step.cpu_s:>7.2f} {ratio:>8.1f} {step.peak_gb:>8.2f} {step.result:>9,}"
            print(f"{count:>11,} {name:<12} {figures}", flush=True)


if __name__ == "__main__":
    main()
