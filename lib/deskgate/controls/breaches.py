"""Breaches: the verdicts that call for an action, what it is, and for which live bots.

What a breach does stands in the suites: `meta.action` and `meta.applies_to` of an entry. A value that is not known is a
breach as one beyond its bound is: otherwise a bot that says nothing would be treated more mildly than one that loses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from deskgate.assessment.assessment import Assessment
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.suites import Entry, Suite
from deskgate.portfolio.book import book

__all__ = ["ACTIONS", "Breach", "breaches", "breaches_of"]

# The milder first.
ACTIONS = ("soft_pause", "reduce", "kill_switch")


@dataclass(frozen=True)
class Breach:
    """One verdict that calls for an action.

    `bots` are the live bots that it is for, sorted; on a desk without live bots there is none. `is_known` is false where
    no value was there to judge. `verdict_id` is day:gate:entry:subject.
    """

    entry: str
    title: str
    subject: str
    action: str
    bots: tuple[str, ...]
    reason: str
    verdict_id: str
    is_known: bool

    def body(self) -> dict[str, Any]:
        """Return the breach as JSON has it."""
        return {**asdict(self), "bots": list(self.bots)}


def breaches(assessment: Assessment) -> list[Breach]:
    """Return the breaches of an assessed day, see `breaches_of`."""
    return breaches_of(assessment.suites, assessment.verdicts, assessment.case.desk, assessment.case.day)


def breaches_of(suites: Mapping[str, Suite], verdicts: Iterable[Verdict], desk: Desk, day: date) -> list[Breach]:
    """Return the breaches among verdicts, the severest action first, then by entry and subject; each for its own bots only."""
    entries = {(gate, entry.meta.entry): entry for gate, suite in suites.items() for entry in suite.expectations}
    found = [
        _breach(desk, verdict, entry, day)
        for verdict in verdicts
        if (entry := entries[verdict.gate, verdict.check]).meta.action and verdict.blocks
    ]
    return sorted(found, key=lambda each: (-ACTIONS.index(each.action), each.entry, each.subject))


def _breach(desk: Desk, verdict: Verdict, entry: Entry, day: date) -> Breach:
    live = sorted(bot.name for bot in book(desk) if bot.mode is Mode.LIVE)
    meant = live if entry.meta.applies_to == "book" else [name for name in live if name == verdict.subject]
    return Breach(
        entry=verdict.check,
        title=verdict.title,
        subject=verdict.subject,
        action=entry.meta.action or "",
        bots=tuple(meant),
        reason=verdict.reason,
        verdict_id=f"{day.isoformat()}:{verdict.gate}:{verdict.check}:{verdict.subject}",
        is_known=verdict.status is Status.FAIL,
    )
