"""What is at stake in blocking verdicts, in the desk's quote: the value of the open breaks that they count, or the excess over a cap.

What no money is measured of has no stake; what has one that nobody can say is unknown, and never 0.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.gates.bounds import Bounds
from deskgate.gates.evaluation import Status, Verdict
from deskgate.reconciliation.breaks.counts import AGE, VALUE
from deskgate.reports.blocking_cause import CAPS
from deskgate.reports.break_values import value, value_note

__all__ = ["Stake", "breaks_of", "stake_of"]

_QUOTE, _OF_EQUITY = "quote", "of equity"


@dataclass(frozen=True)
class Stake:
    """What is at stake, in quote; `note` says why nobody can say it, and is empty where no money is measured."""

    value: float | None = None
    note: str = ""


def breaks_of(breaks: pl.DataFrame, metric: str, subject: str) -> pl.DataFrame:
    """Return the open breaks that a metric of one subject counts: none where it counts no breaks."""
    if breaks.is_empty():
        return breaks
    kind = metric.removesuffix(VALUE).removesuffix(AGE)
    return breaks.filter(pl.col("kind") == kind, pl.col("bot") == subject, pl.col("status") != "accepted")


def stake_of(
    assessment: Assessment, judged: Sequence[tuple[Verdict, Bounds]], breaks: pl.DataFrame, quote: str
) -> Stake:
    """Return what is at stake in some verdicts together.

    Parameters
    ----------
    judged
        The verdicts, each with the bounds that judged it.
    breaks
        The open breaks that they count, each once.
    """
    counted = list(_of_breaks(breaks, quote))
    over = [(each[0].subject, _excess(assessment, *each)) for each in judged if _is_cap(*each)]
    if notes := [each.note for each in (*counted, *(stake for _, stake in over)) if each.note]:
        return Stake(None, "; ".join(dict.fromkeys(notes)))
    known = [each.value for each in counted if each.value is not None]
    return Stake(max([*known, *_of_caps(over)], default=None))


def _of_caps(over: Iterable[tuple[str, Stake]]) -> Iterator[float]:
    """Yield the excess of the bots together, and that of the book: the book's loss is its bots' once more."""
    largest: dict[str, float] = {}
    for subject, stake in over:
        # Two caps on the same loss are not two losses.
        largest[subject] = max(largest.get(subject, 0.0), stake.value or 0.0)
    bots = [value for subject, value in largest.items() if subject != PORTFOLIO]
    if bots:
        yield sum(bots)
    if PORTFOLIO in largest:
        yield largest[PORTFOLIO]


def _of_breaks(breaks: pl.DataFrame, quote: str) -> Iterable[Stake]:
    if not breaks.is_empty():
        worth, note = breaks.select(value().alias("worth"), value_note().alias("note")).row(0)
        yield Stake(worth, f"{note.replace(',', f' {quote},', 1)}" if note else "")


def _is_cap(verdict: Verdict, bounds: Bounds) -> bool:
    """Return whether a verdict says by how much money a cap was exceeded."""
    money = verdict.unit in (_QUOTE, _OF_EQUITY) and bounds.max_value is not None
    return verdict.gate == CAPS and verdict.status is Status.FAIL and money


def _excess(assessment: Assessment, verdict: Verdict, bounds: Bounds) -> Stake:
    over = abs(verdict.observed or 0.0) - (bounds.max_value or 0.0)
    if verdict.unit == _QUOTE:
        return Stake(over)
    equity = _equity(assessment, verdict.subject)
    return Stake(None, "unknown, for the equity is unknown") if equity is None else Stake(over * equity)


def _equity(assessment: Assessment, subject: str) -> float | None:
    """Return the equity of a bot at the day's start, or of the book; None where one of its bots has none."""
    metrics = assessment.metrics
    if metrics.is_empty():
        return None
    known = metrics.filter(pl.col("gate") == CAPS, pl.col("metric") == "equity_quote")
    mine = known if subject == PORTFOLIO else known.filter(pl.col("subject") == subject)
    return None if mine.is_empty() or mine["value"].null_count() else float(mine["value"].sum())
