"""Opening a day for a notebook: as the run wrote it, as an earlier run left it, or assessed on the spot."""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from deskgate.assessment.assessment import Assessment, assess, load_assessment
from deskgate.checks.freshness import DATED
from deskgate.config.desk import Desk, load_desk
from deskgate.config.instants import moment, now, resolve_instant
from deskgate.config.paths import DEMO_DESK, DEMO_OUT
from deskgate.reports.views.day import Day
from deskgate.store.desk_store import ingest_desk
from deskgate.store.tables import Store

__all__ = ["open_day"]


def open_day(desk: str = "", date: str = "", as_of: str = "", out: str = "", folder: str = "") -> Day:
    """Open one day.

    Parameters
    ----------
    desk
        A desk's folder; empty: the demo desk, made if it is not there.
    date
        The UTC day, YYYY-MM-DD; empty: the last one that the desk's records complete.
    as_of
        The instant to speak for, ISO 8601; empty: the day's end.
    out
        Where reports and the store lie; empty: `reports/demo` for the demo desk, else `reports`.
    folder
        Where a run has just written the day's evidence; empty, or gone because that run is over: `<out>/<date>`.
    """
    where = load_desk(Path(desk)) if desk else _demo_desk()
    place = Path(out) if out else DEMO_OUT if not desk else Path("reports")
    for written in (Path(folder), place / date):
        if (folder or date) and (written / "inputs.json").is_file() and _fits(written, date, as_of):
            return Day(load_assessment(written, where))
    return Day(_assess_now(where, place, date, as_of))


def _fits(written: Path, day: str, as_of: str) -> bool:
    said = json.loads((written / "inputs.json").read_text(encoding="utf-8"))
    return (not day or said["date"] == day) and (not as_of or moment(said["as_of"]) == moment(as_of))


def _demo_desk() -> Desk:
    """Return the demo desk, made if it is not there; of two notebooks opened at once one makes it."""
    from filelock import FileLock

    from deskgate.demo import write_demo

    DEMO_OUT.mkdir(parents=True, exist_ok=True)
    with FileLock(DEMO_OUT / ".demo.lock"):
        write_demo(DEMO_DESK)
    return load_desk(DEMO_DESK)


def _assess_now(desk: Desk, out: Path, day: str, as_of: str) -> Assessment:
    out.mkdir(parents=True, exist_ok=True)
    store, _ = ingest_desk(desk, out, now)
    wanted = day or _last_day(store).isoformat()
    begin = datetime.combine(date.fromisoformat(wanted), time(), UTC)
    known = max(begin + timedelta(days=1), moment(as_of) if as_of else begin)
    on, instant = resolve_instant(wanted, as_of or None, known)
    return assess(desk, store, day=on, as_of=instant)


def _last_day(store: Store) -> date:
    """Return the last day that the records complete: that of the newest one, or the day it closes at 24:00."""
    last = max((last for _, last in store.spans(DATED).values()), default=None)
    return (last - timedelta(microseconds=1)).date() if last else date(1970, 1, 1)
