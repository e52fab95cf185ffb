"""What a run looks at beside the desk's records, before it assesses a day: recorded, so that a check can judge it.

Health routes are asked, alert channels named, secrets looked for, the clock compared with the store's last commit, the
desk's files with what was read of them. What was seen counts for the instant that the run speaks for.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from deskgate.config.instants import ALWAYS
from deskgate.config.secrecy import shown_address
from deskgate.controls.alerts import Channel, Delivery
from deskgate.controls.health import ask_routes
from deskgate.run.secret_probe import look_for_secrets
from deskgate.store.lost_files import lost_files

if TYPE_CHECKING:
    from deskgate.audit.trail import Trail
    from deskgate.config.desk import Desk
    from deskgate.store.account import Account
    from deskgate.store.tables import Store

__all__ = ["Seen", "probe_operations", "record_deliveries", "record_seen"]

# Kind, subject, whether it is as it should be, and what was seen.
Seen = tuple[str, str, bool | None, Mapping[str, object]]


def probe_operations(
    desk: "Desk",
    out: Path,
    suites: Path,
    store: "Store",
    trail: "Trail",
    channels: Sequence[Channel],
    *,
    account: "Account",
    days: Collection[date],
    as_of: datetime,
    now: Callable[[], datetime],
) -> None:
    """Look at everything, and record what was seen in one record of the audit trail.

    `days` are those that are judged, by files that the ingest with this `account` has read.
    """
    begun = now()
    seen: list[Seen] = [
        *_routes(desk),
        *(("channel", channel.key, None, {"channel": channel.shown}) for channel in channels),
        ("secrets", desk.name, *look_for_secrets(desk, out, suites)),
        ("clock", desk.name, None, {"behind_s": _behind_s(store, begun)}),
        *(_files(desk, store, account, day) for day in days),
    ]
    record_seen(store, trail, seen, effective_at=as_of, recorded_at=now())


def record_deliveries(
    store: "Store",
    trail: "Trail",
    sent: Delivery,
    what: str,
    *,
    incident_id: str | None = None,
    effective_at: datetime,
    recorded_at: datetime,
) -> None:
    """Record which channels took an alert (`what`, in words; of an incident its id), and which did not."""
    content = {"what": what} | ({"incident": incident_id} if incident_id else {})
    seen: list[Seen] = [("delivery", key, ok, content) for key, ok in sent.took.items()]
    record_seen(store, trail, seen, effective_at=effective_at, recorded_at=recorded_at)


def _routes(desk: "Desk") -> Iterator[Seen]:
    if desk.monitoring is not None:
        for answer in ask_routes(desk.monitoring.routes, desk.monitoring.timeout_s):
            yield "health", answer.name, answer.is_healthy, {"url": shown_address(answer.url), "says": answer.says}


def _files(desk: "Desk", store: "Store", account: "Account", day: date) -> Seen:
    lost = lost_files(desk, store, account, {day})
    return "files", desk.name, not lost, {"day": day.isoformat(), "lost": [asdict(each) for each in lost]}


def _behind_s(store: "Store", clock: datetime) -> str | None:
    """Return by how many seconds a clock is behind the newest commit of a store: 0 where it is not, None without a commit."""
    last = store.lazy("ledger", store.pin(), ALWAYS).select(pl.col("recorded_at").max()).collect().item()
    return str(max((last - clock).total_seconds(), 0.0)) if last else None


def record_seen(
    store: "Store", trail: "Trail", seen: Sequence[Seen], *, effective_at: datetime, recorded_at: datetime
) -> None:
    """Record what was seen in one record of the audit trail; nothing where there is nothing."""
    when = {"effective_at": effective_at, "recorded_at": recorded_at}
    rows = [
        {"kind": kind, "subject": subject, "ok": ok, "content": json.dumps(content, sort_keys=True), **when}
        for kind, subject, ok, content in seen
    ]
    trail.write(store, "probes", rows, recorded_at)
