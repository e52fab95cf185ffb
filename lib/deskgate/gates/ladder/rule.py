"""The rule of the ladder: whether a bot may move on from its rung, stays, or goes down one, and what is missing.

Pure: days in, an answer out. Going down comes first. A bot moves on only where every need is met by what is known, and the day itself
counts; what is absent, too little or undecided is INSUFFICIENT and keeps it where it is. The desk's decision is another matter: nothing
here changes it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

from deskgate.config.bot import Bot
from deskgate.config.instants import spans, stamp
from deskgate.config.rung import BotRung, Rung
from deskgate.gates.bounds import Outcome
from deskgate.gates.evaluation import Status
from deskgate.gates.ladder.days import BotDay, Kind
from deskgate.gates.ladder.figures import Figure, figures_of
from deskgate.gates.ladder.missing import Missing, missing_of, more_days, outcome_of
from deskgate.gates.ladder.rules import NEXT, Ladder

__all__ = ["Counted", "Says", "Standing", "first_needed", "stand"]

# What a day that does not count is called.
_CALLED = {
    Kind.ABSENT: "not on record",
    Kind.UNJUDGED: "not judged",
    Kind.OTHER_RUNG: "of another mode or rung",
    Kind.BLOCKED: "blocked",
    Kind.HOLD: "the desk was on HOLD",
    Kind.STOP: "the desk was on STOP",
}


class Says(StrEnum):
    """What the ladder says of a bot."""

    MOVES = "may move on"
    STAYS = "stays"
    DOWN = "goes down"


@dataclass(frozen=True)
class Counted:
    """The days of a rung: those that count, those with fills, calendar days, from which day on, and about how many more it takes.

    `more` is None where nobody can tell, and 0 where none is needed.
    """

    counting: int
    trading: int
    calendar: int
    first: date
    more: int | None


@dataclass(frozen=True)
class Standing:
    """How one bot stands on its rung; `to` are the rungs that it may move to, or goes back to.

    `gaps` names the days of the time that do not count, a line for each reason.
    """

    bot: str
    mode: str
    rung: BotRung
    says: Says
    to: tuple[Rung, ...]
    missing: tuple[Missing, ...]
    days: Counted
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as decision.json has it."""
        return {
            "bot": self.bot,
            "mode": self.mode,
            "rung": str(self.rung.name),
            "since": stamp(self.rung.since),
            "by": self.rung.by,
            "says": str(self.says),
            "to": [str(rung) for rung in self.to],
            "missing": [asdict(each) | {"status": str(each.status)} for each in self.missing],
            "days": asdict(self.days) | {"first": self.days.first.isoformat()},
            "gaps": list(self.gaps),
            "notes": list(self.notes),
        }


def first_needed(rung: BotRung, today: date, rules: Ladder) -> date:
    """Return the first day that `stand` looks at."""
    of = rules.rungs[rung.name]
    span = max(of.over_days or 1, of.keeps_over_days or 1)
    return max(rung.first_day, today - timedelta(days=span - 1))


def stand(
    bot: Bot, rung: BotRung, days: Sequence[BotDay], rules: Ladder, *, today: date, as_of: datetime, before: Rung | None
) -> Standing:
    """Return how a bot stands on its rung.

    Parameters
    ----------
    days
        Each day from `first_needed` to `today` once, oldest first; one without a record is of the kind `ABSENT`.
    before
        The rung that is on record last before this one began; None where none is.
    """
    if rung.since > as_of:
        says = f"the rung begins at {stamp(rung.since)}, which is after {stamp(as_of)}; correct `since` in desk.toml, or wait"
        return _alone(bot, rung, Missing("since", None, "", 0, Status.INSUFFICIENT, says), today)
    if not bot.judged:
        says = f"{bot.name} is disabled, so that none of its days is judged"
        return _alone(bot, rung, Missing("days", None, "", 0, Status.INSUFFICIENT, says), today)
    of = rules.rungs[rung.name]
    counted, start = _counted(days, rung, rules)
    counted = counted[-(of.over_days or 1) :]
    figures = figures_of(counted, start, today, rules, [need.metric for need in of.needs])
    notes = _notes(rung, before)
    gaps = tuple(_gaps(day for day in days if _does(day, rules) != "count"))
    if down := [*_skipped(rung, before), *_down(days, start, today, rules, rung)]:
        to = (Rung.MICRO,) if down[0].metric == "rung" else tuple(of.back_to)
        return Standing(bot.name, bot.mode, rung, Says.DOWN, to, tuple(down), _sums(figures, start, None), gaps, notes)
    if not of.next:
        top = (*notes, "the last rung: nothing is above it")
        return Standing(bot.name, bot.mode, rung, Says.STAYS, (), (), _sums(figures, start, None), gaps, top)
    judged = [(need, figures[need.metric]) for need in of.needs]
    missing = [missing_of(need, figure) for need, figure in judged if outcome_of(need, figure) is not Outcome.WITHIN]
    measured = sum(day.kind.is_measured for day in counted)
    more = [more_days(need, figure, measured, of.over_days or 1) for need, figure in judged]
    if not counted or counted[-1].kind is not Kind.COUNTS:
        missing.insert(0, _today(days, today))
        more.append(1)
    says = Says.STAYS if missing else Says.MOVES
    wait = None if None in more else max(each or 0 for each in more)
    return Standing(
        bot.name, bot.mode, rung, says, tuple(of.next), tuple(missing), _sums(figures, start, wait), gaps, notes
    )


