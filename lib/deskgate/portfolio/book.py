"""The book: the bots whose money is at risk."""

from deskgate.case.metric_spec import DERIVATIVES, Scope
from deskgate.config.bot import Bot, Mode
from deskgate.config.desk import Desk

__all__ = ["MARKED_BY_THE_VENUE", "THE_BOOK", "book"]


def book(desk: Desk) -> list[Bot]:
    """Return the bots whose money is at risk: the live ones; on a desk without any all judged bots, as a rehearsal."""
    live = [bot for bot in desk.judged if bot.mode is Mode.LIVE]
    return live or desk.judged


THE_BOOK = Scope("bots of the book: live, or all where none is", lambda desk: [bot.name for bot in book(desk)])
# What is held on spot has no mark of the venue's: its account lists coins, and the reconciliation compares those.
MARKED_BY_THE_VENUE = Scope(
    "bots of the book with a venue account that trade derivatives",
    lambda desk: [bot.name for bot in book(desk) if bot.name in DERIVATIVES.subjects(desk)],
)
