"""Which earlier days a report looks at: the last usable one, and the last GO on record; those passed over are named."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.decision_ids import identity
from deskgate.audit.recorded import Recorded
from deskgate.audit.sign_offs import every_sign_off, stands_as
from deskgate.config.errors import InputError
from deskgate.reports.daily_report.days import DayFiles, LastGo, ReportDays, RunFacts
from deskgate.reports.history import DAYS
from deskgate.reports.published_days import LeftOutError, open_published

__all__ = ["days_of_range", "read_days"]


def read_days(today: DayArtifacts, out: Path, facts: RunFacts | None = None) -> ReportDays:
    """Return the days that the report of a day looks at.

    Parameters
    ----------
    today
        The day's files; in a run they are not in their place yet.
    out
        Where the folders of the other days and the audit trail lie.
    facts
        What the run knows by now.
    """
    known, day, recorded = facts or RunFacts(), today.inputs.date, Recorded.read(out)
    files = DayFiles(today, known.decision)
    opened: dict[date, DayFiles | str] = {}

    def open_once(at: date) -> DayFiles | str:
        if at not in opened:
            opened[at] = _open(out, today.inputs.desk, at, recorded)
        return opened[at]

    before, passed_over = None, []
    for at in _earlier(out, day, recorded):
        found = open_once(at)
        if isinstance(found, DayFiles):
            before = found
            break
        passed_over.append(f"{at} is left out, {found}.")
    go = _last_go(out, day, recorded)
    if go is not None:
        found = open_once(go.date)
        go = replace(go, files=found) if isinstance(found, DayFiles) else replace(go, problem=found)
    return ReportDays(files, before, tuple(passed_over), go, recorded.problem, known)


def days_of_range(today: DayArtifacts, out: Path) -> list[DayFiles]:
    """Return the usable days of the last 30 before a day, newest first; what cannot be used is no part of a range."""
    recorded = Recorded.read(out)
    found = (_open(out, today.inputs.desk, at, recorded) for at in _earlier(out, today.inputs.date, recorded))
    return [each for each in found if isinstance(each, DayFiles)]


def _open(out: Path, desk: str, at: date, recorded: Recorded) -> DayFiles | str:
    folder = out / at.isoformat()
    if not folder.is_dir():
        return "on record, but its folder is gone"
    try:
        artifacts, decision = open_published(out, at, desk, recorded), load_decision(folder / DECISION)
    except (LeftOutError, InputError) as error:
        return str(error)
    found = DayFiles(artifacts, decision, stands_as(recorded.records, decision))
    return found if found.is_readable else "run by another version of Deskgate, whose verdicts and breaks are others"


def _earlier(out: Path, day: date, recorded: Recorded) -> list[date]:
    """Return the days before one that have a folder or a record, the newest first, as far back as charts look."""
    names = [folder.name for folder in out.glob("????-??-??")] + list(recorded.decisions)
    found = set()
    for name in names:
        with suppress(ValueError):
            found.add(date.fromisoformat(name))
    return sorted((at for at in found if day - timedelta(days=DAYS) <= at < day), reverse=True)


def _last_go(out: Path, day: date, recorded: Recorded) -> LastGo | None:
    """Return the newest day before one whose last decision on record is a GO, or became one when all had signed it."""
    for name in sorted((name for name in recorded.decisions if name < day.isoformat()), reverse=True):
        body = recorded.decisions[name][-1].body
        if body.get("decision") == "GO" or _was_signed(out / name / DECISION, body, recorded):
            return LastGo(date.fromisoformat(name), body)
    return None


def _was_signed(file: Path, body: Mapping[str, Any], recorded: Recorded) -> bool:
    """Return whether sign-offs made a HOLD a GO; which ones it awaited its file alone says."""
    if not any(every_sign_off(recorded.records, body.get("bundle_id"))):
        return False
    with suppress(InputError):
        decision = load_decision(file)
        return identity(decision) == identity(body) and stands_as(recorded.records, decision) == "GO"
    return False
