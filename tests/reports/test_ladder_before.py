"""What came before holds on the ladder: the rung that a bot was on, and the stops that it had, whatever date is declared."""

from datetime import date, timedelta

import pytest

from deskgate.config.bot import Mode
from deskgate.gates.ladder.rule import Says
from ladder_days import FIRST
from published_ladder import BLOCKER, DAYS, LATE, TODAY, Published, a_desk, on


def test_rung_before_is_the_last_other_one_on_record(on_size: Published) -> None:
    size = a_desk(on_size.out, rung="size", mode=Mode.LIVE)
    assert "no day of micro is on record" in on_size.stands(size).notes[0]
    on_size.publish(FIRST - timedelta(days=2), 0)
    standing = on_size.stands(size)
    assert (standing.says, standing.missing[0].metric) == (Says.DOWN, "rung")
    on_size.publish(FIRST - timedelta(days=1), 0, **on("micro", "may move on", "size"))
    standing = on_size.stands(size)
    assert (standing.says, standing.notes[0]) == (
        Says.STAYS,
        f"the last day on micro, {FIRST - timedelta(days=1)}, said that it may move on to size",
    )


@pytest.mark.parametrize("since", [FIRST - timedelta(days=100), FIRST, TODAY, TODAY + timedelta(days=1)])
@pytest.mark.parametrize("silent", [0, 1, 5])
def test_no_date_and_no_day_without_a_rung_clears_a_skipped_rung(on_size: Published, since: date, silent: int) -> None:
    on_size.publish(FIRST, 0)
    for number in range(1, 1 + silent):
        on_size.publish(FIRST + timedelta(days=number), number, bots={"b1": "live"}, ladder=[])
    size = a_desk(on_size.out, rung="size", mode=Mode.LIVE, since=since)
    standing = on_size.stands(size)
    assert (standing.says, standing.missing[0].metric) == (Says.DOWN, "rung")


def test_day_says_what_came_before_it_for_the_days_after(on_size: Published) -> None:
    paper = {"rung": "paper", "day": "2025-01-01", "moves": False}
    (said,) = on("size")["ladder"]
    on_size.publish(TODAY - timedelta(days=1), 0, bots={"b1": "live"}, ladder=[{**said, "before": paper}])
    standing = on_size.stands(a_desk(on_size.out, rung="size", mode=Mode.LIVE))
    assert (standing.says, standing.as_json()["before"]) == (Says.DOWN, paper)


def test_rung_that_is_dated_back_over_days_of_another_one_skips_nothing(published: Published) -> None:
    published.publish(TODAY, DAYS - 1, **on("size"))
    standing = published.stands(a_desk(published.out, rung="size", mode=Mode.LIVE))
    assert (standing.says, standing.missing[0].metric, standing.days.counting) == (Says.DOWN, "rung", 1)


def test_no_date_clears_a_stop(on_testnet: Published) -> None:
    on_testnet.publish(LATE, 0, decision="STOP", blockers=[BLOCKER], bots={"b1": "testnet"}, ladder=[])
    testnet = a_desk(on_testnet.out, rung="testnet", mode=Mode.TESTNET, since=TODAY)
    assert on_testnet.stands(testnet).missing[0].metric == "own_stops"


@pytest.mark.parametrize(("bots", "says"), [({"b1": "live"}, Says.DOWN), ({"b1": "live", "b2": "live"}, Says.STAYS)])
def test_stop_of_the_book_is_the_only_live_bots_or_is_named(
    on_size: Published, bots: dict[str, str], says: Says
) -> None:
    stop = BLOCKER | {"subject": "portfolio", "gate": "portfolio_risk"}
    on_size.publish(LATE, 0, **{**on("size"), "bots": bots}, decision="STOP", blockers=[stop])
    standing = on_size.stands(a_desk(on_size.out, rung="size", mode=Mode.LIVE))
    named = f"the portfolio's risk stopped the desk, which is no stop of this bot alone: {LATE}"
    assert (standing.says, named in standing.notes) == (says, says is Says.STAYS)
