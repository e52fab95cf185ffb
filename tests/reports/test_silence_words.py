"""What to do about a silence: which bots to stop, which to start, and what to recover."""

from collections.abc import Set
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deskgate.reports.silence_words import happened, remedy_of_silence
from deskgate.reports.silences import Silence

OVER = Silence(
    "b1", ("local", "events"), True, datetime(2026, 5, 4, 10, tzinfo=UTC), datetime(2026, 5, 4, 12, tzinfo=UTC), True
)
TWO = (OVER, replace(OVER, bot="b2"))
STOP_BOTH = "Stop b1, b2 and let them recover the trade history from the venue; compare the positions before they trade again. Find out"


@pytest.mark.parametrize(
    ("lacks", "stops", "begins"),
    [
        (set(), set(), "b1, b2 write again: do not stop them for this. Find out"),
        (
            {"b1"},
            {"b1"},
            "Stop b1 and let it recover the trade history from the venue; compare the positions before it trades",
        ),
        ({"b1", "b2"}, {"b1", "b2"}, STOP_BOTH),
        (
            {"b2"},
            {"b1"},
            "Stop b1. Let b2 recover the trade history from the venue, and compare the positions. b2 writes",
        ),
        ({"b2"}, set(), "b1, b2 write again: do not stop them for this. Let b2 recover the trade history"),
    ],
)
def test_bots_that_a_stop_condition_names_are_stopped_first(lacks: Set[str], stops: Set[str], begins: str) -> None:
    assert remedy_of_silence(TWO, lacks, stops, None).startswith(begins)


def test_bot_that_is_down_is_stopped_where_it_runs_and_recovers() -> None:
    said = remedy_of_silence([replace(OVER, is_over=False)], {"b1"}, {"b1"}, 24.0)
    assert said.startswith(
        "See at the host whether b1 runs; nothing watches the orders there until then. Stop b1 where it runs."
    )
    assert said.endswith("Then start it. Let b1 recover the trade history from the venue, and compare the positions.")


def test_stream_alone_says_no_more_than_its_records_show() -> None:
    said = remedy_of_silence([replace(OVER, legs=("events",), is_whole=False)], set(), {"b1"}, None)
    assert said.startswith(
        "Stop b1. Find out what was down: bridge, broker or follower; the own files of b1 have records"
    )
    assert "trading" not in said


def test_missing_fills_are_those_of_the_bot_or_of_the_bots() -> None:
    assert happened(TWO[:1], 1).endswith("1 fill of that time that the bot's records lack")
    assert happened(TWO, 2).endswith("2 fills of that time that the bots' records lack")
