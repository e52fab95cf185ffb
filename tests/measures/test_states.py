"""The state of a controller at an instant, and the minutes in which a bot ran."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.measures.controller_states import state_at
from deskgate.measures.states import running_minutes
from desks import END, NOON, START, bot, case, desk
from measures.orders import at, shuffled, state

FIVE = timedelta(minutes=5)


def record(ts: Any = NOON, name: str | None = "running", **more: Any) -> dict[str, Any]:
    return {"ts": ts, "pair": "BTC-USDT", "state": name, "path": "minute.csv", **more}


def found(rows: list[dict[str, Any]], seconds: float = 0, pair: str | None = "BTC-USDT") -> str | None:
    schema: dict[str, Any] = {"bot": pl.String, "pair": pl.String, "at": pl.Datetime("us", "UTC")}
    one = pl.DataFrame([("b1", pair, at(seconds))], schema=schema, orient="row")
    state: str | None = state_at(case(snapshots=rows), one).item()
    return state


@pytest.mark.parametrize(
    ("rows", "seconds", "expected"),
    [
        ([], 0, None),
        ([record()], 0, "running"),
        ([record(name="soft_pause")], 0, "soft_pause"),
        ([record(name=" HARD_STOP ")], 0, "hard_stop"),
        ([record(name=None)], 0, "unknown"),
        ([record(name="protective")], 0, "unknown"),
        ([record()], -1, None),
        ([record()], FIVE.total_seconds(), "running"),
        ([record()], FIVE.total_seconds() + 1, None),
        ([record(at(-60), "running"), record(name="kill_switch")], 30, "kill_switch"),
        ([record(at(-60), "running"), record(name="kill_switch")], -1, "running"),
        # Two controllers of a market: one that runs is enough; of two that do not the gravest counts.
        ([record(at(-20), "running", path="a"), record(name="hard_stop", path="b")], 5, "running"),
        ([record(at(-20), "hard_stop", path="a"), record(name="soft_pause", path="b")], 5, "hard_stop"),
        # A file that was rotated away says nothing once its successor does.
        ([record(at(-60), "running", path="old"), record(name="hard_stop", path="new")], 5, "hard_stop"),
        ([record(pair="ETH-USDT", name="hard_stop")], 5, None),
        ([record(pair=None, name="hard_stop")], 5, "hard_stop"),
        ([record(bot="b2", name="hard_stop")], 5, None),
    ],
)
def test_state_at_an_instant(rows: list[dict[str, Any]], seconds: float, expected: str | None) -> None:
    assert found(rows, seconds) == expected


def test_state_of_an_order_without_a_pair_is_that_of_its_bot() -> None:
    assert found([record(name="hard_stop")], 5, pair=None) == "hard_stop"


def minutes(of: Any = None, **rows: Any) -> list[tuple[str, int]]:
    """Return pair and minute, counted from noon."""
    ran = running_minutes(case(of, **rows))
    return [(pair, int((minute - NOON).total_seconds() // 60)) for pair, minute in ran.select("pair", "minute").rows()]


def mid(ts: Any, **more: Any) -> dict[str, Any]:
    return {"ts": ts, "pair": "BTC-USDT", "mid": Decimal(100), **more}


def beat(ts: Any, **more: Any) -> dict[str, Any]:
    return {
        "leg": "events",
        "ts": ts,
        "event_id": str(ts),
        "event_type": "heartbeat",
        "id_derived": True,
        "payload": "{}",
        **more,
    }


BTC, ETH = "BTC-USDT", "ETH-USDT"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({}, []),
        ({"snapshots": [record(), record(at(20))]}, [(BTC, 0)]),
        ({"mids": [mid(at(0)), mid(at(130))]}, [(BTC, 0), (BTC, 1), (BTC, 2)]),
        ({"mids": [mid(at(0)), mid(at(300))]}, [(BTC, minute) for minute in range(6)]),
        ({"mids": [mid(at(0)), mid(at(360))]}, [(BTC, 0), (BTC, 6)]),
        ({"orders": [state(ts=at(0)), state("cancelled", ts=at(60))]}, [(BTC, 0), (BTC, 1)]),
        ({"events": [beat(at(59))]}, [(BTC, 0)]),
        ({"events": [beat(at(0), event_type="notice")]}, []),
        ({"events": [beat(at(0), event_type="market_snapshot", pair=BTC)]}, [(BTC, 0)]),
        ({"mids": [mid(at(0), leg="exchange")]}, []),
        ({"mids": [mid(at(0), bot="b2")]}, []),
        ({"mids": [mid(START - timedelta(seconds=1)), mid(END)]}, []),
        # Paused, by its own record or by the last one.
        ({"snapshots": [record(name="soft_pause")], "mids": [mid(at(10)), mid(at(70))]}, []),
        ({"snapshots": [record(name="kill_switch"), record(at(50), "running")]}, [(BTC, 0)]),
        ({"snapshots": [record(name=None)]}, [(BTC, 0)]),
        ({"snapshots": [record(name="hard_stop")], "mids": [mid(at(420))]}, [(BTC, 7)]),
    ],
)
def test_minutes_in_which_a_bot_ran(rows: dict[str, Any], expected: list[tuple[str, int]]) -> None:
    assert minutes(**rows) == expected


def test_sign_of_life_without_a_pair_is_of_all_declared_pairs() -> None:
    two = desk(bot(pairs=[BTC, ETH]))
    assert minutes(two, events=[beat(at(0))]) == [(BTC, 0), (ETH, 0)]
    assert minutes(two, mids=[mid(at(0), pair=ETH)]) == [(ETH, 0)]
    stopped = [record(pair=ETH, name="hard_stop")]
    assert minutes(two, events=[beat(at(10))], snapshots=stopped) == [(BTC, 0)]


def test_shuffled_records_give_the_same_minutes() -> None:
    rows = [record(at(60 * n), ("running", "soft_pause", "hard_stop")[n % 3], path="ab"[n % 2]) for n in range(30)]
    tied = [record(at(0), name) for name in ("running", "soft_pause")]
    of = case(snapshots=[*rows, *tied], mids=[mid(at(7 * n)) for n in range(40)])
    expected = running_minutes(of)
    assert not expected.is_empty()
    for seed in range(3):
        assert running_minutes(shuffled(of, seed)).equals(expected)
