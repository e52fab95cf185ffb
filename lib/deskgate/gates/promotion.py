"""The promotion gates: every verdict of a day gathered into a plain list of gates, each PASS, FAIL or INSUFFICIENT.

It judges nothing: a gate is as bad as the worst of its critical verdicts. A gate may be finer than a suite, and names the
checks that feed it; a check that no gate names belongs to the gate called like its suite. What is no metric, such as that
the run got as far as the checks, is a step: it comes with its own outcome.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from deskgate.checks.registry import CHECKS, Check
from deskgate.config.plural import count_of, plural
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.suites import Suite

__all__ = [
    "NOT_JUDGED",
    "PREFLIGHT",
    "PROMOTION",
    "REPLAY",
    "Gate",
    "GateResult",
    "Step",
    "check_gates",
    "gates_of_entries",
    "promotion_gates",
]

PREFLIGHT, REPLAY = "preflight", "replay"
# The reason of a gate that was not reached.
NOT_JUDGED = "not judged: the preflight failed"


@dataclass(frozen=True)
class Gate:
    """One promotion gate: its name, its title, and the checks that feed it; with none those of its suite that no gate names."""

    name: str
    title: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """How something ended that is no metric of the day: why, what to do, and where to look."""

    status: Status
    reason: str
    what_to_do: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class GateResult:
    """How one gate stands; `passed` of its `critical` verdicts do not block.

    `evidence` names the suite entries that decided it (all suites that fed it where it passes), or what a step looked at.
    """

    gate: str
    title: str
    status: Status
    blocks: bool
    stops: bool
    passed: int
    critical: int
    reason: str
    what_to_do: str
    evidence: tuple[str, ...]


# The list of all gates, in the order in which they are shown.
PROMOTION: tuple[Gate, ...] = (
    Gate(PREFLIGHT, "Preflight: files, configuration, suites, store, clock", ("clock", "lost_files")),
    Gate("baseline", "Frozen baseline"),
    Gate("policy", "Policy scope: desk.toml, suites, bots on disk"),
    Gate("event_store", "Event store"),
    Gate("market_data", "Freshness of records and quotes", ("freshness", "quotes")),
    Gate("reconciliation", "Reconciliation"),
    Gate("accounting", "Accounting: positions and balances", ("accounts",)),
    Gate("parity", "Parity with the reference"),
    Gate("portfolio_risk", "Portfolio risk"),
    Gate("smoke", "Smoke: each bot shows life", ("smoke",)),
    Gate("soak", "Soak"),
    Gate("incidents", "Open incidents", ("incidents",)),
    Gate("alerting", "Alerting", ("alerting", "alert_drill")),
    Gate("monitoring", "Monitoring", ("monitoring",)),
    Gate("secrets", "Secrets hygiene", ("secrets",)),
    Gate(REPLAY, "Replay: the same inputs, the same bytes"),
)


def check_gates(gates: Sequence[Gate] = PROMOTION, checks: Iterable[Check] = CHECKS) -> dict[tuple[str, str], str]:
    """Return the gate of every check: (suite, check) -> gate."""
    named = {check: gate.name for gate in gates for check in gate.checks}
    return {(check.gate, check.name): named.get(check.name, check.gate) for check in checks}


def gates_of_entries(
    suites: Mapping[str, Suite], gates: Sequence[Gate] = PROMOTION, checks: Sequence[Check] = CHECKS
) -> dict[tuple[str, str], str]:
    """Return the gate of every suite entry: (suite, entry) -> gate."""
    gate_of = check_gates(gates, checks)
    of_metric = {(check.gate, spec.name): gate_of[check.gate, check.name] for check in checks for spec in check.metrics}
    return {
        (name, entry.meta.entry): of_metric[name, entry.kwargs.metric]
        for name, suite in suites.items()
        for entry in suite.expectations
    }


def promotion_gates(
    suites: Mapping[str, Suite],
    verdicts: Iterable[Verdict],
    steps: Mapping[str, Step],
    *,
    gates: Sequence[Gate] = PROMOTION,
    checks: Sequence[Check] = CHECKS,
) -> list[GateResult]:
    """Gather verdicts and steps by gate.

    Parameters
    ----------
    suites
        By name, those that were judged.
    steps
        What is no metric, by the name of its gate.

    Returns
    -------
    list of GateResult
        One per gate, in the list's order; a suite whose checks no gate names comes after them under its own title.
    """
    gate_of = gates_of_entries(suites, gates, checks)
    groups: dict[str, list[Verdict]] = {gate.name: [] for gate in gates}
    for verdict in verdicts:
        groups.setdefault(gate_of[verdict.gate, verdict.check], []).append(verdict)
    titles = {gate.name: gate.title for gate in gates} | {
        name: suites[name].meta.title for name in groups if name not in {gate.name for gate in gates}
    }
    return [_of_gate(name, titles[name], group, steps.get(name)) for name, group in groups.items()]


def _of_gate(name: str, title: str, verdicts: Sequence[Verdict], step: Step | None) -> GateResult:
    """Return the outcome of a gate that has verdicts, a step, or both: it blocks where either does."""
    judged = _of_verdicts(name, title, verdicts)
    if step is None or judged.blocks:
        return judged
    stepped = _of_step(name, title, step)
    if not verdicts or stepped.blocks:
        return stepped
    return replace(judged, reason=f"{step.reason}; {judged.reason}", evidence=(*step.evidence, *judged.evidence))


def _of_step(name: str, title: str, step: Step) -> GateResult:
    ok = step.status.is_settled
    return GateResult(name, title, step.status, not ok, False, int(ok), 1, step.reason, step.what_to_do, step.evidence)


def _of_verdicts(name: str, title: str, verdicts: Sequence[Verdict]) -> GateResult:
    critical = [verdict for verdict in verdicts if verdict.severity == "critical"]
    blocking = [verdict for verdict in critical if verdict.blocks]
    remarks = [v for v in verdicts if v.severity == "warning" and not v.status.is_settled]
    passed = len(critical) - len(blocking)
    # Without a critical verdict the worst warning is shown; nothing at all is no pass either.
    deciding = sorted(
        blocking or ([] if critical else remarks), key=lambda v: (not v.stops, v.status is not Status.FAIL)
    )
    if deciding:
        status, first = deciding[0].status, deciding[0]
        more = f" (and {len(deciding) - 1} more)" if len(deciding) > 1 else ""
        reason = f"{first.subject}: {first.title}: {first.reason}{more}"
        evidence = tuple(dict.fromkeys(verdict.expectation for verdict in deciding))
        return GateResult(
            name,
            title,
            status,
            bool(blocking),
            any(verdict.stops for verdict in deciding),
            passed,
            len(critical),
            reason,
            first.what_to_do,
            evidence,
        )
    if not verdicts:
        return GateResult(
            name, title, Status.INSUFFICIENT, False, False, 0, 0, "nothing of this desk is judged by it", "", ()
        )
    evidence = tuple(dict.fromkeys(verdict.expectation.partition("#")[0] for verdict in verdicts))
    return GateResult(
        name,
        title,
        Status.PASS,
        False,
        False,
        passed,
        len(critical),
        _passing(critical, verdicts, remarks),
        "",
        evidence,
    )


def _passing(critical: Sequence[Verdict], verdicts: Sequence[Verdict], remarks: Sequence[Verdict]) -> str:
    waived = sum(verdict.status is Status.WAIVED for verdict in critical)
    counted = (
        f"{len(critical)} critical {plural(len(critical), 'check passes', 'checks pass')}"
        if critical
        else count_of(len(verdicts), "check passes", "checks pass")
    )
    parts = [counted, f"{waived} of them waived" if waived else ""]
    if remarks:
        titles = ", ".join(dict.fromkeys(verdict.title for verdict in remarks))
        parts.append(f"warnings: {titles}")
    return "; ".join(part for part in parts if part)
