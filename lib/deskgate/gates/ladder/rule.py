"""The rule of the ladder: whether a bot may move on from its rung, stays, or goes down one, and what is missing.

Pure: days in, an answer out. Going down comes first. A bot moves on only where every need is met by what is known, and the day itself
counts; what is absent, too little or undecided is INSUFFICIENT and keeps it where it is. The desk's decision is another matter: nothing
here changes it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import groupby
from typing import Any

from deskgate.config.bot import Bot
from deskgate.config.instants import spans, stamp
from deskgate.config.rung import BotRung, Rung
from deskgate.gates.bounds import Outcome
from deskgate.gates.evaluation import Status
from deskgate.gates.ladder.before import Before, notes_of, skipped
from deskgate.gates.ladder.days import BotDay, Kind
from deskgate.gates.ladder.figures import Figure, figures_of
from deskgate.gates.ladder.missing import Missing, missing_of, more_days, outcome_of
from deskgate.gates.ladder.rules import Ladder

__all__ = ["Counted", "Says", "Standing", "first_needed", "held_back", "stand"]

# What a day that does not count is called.
_CALLED = {
    Kind.ABSENT: "not on record",
    Kind.CHANGED: "on record, and its files are gone or changed",
    Kind.UNJUDGED: "not judged",
    Kind.OTHER_RUNG: "of another mode or rung",
    Kind.OTHER_CONFIG: "with another configuration of the bot",
    Kind.UNDECLARED: "without a declared rung",
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
    before: Before | None = None

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
            "before": self.before.as_json() if self.before else None,
        }


def first_needed(rung: BotRung, today: date, rules: Ladder) -> date:
    """Return the first day that `stand` looks at: what takes a bot down is looked for before its rung began too."""
    of = rules.rungs[rung.name]
    keeps = today - timedelta(days=(of.keeps_over_days or 1) - 1)
    return min(keeps, max(rung.first_day, today - timedelta(days=(of.over_days or 1) - 1)))


def stand(
    bot: Bot,
    rung: BotRung,
    days: Sequence[BotDay],
    rules: Ladder,
    *,
    today: date,
    as_of: datetime,
    before: Before | None,
) -> Standing:
    """Return how a bot stands on its rung.

    Parameters
    ----------
    days
        Each day from `first_needed` to `today` once, oldest first; one without a record is of the kind `ABSENT`.
    before
        The last other rung on record; None where none is.
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
    mine = [day for day in days if day.day >= rung.first_day]
    gaps = tuple(_gaps(day for day in mine if _does(day, rules) != "count"))
    notes = (*_own_bounds(rules), *notes_of(rung, before), *_said_of_days(counted, days))
    made = partial(Standing, bot.name, bot.mode, rung, gaps=gaps, before=before)
    if down := [*skipped(rung, before), *_down(days, start, today, rules, rung)]:
        to = (Rung.MICRO,) if down[0].metric == "rung" else tuple(of.back_to)
        return made(says=Says.DOWN, to=to, missing=tuple(down), days=_sums(figures, start, None), notes=notes)
    if not of.next:
        top = (*notes, "the last rung: nothing is above it")
        return made(says=Says.STAYS, to=(), missing=(), days=_sums(figures, start, None), notes=top)
    judged = [(need, figures[need.metric]) for need in of.needs]
    missing = [missing_of(need, figure) for need, figure in judged if outcome_of(need, figure) is not Outcome.WITHIN]
    missing = [*_not_on_record(counted, rules), *missing]
    measured = sum(day.is_measured for day in counted)
    more = [more_days(need, figure, measured, of.over_days or 1) for need, figure in judged]
    if not mine or mine[-1].day != today or mine[-1].kind is not Kind.COUNTS:
        missing.insert(0, _today(mine, today))
        more.append(1)
    says = Says.STAYS if missing else Says.MOVES
    wait = None if None in more else max(each or 0 for each in more)
    return made(says=says, to=tuple(of.next), missing=tuple(missing), days=_sums(figures, start, wait), notes=notes)


def held_back(standing: Standing, why: str) -> Standing:
    """Return a standing after a day that speaks for the present no longer: nobody may move on by it."""
    if standing.says is not Says.MOVES:
        return standing
    return replace(
        standing,
        says=Says.STAYS,
        missing=(Missing("today", None, "holds", 0, Status.INSUFFICIENT, why), *standing.missing),
    )


def _alone(bot: Bot, rung: BotRung, missing: Missing, today: date) -> Standing:
    first = max(rung.first_day, today)
    return Standing(bot.name, bot.mode, rung, Says.STAYS, (), (missing,), Counted(0, 0, 0, first, None))


