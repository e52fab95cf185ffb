"""minute.csv and the event store agree with the fills they speak of."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest


def _minutes(desk: Path, bot: str) -> list[dict[str, str]]:
    with (desk / bot / "logs/epp_v24" / f"{bot}_a/minute.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _stream(desk: Path) -> dict[str, list[dict[str, Any]]]:
    files = sorted((desk / "reports/event_store").iterdir())
    return {file.name: [json.loads(line) for line in file.read_text().splitlines()] for file in files}


def _instant(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text))
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("bot", ["bot1", "bot4"])
def test_minute_counters_are_those_of_the_bots_fills(demo: Path, query: Callable[..., Any], bot: str) -> None:
    fills = query(demo, bot, "SELECT timestamp, trade_type, amount FROM TradeFill")
    for row in _minutes(demo, bot)[::97]:
        at = datetime.fromisoformat(row["ts"])
        known = [fill for fill in fills if fill["timestamp"] <= at.timestamp() * 1000]
        today = [
            fill for fill in known if fill["timestamp"] >= at.replace(hour=0, minute=0, second=0).timestamp() * 1000
        ]
        position = sum((1 if fill["trade_type"] == "BUY" else -1) * fill["amount"] for fill in known)
        assert int(row["fills_count_today"]) == len(today)
        assert Decimal(row["position_base"]) * 10**6 == position


@pytest.mark.parametrize("bot", ["bot1", "bot3", "bot4"])
def test_minute_rows_run_without_loss_above_one_percent(demo: Path, bot: str) -> None:
    rows = _minutes(demo, bot)
    assert {row["state"] for row in rows} == {"running"}
    assert max(Decimal(row["daily_loss_pct"]) for row in rows) < Decimal("0.01")


@pytest.mark.parametrize(("bot", "midnights"), [("bot1", 2), ("bot3", 3), ("bot4", 3)])
def test_counters_start_anew_at_midnight(demo: Path, bot: str, midnights: int) -> None:
    rows = [row for row in _minutes(demo, bot) if row["ts"][11:16] == "00:00"]
    assert [row["fills_count_today"] for row in rows] == ["0"] * midnights
    assert {Decimal(row["turnover_today_x"]) for row in rows} == {0}


@pytest.mark.parametrize("stamp", ["20260302T160000Z", "20260304T160000Z", "20260306T000000Z"])
def test_equity_of_the_last_minute_is_near_the_venues_balance(
    demo: Path, export: Callable[..., Any], stamp: str
) -> None:
    for bot in ("bot1", "bot4"):
        before = [row for row in _minutes(demo, bot) if row["ts"].replace("-", "").replace(":", "") < stamp]
        total = export(demo, bot, f"balance/{stamp}")["USDT"]["total"]
        assert float(before[-1]["equity_quote"]) == pytest.approx(total, rel=1e-3)


def test_events_lie_in_the_file_of_their_day_and_arrive_within_a_second(demo: Path) -> None:
    for name, events in _stream(demo).items():
        for event in events:
            at, arrived = _instant(event["ts_utc"]), datetime.fromisoformat(event["ingest_ts_utc"])
            assert name == f"events_{at:%Y%m%d}.jsonl"
            assert timedelta(0) < arrived - at < timedelta(seconds=1)


def test_event_ids_are_unique_and_correlations_resolve(demo: Path) -> None:
    events = [event for day in _stream(demo).values() for event in day]
    ids = [event["event_id"] for event in events]
    assert len(set(ids)) == len(ids)
    assert {event["correlation_id"] for event in events} <= set(ids)
    spellings = {event["ts_utc"].isdigit() for event in events}
    assert spellings == {True, False}
    kinds = {"order_created", "order_filled", "order_cancelled", "order_failed", "market_snapshot"}
    assert {event["event_type"] for event in events} == kinds | {"risk_decision", "execution_intent", "audit"}
