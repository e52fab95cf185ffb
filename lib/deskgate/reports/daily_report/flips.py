"""The verdicts that are another one than on the run before, and whether that is worse, better or neither.

A check that nobody judges any more is worse off, whatever it said: nothing watches what it watched. A waiver takes a
blocker away and mends nothing, so it is no improvement.
"""

from enum import StrEnum
from itertools import permutations

import polars as pl

from deskgate.gates.evaluation import Status
from deskgate.reports.daily_report.days import DayFiles

__all__ = ["NAMED", "Direction", "direction", "flipped", "flipped_verdicts"]

# Titles of checks that one line names.
NAMED = 3
_NOT_JUDGED = "not judged"
_STOPS = "fail, stops the desk"
_WORDS = {str(status): str(status).lower() for status in Status}
# What stands first among those that flipped.
_RANK = {_STOPS: 0, "fail": 1, "insufficient": 2, _NOT_JUDGED: 3, "waived": 4, "pass": 5}
_KEY = ["gate", "check", "subject"]


class Direction(StrEnum):
    """What a flip means, in the order in which flips are listed."""

    WORSE = "worse"
    WAIVED = "waived"
    BETTER = "better"


def direction(before: str, now: str) -> Direction:
    """Return what it means that a verdict is `now` and was `before`; a word that is not known counts as worse."""
    if now == _NOT_JUDGED or not {before, now} <= _RANK.keys():
        return Direction.WORSE
    if now == "waived" and before != "pass":
        return Direction.WAIVED
    return Direction.WORSE if _RANK[now] < _RANK[before] else Direction.BETTER


def flipped(before: DayFiles, today: DayFiles) -> pl.DataFrame:
    """Return the verdicts that are another one now, those alike in one row, worst first.

    before, now, gate, subject, severity, checks (how many), which (the titles of the first ones), direction.
    """
    return (
        flipped_verdicts(before, today)
        .group_by("gate", "subject", "severity", "before", "now", "direction", maintain_order=True)
        .agg(checks=pl.len().cast(pl.Int64), titles=pl.col("title"))
        .select("before", "now", "gate", "subject", "severity", "checks", _first_titles().alias("which"), "direction")
    )


def flipped_verdicts(before: DayFiles, today: DayFiles) -> pl.DataFrame:
    """Return each verdict that is another one now, worst first: gate, check, subject, title, severity, before, now, direction."""
    both = today.verdict_rows.with_row_index("place").select(*_KEY, "title", "severity", "place", now=_word())
    was = before.verdict_rows.select(*_KEY, "title", "severity", before=_word())
    rank = {name: pl.col(name).replace_strict(_RANK, return_dtype=pl.Int8) for name in ("before", "now")}
    directions = {f"{was}>{is_now}": str(direction(was, is_now)) for was, is_now in permutations(_RANK, 2)}
    return (
        both.join(was, on=_KEY, how="full", coalesce=True, suffix="_before")
        .with_columns(
            pl.col("before", "now").fill_null(_NOT_JUDGED),
            pl.coalesce("title", "title_before"),
            pl.coalesce("severity", "severity_before"),
        )
        .filter(pl.col("before") != pl.col("now"))
        .with_columns(
            direction=pl.concat_str("before", pl.lit(">"), "now").replace_strict(directions, return_dtype=pl.String),
            rank=rank["now"],
            rank_before=rank["before"],
        )
        .sort(
            pl.col("direction").replace_strict([*Direction], range(len(Direction)), return_dtype=pl.Int8),
            pl.col("severity") != "critical",
            "rank",
            "rank_before",
            "place",
            *_KEY,
            nulls_last=True,
        )
        .select(*_KEY, "title", "severity", "before", "now", "direction")
    )


def _word() -> pl.Expr:
    words = pl.col("status").replace_strict(_WORDS, return_dtype=pl.String)
    return pl.when(pl.col("stop") & (pl.col("status") == Status.FAIL)).then(pl.lit(_STOPS)).otherwise(words)


def _first_titles() -> pl.Expr:
    named = pl.col("titles").list.head(NAMED).list.join("; ")
    more = pl.format(" and {} more", pl.col("checks") - NAMED)
    return pl.concat_str(named, pl.when(pl.col("checks") > NAMED).then(more).otherwise(pl.lit("")))
