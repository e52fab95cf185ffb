"""How far each position of an account is from its liquidation, as the venue states it in every snapshot of the last 24 h.

A liquidation price of 0, none, or far beyond any price of the market is unknown, not safe: venues leave it out for positions
that are far from it, and for those of which they do not say it.
"""

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.venue_rows import venue_rows

__all__ = ["margins", "snapshots"]

# A price of so many times the mark is a placeholder: no venue margins a position by it.
_BEYOND_SENSE = 100
_NAMES = ("bot", "ts", "pair", "symbol")
_KEY = (*_NAMES, "side")


@per_case
def margins(case: Case) -> pl.DataFrame:
    """Return every open position of the venue's snapshots of the last 24 h, hedged markets by side.

    Returns
    -------
    polars.DataFrame
        bot, ts, pair, symbol, side (long, short), mark_price, liquidation_price, distance (of the mark; null where one of the two is
        not known or the two contradict each other), is_contradiction (the liquidation price lies on the wrong side of the mark;
        null where there is no mark), margin_ratio, maintenance_margin, initial_margin, margin_mode, is_left_out (nothing says how
        near it is, or not all that another snapshot of the position says). Of several files of one instant the nearest liquidation
        and the largest ratio. Sorted by (bot, ts, pair, symbol, side).
    """
    held = pl.any_horizontal(pl.col("quantity", "long_quantity", "short_quantity") != 0)
    rows = snapshots(case).filter(held)
    sides = [_of_side(rows, side, sign) for side, sign in (("long", 1), ("short", -1))]
    found = pl.concat(sides).sort(*_KEY, "distance", "margin_ratio", "path", nulls_last=True)
    worst = {"is_contradiction": pl.col("is_contradiction").max(), "margin_ratio": pl.col("margin_ratio").max()}
    first = pl.all().exclude("path", *worst).first()
    each = found.group_by(_KEY, maintain_order=True).agg(first, **worst).select(found.drop("path").columns)
    return each.with_columns(is_left_out=_is_left_out())


@per_case
def snapshots(case: Case) -> pl.DataFrame:
    """Return the venue's `Positions` of the last 24 h, flat ones too: the day's, of a day that is over."""
    return venue_rows(case, case.frames["positions"]).filter(case.in_last_24h())


def _is_left_out() -> pl.Expr:
    """Return whether a snapshot says too little of a position: neither price nor ratio, or not what another snapshot says.

    Of a cross position whose maintenance margin it states a venue may leave the price out, now and then or always: none of the
    market's prices liquidates it then (ccxt 4.5.90: binance `liquidationPrice` 0, hyperliquid `liquidationPx` null; what the
    latter has to keep follows from the leverage that it allows).
    """
    price, ratio = pl.col("liquidation_price").is_null(), pl.col("margin_ratio").is_null()
    of_position = [name for name in _KEY if name != "ts"]
    is_cross = (pl.col("margin_mode") == "cross").fill_null(value=False)
    says_nothing = price & ratio & ~(is_cross & pl.col("maintenance_margin").is_not_null())
    lost_price = price & ~price.all().over(of_position) & ~is_cross
    return says_nothing | lost_price | (ratio & ~ratio.all().over(of_position))


def _of_side(rows: pl.DataFrame, side: str, sign: int) -> pl.DataFrame:
    held = pl.col(f"{side}_quantity").fill_null((pl.col("quantity") * sign).clip(lower_bound=0))
    both = (pl.col("long_quantity") > 0) & (pl.col("short_quantity") > 0)
    mark, price = pl.col("mark_price"), pl.col(f"{side}_liquidation_price")
    is_price = (price > 0) & (price < mark * _BEYOND_SENSE)
    wrong = (price - mark) * sign >= 0
    # A market held on both sides is liquidated in the direction of its net; venues state that price for each side.
    net = pl.col("quantity")
    of_net = both & ((net == 0) | ((price < mark) == (net > 0)))
    contradicts = is_price & wrong & ~of_net.fill_null(value=False)
    distance = ((mark - price).abs() / mark).cast(pl.Float64)
    return rows.filter(held > 0).select(
        *_NAMES,
        "path",
        side=pl.lit(side),
        mark_price="mark_price",
        liquidation_price=pl.when(is_price).then(price),
        distance=pl.when(is_price & ~contradicts).then(distance),
        # Nothing says on which side of an unknown mark a price lies.
        is_contradiction=contradicts.fill_null(
            pl.when((price > 0).fill_null(value=False) & mark.is_null()).then(None).otherwise(pl.lit(value=False))
        ),
        margin_ratio=pl.col("margin_ratio").cast(pl.Float64),
        maintenance_margin="maintenance_margin",
        initial_margin="initial_margin",
        margin_mode="margin_mode",
    )
