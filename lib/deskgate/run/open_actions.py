"""Actions without a receipt: looked at again in the exports, or closed by the word of an operator."""

from datetime import datetime, timedelta
from pathlib import Path

from deskgate.assessment.assessment import case_now
from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.people import require_reason
from deskgate.controls.audited_log import AuditedLog
from deskgate.controls.effects import look_for_receipts
from deskgate.controls.exports import ExportLooks
from deskgate.controls.ledger import read_ledger
from deskgate.controls.receipts import Receipt
from deskgate.run.act import alert_open, opened
from deskgate.store.tables import Store

__all__ = ["look_again", "override"]


def override(desk: Desk, out: Path, store: Store, event_id: str, *, by: str, why: str, now: datetime) -> str:
    """Record that an operator answers for an open action, and return its whole id; it then waits for no receipt.

    Parameters
    ----------
    event_id
        An id of an open action, or as much of its beginning as is needed to tell it from others.

    Raises
    ------
    InputError
        No open action has that id, or nobody or no reason is named.
    """
    require_reason(by, why)
    log = AuditedLog(Trail.open(desk, out), store)
    with opened(out):
        found = [action for action in read_ledger(log).open_actions if action.intent.event_id.startswith(event_id)]
        if len(found) != 1:
            what = "ambiguous" if found else "unknown"
            raise InputError(
                f"action '{event_id}' is {what}, expected one without a receipt; `deskgate act` lists them"
            )
        intent = found[0].intent
        content = {"event_id": intent.event_id, "action": intent.action, "bots": list(intent.bots)}
        log.append("override", {**content, "by": by.strip(), "why": why.strip()}, now)
    return intent.event_id


def look_again(desk: Desk, out: Path, store: Store, now: datetime) -> list[Receipt]:
    """Look for receipts of open actions in the exports that the store holds, and alert what is missing; no venue is asked."""
    trail = Trail.open(desk, out)
    log = AuditedLog(trail, store)
    if not read_ledger(log).open_actions:
        return []
    receipts = look_for_receipts(
        log,
        ExportLooks(case_now(desk, store, now)),
        now=lambda: now,
        apart=timedelta(seconds=desk.actions.reads_apart_s),
        recent=timedelta(seconds=desk.actions.receipt_within_s),
    )
    alert_open(desk, out, log, trail, lambda: now)
    return receipts
