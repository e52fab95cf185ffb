"""A day's records of a bot and a leg: the day's alone, in order, with the columns that a person reads."""

from datetime import timedelta

import pytest

from deskgate.case.case import Case
from deskgate.config.errors import InputError
from deskgate.reports.investigate.records import COLUMNS, records
from desks import END, NOON, START, bot, case, desk, fills

TWO = desk(bot("b1"), bot("b2"))


def two_bots() -> Case:
    late = fills("local", trade_id="t0", ts=START - timedelta(microseconds=1))
    at_end = fills("local", trade_id="t9", ts=END)
    return case(TWO, fills=[*fills("local", "exchange"), *fills("events", bot="b2", ts=START), *late, *at_end])


@pytest.mark.parametrize(
    ("bot", "leg", "expected"),
    [
        ("", "", [("b2", "events"), ("b1", "exchange"), ("b1", "local")]),
        ("b1", "", [("b1", "exchange"), ("b1", "local")]),
        ("b1", "local", [("b1", "local")]),
        ("b2", "local", []),
    ],
)
def test_rows_are_of_the_day_the_bot_and_the_leg(bot: str, leg: str, expected: list[tuple[str, str]]) -> None:
    found = records(two_bots(), "fills", bot, leg)
    assert found.select("bot", "leg").rows() == expected


@pytest.mark.parametrize("table", list(COLUMNS))
def test_columns_are_there_where_no_record_is(table: str) -> None:
    found = records(case(), table)
    assert (found.height, tuple(found.columns)) == (0, COLUMNS[table])


@pytest.mark.parametrize(
    ("bot", "leg", "sentence"),
    [("b3", "", "no bot is called 'b3'.*one of 'b1', 'b2'"), ("b1", "locl", "no leg is called 'locl' .*'local'")],
)
def test_unknown_name_is_refused_with_the_known_ones(bot: str, leg: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        records(two_bots(), "fills", bot, leg)


def test_minute_that_was_recorded_later_than_the_day_was_read_is_not_there() -> None:
    rows = [{"ts": NOON + timedelta(hours=n), "pair": "BTC-USDT", "state": "running"} for n in (0, 2)]
    found = records(case(as_of=NOON + timedelta(hours=1), snapshots=rows), "snapshots")
    assert found["ts"].to_list() == [NOON]
