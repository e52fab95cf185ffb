"""How the bots of a desk stand on the ladder, from the published days."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.recorded import Recorded
from deskgate.audit.witnesses import judge_decision
from deskgate.config.bot import RUNGS_OF, Bot, Mode
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError
from deskgate.config.instants import day_is_over
from deskgate.config.rung import BotRung, Rung
from deskgate.gates.decision import Decision, blockers, decide
from deskgate.gates.ladder.before import Before, below
from deskgate.gates.ladder.rule import Says, Standing, first_needed, stand
from deskgate.gates.ladder.rules import Ladder
from deskgate.gates.rests_on import waivers_of
from deskgate.reports.ladder_days import bot_day, config_of, day_being_run, read_day, said_of

__all__ = ["decided_so_far", "standings"]

# In how many published days the rung before is looked for.
LOOK_BACK_DAYS = 400


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
    days = {each: read_day(desk, out, each, recorded) for each in _days(first, day - timedelta(days=1))}
    days[day] = (
        read_day(desk, out, day, recorded) if decision is None else day_being_run(desk, today, decision, recorded)
    )
    config = config_of(days[day].decision)
    return [
        stand(
            bot,
            rung,
            [bot_day(bot, rung, each, days[each], config) for each in _days(first_needed(rung, day, rules), day)],
            rules,
            today=day,
            as_of=today.inputs.as_of,
            before=_before(out, bot, rung, day, recorded),
        )
        for bot, rung in declared
    ]


def decided_so_far(desk: Desk, artifacts: DayArtifacts) -> dict[str, Any]:
    """Return what the verdicts of a day that is being run add up to, as decision.json would have it if no step fails."""
    verdicts, inputs = artifacts.verdicts(), artifacts.inputs
    provisional, awaits = not day_is_over(inputs.date, inputs.as_of), desk.audit.awaits
    is_go = decide(verdicts, provisional=provisional) is Decision.GO
    return {
        "decision": str(decide(verdicts, provisional=provisional, awaits=bool(awaits))),
        "bots": desk.modes,
        "inputs": inputs.canonical(),
        "provisional": provisional,
        "blockers": [asdict(verdict) for verdict in blockers(verdicts)],
        "failures": [],
        "waivers": waivers_of(verdicts, inputs.waivers),
    } | ({"awaits": awaits} if is_go and awaits else {})


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _before(out: Path, bot: Bot, rung: BotRung, today: date, recorded: Recorded) -> Before | None:
    """Return the last other rung of a bot on record, whenever its present one is said to have begun; None where none says it.

    A day that says none is gone past, and so is one of the same rung, unless its decision says what came before.
    """
    if not below(rung):
        return None
    published = sorted((file.parent for file in out.glob(f"????-??-??/{DECISION}")), reverse=True)
    for folder in [each for each in published if each.name < today.isoformat()][:LOOK_BACK_DAYS]:
        decision: dict[str, Any] = {}
        with suppress(InputError):
            decision = load_decision(folder / DECISION)
        if not decision or [*judge_decision(f"{folder.name}/{DECISION}", decision, recorded)]:
            continue
        said, was = said_of(bot, decision), _was(bot, decision)
        if was == rung.name and (known := said.get("before")):
            return Before(Rung(known["rung"]), date.fromisoformat(known["day"]), bool(known["moves"]))
        if was and was != rung.name:
            moves = said.get("says") == str(Says.MOVES) and rung.name in said.get("to", [])
            return Before(was, date.fromisoformat(folder.name), moves)
    return None


def _was(bot: Bot, decision: Mapping[str, Any]) -> Rung | None:
    """Return the rung of a bot on a day, by the decision; None where that does not say it: a live bot without one was on one of two."""
    mode = decision.get("bots", {}).get(bot.name)
    of_mode = RUNGS_OF[Mode(mode)] if mode else ()
    was = said_of(bot, decision).get("rung") or (of_mode[0] if len(of_mode) == 1 else None)
    return Rung(was) if was else None
