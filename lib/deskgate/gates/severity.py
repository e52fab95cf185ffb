"""How severe one break is, and whether it is open, explained or accepted."""

from collections.abc import Mapping

import polars as pl

from deskgate.case.case import Case
from deskgate.gates.bounds import within
from deskgate.gates.suites import SEVERITIES, Entry, Suite
from deskgate.reconciliation.breaks.counts import AGE, VALUE, unaccepted
from deskgate.reconciliation.breaks.ledger import explained

__all__ = ["grade_breaks"]


def grade_breaks(case: Case, breaks: pl.DataFrame, suites: Mapping[str, Suite]) -> pl.DataFrame:
    """Add `severity` and `status` to each break.

    The severity is that of the suite entry that counts its kind, and critical where the break alone is beyond the bounds
    of its kind's value or age, or has no value to hold against them; what no suite judges is `info`. The status is
    accepted, explained (somebody wrote why) or open.
    """
    entries = [entry for suite in suites.values() for entry in suite.expectations]
    mild_first = sorted(entries, key=lambda entry: SEVERITIES.index(entry.severity), reverse=True)
    counted = {entry.kwargs.metric: entry.severity for entry in mild_first}
    value = pl.col("value_quote").abs().cast(pl.Float64)
    age_h = (pl.lit(case.as_of) - pl.col("ts")).dt.total_microseconds() / 3.6e9
    explained_ids = explained(case.frames["break_sightings"], case.frames["break_actions"])["break_id"]
    open_ids = unaccepted(case, breaks)["break_id"]
    return breaks.with_columns(
        severity=pl.when(_beyond(entries, VALUE, value) | _beyond(entries, AGE, age_h))
        .then(pl.lit("critical"))
        .otherwise(pl.col("kind").replace_strict(counted, default="info", return_dtype=pl.String)),
        status=pl.when(~pl.col("break_id").is_in(open_ids.implode()))
        .then(pl.lit("accepted"))
        .when(pl.col("break_id").is_in(explained_ids.implode()))
        .then(pl.lit("explained"))
        .otherwise(pl.lit("open")),
    )


def _beyond(entries: list[Entry], suffix: str, measured: pl.Expr) -> pl.Expr:
    """Return whether a break alone is beyond some bounds of its kind, or has nothing to hold against them."""
    return pl.any_horizontal(
        pl.lit(value=False),
        *[
            (pl.col("kind") == entry.kwargs.metric.removesuffix(suffix))
            & ~within(entry.kwargs, measured).fill_null(value=False)
            for entry in entries
            if entry.kwargs.metric.endswith(suffix)
        ],
    )
