"""Waivers as the store has them: granted for a gate and a subject until an instant, and perhaps revoked before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from pydantic import AwareDatetime, BaseModel, ConfigDict

__all__ = ["LEGS", "KnownWaiver", "Waiver", "known_waivers", "unrevoked_waivers"]

# What a waiver of desk.toml is of, `[bots.x] legs_waiver`: all that has no value without the event stream.
LEGS = "legs without events"


class Waiver(BaseModel):
    """A waiver as it was granted: it counts while `since <= as_of < until`.

    `gate` is a promotion gate or a suite entry (`suite#entry`), `subject` a bot or the portfolio. `author` asks for it, `approver`
    grants it. `recorded_at` is the clock's when it was granted; an earlier version of Deskgate did not keep it here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    gate: str
    subject: str
    since: AwareDatetime
    recorded_at: AwareDatetime | None = None
    until: AwareDatetime
    author: str
    approver: str
    reason: str

    def __str__(self) -> str:
        """Return what it is of, and nothing of what it says."""
        return f"the waiver of {self.gate} of {self.subject}"

    def holds(self, as_of: datetime) -> bool:
        """Whether it is in force at an instant; at exactly `until` it has ended."""
        return self.since <= as_of < self.until


@dataclass(frozen=True)
class KnownWaiver:
    """A waiver on record, and who revoked it, when and why; `revoked_at` is None where nobody did."""

    waiver: Waiver
    revoked_at: datetime | None = None
    revoked_by: str = ""
    revoked_why: str = ""

    @property
    def ends_at(self) -> datetime:
        """The instant from which it no longer counts."""
        return min(self.waiver.until, self.revoked_at) if self.revoked_at else self.waiver.until


def known_waivers(rows: pl.DataFrame) -> list[KnownWaiver]:
    """Return the waivers that rows of the table `waivers` tell of, the oldest first."""
    ordered = rows.sort("effective_at", "recorded_at", "row_id")
    revoked = {row["waiver_id"]: row for row in ordered.filter(step="revoke").iter_rows(named=True)}
    return [_known(row, revoked.get(row["waiver_id"])) for row in ordered.filter(step="grant").iter_rows(named=True)]


def _known(row: Mapping[str, Any], revoked: Mapping[str, Any] | None) -> KnownWaiver:
    texts = {name: row[name] for name in ("gate", "subject", "recorded_at", "until", "author", "approver", "reason")}
    waiver = Waiver(id=row["waiver_id"], since=row["effective_at"], **texts)
    if revoked is None:
        return KnownWaiver(waiver)
    return KnownWaiver(waiver, revoked["effective_at"], revoked["author"], revoked["reason"])


def unrevoked_waivers(rows: pl.DataFrame) -> tuple[Waiver, ...]:
    """Return the last waiver of each gate and subject, in force or ended; of one that was revoked there is nothing to say."""
    last = {(each.waiver.gate, each.waiver.subject): each for each in known_waivers(rows)}
    return tuple(each.waiver for _, each in sorted(last.items()) if each.revoked_at is None)
