"""Markouts: what a fill has gained some time after it, marked at the mid of then.

side x (mid at the horizon - price) x quantity over traded notional; positive is gain. At 5 min it is half of the realised
spread with the other sign. A horizon before the fill says where the market came from. What counts as the mid of a
horizon stands in `priced`: mids of one a minute measure none of seconds.
"""

from datetime import timedelta
from functools import partial

import polars as pl

from deskgate.case.case import Case
from deskgate.measures.horizons import HORIZONS
from deskgate.measures.measure import RATIO_OF_AMOUNTS, Measure
from deskgate.measures.priced import mid_after, priced_rows, unpriced
from deskgate.measures.slippage import BPS, cost_against

__all__ = ["MARKOUTS"]


def _at(horizon: str, case: Case) -> pl.DataFrame:
    return priced_rows(case, -cost_against(mid_after(horizon)))


def _measure(name: str, after: timedelta) -> Measure:
    seconds = after.total_seconds()
    when = f"{abs(seconds):g} s {'after' if seconds > 0 else 'before'} the fill"
    doc = f"side x (mid {when} - price) x quantity over traded notional; positive is gain."
    title = f"Markout {when}"
    return Measure(
        f"markout_{name}_bps",
        "bps",
        BPS,
        doc,
        partial(_at, name),
        title=title,
        missing=unpriced,
        amounts=RATIO_OF_AMOUNTS,
    )


MARKOUTS = tuple(_measure(name, after) for name, after in HORIZONS.items())
