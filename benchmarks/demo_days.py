"""The demo's desk before its days are published: its baseline is frozen, its files are ingested, its operations are known."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.paths import suites_folder
from deskgate.run.freeze import freeze
from deskgate.run.probes import probe_operations
from deskgate.store.desk_store import ingest_desk
from deskgate.store.tables import Store

__all__ = ["FIRST", "end_of", "open_days"]

OPENED = datetime(2026, 3, 2, 7, tzinfo=UTC)
FIRST = date(2026, 3, 3)


def open_days(desk: Desk, out: Path, days: int) -> tuple[Store, list[date]]:
    """Make so many days ready to be assessed, and return the store with their dates."""
    dates = [FIRST + timedelta(days=number) for number in range(days)]
    later = end_of(dates[-1]) + timedelta(days=1)
    freeze(desk, out, by="ann", why="the configuration the demo opened with", effective_at=OPENED, recorded_at=OPENED)
    store, account = ingest_desk(desk, out, lambda: later)
    probe_operations(
        *(desk, out, suites_folder(desk), store, Trail.open(desk, out), []),
        account=account,
        days=dates,
        as_of=OPENED,
        now=lambda: later,
    )
    return store, dates


def end_of(day: date) -> datetime:
    """Return the instant at which a day ends."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1)
