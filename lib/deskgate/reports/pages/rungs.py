"""What the ladder says of the bots, for the first screen of a day's page: who may move on, and who goes down and why.

A GO is the desk's: it says nothing of the rung of one bot, and must not be taken for it.
"""

from collections.abc import Mapping

from deskgate.gates.ladder.rule import Says
from deskgate.reports.pages.banner import objects
from deskgate.reports.pages.wording import Cell

__all__ = ["DOWN", "goes_down", "going_down", "may_move_on", "where_to"]

# How it is marked that a bot goes down: a warning beside a decision that is another one.
DOWN = Cell("goes down", "!", "insufficient")
# So many bots are named on a first screen.
_NAMED, _TOLD = 6, 3


def may_move_on(decision: Mapping[str, object]) -> str:
    """Return the bots that may move on, each with where to; "none", or that it is not declared or not known."""
    if not isinstance(decision.get("ladder"), list | tuple):
        return "not known, the decision has no ladder"
    rungs = objects(decision["ladder"])
    if not rungs:
        return "no rung declared"
    names = [f"{each.get('bot')}{where_to(each)}" for each in rungs if each.get("says") == Says.MOVES]
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *more]) or "none"


def going_down(decision: Mapping[str, object]) -> list[str]:
    """Return a sentence for each bot that goes down, with why; those beyond the third in one."""
    down = [each for each in objects(decision.get("ladder")) if goes_down(each)]
    said = [f"{each.get('bot')}: the ladder says it goes down{where_to(each)}: {_why(each)}" for each in down[:_TOLD]]
    rest = [str(each.get("bot")) for each in down[_TOLD:]]
    more = [f"and {len(rest) - _NAMED} more"] if len(rest) > _NAMED else []
    return [*said, f"The ladder says that these go down too: {', '.join([*rest[:_NAMED], *more])}"] if rest else said


def goes_down(rung: Mapping[str, object]) -> bool:
    """Return whether the ladder says of a bot that it goes down."""
    return rung.get("says") == Says.DOWN


def where_to(rung: Mapping[str, object]) -> str:
    """Return ` to ...`, the rungs that a bot moves to; nothing where it stays or none is named."""
    to = rung.get("to")
    named = to if isinstance(to, list | tuple) and rung.get("says") != Says.STAYS else ()
    return f" to {' or '.join(map(str, named))}" if named else ""


def _why(rung: Mapping[str, object]) -> str:
    missing = objects(rung.get("missing"))
    if not missing:
        return "the decision does not say why"
    first, more = str(missing[0].get("sentence")), len(missing) - 1
    return f"{first}, and {more} more" if more else first
