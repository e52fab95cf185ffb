"""What to do about a silence: which bots to stop, which to start, and what to recover."""

from collections.abc import Set
from dataclasses import replace
from datetime import UTC, datetime, timedelta

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


def test_bot_that_is_down_again_is_started_and_others_go_on() -> None:
    hour = timedelta(hours=1)
    lasts = replace(OVER, start=OVER.end + 6 * hour, end=OVER.end + 12 * hour, is_over=False)
    said = happened([OVER, TWO[1], lasts], 0)
    assert said.startswith(
        "2 bots fell silent within an hour: b1 has written nothing since 2026-05-04 18:00 UTC, 6 h before"
    )
    assert "and once before: for 120 min, from 2026-05-04 10:00 to 12:00 UTC; b2 wrote nothing" in said
    todo = remedy_of_silence([OVER, TWO[1], lasts], {"b2"}, {"b1"}, 24.0)
    assert todo.startswith("See at the host whether b1 runs;")
    assert "Stop b1 where it runs." in todo
    assert "Then start it. b2 writes again: do not stop it for this. Let b2 recover" in todo
    assert "count anew" not in todo


def test_bots_that_share_no_hour_are_not_said_to() -> None:
    later = replace(OVER, bot="b2", start=OVER.start + timedelta(hours=8), end=OVER.end + timedelta(hours=8))
    assert happened([OVER, later], 0).startswith("2 bots fell silent: b1 wrote")
