"""Sums of a measure over the compared minutes: which rows are in them, and what of them is known."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from deskgate.measures.measure import ROWS
from deskgate.parity.sums import ComparedMinutes, by_bot, inside, rows_of, side

OPENED = datetime(2026, 3, 2, 7, tzinfo=UTC)


def compared(*minutes: tuple[str, int]) -> ComparedMinutes:
    rows = [(pair, OPENED + timedelta(minutes=at)) for pair, at in minutes]
    return ComparedMinutes(pl.DataFrame(rows, {"pair": pl.String, "minute": ROWS["ts"]}, orient="row"))


def measured(*rows: tuple[str, str | None, float, float | None]) -> pl.DataFrame:
    """Rows of (bot, pair, minutes after the opening, num); each has a `den` of 2."""
    full = [(bot, pair, OPENED + timedelta(minutes=at), None, None, "", num, 2.0) for bot, pair, at, num in rows]
    return pl.DataFrame(full, ROWS, orient="row")


MINUTES = compared(("BTC-USDT", 0), ("BTC-USDT", 1), ("ETH-USDT", 3))


@pytest.mark.parametrize(
    ("pair", "at", "is_in"),
    [
        ("BTC-USDT", 1.99, True),
        ("BTC-USDT", 2, False),
        ("BTC-USDT", 3, False),
        ("ETH-USDT", 3.5, True),
        ("SOL-USDT", 0, False),
        (None, 0, True),
        (None, 3, True),
        (None, 2, False),
    ],
)
def test_row_counts_in_the_compared_minutes_of_its_pair(pair: str | None, at: float, is_in: bool) -> None:
    rows = measured(("bot1", pair, at, 1.0))
    assert inside(rows, MINUTES).height == is_in
    assert side(rows_of(rows), MINUTES, 1.0).rows == is_in


def test_sums_are_by_minute_and_unknown_rows_count_as_unknown() -> None:
    rows = measured(
        ("bot1", "BTC-USDT", 0.1, 1.0),
        ("bot1", None, 0.2, 0.5),
        ("bot1", "BTC-USDT", 1, None),
        ("bot1", "ETH-USDT", 3, -4.0),
        ("bot1", "BTC-USDT", 7, 9.0),
        ("bot2", "BTC-USDT", 0, 100.0),
    )
    found = side(by_bot(rows)["bot1"], MINUTES, 10.0)
    assert (found.sums.num.tolist(), found.sums.den.tolist()) == ([15.0, 0.0, -40.0], [4.0, 0.0, 2.0])
    assert (found.rows, found.known, found.known_rows) == (3, 0.75, 0.75)


def test_bot_without_rows_has_a_side_of_nothing() -> None:
    assert by_bot(measured()) == {}
    found = side(rows_of(measured()), MINUTES, 1.0)
    assert (found.rows, found.known, found.known_rows, found.sums.den.tolist()) == (0, 1.0, 1.0, [0.0, 0.0, 0.0])


def test_without_compared_minutes_no_row_counts() -> None:
    found = side(rows_of(measured(("bot1", None, 0, 1.0))), compared(), 1.0)
    assert (found.rows, found.sums.minute.size) == (0, 0)
