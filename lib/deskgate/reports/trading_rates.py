"""How bots traded, as rates in one table: of a day, or of many days whose sums are added before they are divided."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from deskgate.measures.horizons import HORIZONS
from deskgate.measures.registry import measure_of

__all__ = ["RATES", "Rate", "added", "markouts_by_horizon", "of_whole_bots", "rates_table"]


@dataclass(frozen=True)
class Rate:
    """A column of the table: the measure, its heading with its unit, and what the measure's value is multiplied by for it."""

    measure: str
    heading: str
    times: float = 1.0


RATES = (
    Rate("maker_share", "as maker (% of turnover)", 100),
    Rate("fees_bps", "fees (bps)"),
    # Both spreads are costs in the measures: a maker's are negative, and what it earns.
    Rate("effective_spread_bps", "spread captured (bps)", -1),
    Rate("realized_spread_bps", "kept after 5 min (bps)", -1),
    Rate("markout_1m_bps", "markout 1 min (bps)"),
    Rate("quote_uptime", "quoted both sides (% of time)", 100),
    Rate("fill_ratio", "filled (% of offered)", 100),
    Rate("reject_rate", "rejected (% of orders)", 100),
    Rate("cancel_rate", "cancelled (% of orders)", 100),
)
_MARKOUTS = {f"markout_{name}_bps": after.total_seconds() for name, after in HORIZONS.items()}


def of_whole_bots(trading: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the view `trading` that are of all of a bot's markets, sides and liquidities."""
    if not trading.columns:
        return trading
    return trading.filter(pl.all_horizontal(pl.col("pair", "side", "liquidity").is_null()))


def added(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Add up measures and divide once.

    Parameters
    ----------
    rows
        `key`, measure, num, den (null where nothing is known) and rows, of any days and markets.

    Returns
    -------
    polars.DataFrame
        key, measure, num, den, rows (measured) and value (num over den, in the measure's unit; null where there is nothing to divide by).
        Never a mean of ratios: a day of more turnover weighs more.
    """
    sums = rows.group_by(*key, "measure", maintain_order=True).agg(
        # Summed in the order of the rows, so that the bytes are the same on every machine.
        *(pl.col(name).drop_nulls().cum_sum().last().alias(name) for name in ("num", "den")),
        pl.col("rows").sum(),
    )
    scales = {name: measure_of(name).scale for name in sums["measure"].unique()}
    scale = pl.col("measure").replace_strict(scales, return_dtype=pl.Float64)
    ratio = pl.when(pl.col("den") != 0).then(pl.col("num") / pl.col("den") * scale)
    return sums.with_columns(value=ratio)


def rates_table(rows: pl.DataFrame, key: Sequence[str] = ("bot",)) -> pl.DataFrame:
    """Return a row a subject with a column of each of `RATES` under its heading; null where it is not known.

    Parameters
    ----------
    rows
        As for `added`; without columns where the day's folder has no such numbers, and then so is the table.
    """
    if not {"num", "den"} <= set(rows.columns):
        return pl.DataFrame()
    values = added(rows.filter(pl.col("measure").is_in([rate.measure for rate in RATES])), key)
    subjects = rows.select(key).unique(maintain_order=True)
    for rate in RATES:
        mine = values.filter(pl.col("measure") == rate.measure)
        one = mine.select(*key, (pl.col("value") * rate.times).alias(rate.heading))
        subjects = subjects.join(one, on=list(key), how="left", maintain_order="left", nulls_equal=True)
    return subjects


def markouts_by_horizon(rows: pl.DataFrame, key: Sequence[str] = ("bot",)) -> pl.DataFrame:
    """Return the markouts of each subject: `key`, horizon_s (after the fill), value (bps of notional; null where unknown), rows (fills measured).

    Parameters
    ----------
    rows
        As for `rates_table`.
    """
    if not {"num", "den"} <= set(rows.columns):
        return pl.DataFrame()
    found = added(rows.filter(pl.col("measure").is_in(list(_MARKOUTS))), key)
    horizon = pl.col("measure").replace_strict(_MARKOUTS, return_dtype=pl.Float64)
    return found.select(*key, horizon_s=horizon, value="value", rows="rows").sort(*key, "horizon_s")
