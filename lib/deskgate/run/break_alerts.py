"""Alerts of critical breaks: each channel gets each break once for each of its states, and again until it has taken it."""

from collections.abc import Callable
from datetime import datetime

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.audit.trail import Trail
from deskgate.controls.alerts import Channel, Delivery, drift_message, open_channels
from deskgate.reconciliation.breaks.counts import fingerprint
from deskgate.reconciliation.breaks.ledger import current_records
from deskgate.run.break_records import read_records
from deskgate.run.probes import record_deliveries
from deskgate.store.tables import Store

__all__ = ["alert_breaks"]


def alert_breaks(store: Store, trail: Trail, assessment: Assessment, now: Callable[[], datetime]) -> Delivery | None:
    """Send every channel the critical breaks that it has not been notified of, and record it.

    A break is sent again when its amounts have changed since, and when it came back after it was gone.

    Returns
    -------
    Delivery or None
        How it was delivered; None where there is nothing to send, or no channel.
    """
    case, breaks = assessment.case, assessment.breaks.with_columns(fingerprint=fingerprint())
    critical = breaks.filter(pl.col("severity") == "critical", pl.col("status") != "accepted")
    if critical.is_empty():
        return None
    sightings, alerts = (read_records(store, case.as_of, name) for name in ("break_sightings", "alerts"))
    notified = current_records(sightings, alerts).sort("effective_at", "recorded_at")
    notified = notified.unique(["break_id", "channel"], keep="last", maintain_order=True)
    took: list[tuple[Channel, bool]] = []
    for channel in open_channels(case.desk):
        fresh = critical.join(
            notified.filter(pl.col("channel") == channel.key), on=["break_id", "fingerprint"], how="anti"
        )
        if fresh.is_empty():
            continue
        title, body = drift_message(case.desk, case.day.isoformat(), fresh)
        took.append((channel, channel.notify(title, body, trail.checkpoint_if_readable())))
        if took[-1][1]:
            rows = _rows(fresh, channel.key, effective_at=case.as_of, recorded_at=(at := now()))
            trail.write(store, "alerts", rows, at)
    if not took:
        return None
    delivery = Delivery.of(took)
    what = f"the alert of {critical.height} critical breaks"
    record_deliveries(store, trail, delivery, what, effective_at=case.as_of, recorded_at=now())
    return delivery


def _rows(breaks: pl.DataFrame, channel: str, *, effective_at: datetime, recorded_at: datetime) -> pl.DataFrame:
    return breaks.select(
        *("break_id", "severity", "fingerprint"),
        channel=pl.lit(channel),
        effective_at=pl.lit(effective_at, pl.Datetime("us", "UTC")),
        recorded_at=pl.lit(recorded_at, pl.Datetime("us", "UTC")),
    )
