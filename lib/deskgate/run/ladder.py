"""The ladder of a day that is being run, and after a published one, by desk.toml and the ladder's bounds as they are now."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.assessment.evidence import open_verified, refuse_other_desk
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant, stamp
from deskgate.config.paths import suites_folder
from deskgate.gates.ladder.rule import held_back
from deskgate.gates.ladder.rules import load_ladder
from deskgate.reports.ladder import standings
from deskgate.reports.pages.later import Later
from deskgate.run.status import read_or_none, what_blocks

__all__ = ["ladder_after", "ladder_of"]


def ladder_of(
    desk: Desk, suites: Path, out: Path, artifacts: DayArtifacts, decision: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Return how each bot that declares a rung stands after a day, as decision.json has it.

    Parameters
    ----------
    suites
        The folder of the desk's suites.
    decision
        Of the day itself where it is being made; None: the day is published.
    """
    return [each.as_json() for each in standings(desk, load_ladder(suites), out, artifacts, decision)]


def ladder_after(
    desk: Desk, out: Path, day: str | None, *, now: datetime, suites: Path | None = None
) -> tuple[date, list[dict[str, Any]]]:
    """Return a published day, and how each bot that declares a rung stands after it, as decision.json has it.

    Parameters
    ----------
    day
        YYYY-MM-DD; None: the last one that has artifacts. No bot may move on by it where its decision does not hold any more.
    now
        The instant at which it has to hold.

    Raises
    ------
    InputError
        There is no such day, it is another desk's or not as its run left it, or the ladder's bounds are wrong.
    """
    rules = load_ladder(suites_folder(desk, suites))
    days = sorted(file.parent.name for file in out.glob(f"????-??-??/{MANIFEST}"))
    if not days and day is None:
        raise InputError(f"{out}: no day there, expected one that `deskgate daily` made; give that run's --out")
    try:
        wanted = date.fromisoformat(day or days[-1])
    except ValueError as error:
        raise InputError(
            f"'{day}' is no day, expected YYYY-MM-DD such as {days[-1] if days else '2026-03-01'}"
        ) from error
    folder = out / wanted.isoformat()
    if not folder.is_dir():
        raise InputError(f"{folder}: no such day, expected one that `deskgate daily` made; run it, or give its --out")
    artifacts = open_verified(folder)
    refuse_other_desk(artifacts, desk)
    found = standings(desk, rules, out, artifacts, None)
    if day is None and (lapsed := list(_lapsed(out, wanted.isoformat(), now))):
        why = f"the decision of {wanted} does not hold any more, {'; '.join(lapsed)}; run `deskgate daily`"
        found = [held_back(each, why) for each in found]
    return wanted, [each.as_json() for each in found]


def _lapsed(out: Path, day: str, now: datetime) -> Iterator[str]:
    """Yield why a day's decision does not hold any more, as far as that is cheap to see; `deskgate status` looks at all."""
    decision, later = load_decision(out / day / DECISION), Later.read(out)
    expires_at = parse_instant(str(decision.get("expires_at")))
    if expires_at <= now:
        yield f"it expired at {stamp(expires_at)}"
    yield from (str(run) for name, run in later.runs.items() if name >= day)
    for file in sorted(out.glob(f"????-??-??/{DECISION}")):
        if file.parent.name > day and (what := what_blocks(read_or_none(file))):
            yield f"the later day {file.parent.name} has {what}"
    if later.incidents is None:
        yield "an incident on record cannot be read"
    yield from (str(each) for each in later.incidents or () if each.is_open)
