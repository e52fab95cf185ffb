"""The book: the bots whose money is at risk."""

from deskgate.case.metric_spec import Scope
from deskgate.config.bot import Bot, Mode
from deskgate.config.desk import Desk

__all__ = ["THE_BOOK", "book"]


def book(desk: Desk) -> list[Bot]:
    """Return the bots whose money is at risk: the live ones; on a desk without any all judged bots, as a rehearsal."""
    live = [bot for bot in desk.judged if bot.mode is Mode.LIVE]
    return live or desk.judged


THE_BOOK = Scope("bots of the book: live, or all where none is", lambda desk: [bot.name for bot in book(desk)])
