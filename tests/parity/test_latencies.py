from deskgate.parity.latencies import latencies
from desks import bot, case, desk

from .trading_days import day, shadowed, trading


def test_tail_of_the_shadow_is_seen_beside_live() -> None:
    rows = [trading("b1", filled=(True,)), trading("b2", filled=(True,), late_s=2)]
    # One of the shadow's 288 orders in ten takes 30 s.
    for number, fill in enumerate(rows[1]["fills"]):
        fill["ts"] = fill["ts"].replace(second=30) if number // 3 % 10 == 0 else fill["ts"]
    found = {row["measure"]: row for row in latencies(day(*shadowed(), rows=rows)).to_dicts()}
    row = found["Time until the first fill"]
    assert [row[f"live_{what}"] for what in ("orders", "p50_s", "p95_s", "p99_s")] == [288, 1, 1, 1]
    assert [row[f"reference_{what}"] for what in ("orders", "p50_s", "p95_s", "p99_s")] == [288, 2, 30, 30]
    assert row["bot"] == "b1"
    assert found["Time until an order is acknowledged"]["live_p99_s"] == 0


def test_bot_without_a_reference_has_no_row() -> None:
    assert latencies(case(desk(bot()))).is_empty()
