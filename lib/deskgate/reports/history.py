"""The last days' rows of a view, as those days' folders have them. Nothing is computed again.

A day that cannot be read is left out and named: a gap in a chart must not pass for a quiet day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.recorded import Recorded
from deskgate.config.instants import spans
from deskgate.reports.published_days import LeftOutError, open_published, view_of

__all__ = ["DAYS", "History", "read_history"]

DAYS = 30


@dataclass(frozen=True)
class History:
    """The rows of several days, and what is to be said of those that are not among them.

    `rows` has the view's columns and `date`, oldest day first; `notes` has a line of `summary` for each reason.
    """

    rows: pl.DataFrame
    notes: pl.DataFrame


def read_history(today: DayArtifacts, out: Path, view: str, days: int = DAYS) -> History:
    """Return a view's rows of the day and of the days before it, up to `days` in all; of rows with a `span` those of "day".

    Parameters
    ----------
    today
        The last of the days. Its own folder is read, which in a run is not yet in its place.
    out
        Where the other days' folders lie.
    """
    try:
        wanted = _rows(today, view)
    except LeftOutError as error:
        return History(pl.DataFrame(), _lines([f"No history: the day was {error}."]))
    first, recorded = today.inputs.date - timedelta(days=days - 1), Recorded.read(out)
    kept: list[pl.DataFrame] = []
    left_out: dict[str, list[date]] = {}
    other_code: list[date] = []
    for day in (first + timedelta(days=n) for n in range(days)):
        try:
            artifacts = today if day == today.inputs.date else open_published(out, day, today.inputs.desk, recorded)
            rows = _rows(artifacts, view)
        except LeftOutError as error:
            left_out.setdefault(str(error), []).append(day)
            continue
        if rows.schema != wanted.schema:
            left_out.setdefault("run by another version of Deskgate, with other columns", []).append(day)
            continue
        if artifacts.inputs.code != today.inputs.code:
            other_code.append(day)
        kept.append(rows.with_columns(date=pl.lit(day)))
    lines = [f"Left out, {reason}: {spans(dates)}." for reason, dates in left_out.items()]
    if other_code:
        lines.append(f"Run by other code, whose formulas may differ: {spans(other_code)}.")
    return History(pl.concat(kept), _lines(lines))


def _rows(artifacts: DayArtifacts, view: str) -> pl.DataFrame:
    rows = view_of(artifacts, view)
    return rows.filter(pl.col("span") == "day") if "span" in rows.columns else rows


def _lines(lines: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"summary": lines}, schema={"summary": pl.String})
