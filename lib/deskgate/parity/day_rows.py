"""The rows of the day that a comparison is made of: the bot's and its reference's, over the compared minutes."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.measures.measure import Measure
from deskgate.parity.deltas import Delta, Span, gated_deltas
from deskgate.parity.matched import Matched, matched
from deskgate.parity.references import compared
from deskgate.parity.sums import ComparedMinutes, inside

__all__ = ["LIVE", "REFERENCE", "ComparedDay", "compared_days"]

LIVE, REFERENCE = "live", "reference"


@dataclass(frozen=True)
class ComparedDay:
    """One bot's compared minutes of the day, beside those of its reference.

    A baseline window stays whole: its rows are of days that are over.
    """

    bot: str
    part: Matched
    day: dict[str, Delta]

    def delta(self, measure: Measure) -> Delta:
        """Return the day's difference of a measure that the gate judges."""
        return self.day[measure.name]

    def rows(self, of: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Return the rows of both sides in the compared minutes, by role.

        Parameters
        ----------
        of
            bot, pair, ts and more: of all bots, in an order that is kept.
        """
        sides = {LIVE: (self.bot, self.live), REFERENCE: (self.part.reference.bot or "", self.theirs)}
        return {role: inside(of.filter(pl.col("bot") == name), minutes) for role, (name, minutes) in sides.items()}

    @cached_property
    def live(self) -> ComparedMinutes:
        """The bot's compared minutes."""
        return ComparedMinutes(self.part.live)

    @cached_property
    def theirs(self) -> ComparedMinutes:
        """The reference's compared minutes."""
        return ComparedMinutes(self.part.theirs)


@per_case
def compared_days(case: Case) -> list[ComparedDay]:
    """Return the compared bots of which something can be measured; the deltas of the others say why it cannot.

    A bot that can be measured can be so in all measures: those that the gate judges show it, and the others cost as much again.
    """
    of_day: dict[str, dict[str, Delta]] = {}
    for delta in gated_deltas(case):
        if delta.span is Span.DAY and delta.live is not None:
            of_day.setdefault(delta.bot, {})[delta.measure.name] = delta
    found = []
    for bot in compared(case):
        both = matched(case, bot)
        if bot.name in of_day and not isinstance(both, str):
            part = both.within(case.start, case.start + timedelta(days=1))
            found.append(ComparedDay(bot.name, part, of_day[bot.name]))
    return found
