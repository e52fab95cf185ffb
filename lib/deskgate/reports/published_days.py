"""A published day, opened for those that look at several: as its run left it, or why it is left out."""

import io
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.assessment.evidence import verify_day
from deskgate.audit.recorded import Recorded
from deskgate.config.errors import InputError
from deskgate.config.instants import day_is_over

__all__ = ["NOT_RUN", "NO_NUMBERS", "LeftOutError", "evidence_bytes", "evidence_frame", "open_published", "view_of"]

NOT_RUN = "not run"
NO_NUMBERS = "its run ended before there were numbers"
_CHANGED = "changed since it was run, `deskgate verify` says what"
_WITHOUT = "run by another version of Deskgate, without these numbers"
_UNREADABLE = "run, but its numbers cannot be read"


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
        raise LeftOutError(NO_NUMBERS)
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
        raise LeftOutError(_CHANGED)
    return artifacts


def view_of(artifacts: DayArtifacts, view: str) -> pl.DataFrame:
    """Return a view of a day.

    Raises
    ------
    LeftOutError
        The day has no such view, or it cannot be read.
    """
    if view not in artifacts.view_files:
        raise LeftOutError(_WITHOUT)
    try:
        return artifacts.view(view)
    except InputError as error:
        raise LeftOutError(_UNREADABLE) from error


def evidence_bytes(folder: Path, decision: Mapping[str, Any], name: str) -> bytes:
    """Return one file of a day's folder, which is what its decision names; nothing else of the day is read.

    Parameters
    ----------
    name
        Its path in the folder, as in `verdicts.json`.

    Raises
    ------
    LeftOutError
        The decision does not name it, or it is not there, was changed or cannot be read.
    """
    evidence = decision.get("evidence")
    listed = [each for each in evidence if isinstance(each, Mapping)] if isinstance(evidence, list) else []
    digests = {each.get("path"): each.get("sha256") for each in listed}
    if name not in digests:
        raise LeftOutError(_WITHOUT)
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise LeftOutError(_UNREADABLE) from error
    if sha256(content).hexdigest() != digests[name]:
        raise LeftOutError(_CHANGED)
    return content


def evidence_frame(folder: Path, decision: Mapping[str, Any], name: str) -> pl.DataFrame:
    """Return one Parquet file of a day's folder, as in `views/ladder.parquet`; see `evidence_bytes`.

    Raises
    ------
    LeftOutError
        As `evidence_bytes`, or it is no Parquet file.
    """
    try:
        return pl.read_parquet(io.BytesIO(evidence_bytes(folder, decision, name)))
    except pl.exceptions.PolarsError as error:
        raise LeftOutError(_UNREADABLE) from error