def _counted(days: Sequence[BotDay], rung: BotRung, rules: Ladder) -> tuple[list[BotDay], date]:
    """Return the days since the last one that started the count anew, each as what the rules make of it, and since when."""
    start, found = rung.first_day, list[BotDay]()
    for day in (each for each in days if each.day >= rung.first_day):
        does = _does(day, rules)
        if does == "restart":
            start, found = day.day + timedelta(days=1), []
        elif does == "count":
            found.append(replace(day, kind=Kind.COUNTS))
        else:
            found.append(day)
    return found, start


def _does(day: BotDay, rules: Ladder) -> str:
    if day.kind is Kind.CHANGED:
        # It keeps the bot where it is by itself, whatever the file says.
        return "skip"
    return "count" if day.kind is Kind.COUNTS else str(getattr(rules.days, day.kind))


def _not_on_record(counted: Sequence[BotDay], rules: Ladder) -> Iterator[Missing]:
    """Yield what keeps a bot where it is as too many days, or one that was judged, are not there to be looked at."""
    if gone := [day.day for day in counted if day.kind is Kind.CHANGED]:
        says = f"{spans(gone)}: {_CALLED[Kind.CHANGED]}; put the files back, or run `deskgate daily --date {gone[-1]}` again"
        yield Missing("record", None, "as their run left them", len(gone), Status.INSUFFICIENT, says)
    known = sum(day.kind is Kind.COUNTS or day.is_measured for day in counted)
    if counted and known < rules.least_days_share * len(counted):
        share, bound = known / len(counted), f">= {rules.least_days_share:g}"
        says = f"Days with figures: {known} of {len(counted)} ({share:.0%}), expected at least {rules.least_days_share:.0%}"
        yield Missing("days_share", share, bound, len(counted), Status.INSUFFICIENT, says)


def _own_bounds(rules: Ladder) -> Iterator[str]:
    if rules.milder:
        yield f"by the desk's own bounds, milder than Deskgate's in: {', '.join(rules.milder)}"


def _said_of_days(counted: Sequence[BotDay], days: Sequence[BotDay]) -> Iterator[str]:
    """Yield which days are counted though the desk was not on GO, and on which the whole book was stopped."""
    counting = {day.day for day in counted if day.kind is Kind.COUNTS}
    for kind in (Kind.HOLD, Kind.STOP):
        if found := [day.day for day in days if day.kind is kind and day.day in counting]:
            yield f"{len(found)} of the days that count were on {kind.upper()} for other bots: {spans(found)}"
    if stopped := [day.day for day in days if day.book_stop]:
        yield f"the portfolio's risk stopped the desk, which is no stop of this bot alone: {spans(stopped)}"


def _down(days: Sequence[BotDay], start: date, today: date, rules: Ladder, rung: BotRung) -> Iterator[Missing]:
    """Yield what takes the bot down a rung; what is not known takes it nowhere.

    The last days are looked at whatever started the count anew, and whenever the rung is said to have begun. A day that once took the
    bot down does not vanish with its files.
    """
    of = rules.rungs[rung.name]
    last = [day for day in days if day.day > today - timedelta(days=of.keeps_over_days or 1)]
    figures = figures_of(last, start, today, rules, [need.metric for need in of.keeps], by_known_days=True)
    beyond = [need for need in of.keeps if outcome_of(need, figures[need.metric]) is Outcome.BEYOND]
    yield from (missing_of(need, figures[need.metric], over=of.keeps_over_days) for need in beyond)
    gone, said = [day.day for day in last if day.kind is Kind.CHANGED], [day.day for day in last if day.went_down]
    if of.keeps and gone and said and not beyond:
        says = f"{spans(said)} said that it goes down, and {spans(gone)} is {_CALLED[Kind.CHANGED]} since; put the files back"
        yield Missing("record", None, "as their run left them", len(gone), Status.FAIL, says)


def _today(days: Sequence[BotDay], today: date) -> Missing:
    last = days[-1] if days and days[-1].day == today else BotDay(today, Kind.ABSENT)
    if last.kind is Kind.ABSENT and not days:
        says = f"no whole day has been on this rung up to {today}"
    else:
        says = f"{today} does not count: {_CALLED.get(last.kind, last.kind)}{f', {last.why}' if last.why else ''}"
    status = (
        Status.INSUFFICIENT
        if last.kind in (Kind.ABSENT, Kind.CHANGED, Kind.UNJUDGED, Kind.OTHER_RUNG, Kind.UNDECLARED)
        else Status.FAIL
    )
    return Missing("today", None, "counts", len(days), status, says)


def _sums(figures: dict[str, Figure], start: date, more: int | None) -> Counted:
    counting, trading, calendar = (int(figures[name].value or 0) for name in ("days", "trading_days", "calendar_days"))
    return Counted(counting, trading, calendar, start, more)


def _gaps(days: Iterable[BotDay]) -> Iterator[str]:
    """Yield a line for each run of days that do not count for the same reason."""
    for (kind, why), group in groupby(days, key=lambda day: (day.kind, day.why)):
        yield f"{spans([day.day for day in group])}: {_CALLED[kind]}{f', {why}' if why else ''}"
