"""The bot's and the collector's clock against the venue's."""

from datetime import timedelta
from typing import Any

import pytest

from deskgate.reconciliation.fills.clocks import check
from desks import NOON, case, fill, sources, values

NAMES = ("clock_early_s", "clock_offset_s", "fill_late_s")


def rows(bot_s: float, collector_s: float = 1, n: int = 1) -> dict[str, list[dict[str, Any]]]:
    """Return a fill of noon that the bot and the collector have so many seconds after the venue."""
    at, trade = NOON + timedelta(seconds=bot_s), f"t{n}"
    event = {
        "leg": "events",
        "ts": at,
        "arrived_at": NOON + timedelta(seconds=collector_s),
        "event_id": trade,
        "event_type": "order_filled",
        "trade_id": trade,
        "id_derived": True,
        "payload": "{}",
    }
    return {
        "fills": [fill("exchange", trade), *(fill(leg, trade, ts=at) for leg in ("local", "events"))],
        "events": [event],
    }


def measured(**frames: Any) -> dict[str, tuple[float | None, str]]:
    found = check(case(**frames)).metrics
    return {each.metric: (each.value, each.note or "") for each in found}


@pytest.mark.parametrize(
    ("bot_s", "collector_s", "early", "side"),
    [
        (0, 0, 0, "no clock is behind"),
        (-1, 0, 1, "no clock is behind"),
        (12, 13, 0, "no clock is behind"),
        (-3, 1, 3, "the bot's clock is behind"),
        (1, -5, 5, "the collector has fills before"),
        (-600, -600, 600, "or the venue's is ahead"),
    ],
)
def test_fill_on_record_before_it_happened_names_the_clock(
    bot_s: float, collector_s: float, early: float, side: str
) -> None:
    value, note = measured(**rows(bot_s, collector_s))["clock_early_s"]
    assert value == early
    assert side in note


def test_one_leg_that_differs_is_no_clock() -> None:
    two: dict[str, Any] = rows(0)
    two["fills"][1]["ts"] = NOON - timedelta(seconds=45)
    assert measured(**two)["clock_early_s"][0] == 0


@pytest.mark.parametrize("hours", [-1, 1])
def test_clock_in_another_zone_moves_the_median(hours: int) -> None:
    assert measured(**rows(hours * 3600))["clock_offset_s"][0] == 3600


@pytest.mark.parametrize(
    ("late_s", "heard_after_s", "expected"),
    [
        # A poll of the venue explains two minutes; an outage explains anything.
        (119, 60, 119),
        (3600, None, 0),
        (3600, 60, 0),
        (3600, 1800, 3600),
        # What the bot hears when it is back is no sign that it had contact before.
        (3600, 3590, 0),
        # Of a fill that is hardly later than polling explains, a minute is looked at all the same.
        (181, 100, 181),
        (200, 130, 200),
        (239, 150, 239),
        (200, None, 0),
        (200, 60, 0),
    ],
)
def test_late_fill_is_explained_by_an_outage_alone(late_s: float, heard_after_s: float | None, expected: float) -> None:
    mids = [{"ts": NOON + timedelta(seconds=heard_after_s), "pair": "BTC-USDT", "mid": 1}] if heard_after_s else []
    assert measured(**rows(late_s, late_s), mids=mids)["fill_late_s"][0] == expected


def test_without_a_fill_of_both_sides_no_clock_was_compared() -> None:
    fills: dict[str, Any] = rows(0)
    alone = values(check(case(fills=[fill("exchange")])).metrics)
    gone = values(check(case(**fills, sources=sources("local", "events"))).metrics)
    assert [alone[name] for name in NAMES] == [gone[name] for name in NAMES] == [None] * 3
