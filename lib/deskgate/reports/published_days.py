"""A published day, opened for those that look at several: as its run left it, or why it is left out."""

from datetime import date
from pathlib import Path

import polars as pl

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.assessment.evidence import verify_day
from deskgate.audit.recorded import Recorded
from deskgate.config.errors import InputError
from deskgate.config.instants import day_is_over

__all__ = ["NOT_RUN", "LeftOutError", "open_published", "view_of"]

NOT_RUN = "not run"


class LeftOutError(Exception):
    """Why one day is left out."""


def open_published(out: Path, day: date, desk: str, recorded: Recorded, *, provisional: bool = False) -> DayArtifacts:
    """Return the artifacts of a day of a desk in `out`; with `provisional` also of one that was not over.

    Raises
    ------
    LeftOutError
        There is no such day, it is of something else, was not over, or is not as its run left it.
    """
    folder = out / day.isoformat()
    if not folder.is_dir():
        raise LeftOutError(NOT_RUN)
    if not (folder / MANIFEST).is_file():
        raise LeftOutError("its run ended before there were numbers")
    try:
        artifacts = DayArtifacts.open(folder)
    except InputError as error:
        raise LeftOutError("not readable, or run by another version of Deskgate") from error
    inputs = artifacts.inputs
    if inputs.desk != desk:
        raise LeftOutError(f"of the desk '{inputs.desk}'")
    if inputs.date != day:
        raise LeftOutError("its folder holds another day")
    if not provisional and not day_is_over(day, inputs.as_of):
        raise LeftOutError("looked at before the day was over, and not since")
    if verify_day(folder, recorded):
        raise LeftOutError("changed since it was run, `deskgate verify` says what")
    return artifacts


def view_of(artifacts: DayArtifacts, view: str) -> pl.DataFrame:
    """Return a view of a day.

    Raises
    ------
    LeftOutError
        The day has no such view, or it cannot be read.
    """
    if view not in artifacts.view_files:
        raise LeftOutError("run by another version of Deskgate, without these numbers")
    try:
        return artifacts.view(view)
    except InputError as error:
        raise LeftOutError("run, but its numbers cannot be read") from error
