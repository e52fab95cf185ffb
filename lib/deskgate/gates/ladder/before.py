"""The rung that a bot was on before its present one: no rung is skipped on the way to size, and who moved a bot up is held to the ladder."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from deskgate.config.rung import BotRung, Rung
from deskgate.gates.evaluation import Status
from deskgate.gates.ladder.missing import Missing
from deskgate.gates.ladder.rules import NEXT

__all__ = ["Before", "below", "notes_of", "skipped"]


@dataclass(frozen=True)
class Before:
    """The last other rung on record, its last day, and whether that day's decision said that the bot may move on to the present one."""

    rung: Rung
    day: date
    moves: bool

    def as_json(self) -> dict[str, object]:
        """Return it as decision.json has it."""
        return {"rung": str(self.rung), "day": self.day.isoformat(), "moves": self.moves}


def below(rung: BotRung) -> list[str]:
    """Return the rungs that lead to this one."""
    return [str(each) for each in Rung if rung.name in NEXT[each]]


def skipped(rung: BotRung, before: Before | None) -> Iterator[Missing]:
    """Yield that a rung was skipped: it is refused, whatever the days are like."""
    if rung.name is Rung.SIZE and before and before.rung in (Rung.PAPER, Rung.TESTNET):
        says = f"{before.rung} is the last rung on record before size: micro was skipped; set the rung to micro in desk.toml"
        yield Missing("rung", None, "after micro", 0, Status.FAIL, says)


def notes_of(rung: BotRung, before: Before | None) -> Iterator[str]:
    """Yield what the record says of the way to this rung."""
    lower = below(rung)
    if lower and before is None:
        yield f"no day of {' or '.join(lower)} is on record before {rung.first_day}: what came before is taken on trust"
    elif before and before.rung in lower:
        said = "said that it may move on" if before.moves else "did not say that it may move on"
        yield f"the last day on {before.rung}, {before.day}, {said} to {rung.name}"
