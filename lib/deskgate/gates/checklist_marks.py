"""Marks of the checklist's manual items: what a person looked at and says is done, for a decision or for some time.

A mark counts only where the item is manual: what evidence can show is never marked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from deskgate.config.instants import stamp

__all__ = ["Mark", "mark_problem", "newest_mark"]


@dataclass(frozen=True)
class Mark:
    """One mark: that `item` is `done` or no longer, by whom, why and when, in view of a decision (`day`, `bundle_id`)."""

    item: str
    day: str
    bundle_id: str
    done: bool
    by: str
    note: str
    at: datetime

    def __str__(self) -> str:
        """Return it as evidence of an item."""
        return f"{'marked' if self.done else 'taken back'} by {self.by} at {stamp(self.at)}: {self.note}"


def newest_mark(item: str, marks: Sequence[Mark], *, day: str | None, until: datetime) -> Mark | None:
    """Return the newest mark of an item.

    Parameters
    ----------
    day
        Only marks of this day's decisions, whenever they were made; None: marks of any day, made by `until`.
    """
    mine = [each for each in marks if each.item == item and (each.at <= until if day is None else each.day == day)]
    # Of two of one instant the one that takes back counts.
    return max(mine, key=lambda each: (each.at, not each.done), default=None)


def mark_problem(item: str, mark: Mark | None, *, bundle_id: str | None, until: datetime, most_h: float) -> str | None:
    """Return why an item is not done by its newest mark; None where it is.

    Parameters
    ----------
    bundle_id
        The decision that must have been looked at; None: the mark lasts, for `most_h` hours up to `until`.
    """
    if mark is None:
        return f"nobody has marked it; `deskgate checklist mark {item} --by NAME --note WHY` does"
    if not mark.done:
        return str(mark)
    if bundle_id is not None and mark.bundle_id != bundle_id:
        return f"{mark.by} marked it in view of another decision of this day, which has changed since; look again and mark it"
    age_h = (until - mark.at).total_seconds() / 3600
    if bundle_id is None and age_h > most_h:
        return f"{mark.by} marked it {age_h:,.0f} h ago, expected at most {most_h:g} h; look again and mark it"
    return None