def _alone(bot: Bot, rung: BotRung, missing: Missing, today: date) -> Standing:
    first = max(rung.first_day, today)
    return Standing(bot.name, bot.mode, rung, Says.STAYS, (), (missing,), Counted(0, 0, 0, first, None))


def _counted(days: Sequence[BotDay], rung: BotRung, rules: Ladder) -> tuple[list[BotDay], date]:
    """Return the days since the last one that started the count anew, each as what the rules make of it, and since when."""
    start, found = rung.first_day, list[BotDay]()
    for day in days:
        does = _does(day, rules)
        if does == "restart":
            start, found = day.day + timedelta(days=1), []
        elif does == "count":
            found.append(BotDay(day.day, Kind.COUNTS, day.why, day.own_stop, day.figures))
        else:
            found.append(day)
    return found, start


def _does(day: BotDay, rules: Ladder) -> str:
    return "count" if day.kind is Kind.COUNTS else str(getattr(rules.days, day.kind))


def _skipped(rung: BotRung, before: Rung | None) -> Iterator[Missing]:
    """Yield that a rung was skipped: it is refused, whatever the days are like."""
    if rung.name is Rung.SIZE and before in (Rung.PAPER, Rung.TESTNET):
        says = f"{before} is the last rung on record before size: micro was skipped; set the rung to micro in desk.toml"
        yield Missing("rung", None, "after micro", 0, Status.FAIL, says)


def _notes(rung: BotRung, before: Rung | None) -> tuple[str, ...]:
    below = [str(each) for each in Rung if rung.name in NEXT[each]]
    if below and before is None:
        return (
            f"no day of {' or '.join(below)} is on record before {rung.first_day}: what came before is taken on trust",
        )
    return ()


def _down(days: Sequence[BotDay], start: date, today: date, rules: Ladder, rung: BotRung) -> Iterator[Missing]:
    """Yield what takes the bot down a rung; what is not known takes it nowhere. A day that started the count anew counts here too."""
    of = rules.rungs[rung.name]
    last = [day for day in days if day.day > today - timedelta(days=of.keeps_over_days or 1)]
    figures = figures_of(last, start, today, rules, [need.metric for need in of.keeps])
    for need in of.keeps:
        if outcome_of(need, figures[need.metric]) is Outcome.BEYOND:
            yield missing_of(need, figures[need.metric], over=of.keeps_over_days)


def _today(days: Sequence[BotDay], today: date) -> Missing:
    last = days[-1] if days and days[-1].day == today else BotDay(today, Kind.ABSENT)
    if last.kind is Kind.ABSENT and not days:
        says = f"no whole day has been on this rung up to {today}"
    else:
        says = f"{today} does not count: {_CALLED.get(last.kind, last.kind)}{f', {last.why}' if last.why else ''}"
    status = Status.INSUFFICIENT if last.kind in (Kind.ABSENT, Kind.UNJUDGED, Kind.OTHER_RUNG) else Status.FAIL
    return Missing("today", None, "counts", len(days), status, says)


def _sums(figures: dict[str, Figure], start: date, more: int | None) -> Counted:
    counting, trading, calendar = (int(figures[name].value or 0) for name in ("days", "trading_days", "calendar_days"))
    return Counted(counting, trading, calendar, start, more)


def _gaps(days: Iterable[BotDay]) -> Iterator[str]:
    """Yield a line for each run of days that do not count for the same reason."""
    for (kind, why), group in groupby(days, key=lambda day: (day.kind, day.why)):
        yield f"{spans([day.day for day in group])}: {_CALLED[kind]}{f', {why}' if why else ''}"
