"""A blocking verdict with what judged it: what it waits for, and with which others it is one cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.checks.needs import Need, lacked_of
from deskgate.checks.registry import CHECKS
from deskgate.gates.bounds import Bounds
from deskgate.gates.decision import blockers
from deskgate.gates.evaluation import NOTHING_TO_JUDGE, UNDECIDED, Status, Verdict
from deskgate.portfolio.book import book
from deskgate.reports.blocking_cause import Kind
from deskgate.reports.silence_effects import MEASURES_SILENCE
from deskgate.reports.stakes import breaks_of
from deskgate.reports.young_clock import clock_is_young, waits_for_the_clock

__all__ = [
    "CLOCK",
    "Blocker",
    "Key",
    "blockers_of",
    "breaks_together",
    "key_of",
    "lacked_by",
    "measures_silence",
    "subjects_of",
]

# What is told apart: the kind, and what is the same within a group.
Key: TypeAlias = tuple[Kind, tuple[str, ...]]
# Of verdicts that only need hours since the clock started.
CLOCK: Key = (Kind.TIME, ("clock",))
_CHECK_OF = {(check.gate, spec.name): check.name for check in CHECKS for spec in check.metrics}


@dataclass(frozen=True, eq=False)
class Blocker:
    """A blocking verdict with the bounds that judged it and the open breaks that it counts; equal to itself alone."""

    verdict: Verdict
    bounds: Bounds
    breaks: pl.DataFrame


def blockers_of(assessment: Assessment) -> list[Blocker]:
    """Return the blocking verdicts of a day, in the order of its verdicts."""
    bounds = {
        (gate, entry.meta.entry): entry.kwargs
        for gate, suite in assessment.suites.items()
        for entry in suite.expectations
    }
    judged = [(each, bounds[each.gate, each.check]) for each in blockers(assessment.verdicts)]
    return [Blocker(each, of, breaks_of(assessment.breaks, of.metric, each.subject)) for each, of in judged]


def lacked_by(case: Case, each: Blocker) -> tuple[Need, ...]:
    """Return what a verdict without a value waits for, the most fundamental first; nothing where its subject has all of it."""
    verdict, metric = each.verdict, each.bounds.metric
    if verdict.status is not Status.INSUFFICIENT or verdict.observed is not None:
        return ()
    return lacked_of(case, subjects_of(case, verdict), _CHECK_OF[verdict.gate, metric], metric)


def subjects_of(case: Case, verdict: Verdict) -> list[str]:
    """Return the bots whose records a verdict is made of: the book's of the portfolio, and a bot's shadow in parity."""
    if verdict.subject == PORTFOLIO:
        return [bot.name for bot in book(case.desk)]
    shadow = case.desk.bots[verdict.subject].shadow if verdict.gate == "parity" else None
    return [verdict.subject, *([shadow] if shadow in case.desk.bots else [])]


def key_of(case: Case, each: Blocker, needs: Sequence[Need]) -> Key:
    """Return what a verdict that no event explains has in common with others of one cause; `needs` is what it waits for."""
    verdict = each.verdict
    if verdict.stops:
        return Kind.STOP, (verdict.gate, verdict.check, verdict.what_to_do)
    if _waits(case, each):
        return CLOCK
    if verdict.status is not Status.FAIL:
        if needs:
            return Kind.LACKING, (needs[0],)
        if verdict.observed is None:
            return Kind.UNMEASURED, (verdict.reason,)
        if verdict.what_to_do in (UNDECIDED, NOTHING_TO_JUDGE):
            return Kind.TIME, ()
    # What did not fail had less compared than the suite asks for: something is to be mended.
    return Kind.FAILED, (verdict.gate, verdict.what_to_do)


def _waits(case: Case, each: Blocker) -> bool:
    started = clock_is_young(case)
    return started is not None and waits_for_the_clock(case, each.verdict, each.bounds, started)


def measures_silence(each: Blocker) -> bool:
    """Return whether a verdict has a value and objects to silences."""
    return each.bounds.metric in MEASURES_SILENCE and each.verdict.observed is not None


def breaks_together(group: Sequence[Blocker]) -> pl.DataFrame:
    """Return the breaks that a group counts, each once, the most valuable first."""
    found = [each.breaks for each in group if each.breaks.height]
    if not found:
        return pl.DataFrame()
    worth = pl.col("value_quote").abs()
    return pl.concat(found).unique("break_id").sort(worth, "break_id", descending=[True, False], nulls_last=False)
