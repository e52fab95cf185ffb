"""The registry: which checks feed which gate, and which metrics each of them declares.

What a suite may name, who is judged by it and in which unit all derive from here. A check knows no gate and no threshold.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric, Metrics, metrics_frame, with_explanations
from deskgate.case.metric_spec import MetricSpec
from deskgate.checks import (
    account_snapshots,
    actions,
    baseline,
    copies,
    counters,
    declared,
    drills,
    freshness,
    hard_stop,
    incidents,
    liquidation,
    lost_files,
    operations,
    parity,
    policy,
    portfolio_risk,
    quotes,
    smoke,
    stream,
    stream_gaps,
    stream_losses,
)
from deskgate.checks.own_figures import check as own_figures
from deskgate.checks.soak import check as soak
from deskgate.config.errors import RunError
from deskgate.reconciliation import funding, funding_amounts, orders, unlisted_orders
from deskgate.reconciliation.accounts import check as accounts
from deskgate.reconciliation.fills import check as fills
from deskgate.reconciliation.fills import clocks

__all__ = ["ACCOUNT", "CHECKS", "GATES", "SPECS", "Check", "Specs", "run_check", "run_checks", "specs_by_gate"]

# What a check looks at: one account (bots that share anything) at a time, or the desk as a whole.
ACCOUNT, DESK = "account", "desk"

Specs = Mapping[str, Mapping[str, MetricSpec]]


@dataclass(frozen=True)
class Check:
    """One check: the gate it feeds, its name, the function, and every metric that the function emits.

    `per` says what it looks at. One of `ACCOUNT` gives of each bot the same, whether the bots of other accounts are judged with it
    or not, so that each account may be measured by another process. Who is not sure leaves it at `DESK`.
    """

    gate: str
    name: str
    run: Callable[[Case], Findings]
    metrics: tuple[MetricSpec, ...]
    per: str = DESK


# The list of all checks. A gate's suite is expectations/<gate>.json; gates are judged in this order.
CHECKS: tuple[Check, ...] = (
    Check("baseline", "baseline", baseline.check, baseline.METRICS),
    Check("policy", "policy", policy.check, policy.METRICS),
    Check("event_store", "freshness", freshness.check, freshness.METRICS, ACCOUNT),
    Check("event_store", "stream_gaps", stream_gaps.check, stream_gaps.METRICS, ACCOUNT),
    Check("event_store", "stream", stream.check, stream.METRICS, ACCOUNT),
    Check("event_store", "stream_losses", stream_losses.check, stream_losses.METRICS, ACCOUNT),
    Check("event_store", "copies", copies.check, copies.METRICS, ACCOUNT),
    Check("event_store", "quotes", quotes.check, quotes.METRICS, ACCOUNT),
    Check("reconciliation", "fills", fills.check, fills.METRICS, ACCOUNT),
    Check("reconciliation", "clocks", clocks.check, clocks.METRICS, ACCOUNT),
    Check("reconciliation", "orders", orders.check, orders.METRICS, ACCOUNT),
    Check("reconciliation", "unlisted_orders", unlisted_orders.check, unlisted_orders.METRICS, ACCOUNT),
    Check("reconciliation", "funding", funding.check, funding.METRICS, ACCOUNT),
    Check("reconciliation", "funding_amounts", funding_amounts.check, funding_amounts.METRICS, ACCOUNT),
    Check("reconciliation", "accounts", accounts.check, accounts.METRICS, ACCOUNT),
    Check("reconciliation", "account_snapshots", account_snapshots.check, account_snapshots.METRICS, ACCOUNT),
    Check("reconciliation", "counters", counters.check, counters.METRICS, ACCOUNT),
    Check("reconciliation", "own_figures", own_figures.check, own_figures.METRICS, ACCOUNT),
    Check("reconciliation", "declared", declared.check, declared.METRICS, ACCOUNT),
    Check("reconciliation", "drills", drills.check, drills.METRICS),
    Check("parity", "parity", parity.check, parity.METRICS, ACCOUNT),
    Check("portfolio_risk", "portfolio_risk", portfolio_risk.check, portfolio_risk.METRICS),
    Check("portfolio_risk", "liquidation", liquidation.check, liquidation.METRICS),
    Check("portfolio_risk", "actions", actions.check, actions.METRICS),
    Check("portfolio_risk", "control_drills", drills.check_controls, drills.CONTROL_METRICS),
    Check("soak", "smoke", smoke.check, smoke.METRICS, ACCOUNT),
    Check("soak", "hard_stop", hard_stop.check, hard_stop.METRICS, ACCOUNT),
    Check("soak", "soak", soak.check, soak.METRICS),
    Check("operations", "incidents", incidents.check, incidents.METRICS),
    Check("operations", "alerting", operations.check_alerting, operations.ALERTING_METRICS),
    Check("operations", "alert_drill", drills.check_alerts, drills.ALERT_METRICS),
    Check("operations", "monitoring", operations.check_monitoring, operations.MONITORING_METRICS),
    Check("operations", "secrets", operations.check_secrets, operations.SECRETS_METRICS),
    Check("operations", "lost_files", lost_files.check, lost_files.METRICS),
    Check("operations", "clock", operations.check_clock, operations.CLOCK_METRICS),
)
GATES: tuple[str, ...] = tuple(dict.fromkeys(check.gate for check in CHECKS))


def specs_by_gate(checks: Iterable[Check]) -> dict[str, dict[str, MetricSpec]]:
    """Return every declared metric: gate -> name -> spec.

    Raises
    ------
    ValueError
        A gate has a metric that is declared twice.
    """
    found: dict[str, dict[str, MetricSpec]] = {}
    for check in checks:
        mine = found.setdefault(check.gate, {})
        for spec in check.metrics:
            if spec.name in mine:
                raise ValueError(f"the gate {check.gate} has the metric {spec.name} declared twice, expected once")
            mine[spec.name] = spec
    return found


SPECS: Specs = specs_by_gate(CHECKS)


def run_check(check: Check, case: Case) -> Findings:
    """Run one check and hold it to its declaration.

    Raises
    ------
    RunError
        The check emits a metric that it does not declare, emits one twice, or has none for a subject it declares.
    """
    return _held(check, case, check.run(case))


def _held(check: Check, case: Case, findings: Findings) -> Findings:
    """Return findings that are what their check declares, of the desk of a case."""
    emitted = [(metric.metric, metric.subject) for metric in findings.metrics]
    measured = {(metric.metric, metric.subject): metric.value for metric in findings.metrics}
    declared = {(spec.name, subject) for spec in check.metrics for subject in spec.judged(case.desk, measured)}
    names = {spec.name for spec in check.metrics}
    # A check may also measure whom nobody judges by it, such as the position of a paper bot.
    wrong = {
        "emits undeclared": sorted({name for name, _ in emitted} - names),
        "emits twice": sorted({f"{name} of {who}" for name, who in emitted if emitted.count((name, who)) > 1})
        if len(set(emitted)) < len(emitted)
        else [],
        "does not emit": sorted(f"{name} of {who}" for name, who in declared - set(emitted)),
    }
    if any(wrong.values()):
        problems = "; ".join(f"{what} {', '.join(names)}" for what, names in wrong.items() if names)
        raise RunError(f"the check {check.name} {problems}; correct its METRICS or what it emits")
    return findings


def run_checks(
    case: Case, gates: Collection[str] = GATES, done: Mapping[str, Findings] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Run every check, or those of some gates.

    Parameters
    ----------
    done
        What checks found that other processes ran, of all accounts, by their names.

    Returns
    -------
    tuple
        The `Metrics` of these gates, and the `Breaks` of all checks sorted by (ts, kind, break_id).

    Raises
    ------
    RunError
        A check does not emit what it declares; see `run_check`.
    """
    known = done or {}
    found = [
        (
            check.gate,
            _held(check, case, known[check.name]) if check.name in known else run_check(check, case),
        )
        for check in CHECKS
        if check.gate in gates
    ]
    of_gates: dict[str, list[Metric]] = {}
    for gate, findings in found:
        of_gates.setdefault(gate, []).extend(findings.metrics)
    metrics = pl.concat([metrics_frame(gate, measured) for gate, measured in of_gates.items()])
    explains = pl.concat([findings.explains for _, findings in found])
    breaks = with_explanations(pl.concat([findings.breaks for _, findings in found]), explains)
    return Metrics.validate(metrics.sort("gate", "subject", "metric")), breaks.sort("ts", "kind", "break_id")
