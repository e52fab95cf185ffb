"""Views of the promotion gates: the list of them, the incidents, and what the run looked at beside the records."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.checks.incidents import incidents as read_incidents
from deskgate.checks.lost_files import last_look, lost_in
from deskgate.checks.operations import last_run
from deskgate.gates.evaluation import Status
from deskgate.gates.promotion import PREFLIGHT, PROMOTION, REPLAY, Step
from deskgate.gates.promotion import promotion_gates as gather

__all__ = ["incidents", "probes", "promotion_gates"]

_GATES = {
    "gate": pl.String(),
    "status": pl.String(),
    "blocks": pl.Boolean(),
    "why": pl.String(),
    "what_to_do": pl.String(),
}
_INCIDENTS = {
    **{name: pl.String() for name in ("incident", "status")},
    **dict.fromkeys(("since", "closed"), pl.Datetime("us", "UTC")),
    **{name: pl.String() for name in ("owner", "what", "to_do", "notes")},
}
_OF_A_DAY = [gate for gate in PROMOTION if gate.name != REPLAY]
_PROBED = ("health", "channel", "secrets", "clock")


def promotion_gates(assessment: Assessment) -> pl.DataFrame:
    """Return the promotion gates in their order: gate (its title), status, blocks, why, what_to_do (where it blocks).

    Without the replay, which is a step of the run: where it fails the day's page says so.
    """
    steps = {PREFLIGHT: Step(Status.PASS, "what the day rests on was read")}
    rows = [
        {**asdict(each), "gate": each.title, "why": each.reason, "what_to_do": each.what_to_do if each.blocks else None}
        for each in gather(assessment.suites, assessment.verdicts, steps, gates=_OF_A_DAY)
    ]
    return pl.DataFrame([{name: row[name] for name in _GATES} for row in rows], schema=_GATES)


def incidents(assessment: Assessment) -> pl.DataFrame:
    """Return the incidents as of the day's instant, the open ones first: incident, status, since, closed, owner, what, to_do, notes."""
    known = sorted(read_incidents(assessment.case.frames["incidents"]), key=lambda each: not each.is_open)
    rows = [
        (
            each.id,
            "open" if each.is_open else "closed",
            each.opened_at,
            each.closed_at,
            each.owner,
            each.title,
            each.todo,
            "; ".join(each.notes) or None,
        )
        for each in known
    ]
    return pl.DataFrame(rows, schema=_INCIDENTS, orient="row")


def probes(assessment: Assessment) -> pl.DataFrame:
    """Return what the run looked at: kind, subject, ok (null where it only names something), says."""
    case = assessment.case
    seen = pl.concat([*(last_run(case, kind) for kind in _PROBED), last_look(case)])
    said = [_said(kind, content) for kind, content in seen.select("kind", "content").iter_rows()]
    return seen.select("kind", "subject", "ok", says=pl.Series(said, dtype=pl.String))


def _said(kind: str, text: str) -> str:
    """Return in words what was seen; how many files there were differs from run to run of one day."""
    if kind == "files":
        return "; ".join(map(str, lost_in(text))) or "all that was read of the day's files is there"
    content: Mapping[str, Any] = json.loads(text)
    if kind == "health":
        return f"{content['url']}: {content['says']}"
    if kind == "channel":
        return str(content["channel"])
    if kind == "clock" and content["behind_s"] is None:
        return "the store has no commit to compare the clock with"
    if kind == "clock":
        return f"{float(content['behind_s']):.0f} s behind the store's last commit"
    found = [f"{each['kind']} in {each['file']} line {each['line']}" for each in content["found"]]
    return "; ".join(found + [f"{name} could not be read" for name in content["unread"]]) or "no secret in clear"
