"""What shows that an incident is over: of a STOP a decision on record in which each of its stop conditions passes.

Each file is read once: what is judged is what was read, and has the digest that is recorded.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from deskgate.assessment.artifacts import VERDICTS
from deskgate.assessment.evidence import verify_decision
from deskgate.audit.decision_file import DECISION, parse_decision
from deskgate.audit.recorded import Recorded
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.checks.incidents import Condition, Incident
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant, stamp
from deskgate.gates.evaluation import Status, Verdict, parse_verdicts
from deskgate.gates.suites import Suite

__all__ = ["Evidence", "does_not_show", "read_evidence"]


@dataclass(frozen=True)
class Evidence:
    """A file of evidence and its content, as it was when it was read."""

    file: Path
    content: bytes

    @property
    def sha256(self) -> str:
        """The digest of what was read."""
        return sha256(self.content).hexdigest()

    @cached_property
    def decision(self) -> dict[str, Any]:
        """The decision that it is; InputError where it is none."""
        return parse_decision(self.content, str(self.file))

    @property
    def decided_as_of(self) -> datetime:
        """The instant that the decision speaks for."""
        return parse_instant(str(self.decision["as_of"]))


def read_evidence(file: Path) -> Evidence:
    """Read a file of evidence.

    Raises
    ------
    InputError
        It cannot be read, or is empty.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{file}: not readable, {error.strerror}, expected evidence; give a file that is there"
        ) from error
    if not content:
        raise InputError(f"{file}: is empty, expected evidence; give a file that shows something")
    return Evidence(file, content)


def does_not_show(
    incident: Incident,
    out: Path,
    recorded: Recorded,
    suites: Mapping[str, Suite],
    closed_at: datetime,
    evidence: Evidence,
) -> str | None:
    """Return why a file is no decision that shows that the stop conditions of an incident are over; None where it is one.

    Parameters
    ----------
    out, recorded
        Where the desk's runs write, and what the audit trail there has.
    suites
        The suites in force.
    closed_at
        The instant that the incident is closed for.
    """
    return next(_faults(incident, out, recorded, suites, closed_at, evidence), None)


def _faults(
    incident: Incident,
    out: Path,
    recorded: Recorded,
    suites: Mapping[str, Suite],
    closed_at: datetime,
    evidence: Evidence,
) -> Iterator[str]:
    file = evidence.file
    folder = file.resolve().parent
    name = f"{folder.name}/{DECISION}"
    if file.name != DECISION or folder.parent != out.resolve():
        yield f"{file} is no decision of a run into {out}"
    try:
        decision = evidence.decision
    except InputError:
        yield f"{name} cannot be read as the decision that a run wrote"
        return
    contents = dict[str, bytes]()
    with suppress(OSError):  # which is a finding
        contents[VERDICTS] = (folder / VERDICTS).read_bytes()
    yield from (finding.says for finding in verify_decision(folder, decision, recorded, contents=contents))
    as_of = evidence.decided_as_of
    if as_of < incident.opened_at:
        yield f"{name} speaks for {stamp(as_of)}, before the incident of {stamp(incident.opened_at)}"
    if closed_at < as_of:
        yield f"{name} speaks for {stamp(as_of)}, after the close of {stamp(closed_at)} (--as-of)"
    if decision["provisional"]:
        yield f"{name} is provisional"
    yield from (f"in {name} the step {item['notebook']} failed" for item in decision["failures"])
    if decision["inputs"].get("suites") != {suite: each.sha256 for suite, each in suites.items()}:
        yield f"{name} was judged by other suites than those of desk.toml"
    if VERDICTS not in {item["path"] for item in decision["evidence"]}:
        yield f"{name} has no verdicts among its evidence"
    verdicts = {(v.gate, v.check, v.subject): v for v in parse_verdicts(contents[VERDICTS])}
    yield from (f"in {name} {says}" for says in _still_holds(incident, verdicts, decision["bots"]))


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
