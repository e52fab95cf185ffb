"""Quote uptime and time in each state, by hand."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from deskgate.measures.measure import ROWS, value
from deskgate.measures.state_words import STATES
from deskgate.measures.uptime import QUOTE_UPTIME, STATE_SHARES
from desks import NOON, START, bot, case, desk
from measures.orders import at, shuffled, state

DAY_S = 86400
HOUR = timedelta(hours=1)


def resting(name: str, side: str, begin: float, end: float | None, **more: Any) -> list[dict[str, Any]]:
    rows = [state(order_id=name, ts=at(begin), side=side, **more)]
    return rows if end is None else [*rows, state("cancelled", name, ts=at(end))]


@pytest.mark.parametrize(
    ("rows", "seconds"),
    [
        (resting("o1", "BUY", 0, 90), 0),
        (resting("o1", "BUY", 0, 90) + resting("o2", "SELL", 30, 100), 60),
        (resting("o1", "BUY", 0, 90) + resting("o2", "SELL", 90, 100), 0),
        # Two bids at once count once.
        (resting("o1", "BUY", 0, 90) + resting("o3", "BUY", 10, 20) + resting("o2", "SELL", 0, 100), 90),
        (resting("o1", "BUY", 0, 90) + resting("o2", "SELL", 0, 100, pair="ETH-USDT"), 0),
        (resting("o1", "BUY", 0, None) + resting("o2", "SELL", 0, None), DAY_S / 2),
        # The venue refused the bid.
        ([state("failed", "o1", side="BUY", ts=at(9), created_ts=at(0)), *resting("o2", "SELL", 0, None)], 0),
        # Its end is recorded before its beginning: it never rested.
        (resting("o1", "BUY", 50, 40) + resting("o2", "SELL", 0, None), 0),
    ],
)
def test_quote_uptime_by_hand(rows: list[dict[str, Any]], seconds: float) -> None:
    found = QUOTE_UPTIME.rows(case(orders=rows)).filter(pl.col("pair") == "BTC-USDT")
    assert (found.height, found["den"].sum()) == (1440, DAY_S)
    assert found["num"].sum() == pytest.approx(seconds)
    assert found.filter(pl.col("num") > 60).is_empty()


def test_quote_uptime_is_spread_over_the_minutes_it_reaches() -> None:
    rows = resting("o1", "BUY", 30, 150) + resting("o2", "SELL", 0, 200)
    found = QUOTE_UPTIME.rows(case(orders=rows)).filter(pl.col("num") > 0)
    assert found.select("ts", "num").rows() == [(at(0), 30), (at(60), 60), (at(120), 30)]


def test_quote_uptime_of_a_bot_without_orders_is_unknown() -> None:
    assert value(QUOTE_UPTIME, QUOTE_UPTIME.rows(case())) is None


def test_soak_that_begins_and_ends_within_a_minute() -> None:
    frozen = {
        "effective_at": START - timedelta(seconds=20),
        "recorded_at": NOON,
        "by": "a",
        "why": "b",
        "digests": "{}",
    }
    found = QUOTE_UPTIME.rows(case(baselines=[frozen], as_of=START + timedelta(seconds=90)))
    assert found.select("ts", "den").rows() == [
        (START - timedelta(seconds=20), 20),
        (START, 60),
        (START + timedelta(seconds=60), 30),
    ]


def shares(**rows: Any) -> dict[str, Any]:
    of = case(**rows)
    return {each.name.removeprefix("time_"): value(each, each.rows(of)) for each in STATE_SHARES}


def test_time_in_each_state_by_hand() -> None:
    # Twelve hours until noon, of which one is paused, half an hour of records that name no state, nothing afterwards.
    rows = [
        {
            "ts": START + timedelta(minutes=n),
            "pair": "BTC-USDT",
            "state": "hard_stop" if n < 60 else "running" if n < 690 else None,
        }
        for n in range(720)
    ]
    day = 24 * 60
    assert shares(snapshots=rows) == {
        "running": pytest.approx(630 / day),
        "soft_pause": 0,
        "hard_stop": pytest.approx(60 / day),
        "kill_switch": 0,
        "unknown": pytest.approx(750 / day),
    }


def test_state_without_any_minute_record_is_unknown() -> None:
    assert shares() == {**dict.fromkeys(STATES, 0), "unknown": 1}


@pytest.mark.slow
def test_shuffled_records_give_the_same_rows() -> None:
    orders = [each for n in range(8) for each in resting(f"o{n}", ("BUY", "SELL")[n % 2], 7 * n, 60 + 11 * n)]
    of = case(desk(bot(pairs=["BTC-USDT", "ETH-USDT"])), orders=orders, snapshots=[{"ts": NOON, "state": "running"}])
    for measure in (QUOTE_UPTIME, *STATE_SHARES):
        expected = measure.rows(of)
        assert dict(expected.schema) == ROWS
        assert expected.select("bot", "ts", "id").rows() == sorted(expected.select("bot", "ts", "id").rows())
        assert measure.rows(shuffled(of)).equals(expected)
