"""What happened around a moment: from every table, in one order, inside the window alone, of one bot or of all."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from deskgate.case.case import Case
from deskgate.config.errors import InputError
from deskgate.reports.investigate.timeline import Timeline, timeline
from deskgate.schema import HEARTBEAT
from desks import END, NOON, bot, case, desk, fills

MINUTE = timedelta(minutes=1)
_TEXTS = ("break_id", "kind", "bot", "leg", "severity", "status", "detail", "trade_id", "order_id", "exchange_order_id")
BREAKS = pl.DataFrame(
    schema={
        **dict.fromkeys((*_TEXTS, "observed", "expected"), pl.String()),
        "ts": pl.Datetime("us", "UTC"),
        "value_quote": pl.Float64(),
    },
    data=[
        {
            "break_id": "ab1",
            "kind": "price_mismatch",
            "bot": "b1",
            "leg": "local",
            "ts": NOON + MINUTE,
            "severity": "critical",
            "status": "open",
            "trade_id": "t1",
        }
    ],
)
NONE = BREAKS.clear()


def minute(number: int, state: str | None, reasons: str | None = None) -> dict[str, Any]:
    return {"ts": NOON + number * MINUTE, "pair": "BTC-USDT", "state": state, "risk_reasons": reasons}


def busy() -> Case:
    """A noon of two bots: states, an order, fills, a payment, an event and a heartbeat, a log line, an action and an incident."""
    event = {"ts": NOON, "leg": "events", "payload": "{}", "pair": "BTC-USDT"}
    told = {"effective_at": NOON + 2 * MINUTE, "recorded_at": NOON + 2 * MINUTE, "by": "ann"}
    return case(
        desk(bot("b1"), bot("b2")),
        snapshots=[minute(0, "running"), minute(1, "running"), minute(2, "halted", "drawdown"), minute(3, None)],
        orders=[{"ts": NOON, "order_id": "o-t1", "pair": "BTC-USDT", "status": "open", "side": "BUY"}],
        fills=[
            *fills("local", "exchange"),
            *fills("local", trade_id="1234", ts=NOON + 5 * MINUTE),
            *fills("local", bot="b2", trade_id="t2", ts=NOON + 31 * MINUTE),
        ],
        funding=[{"ts": NOON + MINUTE, "leg": "exchange", "pair": "BTC-USDT", "amount": 1, "funding_id": "f1"}],
        events=[
            {**event, "event_id": "e1", "event_type": "risk_alert"},
            {**event, "event_id": "e2", "event_type": HEARTBEAT},
        ],
        alerts=[{**told, "bot": "b1", "break_id": "ab1", "severity": "critical"}],
        break_actions=[{**told, "bot": "b1", "break_id": "ab1", "action": "accept", "text": "seen"}],
        incidents=[{**told, "bot": None, "incident_id": "i1", "step": "opened", "text": "feed down"}],
    )


def said(found: Timeline, what: str) -> list[str]:
    return found.rows.filter(what=what)["says"].to_list()


def test_all_tables_stand_in_one_order_of_time() -> None:
    found = timeline(busy(), BREAKS, "12:00")
    assert found.at == NOON
    assert found.rows["ts"].is_sorted()
    assert set(found.rows["what"]) == {
        *("state", "order", "fill", "funding", "event", "break", "alert", "note of a break", "incident"),
    }
    assert found.rows.filter(what="break")["id"].to_list() == ["ab1"]
    assert said(found, "break") == ["price_mismatch, critical: "]
    assert said(found, "note of a break") == ["accept by ann: seen"]
    assert said(found, "incident") == ["opened by ann: feed down"]


def test_states_are_shown_where_they_turn_and_heartbeats_never() -> None:
    found = timeline(busy(), NONE, "12:00")
    assert said(found, "state") == ["running", "halted (drawdown)", "no state named"]
    assert said(found, "event") == ["risk_alert {}"]


@pytest.mark.parametrize(("minutes", "bots"), [(30, {"b1"}), (31, {"b1", "b2"}), (30.9, {"b1"})])
def test_window_is_as_wide_as_asked_and_its_edge_is_in_it(minutes: float, bots: set[str]) -> None:
    found = timeline(busy(), NONE, "12:00", minutes=minutes)
    assert set(found.rows.filter(what="fill")["bot"]) == bots


def test_what_is_of_no_bot_is_shown_beside_each() -> None:
    found = timeline(busy(), BREAKS, "12:00", bot="b2", minutes=31)
    assert found.rows.select("what", "bot").rows() == [("incident", None), ("fill", "b2")]
    # Without the day's break nobody knows whose the alert is.
    gone = timeline(busy(), NONE, "12:00", bot="b2", minutes=31)
    assert set(gone.rows["what"]) == {"incident", "fill", "alert", "note of a break"}


@pytest.mark.parametrize(
    ("around", "breaks", "at"),
    [
        ("12:00", NONE, NOON),
        ("2026-05-04T12:00:00Z", NONE, NOON),
        ("ab", BREAKS, NOON + MINUTE),
        ("t2", NONE, NOON + 31 * MINUTE),
        ("", BREAKS, NOON + MINUTE),
        ("", NONE, END),
        # Digits are an id, also where they could be a time.
        ("1234", NONE, NOON + 5 * MINUTE),
    ],
)
def test_moment_is_a_time_an_id_the_worst_break_or_the_day_s_end(
    around: str, breaks: pl.DataFrame, at: datetime
) -> None:
    assert timeline(busy(), breaks, around).at == at


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), 1441, True, "10"])
def test_window_without_a_length_is_refused(minutes: Any) -> None:
    with pytest.raises(InputError, match="expected a number above 0 and up to 1440"):
        timeline(busy(), NONE, "12:00", minutes=minutes)


@pytest.mark.parametrize("around", ["t22", "25:00", "2026-13-01"])
def test_what_is_neither_a_time_nor_an_id_is_refused(around: str) -> None:
    with pytest.raises(InputError, match=f"no break, fill or order has the id '{around}'"):
        timeline(busy(), NONE, around)


def test_empty_day_has_no_line() -> None:
    found = timeline(case(), NONE)
    assert (found.rows.height, found.title) == (0, "0 things within 30 min of 2026-05-05 00:00:00 UTC")
    assert repr(found)
