"""What shows that an incident is over: of a STOP a decision on record in which each of its stop conditions passes."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.assessment.evidence import verify_day
from deskgate.audit.decision_file import DECISION
from deskgate.audit.recorded import Recorded
from deskgate.audit.trail import Trail
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.checks.incidents import Condition, Incident
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant, stamp
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.suites import Suite

__all__ = ["decided_as_of", "does_not_show", "read_evidence"]


def does_not_show(
    incident: Incident, trail: Trail, suites: Mapping[str, Suite], closed_at: datetime, file: Path
) -> str | None:
    """Return why a file is no decision that shows that the stop conditions of an incident are over; None where it is one.

    Parameters
    ----------
    suites
        The suites in force.
    closed_at
        The instant that the incident is closed for.
    """
    return next(_faults(incident, trail, suites, closed_at, file), None)


def _faults(
    incident: Incident, trail: Trail, suites: Mapping[str, Suite], closed_at: datetime, file: Path
) -> Iterator[str]:
    folder = file.resolve().parent
    name = f"{folder.name}/{DECISION}"
    if file.name != DECISION or folder.parent != trail.out.resolve():
        yield f"{file} is no decision of a run into {trail.out}"
    yield from (finding.says for finding in verify_day(folder, Recorded.read(trail.out)))
    decision = json.loads(read_evidence(file))
    as_of = decided_as_of(file)
    if as_of < incident.opened_at:
        yield f"{name} speaks for {stamp(as_of)}, before the incident of {stamp(incident.opened_at)}"
    if closed_at < as_of:
        yield f"{name} speaks for {stamp(as_of)}, after the close of {stamp(closed_at)} (--as-of)"
    if decision["provisional"]:
        yield f"{name} is provisional"
    yield from (f"in {name} the step {item['notebook']} failed" for item in decision["failures"])
    artifacts = DayArtifacts.open(folder)
    if artifacts.inputs.suites != {suite: each.sha256 for suite, each in suites.items()}:
        yield f"{name} was judged by other suites than those of desk.toml"
    verdicts = {(v.gate, v.check, v.subject): v for v in artifacts.verdicts()}
    yield from (f"in {name} {says}" for says in _still_holds(incident, verdicts, decision["bots"]))


def decided_as_of(file: Path) -> datetime:
    """Return the instant that a decision.json speaks for."""
    return parse_instant(str(json.loads(read_evidence(file))["as_of"]))


def _still_holds(incident: Incident, verdicts: Mapping[Condition, Verdict], bots: Mapping[str, str]) -> Iterator[str]:
    for gate, check, subject in incident.conditions:
        verdict = verdicts.get((gate, check, subject))
        if verdict is not None and verdict.status is Status.PASS:
            continue
        # A bot that is switched off is not judged any more.
        if verdict is None and bots.get(subject) == "disabled":
            continue
        if verdict is not None:
            says = verdict.reason
        elif subject in {*bots, PORTFOLIO}:
            says = f"it is not judged there, put {gate}/{check} back as it was when the incident was opened"
            if subject in bots:
                says += ', or set mode = "disabled" for one run and give that decision'
        else:
            says = 'desk.toml does not name it any more, name it with mode = "disabled" until the incident is closed'
        yield f"{subject} does not pass {check}: {says}"


def read_evidence(file: Path) -> bytes:
    """Return the content of a file of evidence.

    Raises
    ------
    InputError
        It cannot be read, or is empty.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{file}: not readable, {error.strerror}, expected evidence; give a file that is there"
        ) from error
    if not data:
        raise InputError(f"{file}: is empty, expected evidence; give a file that shows something")
    return data
