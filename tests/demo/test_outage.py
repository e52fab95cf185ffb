"""The night of day 2: bot1's host is down from 22:40 to 01:00 while its orders rest at the venue."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deskgate.demo import write_demo


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(f"2026-03-{text}:00+00:00").timestamp() * 1000)


DOWN, UP = _ms("03T22:40"), _ms("04T01:00")


def _left_behind(desk: Path, export: Callable[..., Any]) -> dict[str, int]:
    trades = export(desk, "bot1", "my_trades")
    return {trade["id"]: trade["timestamp"] for trade in trades if DOWN <= trade["timestamp"] < UP}


def test_the_venue_fills_two_to_four_times_by_half_past_eleven(demo: Path, export: Callable[..., Any]) -> None:
    fills = _left_behind(demo, export).values()
    assert 2 <= len(fills) <= 4
    assert all(_ms("03T22:41") <= ts < _ms("03T23:30") for ts in fills)


def test_the_bot_records_nothing_while_down(
    demo: Path, query: Callable[..., Any], messages: Callable[..., Any]
) -> None:
    for table, column in (("TradeFill", "timestamp"), ("OrderStatus", "timestamp"), ("Order", "creation_timestamp")):
        assert not query(demo, "bot1", f'SELECT 1 FROM "{table}" WHERE {column} >= {DOWN} AND {column} < {UP}')
    assert not query(demo, "bot1", f"SELECT 1 FROM MarketData WHERE timestamp BETWEEN {DOWN}000000 AND {UP - 1}000000")
    assert not [each for each in messages(demo, "bot1") if DOWN <= each["received_at"] * 1000 < UP]
    minutes = (demo / "bot1/logs/epp_v24/bot1_a/minute.csv").read_text().splitlines()[1:]
    assert not [row for row in minutes if "2026-03-03T22:40" <= row < "2026-03-04T01:00"]


def test_the_bot_recovers_the_fills_in_the_first_ten_seconds(
    demo: Path, query: Callable[..., Any], messages: Callable[..., Any], export: Callable[..., Any]
) -> None:
    missed = set(_left_behind(demo, export))
    between = f"timestamp >= {UP} AND timestamp < {UP + 10_000}"
    assert {row[0] for row in query(demo, "bot1", f"SELECT exchange_trade_id FROM TradeFill WHERE {between}")} == missed
    heard = [each for each in messages(demo, "bot1") if UP <= each["received_at"] * 1000 < UP + 10_000]
    filled = {
        each["payload"]["data"]["exchange_trade_id"] for each in heard if each["payload"]["type"] == "OrderFilled"
    }
    assert filled == missed


def test_the_unattended_fills_leave_the_bot_flat_so_no_funding_is_missed(
    demo: Path, export: Callable[..., Any]
) -> None:
    assert export(demo, "bot1", "positions/20260304T000000Z") == []
    stamps = [payment["timestamp"] for payment in export(demo, "bot1", "funding_history")]
    assert not [stamp for stamp in stamps if DOWN <= stamp < UP]


def test_no_order_stays_open_after_the_return(demo: Path, query: Callable[..., Any]) -> None:
    ended = "'BuyOrderCompleted', 'SellOrderCompleted', 'OrderCancelled'"
    done = f"SELECT order_id FROM OrderStatus WHERE status IN ({ended})"
    for bot in ("bot1", "bot4"):
        assert not query(demo, bot, f'SELECT id FROM "Order" WHERE id NOT IN ({done})')


def test_a_story_that_ends_in_the_outage_leaves_the_fills_to_the_venue(
    spoilt: Path, query: Callable[..., Any], export: Callable[..., Any]
) -> None:
    missed = _left_behind(spoilt, export)
    assert missed
    known = {row[0] for row in query(spoilt, "bot1", "SELECT exchange_trade_id FROM TradeFill")}
    assert not known & set(missed)


@pytest.mark.slow
def test_others_run_on_and_quiet_days_have_no_gap(demo: Path, tmp_path: Path) -> None:
    quiet = write_demo(tmp_path / "none", days=2, faults="none").folder
    for desk, bot, days in ((demo, "bot3", 4), (demo, "bot4", 4), (quiet, "bot1", 2)):
        rows = (desk / f"{bot}/logs/epp_v24/{bot}_a/minute.csv").read_text().splitlines()[1:]
        assert len(rows) == days * 1440 - 7 * 60
        first = datetime.fromisoformat(rows[0].split(",")[0])
        assert first.astimezone(UTC).hour == 7
