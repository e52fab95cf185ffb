"""How the bots of a desk stand on the ladder, from the published days: read, verified, and named where they are left out."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.decision_ids import identity
from deskgate.audit.recorded import Recorded
from deskgate.audit.witnesses import judge_decision
from deskgate.case.metric_spec import PORTFOLIO
from deskgate.config.bot import RUNGS_OF, Bot, Mode
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instants import day_is_over
from deskgate.config.rung import BotRung, Rung
from deskgate.gates.decision import blockers, decide
from deskgate.gates.ladder.days import BotDay, Kind
from deskgate.gates.ladder.rule import Standing, first_needed, stand
from deskgate.gates.ladder.rules import Ladder
from deskgate.reports.published_days import NOT_RUN, LeftOutError, open_published, view_of

__all__ = ["decided_so_far", "standings"]

NO_RUNG = "No bot declares a rung; add [bots.NAME.rung] with name, since and by to desk.toml to see what each one needs to move on"
VIEW = "ladder"
# How long before a rung the one before it is looked for.
LOOK_BACK_DAYS = 60
_PUBLISHED_BY_NOBODY = "its decision has no record in the audit trail"


@dataclass(frozen=True)
class _Day:
    """A day as it was decided, and its rows of the view by bot."""

    decision: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, Any]]


def standings(
    desk: Desk, rules: Ladder, out: Path, today: DayArtifacts, decision: Mapping[str, Any] | None
) -> list[Standing]:
    """Return how each bot that declares a rung stands after a day.

    Parameters
    ----------
    out
        Where the other days lie.
    today
        The day itself; its own folder is read, which in a run is not yet in its place.
    decision
        Of the day itself where it is being made, as decision.json has it; None: the day is published, and is held to its record like
        the days before it.
    """
    declared = [(bot, bot.rung) for bot in desk.bots.values() if bot.rung]
    if not declared:
        return []
    recorded, day = Recorded.read(out), today.inputs.date
    first = min(first_needed(rung, day, rules) for _, rung in declared)
    days = {each: _read(desk, out, each, recorded) for each in _days(first, day - timedelta(days=1))}
    days[day] = _read(desk, out, day, recorded) if decision is None else _of(today, decision)
    found = []
    for bot, rung in declared:
        mine = [_bot_day(bot, rung, each, days[each], rules) for each in _days(first_needed(rung, day, rules), day)]
        others = [days[each.day] for each in mine if each.kind is Kind.OTHER_RUNG]
        was = [_was(bot, each.decision) for each in others if isinstance(each, _Day)]
        before = next((each for each in reversed(was) if each), None) or _before(out, bot, rung, recorded)
        found.append(stand(bot, rung, mine, rules, today=day, as_of=today.inputs.as_of, before=before))
    return found


def decided_so_far(desk: Desk, artifacts: DayArtifacts) -> dict[str, Any]:
    """Return what the verdicts of a day that is being run add up to, as decision.json would have it if no step fails."""
    verdicts, inputs = artifacts.verdicts(), artifacts.inputs
    provisional = not day_is_over(inputs.date, inputs.as_of)
    return {
        "decision": str(decide(verdicts, provisional=provisional)),
        "bots": {name: str(bot.mode) for name, bot in desk.bots.items()},
        "provisional": provisional,
        "blockers": [asdict(verdict) for verdict in blockers(verdicts)],
        "failures": [],
    }


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _read(desk: Desk, out: Path, day: date, recorded: Recorded) -> _Day | str:
    """Return a published day, or why it is left out."""
    try:
        artifacts = open_published(out, day, desk.name, recorded)
        decision = load_decision(artifacts.folder / DECISION)
    except (LeftOutError, InputError) as error:
        return str(error)
    if identity(decision) not in [identity(record.body) for record in recorded.of_day(decision)]:
        return _PUBLISHED_BY_NOBODY
    return _of(artifacts, decision)


def _of(artifacts: DayArtifacts, decision: Mapping[str, Any]) -> _Day | str:
    try:
        return _Day(decision, {row["bot"]: row for row in view_of(artifacts, VIEW).iter_rows(named=True)})
    except LeftOutError as error:
        return str(error)


def _bot_day(bot: Bot, rung: BotRung, day: date, found: _Day | str, rules: Ladder) -> BotDay:
    if isinstance(found, str):
        return BotDay(day, Kind.ABSENT) if found == NOT_RUN else BotDay(day, Kind.UNJUDGED, found)
    decision = found.decision
    if other := _other_rung(bot, rung, decision):
        return BotDay(day, Kind.OTHER_RUNG, other)
    if decision.get("provisional"):
        return BotDay(day, Kind.UNJUDGED, "looked at before the day was over")
    if failed := [str(each["notebook"]) for each in decision["failures"]]:
        return BotDay(day, Kind.UNJUDGED, f"the step {failed[0]} of its run failed")
    if bot.name not in found.rows:
        return BotDay(day, Kind.UNJUDGED, f"it has no figures of {bot.name}")
    own = [each for each in decision["blockers"] if each["subject"] == bot.name]
    gates = rules.days.portfolio_gates
    whole = [each for each in decision["blockers"] if each["subject"] == PORTFOLIO and each["gate"] in gates]
    kind, why = _judged(own + whole, decision["decision"])
    stopped = any(each["stop"] and each["status"] == "FAIL" for each in own)
    return BotDay(day, kind, why, stopped, found.rows[bot.name])


def _judged(blocking: Sequence[Mapping[str, Any]], decision: str) -> tuple[Kind, str]:
    if blocking:
        more = f" (and {len(blocking) - 1} more)" if len(blocking) > 1 else ""
        first = blocking[0]
        return Kind.BLOCKED, f"{first['subject']}: {first['title']}{more}"
    return {"GO": Kind.COUNTS, "STOP": Kind.STOP}.get(decision, Kind.HOLD), ""


def _other_rung(bot: Bot, rung: BotRung, decision: Mapping[str, Any]) -> str:
    """Return what else a bot was on a day, by the decision; empty where it was on its rung, as far as that says."""
    mode, was = decision.get("bots", {}).get(bot.name), _rung_of(bot, decision)
    if mode != bot.mode:
        return f"{bot.name} was {mode or 'not in desk.toml'}"
    return f"{bot.name} was on {was}" if was and was != rung.name else ""


def _rung_of(bot: Bot, decision: Mapping[str, Any]) -> str | None:
    return next((each["rung"] for each in decision.get("ladder", []) if each["bot"] == bot.name), None)


def _before(out: Path, bot: Bot, rung: BotRung, recorded: Recorded) -> Rung | None:
    """Return the rung of a bot on the last day on record before its present one; None where none says it."""
    for day in (rung.first_day - timedelta(days=n + 1) for n in range(LOOK_BACK_DAYS)):
        decision = None
        with suppress(InputError):
            decision = load_decision(out / day.isoformat() / DECISION)
        if decision is None or [*judge_decision(f"{day}/{DECISION}", decision, recorded)]:
            continue
        if decision.get("bots", {}).get(bot.name) not in (None, Mode.DISABLED):
            return _was(bot, decision)
    return None


def _was(bot: Bot, decision: Mapping[str, Any]) -> Rung | None:
    """Return the rung of a bot on a day, by the decision; None where that does not say it: a live bot without one was on one of two."""
    mode = decision.get("bots", {}).get(bot.name)
    of_mode = RUNGS_OF[Mode(mode)] if mode else ()
    was = _rung_of(bot, decision) or (of_mode[0] if len(of_mode) == 1 else None)
    return Rung(was) if was else None
