"""The checks: pure functions from the canonical frames to findings. A check knows no gate and no threshold."""

from collections.abc import Callable

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metrics, metrics_frame, with_explanations
from deskgate.checks import baseline, counters, drills, freshness, parity, portfolio_risk, soak, stream
from deskgate.reconciliation import funding, orders
from deskgate.reconciliation.accounts import check as positions
from deskgate.reconciliation.fills import check as fills

__all__ = ["CHECKS", "run_checks"]

# The list: which checks feed which gate. A gate's suite is expectations/<gate>.json.
CHECKS: dict[str, tuple[Callable[[Case], Findings], ...]] = {
    "baseline": (baseline.check,),
    "event_store": (freshness.check, stream.check),
    "reconciliation": (fills.check, orders.check, funding.check, positions.check, counters.check, drills.check),
    "parity": (parity.check,),
    "portfolio_risk": (portfolio_risk.check,),
    "soak": (soak.check,),
}


def run_checks(case: Case) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Run every check.

    Returns
    -------
    tuple
        The `Metrics` of all gates, and the `Breaks` of all checks sorted by (ts, kind, break_id).
    """
    found = [(gate, check(case)) for gate, checks in CHECKS.items() for check in checks]
    metrics = pl.concat([metrics_frame(gate, findings.metrics) for gate, findings in found])
    explains = pl.concat([findings.explains for _, findings in found])
    breaks = with_explanations(pl.concat([findings.breaks for _, findings in found]), explains)
    return Metrics.validate(metrics.sort("gate", "subject", "metric")), breaks.sort("ts", "kind", "break_id")
