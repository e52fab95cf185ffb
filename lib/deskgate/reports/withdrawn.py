"""What a decision rests on besides evidence and does not have any more: waivers that were revoked, acceptances that were withdrawn."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from deskgate.gates.waiver_records import LEGS, known_waivers
from deskgate.reconciliation.breaks.ledger import last_acceptances
from deskgate.reports.pages.banner import instant, objects

__all__ = ["withdrawn"]


def withdrawn(
    decision: Mapping[str, Any], waivers: pl.DataFrame, actions: pl.DataFrame, *, now: datetime | None = None
) -> Iterator[str]:
    """Yield a sentence for each waiver and each accepted break of a decision that no longer counts or is not on record.

    Parameters
    ----------
    decision
        The content of decision.json.
    waivers, actions
        `Waivers` and `BreakActions`, cut at the instant that is asked for.
    now
        A waiver that has ended by then does not count either; None: what has ended is not told.
    """
    granted = {each.waiver.id: each for each in known_waivers(waivers)}
    for told in objects(decision.get("waivers")):
        what, found = f"the waiver of {told.get('gate')} of {told.get('subject')}", granted.get(str(told.get("id")))
        if told.get("gate") == LEGS:
            # It stands in desk.toml: a decision lapses where that file was changed.
            if now and (until := told.get("until")) and datetime.fromisoformat(str(until)) <= now:
                yield f"{what} that it rests on ended at {instant(until)}"
        elif found is None:
            yield f"{what} that it rests on is not on record; run the day again"
        elif found.revoked_at:
            yield _ended(what, "revoked", found.revoked_at, found.revoked_by, found.revoked_why)
        elif now and found.waiver.until <= now:
            yield f"{what} that it rests on ended at {instant(found.waiver.until)}"
    accepted = {row["break_id"]: row for row in last_acceptances(actions).iter_rows(named=True)}
    for told in objects(decision.get("accepted")):
        about = f"the acceptance of the break {told.get('id')} ({told.get('kind')} of {told.get('bot')})"
        row = accepted.get(told.get("id"))
        if row is None:
            yield f"{about} that it rests on is not on record; run the day again"
        elif row["action"] != "accept":
            yield _ended(about, "withdrawn", row["effective_at"], row["by"], row["text"])


def _ended(what: str, how: str, at: datetime, by: str, why: str) -> str:
    return f"{what} that it rests on was {how} at {instant(at)} by {by}: {why}"
