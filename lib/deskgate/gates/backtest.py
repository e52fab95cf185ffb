"""The gates replayed over stored days: what other suites would have said of a day on record.

It compares verdicts and judges nothing anew: who evaluates a day's metrics is `evaluation.evaluate`. Each day is replayed by
itself: what a past STOP set off (an incident, an action) stays in the metrics of the days after it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from deskgate.gates.decision import Decision, decide
from deskgate.gates.evaluation import Status, Verdict
from deskgate.gates.suites import Entry, Suite

__all__ = [
    "FOLLOWING",
    "NOT_JUDGED",
    "Flip",
    "RecordedDay",
    "ReplayedDay",
    "compare_day",
    "explain_holds",
    "same_entries",
]

# How many days after a HOLD are asked whether what it was about showed again.
FOLLOWING = 3
# The status of an entry that the suites do not have.
NOT_JUDGED = "not judged"

Key = tuple[str, str, str]


@dataclass(frozen=True)
class RecordedDay:
    """A published day: its decision, the verdicts it rests on, the steps that failed, and whether it was looked at too early.

    `awaits` says that nothing but sign-offs kept it from GO.
    """

    date: date
    decision: str
    verdicts: Sequence[Verdict]
    failures: tuple[str, ...] = ()
    provisional: bool = False
    awaits: bool = False


@dataclass(frozen=True)
class Flip:
    """One entry on one subject that says something else: `before` is the verdict on record, `now` the one of these suites.

    Both are a status with its bound, and the severity where that changed; `NOT_JUDGED` where there is no such entry.
    """

    gate: str
    check: str
    subject: str
    before: str
    now: str
    observed: float | None
    unit: str


@dataclass(frozen=True)
class ReplayedDay:
    """A day on record beside the same day under these suites.

    `hold` says of a HOLD that would be GO what the days after it show, `is_false_hold` whether they show nothing of what blocked
    it; both are of that kind of day alone.
    """

    day: RecordedDay
    decision: Decision
    verdicts: Sequence[Verdict]
    flips: Sequence[Flip]
    hold: str = ""
    is_false_hold: bool = False

    @property
    def flipped(self) -> bool:
        """Whether the decision would be another one."""
        return self.day.decision != self.decision


def compare_day(day: RecordedDay, verdicts: Sequence[Verdict], same: Collection[tuple[str, str]] = ()) -> ReplayedDay:
    """Return a day beside what these suites say of its metrics.

    Steps that failed, a look before the day's end and sign-offs that it awaited keep it from GO, as they did. What was waived stays
    waived where the entry is the same one and no stop condition: of another entry nobody waived anything.

    Parameters
    ----------
    verdicts
        Of these suites, over the day's metrics.
    same
        (gate, entry) of those that are as they were, see `same_entries`.
    """
    waived = {
        _key(each): each for each in day.verdicts if each.status is Status.WAIVED and (each.gate, each.check) in same
    }
    now = [_with_waiver(each, waived.get(_key(each))) for each in verdicts]
    decision = decide(now, failures=day.failures, provisional=day.provisional, awaits=day.awaits)
    return ReplayedDay(day, decision, now, _flips(day.verdicts, now))


def _with_waiver(verdict: Verdict, waived: Verdict | None) -> Verdict:
    if waived is None or verdict.stop or not verdict.blocks:
        return verdict
    return replace(verdict, status=Status.WAIVED, waiver=waived.waiver)


def same_entries(before: Mapping[str, Suite], now: Mapping[str, Suite]) -> set[tuple[str, str]]:
    """Return the entries, as (gate, entry), that judge in both suites alike: all but their texts is the same."""
    old, new = (
        {(gate, each.meta.entry): _judges(each) for gate, suite in suites.items() for each in suite.expectations}
        for suites in (before, now)
    )
    return {key for key in old.keys() & new.keys() if old[key] == new[key]}


def _judges(entry: Entry) -> tuple[object, ...]:
    """Return what of an entry a verdict and its effect rest on."""
    return entry.kwargs, entry.severity, entry.meta.stop, entry.meta.coverage, entry.meta.action, entry.meta.applies_to


def _key(verdict: Verdict) -> Key:
    return verdict.gate, verdict.check, verdict.subject


def _flips(before: Sequence[Verdict], now: Sequence[Verdict]) -> list[Flip]:
    old, new = ({_key(each): each for each in verdicts} for verdicts in (before, now))
    return [
        _flip(key, old.get(key), new.get(key))
        for key in dict.fromkeys([*old, *new])
        if _effect(old.get(key)) != _effect(new.get(key))
    ]


def _effect(verdict: Verdict | None) -> tuple[object, ...]:
    """Return what of a verdict a decision rests on."""
    return (verdict.status, verdict.severity, verdict.stop) if verdict else ()


def _flip(key: Key, before: Verdict | None, now: Verdict | None) -> Flip:
    both = [each for each in (now, before) if each]
    severity, stop = (len({getattr(each, name) for each in both}) > 1 for name in ("severity", "stop"))
    was, says = (_says(each, severity=severity, stop=stop) for each in (before, now))
    return Flip(*key, before=was, now=says, observed=both[0].observed, unit=both[0].unit)


def _says(verdict: Verdict | None, *, severity: bool, stop: bool) -> str:
    if verdict is None:
        return NOT_JUDGED
    parts = [f"{verdict.status} ({verdict.bound})", verdict.severity if severity else ""]
    parts += [("a stop condition" if verdict.stop else "no stop condition") if stop else ""]
    return ", ".join(part for part in parts if part)


def explain_holds(days: Sequence[ReplayedDay]) -> list[ReplayedDay]:
    """Say of each HOLD that would be GO whether it was a false one.

    It is false where all that blocked it had failed (not: had too little evidence), the next calendar day is among the days, and on
    each of the next `FOLLOWING` days that are among them every one of those entries passed for the same subject, as it was judged
    on record.

    Parameters
    ----------
    days
        In order, each once.
    """
    recorded = {each.day.date: each.day for each in days}
    return [_explained(each, recorded) if _is_freed(each) else each for each in days]


def _is_freed(replayed: ReplayedDay) -> bool:
    return (replayed.day.decision, replayed.decision) == (Decision.HOLD, Decision.GO)


def _explained(replayed: ReplayedDay, recorded: Mapping[date, RecordedDay]) -> ReplayedDay:
    blocking = [each for each in replayed.day.verdicts if each.blocks]
    after = [replayed.day.date + timedelta(days=n) for n in range(1, FOLLOWING + 1)]
    known = [recorded[day] for day in after if day in recorded]
    unknown = [each for each in blocking if each.status is not Status.FAIL]
    if not blocking:
        says = "HOLD that would be GO: it was held because nothing was judged"
    elif unknown:
        says = f"HOLD that would be GO: {_name(unknown[0])} had too little evidence, which later days do not make good"
    elif after[0] not in recorded:
        says = f"HOLD that would be GO: {after[0]} is not among the days, so that nothing shows whether it was false"
    elif again := _seen_again(blocking, known):
        says = f"HOLD that would be GO, not a false one: {again}"
    else:
        passed = f"all {len(blocking)} entries that blocked it" if len(blocking) > 1 else _name(blocking[0])
        days = f"the {len(known)} days" if len(known) > 1 else "the day"
        return replace(replayed, hold=f"false HOLD: {passed} passed on {days} after it", is_false_hold=True)
    return replace(replayed, hold=says)


def _seen_again(blocking: Sequence[Verdict], after: Sequence[RecordedDay]) -> str:
    """Return the first of the days after it on which something that blocked did not pass; empty where there is none."""
    for day in after:
        statuses = {_key(each): each.status for each in day.verdicts}
        for each in blocking:
            status = statuses.get(_key(each))
            if status is not Status.PASS:
                return f"{_name(each)} was {status or NOT_JUDGED} on {day.date}"
    return ""


def _name(verdict: Verdict) -> str:
    return f"{verdict.gate}#{verdict.check} of {verdict.subject}"
