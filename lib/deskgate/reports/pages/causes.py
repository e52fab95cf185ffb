"""The first thing that a page says of a day that is no GO: what lacks, what brings it, and how much waits for it."""

from collections.abc import Mapping
from pathlib import Path

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.reports.blocking_cause import BlockingCause, Kind, parse_causes
from deskgate.reports.pages.wording import Cell, shown

__all__ = ["causes_part"]

_STATUS: Mapping[Kind, str] = {
    Kind.STOP: "FAIL",
    Kind.FAILED: "FAIL",
    **dict.fromkeys((Kind.LACKING, Kind.UNMEASURED, Kind.TIME, Kind.DAY), "INSUFFICIENT"),
}


def causes_part(folder: Path) -> list[tuple[BlockingCause, Cell]]:
    """Return the causes of a day's folder, each with its sign; none where nothing blocks, or an earlier version ran the day.

    Raises
    ------
    InputError
        The view was changed since the run wrote it.
    """
    if not (folder / MANIFEST).is_file():
        return []
    artifacts = DayArtifacts.open(folder)
    if "blocking_causes" not in artifacts.view_files:
        return []
    return [(each, _sign(each)) for each in parse_causes(artifacts.view("blocking_causes"))]


def _sign(cause: BlockingCause) -> Cell:
    status = shown(_STATUS[cause.kind], "status")
    return Cell("stop" if cause.stops else str(cause.kind), status.sign, status.colour)
