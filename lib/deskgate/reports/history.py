"""The last days' rows of a view, as those days' folders have them. Nothing is computed again.

A day that cannot be read is left out and named: a gap in a chart must not pass for a quiet day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.assessment.evidence import verify_day
from deskgate.audit.recorded import Recorded
from deskgate.config.errors import InputError
from deskgate.config.instants import day_is_over

__all__ = ["DAYS", "History", "LeftOutError", "open_earlier", "read_history"]

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
            artifacts = today if day == today.inputs.date else open_earlier(out / day.isoformat(), today, day, recorded)
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
    lines = [f"Left out, {reason}: {_listed(dates)}." for reason, dates in left_out.items()]
    if other_code:
        lines.append(f"Run by other code, whose formulas may differ: {_listed(other_code)}.")
    return History(pl.concat(kept), _lines(lines))


class LeftOutError(Exception):
    """Why one day is left out, as the rest of a sentence about it."""


def open_earlier(folder: Path, today: DayArtifacts, day: date, recorded: Recorded) -> DayArtifacts:
    """Return the artifacts of an earlier day of the same desk that was over and is as its run left it.

    Raises
    ------
    LeftOutError
        It is none of that.
    """
    if not folder.is_dir():
        raise LeftOutError("not run")
    if not (folder / MANIFEST).is_file():
        raise LeftOutError("its run ended before there were numbers")
    try:
        artifacts = DayArtifacts.open(folder)
    except InputError as error:
        raise LeftOutError("not readable, or run by another version of Deskgate") from error
    inputs = artifacts.inputs
    if inputs.desk != today.inputs.desk:
        raise LeftOutError(f"of the desk '{inputs.desk}'")
    if inputs.date != day:
        raise LeftOutError("its folder holds another day")
    if not day_is_over(day, inputs.as_of):
        raise LeftOutError("looked at before the day was over, and not since")
    if verify_day(folder, recorded):
        raise LeftOutError("changed since it was run, `deskgate verify` says what")
    return artifacts


def _rows(artifacts: DayArtifacts, view: str) -> pl.DataFrame:
    if view not in artifacts.view_files:
        raise LeftOutError("run by another version of Deskgate, without these numbers")
    try:
        rows = artifacts.view(view)
    except InputError as error:
        raise LeftOutError("run, but its numbers cannot be read") from error
    return rows.filter(pl.col("span") == "day") if "span" in rows.columns else rows


def _lines(lines: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"summary": lines}, schema={"summary": pl.String})


def _listed(days: list[date]) -> str:
    """Return the days as text, those in a row as a span."""
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    return ", ".join(f"{span[0]}" if len(span) == 1 else f"{span[0]} to {span[-1]}" for span in spans)
