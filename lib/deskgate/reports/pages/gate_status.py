"""Verdicts gathered into one status per gate and subject: the grid that a chart and a page both show.

It decides nothing: the decision is the gates'. It only says which of several verdicts a small cell should show.
"""

from collections.abc import Sequence

import polars as pl

from deskgate.gates.verdict_rows import blocks, unsettled
from deskgate.reports.palette import STATUSES

__all__ = ["COLUMNS", "gate_statuses", "subjects_of"]

COLUMNS = ("gate", "subject", "status", "blocking", "failing", "checks")

# Worst first. A critical verdict that is not a pass outweighs every warning: it is what blocks.
_ORDER = tuple(STATUSES)


def gate_statuses(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Return the worst status of each gate and subject.

    Parameters
    ----------
    verdicts
        One row per verdict; needs `gate`, `subject`, `severity` and `status`, all text.

    Returns
    -------
    DataFrame
        One row per gate and subject, gates in the order in which they first appear, the portfolio after the bots:
        `gate`, `subject`, `status` (the worst), `blocking` (it is critical and neither passed nor waived), `failing`
        (how many checks neither passed nor were waived) and `checks` (how many there are).
    """
    if verdicts.is_empty():
        return pl.DataFrame(schema=dict(zip(COLUMNS, _types(), strict=True)))
    return (
        verdicts.with_row_index("first")
        .select(
            "gate",
            "subject",
            "status",
            blocking=blocks(),
            fails=unsettled(),
            # An unknown status is shown as the worst: it is no pass.
            rank=pl.col("status").replace_strict(_ORDER, range(len(_ORDER)), default=-1, return_dtype=pl.Int64)
            - pl.when(blocks()).then(len(_ORDER)).otherwise(0),
            first=pl.col("first").min().over("gate"),
        )
        .sort("rank", maintain_order=True)
        .group_by("gate", "subject", maintain_order=True)
        .agg(
            pl.col("status").first(),
            pl.col("blocking").first(),
            failing=pl.col("fails").sum().cast(pl.Int64),
            checks=pl.len().cast(pl.Int64),
            first=pl.col("first").first(),
        )
        .sort("first", pl.col("subject") == "portfolio", "subject")
        .select(COLUMNS)
    )


def subjects_of(grid: pl.DataFrame) -> list[str]:
    """Return the subjects of such gate_statuses: the bots by name, then the portfolio."""
    subjects: list[str] = grid["subject"].unique().to_list()
    return sorted(subjects, key=lambda subject: (subject == "portfolio", subject))


def _types() -> Sequence[type[pl.DataType]]:
    return (pl.String, pl.String, pl.String, pl.Boolean, pl.Int64, pl.Int64)
