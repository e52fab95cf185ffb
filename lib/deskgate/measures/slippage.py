"""Slippage: what a fill cost against the mid, when it happened and when its order was made.

Positive is cost: a buy above the mid, a sell below it. It is divided by the traded notional, price x quantity, as every
measure in bps of this package: they add up. Against the mid of the order's creation it is Perold's implementation
shortfall of what was executed (The Implementation Shortfall: Paper versus Reality, 1988).
"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.expressions import notional
from deskgate.measures.measure import RATIO_OF_AMOUNTS, Measure
from deskgate.measures.priced import priced_rows, side_sign, unpriced

__all__ = ["SLIPPAGE", "SLIPPAGE_AT_ORDER", "cost_against"]

BPS = 1e4


def cost_against(mid: str) -> pl.Expr:
    """Return side x (price - mid) x quantity, in quote; null without that mid."""
    return side_sign() * (pl.col("notional") - notional(pl.col(mid), pl.col("quantity")))


def _at_fill(case: Case) -> pl.DataFrame:
    return priced_rows(case, cost_against("mid"))


def _at_order(case: Case) -> pl.DataFrame:
    return priced_rows(case, cost_against("mid_at_order"))


SLIPPAGE = Measure(
    "slippage_bps",
    "bps",
    BPS,
    "side x (price - mid) x quantity over traded notional, against the last mid at or before the fill; positive is cost.",
    _at_fill,
    title="Slippage",
    missing=unpriced,
    amounts=RATIO_OF_AMOUNTS,
)
SLIPPAGE_AT_ORDER = Measure(
    "slippage_at_order_bps",
    "bps",
    BPS,
    "side x (price - mid) x quantity over traded notional, against the last mid at or before the order's creation;"
    " positive is cost (Perold 1988).",
    _at_order,
    title="Slippage since the order was made",
    missing=unpriced,
    amounts=RATIO_OF_AMOUNTS,
)
