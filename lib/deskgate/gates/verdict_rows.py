"""Which rows of `verdicts_frame` keep something back, as expressions: the same rule as `Verdict.blocks`."""

import polars as pl

from deskgate.gates.evaluation import Status

__all__ = ["blocks", "unsettled"]

_SETTLED = [str(status) for status in Status if status.is_settled]


def unsettled() -> pl.Expr:
    """Return whether a verdict neither passed nor was waived; needs `status`."""
    return ~pl.col("status").is_in(_SETTLED)


def blocks() -> pl.Expr:
    """Return whether a verdict keeps the decision from GO; needs `status` and `severity`."""
    return unsettled() & (pl.col("severity") == "critical")
