"""The breaks of accounts that differ from their roll-forward: the venue says otherwise, for the fills are what the legs agree on."""

import polars as pl

from deskgate.case.expressions import plain
from deskgate.case.findings import breaks_frame

__all__ = ["drift_breaks"]


def drift_breaks(
    found: pl.DataFrame, kind: str, *, observed: str, value: pl.Expr, restored: pl.Expr, differs: pl.Expr
) -> pl.DataFrame:
    """Return a break for each difference.

    Parameters
    ----------
    found
        What `difference_changes` gave, with expected and residual, and the columns of a break that are not set here.
    kind
        `position_drift` or `balance_drift`.
    observed
        The column with what the venue says.
    value
        What the difference is worth (quote).
    restored, differs
        The detail where an accepted difference is gone, and that of any other.
    """
    return breaks_frame(
        found.with_columns(
            kind=pl.lit(kind),
            leg=pl.lit("exchange"),
            observed=plain(pl.col(observed)),
            expected=plain(pl.col("expected")),
            delta=plain(pl.col("residual")),
            value_quote=value,
            detail=pl.when("reverted").then(restored).otherwise(differs),
        ),
        day_offset="1us",
    )
