"""How long orders of live and its reference took, by quantiles: a tail that grows leaves a mean as it was."""

import polars as pl

from deskgate.case.case import Case
from deskgate.measures.latency import FILL_LATENCY, ORDER_LATENCY, latency_quantile
from deskgate.measures.measure import Measure
from deskgate.parity.day_rows import LIVE, REFERENCE, compared_days

__all__ = ["latencies"]

_MEASURES: tuple[Measure, ...] = (ORDER_LATENCY, FILL_LATENCY)
_SHARES = {"p50_s": 0.5, "p95_s": 0.95, "p99_s": 0.99}
_SCHEMA = {
    **dict.fromkeys(("bot", "measure"), pl.String()),
    **{
        f"{role}_{what}": pl.Int64() if what == "orders" else pl.Float64()
        for role in (LIVE, REFERENCE)
        for what in ("orders", *_SHARES)
    },
}


def latencies(case: Case) -> pl.DataFrame:
    """Return quantiles of the latencies of the compared minutes of the day, live beside its reference.

    Returns
    -------
    polars.DataFrame
        bot, measure (its title), and of each side: orders (whose latency is known), p50_s, p95_s and p99_s in
        seconds, the smallest that so large a share of them does not exceed; null where no order has one, as constants have
        none.
    """
    rows = [
        (day.bot, measure.title, *_quantiles(sides[LIVE]["num"]), *_quantiles(sides[REFERENCE]["num"]))
        for day in compared_days(case)
        for measure in _MEASURES
        for sides in [day.rows(measure.rows(case))]
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _quantiles(seconds: pl.Series) -> tuple[float | None, ...]:
    return seconds.count(), *(latency_quantile(seconds, share) for share in _SHARES.values())
