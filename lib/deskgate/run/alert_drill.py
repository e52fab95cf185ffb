"""The alert drill: does every channel of the desk take an alert that is marked as a test?

It needs no day and no record of the bots. What it shows is that a channel took the message: nobody has to have read it.
"""

from datetime import datetime
from pathlib import Path

from deskgate.audit.trail import Trail
from deskgate.checks.drills import ALERT
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instants import Clock, stamp
from deskgate.controls.alerts import Delivery, open_channels, send
from deskgate.run.drill import record_evidence
from deskgate.run.probes import record_deliveries
from deskgate.store.desk_store import open_store
from deskgate.store.tables import Store

__all__ = ["drill_alert"]


def drill_alert(desk: Desk, out: Path, now: Clock) -> Delivery:
    """Send one marked message to every channel and record the drill: it passed where each one took it.

    Raises
    ------
    InputError
        desk.toml names no channel, an address is wrong, or its variable is not set; or the store is another
        desk's; nothing was sent or recorded.
    """
    if not open_channels(desk):
        raise InputError(
            f"{desk.file}: no alert channel is named, expected one that the drill can reach; name it in [alerts] urls or urls_env"
        )
    trail, store, begun = Trail.open(desk, out), open_store(desk, out), now()
    body = f"This is a drill of {stamp(begun)}; nothing is wrong. Whoever reads it need not do anything."
    # Recorded as failed before anything is sent: a drill that is killed does not leave an older one that passed in force.
    _record(store, trail, Delivery((), ()), begun, why="it has not ended")
    sent = send(desk, f"DRILL {desk.name}: a test of the alert channels", body, trail.checkpoint_if_readable())
    at = now()
    record_deliveries(store, trail, sent, "the alert of a drill", effective_at=at, recorded_at=at)
    _record(store, trail, sent, at, why=sent.sentence)
    return sent


def _record(store: Store, trail: Trail, sent: Delivery, at: datetime, *, why: str) -> None:
    evidence = {"reached": sent.reached, "failed": sent.failed, "says": why}
    record_evidence(store, trail, ALERT, evidence, passed=sent.ok, effective_at=at, recorded_at=at)
