"""Alerts of critical breaks: each channel gets each break once for each of its states, and again until it has taken it."""

from collections.abc import Callable
from datetime import datetime

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.controls.alerts import Delivery, drift_message, open_channels
from deskgate.reconciliation.breaks.counts import told
from deskgate.reconciliation.breaks.ledger import standing
from deskgate.run.break_records import read_records
from deskgate.schema import digest_rows
from deskgate.schema.operations import Alerts
from deskgate.store.tables import Store

__all__ = ["alert_breaks"]


def alert_breaks(store: Store, assessment: Assessment, now: Callable[[], datetime]) -> Delivery | None:
    """Send every channel the critical breaks that it has not been notified of, and record it.

    A break is sent again when its amounts have changed since, and when it came back after it was gone.

    Returns
    -------
    Delivery or None
        How it was delivered; None where there is nothing to send, or no channel.
    """
    case, breaks = assessment.case, assessment.breaks.with_columns(told=told())
    critical = breaks.filter(pl.col("severity") == "critical", pl.col("status") != "accepted")
    if critical.is_empty():
        return None
    sightings, alerts = (read_records(store, case.as_of, name) for name in ("break_sightings", "alerts"))
    notified = standing(sightings, alerts).sort("effective_at", "recorded_at")
    notified = notified.unique(["break_id", "channel"], keep="last", maintain_order=True)
    reached, failed = [], []
    for channel in open_channels(case.desk):
        fresh = critical.join(notified.filter(pl.col("channel") == channel.key), on=["break_id", "told"], how="anti")
        if fresh.is_empty():
            continue
        if channel.notify(*drift_message(case.desk, case.day.isoformat(), fresh)):
            _record(store, fresh, channel.key, effective_at=case.as_of, recorded_at=now())
            reached.append(channel.shown)
        else:
            failed.append(channel.shown)
    return Delivery(tuple(reached), tuple(failed)) if reached or failed else None


def _record(store: Store, breaks: pl.DataFrame, channel: str, *, effective_at: datetime, recorded_at: datetime) -> None:
    rows = breaks.select(
        *("break_id", "severity", "told"),
        channel=pl.lit(channel),
        effective_at=pl.lit(effective_at, pl.Datetime("us", "UTC")),
        recorded_at=pl.lit(recorded_at, pl.Datetime("us", "UTC")),
    )
    rows = rows.with_columns(digest_rows(rows)).select(Alerts.column_names())
    store.append({"alerts": Alerts.validate(rows)})
