"""The checks: pure functions from the canonical frames to findings. A check knows no gate and no threshold."""

from collections.abc import Callable

import polars as pl

from deskgate.checks import (
    baseline,
    drills,
    event_store,
    fills,
    funding,
    inventory,
    orders,
    parity,
    portfolio_risk,
    positions,
    soak,
    stream,
)
from deskgate.checks.case import Case
from deskgate.checks.findings import Findings, Metrics, metrics_frame, with_explanations

__all__ = ["CHECKS", "Case", "run_checks"]

# The list: which checks feed which gate. A gate's suite is expectations/<gate>.json.
CHECKS: dict[str, tuple[Callable[[Case], Findings], ...]] = {
    "baseline": (baseline.check,),
    "event_store": (event_store.check, stream.check),
    "reconciliation": (fills.check, orders.check, funding.check, positions.check, inventory.check, drills.check),
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
