"""The drills: how long ago was it shown that drift is found, that every channel takes an alert, that a breach acts, a kill stops?"""

from functools import partial

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec
from deskgate.config.instants import stamp

__all__ = [
    "AGES",
    "ALERT",
    "ALERT_METRICS",
    "BREACH",
    "CONTROL_METRICS",
    "DRIFT",
    "KILL",
    "METRICS",
    "check",
    "check_alerts",
    "check_controls",
]

DRIFT, ALERT, BREACH, KILL = "drift", "alert", "breach", "kill"


def _spec(drill: str) -> MetricSpec:
    return MetricSpec(f"{drill}_drill_age_h", "h", THE_PORTFOLIO, f"Time since the last {drill} drill, if it passed.")


# The metric of a drill's age -> the drill.
AGES = {_spec(drill).name: drill for drill in (KILL, BREACH, DRIFT, ALERT)}
METRICS = (_spec(DRIFT),)
ALERT_METRICS = (_spec(ALERT),)
CONTROL_METRICS = (_spec(BREACH), _spec(KILL))


def check(case: Case) -> Findings:
    """Measure the age of the last drift drill.

    Returns
    -------
    Findings
        Of the portfolio: `drift_drill_age_h`, the hours since the last drill; no value where there was none, or where the
        last one failed.
    """
    return Findings([_age(case, DRIFT)])


def check_alerts(case: Case) -> Findings:
    """Measure the age of the last alert drill, as `check` does."""
    return Findings([_age(case, ALERT)])


def check_controls(case: Case) -> Findings:
    """Measure the age of the last breach drill and of the last kill drill, as `check` does."""
    return Findings(list(map(partial(_age, case), (BREACH, KILL))))


def _age(case: Case, drill: str) -> Metric:
    name = _spec(drill).name
    drills = case.frames["drills"].filter(pl.col("drill") == drill).sort("effective_at", "recorded_at")
    if drills.is_empty():
        return Metric(PORTFOLIO, name, None, 0, f"no {drill} drill has been run")
    last = drills.row(-1, named=True)
    at = stamp(last["effective_at"])
    if not last["passed"]:
        return Metric(PORTFOLIO, name, None, drills.height, f"the {drill} drill of {at} failed")
    age_h = (case.as_of - last["effective_at"]).total_seconds() / 3600
    return Metric(PORTFOLIO, name, age_h, drills.height, f"passed at {at}")
