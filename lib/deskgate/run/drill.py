"""The drift drill: does the code that judges this desk find a break of each kind, and does anybody hear of it?

One break of each kind is injected in a copy of the day's frames and looked for by the very checks of a daily run; then one
alert, marked as a drill, goes to every channel. Only a kind that is judged of no bot of the desk may be left out.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.audit.checkpoint import Checkpoint
from deskgate.audit.trail import Trail
from deskgate.case.case import Case
from deskgate.case.findings import BREAK_KINDS
from deskgate.checks.drills import DRIFT
from deskgate.checks.registry import CHECKS, SPECS
from deskgate.controls.alerts import Delivery, open_channels, send
from deskgate.gates.severity import grade_breaks
from deskgate.reconciliation import orders
from deskgate.run.drill_faults import FAULTS
from deskgate.run.probes import record_deliveries
from deskgate.store.tables import Store

__all__ = ["Drilled", "Outcome", "drill_drift", "record_drill", "record_evidence"]

GATE = "reconciliation"
# Kinds that only a database can show: a controller's CSV keeps no orders and no funding, and cuts no digits.
OF_A_DATABASE = frozenset({"funding_missing", "not_reconcilable", *orders.KINDS})


@dataclass(frozen=True)
class Outcome:
    """How one kind fared: `ok` is None where no bot of the desk is judged by it."""

    kind: str
    ok: bool | None
    bot: str
    break_id: str
    severity: str
    says: str


@dataclass(frozen=True)
class Drilled:
    """What a drill showed; it passed where every kind that is judged was found, and every channel reached."""

    kinds: tuple[Outcome, ...]
    alert: Delivery

    @property
    def passed(self) -> bool:
        """Whether the drill was passed."""
        return (
            self.alert.ok and any(kind.ok for kind in self.kinds) and all(kind.ok is not False for kind in self.kinds)
        )


def drill_drift(assessment: Assessment, checkpoint: Checkpoint | None) -> Drilled:
    """Run the drill on an assessed day and send its alert, with the checkpoint of the audit trail.

    Raises
    ------
    InputError
        An alert channel is none, or its variable is not set.
    """
    open_channels(assessment.case.desk)  # a wrong address is found before anything is done
    outcomes = tuple(_drill(assessment, kind) for kind in BREAK_KINDS)
    case = assessment.case
    found = [outcome for outcome in outcomes if outcome.ok]
    title = f"DRILL {case.desk.name} {case.day}: {len(found)} injected breaks were found"
    body = "This is a drill; nothing is wrong because of it.\n" + "\n".join(
        f"{outcome.kind}: {outcome.says}" for outcome in outcomes
    )
    return Drilled(outcomes, send(case.desk, title, body, checkpoint))


# What a break is about: with a leg taken away, nobody may be named any more.
_ABOUT = ["kind", "bot", "pair", "ts", "trade_id", "order_id", "exchange_order_id", "funding_id"]


def _drill(assessment: Assessment, kind: str) -> Outcome:
    case = assessment.case
    judged = SPECS[GATE][kind].scope.subjects(case.desk)
    if not judged:
        return Outcome(kind, None, "", "", "", "no bot of this desk is judged by it")
    if kind in OF_A_DATABASE and not case.with_database & set(judged):
        return Outcome(kind, None, "", "", "", "no bot of this desk keeps a database")
    fault = next((made for bot in judged if (made := FAULTS[kind](case, bot))), None)
    if fault is None:
        return Outcome(
            kind, ok=False, bot="", break_id="", severity="", says=f"{case.day} has no record to inject it into"
        )
    found = _breaks(replace(case, frames=fault.frames), assessment)
    # The day's own case remembers what has been computed of it.
    before = _breaks(replace(case, frames=fault.baseline_frames) if fault.baseline_frames else case, assessment)
    found = found.join(before, on=_ABOUT, how="anti", nulls_equal=True)
    wanted = (pl.col("kind") == kind) & (pl.col("bot") == fault.bot)
    for name, value in fault.ids.items():
        wanted &= pl.col(name) == value
    mine, others = found.filter(wanted), found.filter(~wanted)
    if mine.height != 1 or others.height:
        also = ", ".join(sorted(set(others["kind"]))) or "nothing else"
        says = (
            f"injected at {fault.bot} {dict(fault.ids)}: found {mine.height} times, expected once; and besides {also}"
        )
        return Outcome(kind, ok=False, bot=fault.bot, break_id="", severity="", says=says)
    row = mine.row(0, named=True)
    graded_right = row["severity"] in ("critical", "warning")
    says = (
        f"found at {fault.bot}, {row['severity']}"
        if graded_right
        else f"found, but {row['severity']} for no suite grades it"
    )
    return Outcome(kind, graded_right, fault.bot, row["break_id"], row["severity"], says)


def _breaks(case: Case, assessment: Assessment) -> pl.DataFrame:
    found = pl.concat([check.run(case).breaks for check in CHECKS if check.gate == GATE])
    return grade_breaks(case, found, assessment.suites)


def record_drill(
    store: Store, trail: Trail, drilled: Drilled, case: Case, *, effective_at: datetime, recorded_at: datetime
) -> None:
    """Record a drill with its evidence."""
    evidence: Mapping[str, object] = {
        "day": case.day.isoformat(),
        "kinds": [asdict(kind) for kind in drilled.kinds],
        "alert": asdict(drilled.alert),
    }
    record_deliveries(
        store, trail, drilled.alert, "the alert of a drill", effective_at=effective_at, recorded_at=recorded_at
    )
    record_evidence(
        store, trail, DRIFT, evidence, passed=drilled.passed, effective_at=effective_at, recorded_at=recorded_at
    )


def record_evidence(
    store: Store,
    trail: Trail,
    drill: str,
    evidence: Mapping[str, object],
    *,
    passed: bool,
    effective_at: datetime,
    recorded_at: datetime,
) -> None:
    """Record that a drill was run, whether it passed, and its evidence."""
    row = {
        "drill": drill,
        "passed": passed,
        "evidence": json.dumps(evidence, sort_keys=True),
        "effective_at": effective_at,
        "recorded_at": recorded_at,
    }
    trail.write(store, "drills", [row], recorded_at)
