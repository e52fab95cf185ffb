"""A published day with its record in an audit trail, and what happens after it: what tests of its pages share."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from deskgate.audit.chain import Chain
from deskgate.audit.decision_ids import identified, with_pages
from deskgate.audit.marks import as_published
from deskgate.audit.trail import Trail
from deskgate.reports.pages.day_page import write_day_page
from deskgate.run.incidents import open_incident
from deskgate.run.publish import record_decision
from deskgate.store.tables import Store
from desks import frame
from report_inputs import VERDICTS, decision

AT = datetime(2026, 5, 5, 6, tzinfo=UTC)
GO = {"decision": "GO", "blockers": [], "incidents": []}


def published(out: Path, **changes: Any) -> Path:
    """Publish a day with a file of evidence and its record, and return its page."""
    folder = out / "2026-05-04"
    folder.mkdir()
    (folder / "verdicts.json").write_text("[]")
    evidence = [{"path": "verdicts.json", "sha256": sha256(b"[]").hexdigest()}]
    made = identified(decision(evidence=evidence, **changes))
    page = write_day_page(folder, made, VERDICTS, [])
    digest = sha256(as_published(page)).hexdigest()
    whole = with_pages(made, [{"path": page.name, "sha256": digest}])
    record_decision(Trail(Chain.open(out, "fleet")), whole, AT)
    (folder / "decision.json").write_text(json.dumps(whole))
    return page


def opened(out: Path, at: datetime = AT) -> tuple[Store, Trail, str]:
    """Open an incident at an instant."""
    store, trail = Store.open(out / "store", "fleet"), Trail(Chain.open(out, "fleet"))
    made = open_incident(store, trail, title="key <b>leaked</b>", by="ann", effective_at=at, recorded_at=AT)
    return store, trail, made


WAIVER: dict[str, Any] = {"id": "w", "gate": "parity", "subject": "b1"}
ACCEPTED: dict[str, Any] = {"id": "b", "kind": "fee_mismatch", "bot": "b1"}


def record(out: Path, table: str, step: str, hours: int, **more: Any) -> None:
    """Record a step of the waiver or of the acceptance, `hours` after the decision."""
    at = AT + timedelta(hours=hours)
    rows: dict[str, dict[str, Any]] = {
        "waivers": {"waiver_id": "w", "step": step, "gate": "parity", "subject": "b1", "author": "cid"},
        "break_actions": {"break_id": "b", "action": step, "text": "<b>no", "by": "cid"},
    }
    texts = {"approver": "bob", "reason": "<b>no", "until": AT + timedelta(days=9) if step == "grant" else None}
    row = rows[table] | (texts if table == "waivers" else {}) | {"effective_at": at, "recorded_at": at} | more
    Trail(Chain.open(out, "fleet")).write(Store.open(out / "store", "fleet"), table, frame(table, row), at)
