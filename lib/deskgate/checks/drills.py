"""The drills: how long ago was it shown that drift is found and that somebody hears of it?"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec

__all__ = ["DRIFT", "METRICS", "check"]

DRIFT = "drift"
METRICS = (MetricSpec("drift_drill_age_h", "h", THE_PORTFOLIO, "Time since the last drift drill, if it passed."),)


def check(case: Case) -> Findings:
    """Measure the age of the last drift drill.

    Returns
    -------
    Findings
        Of the portfolio: `drift_drill_age_h`, the hours since the last drill; no value where there was none, or where the
        last one failed.
    """
    name = METRICS[0].name
    drills = case.frames["drills"].filter(pl.col("drill") == DRIFT).sort("effective_at", "recorded_at")
    if drills.is_empty():
        return Findings([Metric(PORTFOLIO, name, None, 0, "no drift drill has been run")])
    last = drills.row(-1, named=True)
    if not last["passed"]:
        return Findings(
            [
                Metric(
                    PORTFOLIO,
                    name,
                    None,
                    drills.height,
                    f"the drift drill of {last['effective_at']:%Y-%m-%d %H:%M} UTC failed",
                )
            ]
        )
    age_h = (case.as_of - last["effective_at"]).total_seconds() / 3600
    return Findings(
        [Metric(PORTFOLIO, name, age_h, drills.height, f"passed at {last['effective_at']:%Y-%m-%d %H:%M} UTC")]
    )
