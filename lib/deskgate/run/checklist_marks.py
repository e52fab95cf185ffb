"""Marks of the checklist's manual items, on record: written by an operator, read with the day's list."""

from datetime import date, datetime
from pathlib import Path

from deskgate.assessment.replay import suites_of
from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, did_you_mean
from deskgate.config.instants import ALWAYS
from deskgate.config.people import require_reason
from deskgate.gates.checklist import load_items
from deskgate.gates.checklist_marks import Mark
from deskgate.gates.promotion import PROMOTION
from deskgate.run.day_folder import locked
from deskgate.run.decided import open_decided
from deskgate.store.desk_store import open_existing
from deskgate.store.tables import Store

__all__ = ["mark_item", "read_marks"]


def mark_item(
    desk: Desk, out: Path, day: date, file: Path, item: str, *, done: bool, by: str, note: str, at: datetime
) -> Mark:
    """Record that a manual item of the checklist is done, or no longer, in view of a day's decision.

    Parameters
    ----------
    file
        The list, in TOML.

    Raises
    ------
    InputError
        The list has no such item, the item is not manual, nobody or no note is named, or the day's decision is not the one on record.
    RunError
        The audit trail or the store cannot be written.
    """
    require_reason(by, note, "--note")
    store, trail = open_existing(desk, out), Trail.open(desk, out)
    with locked(out):
        artifacts, decision = open_decided(trail, out, day, then="mark the item")
        items = {each.id: each for each in load_items(file, suites_of(artifacts), [gate.name for gate in PROMOTION])}
        if item not in items:
            raise InputError(f"{file}: no item '{item}'{did_you_mean(item, items)}; `deskgate checklist` lists them")
        if not items[item].manual:
            raise InputError(
                f"{file}: item {item} is judged by evidence and is not marked, expected a manual item; what it needs"
                " stands in `deskgate checklist`"
            )
        mark = Mark(item, day.isoformat(), str(decision["bundle_id"]), done, by.strip(), note.strip(), at)
        _write(store, trail, mark)
    return mark


def _write(store: Store, trail: Trail, mark: Mark) -> None:
    row = {name: getattr(mark, name) for name in ("item", "day", "bundle_id", "done", "by", "note")}
    trail.write(store, "checklist_marks", [{**row, "effective_at": mark.at, "recorded_at": mark.at}], mark.at)


def read_marks(store: Store) -> list[Mark]:
    """Return all marks that are on record, in the order in which they were made."""
    rows = store.read(store.pin(), ALWAYS, ("checklist_marks",))["checklist_marks"].sort("recorded_at", "row_id")
    return [
        Mark(row["item"], row["day"], row["bundle_id"], row["done"], row["by"], row["note"], row["effective_at"])
        for row in rows.to_dicts()
    ]
