"""The long tables of a day's page: what a reader looks up when the first screen is not enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.breaks_file import read_breaks
from deskgate.config.errors import InputError
from deskgate.reports.break_values import value, value_note
from deskgate.reports.ladder_table import NO_RUNG, ladder_frame
from deskgate.reports.pages.banner import objects
from deskgate.reports.pages.gate_status import gate_statuses, subjects_of
from deskgate.reports.pages.wording import REMARKED, shown
from deskgate.reports.tables import Table, table

__all__ = ["GateGrid", "breaks_by_kind", "flat", "gate_grid", "ladder_part", "remarks"]

_REMARKS = {
    "gate": "gate",
    "subject": "subject",
    "title": "check",
    "severity": "severity",
    "status": "status",
    "reason": "reason",
}
# A table with more columns than so many subjects is wider than a screen.
WIDEST = 8


@dataclass(frozen=True)
class GateGrid:
    """Every gate by every subject: `corner` is what a row is of; a cell is None where that gate judges nothing of that subject."""

    corner: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Mapping[str, object] | None]]]


def gate_grid(verdicts: pl.DataFrame) -> GateGrid:
    """Return the gates, each with a cell per subject; with more than `WIDEST` subjects these, each with a cell per gate."""
    grid = gate_statuses(verdicts)
    subjects, gates = subjects_of(grid), grid["gate"].unique(maintain_order=True).to_list()
    cells = {(row["gate"], row["subject"]): _standing(row) for row in grid.to_dicts()}
    if len(subjects) > WIDEST:
        by_subject = [(subject, [cells.get((gate, subject)) for gate in gates]) for subject in subjects]
        return GateGrid("subject", gates, by_subject)
    return GateGrid("gate", subjects, [(gate, [cells.get((gate, subject)) for subject in subjects]) for gate in gates])


def _standing(row: Mapping[str, Any]) -> dict[str, object]:
    counted = f"{row['failing']} of {row['checks']}" if row["failing"] else ""
    quiet = row["failing"] and not row["blocking"]
    cell = REMARKED if quiet else shown(row["status"], "status")
    return {"status": cell, "blocking": row["blocking"], "counted": counted}


def ladder_part(decision: Mapping[str, object]) -> dict[str, str] | None:
    """Return how the bots stand on their rungs, or how to declare one; None where the decision does not say it."""
    if "ladder" not in decision:
        return None
    rows = objects(decision["ladder"])
    return {"table": table(ladder_frame(rows)).html, "says": ""} if rows else {"table": "", "says": NO_RUNG}


def remarks(verdicts: pl.DataFrame) -> Table | None:
    """Return what did not pass and does not block: waivers, warnings and remarks."""
    if verdicts.is_empty():
        return None
    rest = verdicts.filter(
        (pl.col("status") != "PASS") & ((pl.col("severity") != "critical") | (pl.col("status") == "WAIVED"))
    )
    wanted = {name: heading for name, heading in _REMARKS.items() if name in rest.columns}
    return table(rest, columns=wanted, limit=60) if rest.height else None


def breaks_by_kind(file: Path) -> tuple[Table | None, str | None]:
    """Return the breaks by kind, or why there are none to show."""
    if not file.is_file():
        return None, "breaks.csv is not in this folder: the legs were not compared, or the run stopped before."
    try:
        breaks = read_breaks(file)
    except InputError as error:
        return None, str(error)
    by_kind = (
        breaks.group_by("kind", "severity")
        .agg(
            breaks=pl.len(),
            accepted=(pl.col("status") == "accepted").sum(),
            bots=pl.col("bot").unique().sort(),
            oldest=pl.col("first_seen").min(),
            value=value().round(4),
            note=value_note(),
        )
        .sort("breaks", "kind", "severity", descending=[True, False, False])
    )
    headings = {name: name for name in ("kind", "severity", "breaks", "accepted", "bots")} | {"oldest": "oldest seen"}
    headings["value"] = "value (quote)"
    if by_kind["note"].null_count() < by_kind.height:
        headings["note"] = "of unknown value"
    return table(by_kind, columns=headings), None


def flat(content: object, name: str = "") -> list[tuple[str, str]]:
    """Return nested inputs as lines of name and value."""
    if isinstance(content, Mapping):
        return [line for key, inner in content.items() for line in flat(inner, f"{name}.{key}".lstrip("."))]
    return [(name, str(content))] if content is not None else []
