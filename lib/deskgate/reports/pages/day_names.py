"""Which folders of an `--out` are days: those whose name is a date, and no link to somewhere else."""

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from deskgate.reports.pages.link import INDEX

__all__ = ["is_day_name", "known_days", "published_days"]


def is_day_name(name: str) -> bool:
    """Return whether a name is a day, YYYY-MM-DD."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", name, re.ASCII):
        return False
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True


def published_days(out: Path) -> list[str]:
    """Return the days in `out` that have a page, oldest first."""
    if not out.is_dir():
        return []
    return sorted(each.name for each in out.iterdir() if is_day_name(each.name) and (each / INDEX).is_file())


def known_days(out: Path, on_record: Iterable[str]) -> list[str]:
    """Return all days of an `out`, oldest first: its folders that are named as one, and those that something else knows of.

    Parameters
    ----------
    on_record
        Days that the audit trail has a decision of or of which a run has begun, with a folder or without.
    """
    folders = {each.name for each in out.iterdir() if each.is_dir()} if out.is_dir() else set()
    return sorted(name for name in folders.union(on_record) if is_day_name(name))
