"""What each threshold costs over replayed days: what it blocked, how near the values came, which bound would have blocked none."""

from collections.abc import Mapping, Sequence

import polars as pl

from deskgate.gates.backtest import ReplayedDay
from deskgate.gates.evaluation import Status, verdicts_frame
from deskgate.gates.suites import Suite
from deskgate.gates.verdict_rows import unsettled

__all__ = ["threshold_costs"]

_BOUNDS: dict[str, pl.DataType] = {
    "metric": pl.String(),
    **dict.fromkeys(("min_value", "max_value"), pl.Float64()),
    **dict.fromkeys(("strict_min", "strict_max", "whole_interval"), pl.Boolean()),
    "min_sample": pl.Int64(),
}
_ENTRY: dict[str, pl.DataType] = {"gate": pl.String(), "check": pl.String(), "title": pl.String(), "bound": pl.String()}


def threshold_costs(
    days: Sequence[ReplayedDay], metrics: Sequence[pl.DataFrame], suites: Mapping[str, Suite]
) -> pl.DataFrame:
    """Return the cost of each critical entry, over the days as these suites judge them.

    Parameters
    ----------
    days
        Replayed under `suites`.
    metrics
        `Metrics` of each of them.

    Returns
    -------
    pl.DataFrame
        One row per critical entry, in the order of the suites:

        - gate, check, title, bound, unit;
        - blocked_days, blocked_verdicts; alone_days, alone_verdicts: where nothing else kept the day from GO;
        - unmeasured: blocking verdicts without a usable value or with too small a sample, which no bound would pass;
        - nearest_pass, nearest_miss, farthest_miss: how far values were from the bound, in `unit`; of those within it the smallest
          distance, of those that blocked the smallest and the largest;
        - needed_min, needed_max: the bounds, on the sides that blocked, at which it would have blocked no day; null on a side
          that blocked nothing, and where something was `unmeasured`; where strict_min or strict_max is true the bound would have
          to lie beyond that value.
    """
    bounds = _bounds(suites)
    judged = [
        _judged(day, frame, bounds).with_columns(date=pl.lit(day.day.date))
        for day, frame in zip(days, metrics, strict=True)
    ]
    blocks, measured = pl.col("blocks"), pl.col("measured")
    miss = pl.col("past").filter(blocks & measured)
    known = (blocks & ~measured).sum() == 0
    return (
        pl.concat(judged)
        .group_by(*_ENTRY, "unit", maintain_order=True)
        .agg(
            blocked_days=pl.col("date").filter(blocks).n_unique(),
            blocked_verdicts=blocks.sum(),
            alone_days=pl.col("date").filter(blocks & pl.col("alone")).n_unique(),
            alone_verdicts=(blocks & pl.col("alone")).sum(),
            unmeasured=(blocks & ~measured).sum(),
            nearest_pass=0 - pl.col("past").filter(measured & (pl.col("status") == Status.PASS)).max(),
            nearest_miss=miss.min(),
            farthest_miss=miss.max(),
            strict_min=pl.col("strict_min").first(),
            strict_max=pl.col("strict_max").first(),
            needed_min=pl.when(known).then(pl.col("low").filter(blocks & measured & pl.col("under")).min()),
            needed_max=pl.when(known).then(pl.col("high").filter(blocks & measured & pl.col("over")).max()),
        )
    )


def _bounds(suites: Mapping[str, Suite]) -> pl.DataFrame:
    """Return one row per critical entry: gate, check, title, bound, and the fields of its `Bounds`."""
    rows = [
        (
            gate,
            entry.meta.entry,
            entry.meta.title,
            str(entry.kwargs),
            *(getattr(entry.kwargs, name) for name in _BOUNDS),
        )
        for gate, suite in suites.items()
        for entry in suite.expectations
        if entry.severity == "critical"
    ]
    return pl.DataFrame(rows, schema=_ENTRY | _BOUNDS, orient="row")


def _judged(replayed: ReplayedDay, metrics: pl.DataFrame, bounds: pl.DataFrame) -> pl.DataFrame:
    """Return one row per critical verdict: how far its value is past the bound, and whether it blocks, and alone.

    `past` is above 0 beyond the bound and at most 0 within it, of an interval by its worse end.
    """
    values = metrics.select("gate", "subject", "metric", "value", "low", "high", "sample")
    verdicts = verdicts_frame(replayed.verdicts).select("gate", "check", "subject", "unit", "status")
    low, high = (pl.when("whole_interval").then(name).otherwise("value").alias(name) for name in ("low", "high"))
    over = (
        pl.when("strict_max")
        .then(pl.col("high") >= pl.col("max_value"))
        .otherwise(pl.col("high") > pl.col("max_value"))
    )
    under = (
        pl.when("strict_min").then(pl.col("low") <= pl.col("min_value")).otherwise(pl.col("low") < pl.col("min_value"))
    )
    finite = pl.all_horizontal(pl.col(name).is_finite() for name in ("value", "low", "high"))
    blocking = {(each.gate, each.check) for each in replayed.verdicts if each.blocks}
    clear = not replayed.day.failures and not replayed.day.provisional
    return (
        bounds.join(verdicts, on=["gate", "check"], maintain_order="left_right")
        .join(values, on=["gate", "subject", "metric"], how="left", maintain_order="left")
        .with_columns(low, high)
        .select(
            *_ENTRY,
            "unit",
            "status",
            "strict_min",
            "strict_max",
            "low",
            "high",
            blocks=unsettled(),
            alone=pl.lit(clear and len(blocking) == 1),
            measured=(finite & (pl.col("sample") >= pl.col("min_sample"))).fill_null(value=False),
            past=pl.max_horizontal(pl.col("high") - pl.col("max_value"), pl.col("min_value") - pl.col("low")),
            over=over.fill_null(value=False),
            under=under.fill_null(value=False),
        )
    )
