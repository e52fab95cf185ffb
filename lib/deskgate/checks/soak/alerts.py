"""The alerts of the soak: did each reach each channel, not only the last one?

An alert that nobody got is a STOP, a break or an action that nobody knew of, however well the next one arrived.
"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric, listed
from deskgate.case.metric_spec import PORTFOLIO, MetricSpec
from deskgate.checks.operations import HAVING_ALERTS, deliveries, last_run
from deskgate.checks.soak.controllers import WINDOW

__all__ = ["METRICS", "alerts"]

METRICS = (
    MetricSpec(
        "alerts_undelivered",
        "alerts",
        HAVING_ALERTS,
        "Alerts of the last 24 h that a channel did not take, nor when they were sent again; one that two channels lack counts"
        " twice. Of a channel that desk.toml no longer names, those that not every named channel took.",
    ),
)


def alerts(case: Case) -> list[Metric]:
    """Return how many alerts of the last 24 h never reached a channel; no value where no alert is on record at all."""
    if not HAVING_ALERTS.subjects(case.desk):
        return []
    name, sent = METRICS[0].name, deliveries(case)
    if sent.is_empty():
        return [Metric(PORTFOLIO, name, None, 0, "no alert to a channel is on record")]
    alert = ["subject", "alert"]
    taken = sent.filter("ok").group_by(alert).agg(taken=pl.col("recorded_at").max())
    lost = (
        sent.filter(~pl.col("ok"), pl.col("effective_at") > case.as_of - WINDOW)
        .join(taken, on=alert, how="left")
        .filter((pl.col("recorded_at") > pl.col("taken")).fill_null(value=True))
        .unique(alert, keep="last", maintain_order=True)
    )
    named = last_run(case, "channel")["subject"].unique()
    if named.len():
        # A corrected address is another channel: what the old one lost is over once each of those in use has it.
        everywhere = taken.filter(pl.col("subject").is_in(named.implode())).group_by("alert").len()
        over = everywhere.filter(pl.col("len") == named.len())["alert"]
        lost = lost.filter(pl.col("subject").is_in(named.implode()) | ~pl.col("alert").is_in(over.implode()))
    lines = [f"{what} at {at:%Y-%m-%d %H:%M} UTC" for what, at in lost.select("what", "effective_at").iter_rows()]
    return [Metric(PORTFOLIO, name, float(lost.height), sent.height, listed(lines))]
