"""What a GO still needs: the verdicts that block, grouped by their cause, each with what removes it.

A hundred verdicts wait for one missing leg. Each blocking verdict is in one group, by facts: it failed, its sample is too
small, or it has no value and its subject lacks something that its check needs (`checks.needs`). What has all that its check
needs and still no value is grouped by its own reason. Nothing is judged here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.case.findings import listed
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.checks.needs import Need, lacked_of, lacking
from deskgate.checks.registry import CHECKS
from deskgate.gates.decision import blockers
from deskgate.gates.evaluation import NOTHING_TO_JUDGE, UNDECIDED, Status, Verdict
from deskgate.portfolio.book import book
from deskgate.reports.remedies import lacked, remedy

__all__ = ["BlockingCause", "Kind", "blocking_causes", "causes_frame", "parse_causes"]


class Kind(StrEnum):
    """Why verdicts block, worst first."""

    STOP = "stop condition"
    FAILED = "failed"
    LACKING = "lacking"
    UNMEASURED = "not measured"
    TIME = "needs time"
    DAY = "day not over"


@dataclass(frozen=True)
class BlockingCause:
    """One cause: what lacks or failed (`cause`), and what removes it (`remedy`), as sentences.

    `verdicts` counts the blocking verdicts of this group, `waiting` those too that wait for it and for something that stands before it; a cause
    with `verdicts` 0 is only in the way of others. `gates`, `subjects` and `checks` (gate, check, subject) are of the group; `reason`
    is that of its first verdict.
    """

    kind: Kind
    cause: str
    remedy: str
    verdicts: int
    waiting: int
    gates: tuple[str, ...]
    subjects: tuple[str, ...]
    checks: tuple[tuple[str, str, str], ...]
    reason: str

    @property
    def stops(self) -> bool:
        """Whether it is a stop condition that holds."""
        return self.kind is Kind.STOP

    @property
    def counted(self) -> str:
        """How many checks wait for it, in words."""
        if self.kind is Kind.DAY:
            return "the whole day"
        if not self.verdicts:
            return "1 check waits for it too" if self.waiting == 1 else f"{self.waiting} checks wait for it too"
        return "1 check" if self.verdicts == 1 else f"{self.verdicts} checks"


# What is told apart: the kind, and what is the same within a group.
_Key = tuple[Kind, tuple[str, ...]]
_CHECK_OF = {(check.gate, spec.name): check.name for check in CHECKS for spec in check.metrics}


def blocking_causes(assessment: Assessment) -> list[BlockingCause]:
    """Return the causes of all blocking verdicts of a day, worst first: stop conditions, failures, what lacks, then time.

    Each blocking verdict is in exactly one of them. A day that is not over adds a cause without a verdict.
    """
    case, blocking = assessment.case, blockers(assessment.verdicts)
    metric_of = {
        (gate, entry.meta.entry): entry.kwargs.metric
        for gate, suite in assessment.suites.items()
        for entry in suite.expectations
    }
    groups: dict[_Key, list[Verdict]] = {}
    waits: dict[Need, set[int]] = {}
    for place, verdict in enumerate(blocking):
        needs = _lacked_by(case, verdict, metric_of[verdict.gate, verdict.check])
        groups.setdefault(_key(verdict, needs), []).append(verdict)
        for need in needs:
            waits.setdefault(need, set()).add(place)
    found = [_cause(case, key, group, waits) for key, group in groups.items()]
    named = {key[1][0] for key in groups if key[0] is Kind.LACKING}
    found += [_of_need(case, need, (), len(places)) for need, places in waits.items() if need not in named]
    return sorted([*found, *_unfinished(case)], key=lambda each: (list(Kind).index(each.kind), -each.verdicts))


def _lacked_by(case: Case, verdict: Verdict, metric: str) -> tuple[Need, ...]:
    """Return what a verdict without a value waits for, the most fundamental first; nothing where its subject has all of it."""
    if verdict.status is not Status.INSUFFICIENT or verdict.observed is not None:
        return ()
    return lacked_of(case, _subjects(case, verdict), _CHECK_OF[verdict.gate, metric], metric)


def _subjects(case: Case, verdict: Verdict) -> list[str]:
    """Return the bots whose records a verdict is made of: the book's of the portfolio, and a bot's shadow in parity."""
    if verdict.subject == PORTFOLIO:
        return [bot.name for bot in book(case.desk)]
    shadow = case.desk.bots[verdict.subject].shadow if verdict.gate == "parity" else None
    return [verdict.subject, *([shadow] if shadow in case.desk.bots else [])]


def _key(verdict: Verdict, needs: Sequence[Need]) -> _Key:
    if verdict.stops:
        return Kind.STOP, (verdict.gate, verdict.check, verdict.what_to_do)
    if verdict.status is Status.FAIL:
        return Kind.FAILED, (verdict.gate, verdict.what_to_do)
    if needs:
        return Kind.LACKING, (needs[0],)
    if verdict.observed is None:
        return Kind.UNMEASURED, (verdict.reason,)
    if verdict.what_to_do in (UNDECIDED, NOTHING_TO_JUDGE):
        return Kind.TIME, ()
    # Less was compared than the suite asks for: something is to be mended.
    return Kind.FAILED, (verdict.gate, verdict.what_to_do)


def _cause(case: Case, key: _Key, group: Sequence[Verdict], waits: dict[Need, set[int]]) -> BlockingCause:
    kind, about = key
    first = group[0]
    if kind is Kind.LACKING:
        need = Need(about[0])
        return _of_need(case, need, group, len(waits[need]))
    subjects, titles = _unique(v.subject for v in group), listed(_unique(v.title for v in group))
    if kind is Kind.TIME:
        cause, todo = f"{', '.join(subjects)}: too little is measured yet to decide {titles}", UNDECIDED
    else:
        said = f": {first.reason.rstrip('.')}" if kind is Kind.UNMEASURED or len(group) == 1 else ""
        cause, todo = f"{', '.join(subjects)}: {titles}{said}", first.what_to_do
    return _grouped(BlockingCause(kind, cause, todo, 0, len(group), (), (), (), first.reason), group)


def _of_need(case: Case, need: Need, group: Sequence[Verdict], waiting: int) -> BlockingCause:
    concerned = {bot for verdict in group for bot in _subjects(case, verdict)} or set(case.desk.bots)
    bots = [bot for bot in case.desk.judged if bot.name in lacking(case)[need] & concerned]
    without = BlockingCause(
        Kind.LACKING, lacked(need, bots), remedy(need, bots), 0, waiting, (), (), (), group[0].reason if group else ""
    )
    return _grouped(replace(without, subjects=tuple(bot.name for bot in bots)), group)


def _grouped(cause: BlockingCause, group: Sequence[Verdict]) -> BlockingCause:
    return replace(
        cause,
        verdicts=len(group),
        gates=_unique(verdict.gate for verdict in group),
        subjects=cause.subjects or _unique(verdict.subject for verdict in group),
        checks=tuple((verdict.gate, verdict.check, verdict.subject) for verdict in group),
    )


def _unfinished(case: Case) -> Iterator[BlockingCause]:
    if case.as_of < case.start + timedelta(days=1):
        cause = f"{case.day} is not over at {case.as_of:%Y-%m-%d %H:%M} UTC: a look in between is never a GO"
        todo = f"Run `deskgate daily --date {case.day}` after its end."
        yield BlockingCause(Kind.DAY, cause, todo, 0, 0, (), (), (), "")


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


_SCHEMA = {
    **dict.fromkeys(("kind", "cause", "remedy"), pl.String()),
    **dict.fromkeys(("verdicts", "waiting"), pl.Int64()),
    **dict.fromkeys(("gates", "subjects"), pl.List(pl.String())),
    "checks": pl.List(pl.List(pl.String())),
    "reason": pl.String(),
}


def causes_frame(causes: Iterable[BlockingCause]) -> pl.DataFrame:
    """Return causes as a frame, one row each: the fields of `BlockingCause`."""
    rows = [{name: getattr(each, name) for name in _SCHEMA} for each in causes]
    plain = [
        row
        | {"kind": str(row["kind"]), "checks": [list(check) for check in row["checks"]]}
        | {name: list(row[name]) for name in ("gates", "subjects")}
        for row in rows
    ]
    return pl.DataFrame(plain, schema=_SCHEMA)


def parse_causes(frame: pl.DataFrame) -> list[BlockingCause]:
    """Return the causes that `causes_frame` wrote."""
    return [
        BlockingCause(
            **row
            | {"kind": Kind(row["kind"]), "checks": tuple(map(tuple, row["checks"]))}
            | {name: tuple(row[name]) for name in ("gates", "subjects")}
        )
        for row in frame.to_dicts()
    ]
