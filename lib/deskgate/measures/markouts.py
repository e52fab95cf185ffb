"""Markouts: what a fill has gained some time after it, marked at the mid of then.

side x (mid at the horizon - price) x quantity over traded notional; positive is gain. At 5 min it is half of the realised
spread with the other sign. A horizon before the fill says where the market came from. What counts as the mid of a
horizon stands in `priced`: mids of one a minute measure none of seconds.
"""

from functools import partial

import polars as pl

from deskgate.case.case import Case
from deskgate.measures.measure import Measure
from deskgate.measures.priced import HORIZONS, mid_after, priced_rows
from deskgate.measures.slippage import BPS, cost_against

__all__ = ["MARKOUTS"]


def _at(horizon: str, case: Case) -> pl.DataFrame:
    return priced_rows(case, -cost_against(mid_after(horizon)))


MARKOUTS = tuple(
    Measure(
        f"markout_{name}_bps",
        "bps",
        BPS,
        f"side x (mid {abs(after.total_seconds()):g} s {'after' if after.total_seconds() > 0 else 'before'} the fill - price)"
        " x quantity over traded notional; positive is gain.",
        partial(_at, name),
    )
    for name, after in HORIZONS.items()
)
