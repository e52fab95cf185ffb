"""Opening a day for a notebook: the files that a run wrote, or the day assessed on the spot."""

import shutil
import weakref
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Self

import polars as pl
from pydantic import PrivateAttr

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts, write_artifacts, write_frame
from deskgate.assessment.evidence import open_verified, refuse_other_desk
from deskgate.case.tolerances import closing
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.instants import now, parse_instant, resolve_instant
from deskgate.config.paths import DEMO_DESK, DEMO_OUT
from deskgate.reports.day import Day

if TYPE_CHECKING:
    from deskgate.assessment.assessment import Assessment
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
        Where a run has just written the day's files; empty, or gone because that run is over: `<out>/<date>`.

    Raises
    ------
    InputError
        The folder holds another desk's day, or a published day that is not as its run left it.
    """
    where = load_desk(Path(desk)) if desk else _demo_desk()
    place = Path(out) if out else DEMO_OUT if not desk else Path("reports")
    for written, is_published in ((Path(folder), False), (place / date, True)):
        if (folder or date) and (written / MANIFEST).is_file():
            # A run checks what it writes itself, and has no decision yet.
            artifacts = open_verified(written) if is_published else DayArtifacts.open(written)
            if _is_of(artifacts, date, as_of):
                refuse_other_desk(artifacts, where)
                return Day(where, artifacts, place)
    return _assess_now(where, place, date, as_of)


def _is_of(artifacts: DayArtifacts, day: str, as_of: str) -> bool:
    inputs = artifacts.inputs
    evaluated = (artifacts.folder / artifacts.verdicts_file).is_file()
    end = datetime.combine(inputs.date, time(), UTC) + timedelta(days=1)
    instant = parse_instant(as_of) if as_of else end
    # A day's end may have been moved to when its account was exported.
    same = inputs.as_of == instant or (instant == end and end < inputs.as_of <= end + closing())
    return evaluated and day in ("", inputs.date.isoformat()) and same


def _demo_desk() -> Desk:
    """Return the demo desk, made if it is not there; of two notebooks opened at once one makes it."""
    from filelock import FileLock

    from deskgate.demo import write_demo

    DEMO_OUT.mkdir(parents=True, exist_ok=True)
    with FileLock(DEMO_OUT / ".demo.lock"):
        write_demo(DEMO_DESK)
    return load_desk(DEMO_DESK)


def _assess_now(desk: Desk, out: Path, day: str, as_of: str) -> Day:
    """Ingest and assess, and keep the day's files for as long as the notebook runs."""
    from deskgate.assessment.assessment import assess
    from deskgate.store.desk_store import ingest_desk

    out.mkdir(parents=True, exist_ok=True)
    store, account = ingest_desk(desk, out, now)
    wanted = day or _last_day(store).isoformat()
    begin = datetime.combine(date.fromisoformat(wanted), time(), UTC)
    known = max(begin + timedelta(days=1), parse_instant(as_of) if as_of else begin)
    on, instant = resolve_instant(wanted, as_of or None, known)
    assessment = assess(desk, store, day=on, as_of=instant, passed_over=account.passed_over)
    temporary = Path(mkdtemp(prefix="deskgate-"))
    artifacts = _AssessedNow.write(temporary, assessment)
    opened = Day(desk, artifacts, out)
    weakref.finalize(opened, shutil.rmtree, temporary, ignore_errors=True)
    return opened


class _AssessedNow(DayArtifacts):
    """A day that a notebook assessed: a view is computed and written when it is first read, for a notebook shows few of them."""

    _assessment: "Assessment" = PrivateAttr()

    @classmethod
    def write(cls, folder: Path, assessment: "Assessment") -> Self:
        from deskgate.reports.views.registry import VIEWS

        written = write_artifacts(folder, assessment, {})
        made = cls(**dict(written) | {"view_files": {name: f"views/{name}.parquet" for name in VIEWS}})
        made._assessment = assessment
        return made

    def view(self, name: str) -> pl.DataFrame:
        from deskgate.reports.views.registry import VIEWS

        if name in self.view_files and not (file := self.folder / self.view_files[name]).is_file():
            write_frame(VIEWS[name](self._assessment), file)
            self.digests[self.view_files[name]] = sha256(file.read_bytes()).hexdigest()
        return super().view(name)


def _last_day(store: "Store") -> date:
    """Return the last day that the records complete: that of the newest one, or the day it closes at 24:00."""
    from deskgate.checks.freshness import DATED

    last = max((last for _, last in store.spans(DATED).values()), default=None)
    return (last - timedelta(microseconds=1)).date() if last else date(1970, 1, 1)
