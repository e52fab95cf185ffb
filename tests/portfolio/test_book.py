"""Whose money is at risk."""

from deskgate.config.bot import Mode
from deskgate.portfolio.book import book
from desks import bot, desk


def test_book_is_the_live_bots_where_there_are_any() -> None:
    of = desk(bot("b1"), bot("b3", Mode.PAPER))
    assert [each.name for each in book(of)] == ["b1"]
    assert [each.name for each in book(desk(bot("b3", Mode.PAPER)))] == ["b3"]
