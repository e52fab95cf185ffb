"""Event store, soak, parity, portfolio risk and baseline: what they measure, and what they leave without a value."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.baselines import in_force
from deskgate.checks import baseline, counters, freshness, portfolio_risk
from deskgate.checks.registry import GATES, run_checks
from deskgate.checks.soak import check as soak
from deskgate.config.bot import Mode, Opening
from desks import END, NOON, START, bot, case, desk, fill, fills, frame, sources, values

ALL = ("local", "events", "exchange")


def event(at: timedelta = timedelta(hours=12), **more: Any) -> dict[str, Any]:
    base = {"leg": "events", "ts": START + at, "event_id": "e", "event_type": "order_filled", "correlation_id": "o"}
    return {**base, "id_derived": False, "payload": "{}", **more}


def test_event_store_counts_the_day_by_the_events_own_stamp() -> None:
    rows = [event(), event(timedelta(days=-1)), event(timedelta(days=1)), event(correlation_id=None)]
    got = values(freshness.check(case(events=rows)).metrics)
    assert got["events"] == 2


def test_event_store_without_a_stream_or_an_event_has_no_value() -> None:
    got = values(freshness.check(case(sources=sources("local", "exchange"))).metrics)
    assert [got[name] for name in ("events", "events_unreadable")] == [None] * 2
    assert values(freshness.check(case(events=[event(timedelta(days=-1))])).metrics)["events"] is None


@pytest.mark.parametrize("leg", ALL)
def test_record_that_cannot_be_read_counts_in_its_leg(leg: str) -> None:
    rows = [{**row, "rows": 100_000, "quarantined": int(row["leg"] == leg)} for row in sources(*ALL)]
    got = values(freshness.check(case(sources=rows)).metrics)
    assert {other: bool(got[f"{other}_unreadable"]) for other in ALL} == {other: other == leg for other in ALL}


def test_age_is_that_of_the_newest_record_of_a_leg() -> None:
    rows = [{"ts": END - timedelta(seconds=s), "pair": "BTC-USDT", "mid": Decimal(1)} for s in (60, 600)]
    got = values(freshness.check(case(mids=rows)).metrics)
    assert (got["local_age_s"], got["events_age_s"]) == (60, None)


def minutes(first: int, count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"ts": START + timedelta(minutes=first + n), "state": "running", **more} for n in range(count)]


@pytest.mark.parametrize(
    ("rows", "coverage", "gap"),
    [
        (minutes(0, 1440), 1.0, 0),
        (minutes(0, 720), 0.5, 720),
        (minutes(0, 600) + minutes(615, 825), 1425 / 1440, 15),
        (minutes(0, 1440) * 2, 1.0, 0),
        (minutes(-1440, 1440), 0.0, 1440),
    ],
)
def test_soak_covers_minutes_not_rows(rows: list[dict[str, Any]], coverage: float, gap: float) -> None:
    got = values(soak.check(case(snapshots=rows)).metrics)
    assert (got["snapshot_coverage"], got["snapshot_gap_min"]) == (coverage, gap)


def test_soak_without_snapshots_has_no_value() -> None:
    got = values(soak.check(case()).metrics)
    assert [got[name] for name in ("snapshot_coverage", "snapshot_gap_min", "hard_stop_min")] == [None] * 3


def test_hard_stop_minutes_are_counted_with_their_reason() -> None:
    rows = minutes(0, 5) + minutes(5, 3, state="hard_stop", risk_reasons="daily_loss_hard_limit")
    stop = next(metric for metric in soak.check(case(snapshots=rows)).metrics if metric.metric == "hard_stop_min")
    assert stop.value == 3
    assert "daily_loss_hard_limit" in str(stop.note)


@pytest.mark.parametrize(
    ("hours", "gap", "age"),
    [
        ((8, 16, 24), 8, 0),
        ((0, 8, 16, 24), 8, 0),
        ((-8, 8, 16, 24), 16, 0),
        ((8, 24), 16, 0),
        ((8, 16), 8, 8),
        ((-8,), 32, 32),
    ],
)
def test_export_gap_reaches_back_to_the_export_before_the_window(
    hours: tuple[int, ...], gap: float, age: float
) -> None:
    exports = [
        {**row, "path": f"{n}", "exported_at": START + timedelta(hours=n)}
        for row in sources("exchange")
        if row["kind"] == "positions"
        for n in hours
    ]
    got = values(soak.check(case(sources=exports)).metrics)
    assert (got["positions_gap_h"], got["positions_age_h"]) == (gap, age)


def test_snapshots_that_do_not_say_their_state_prove_no_absence_of_a_hard_stop() -> None:
    rows = minutes(0, 5) + minutes(5, 1, state=None)
    assert values(soak.check(case(snapshots=rows)).metrics)["hard_stop_min"] is None


@pytest.mark.parametrize("harm", [{"quarantined": 1}, {"rows": 0}])
def test_export_that_could_not_be_read_is_none(harm: dict[str, int]) -> None:
    export = next(row for row in sources("exchange") if row["kind"] == "balance")
    rows = [{**export, "exported_at": END, **harm}]
    assert values(soak.check(case(sources=rows)).metrics)["balance_age_h"] is None


def test_export_without_a_stamp_has_no_age() -> None:
    assert values(soak.check(case()).metrics)["balance_age_h"] is None


def quotes(name: str) -> list[dict[str, Any]]:
    return [{"bot": name, "ts": NOON - timedelta(minutes=1), "pair": "BTC-USDT", "mid": Decimal(100)}]


def orders(name: str, *statuses: str) -> list[dict[str, Any]]:
    return [
        {
            "bot": name,
            "ts": NOON,
            "created_ts": NOON,
            "order_id": f"{name}{n}",
            "status": status,
            "quantity": Decimal(2),
        }
        for n, status in enumerate(statuses)
    ]


def traded(name: str, buy: str, sell: str) -> list[dict[str, Any]]:
    both = (("BUY", buy), ("SELL", sell))
    return [
        row for side, price in both for row in fills(*ALL, bot=name, trade_id=side, side=side, price=Decimal(price))
    ]


def mids(price: str) -> list[dict[str, Any]]:
    return [{"ts": END - timedelta(minutes=1), "pair": "BTC-USDT", "mid": Decimal(price)}]


def test_fee_in_another_token_costs_what_it_was_converted_to() -> None:
    rows = fills(*ALL, fee_token="BNB", fee_amount=Decimal(5), fee_quote=Decimal(30))
    seen = [{"leg": "exchange", "ts": START, "token": "USDT", "total": Decimal(1000)}]
    got = values(portfolio_risk.check(case(fills=rows, mids=mids("100"), balances=seen)).metrics, "portfolio")
    assert got["daily_loss_share"] == pytest.approx(0.03)


@pytest.mark.parametrize(
    "lacking",
    [
        {"mids": []},
        {"mids": [{"ts": END - timedelta(minutes=6), "pair": "BTC-USDT", "mid": Decimal(90)}]},
        {"sources": sources("local")},
        {"of": desk(bot(opening=None))},
        {"of": desk(bot(opening=Opening(at=END + timedelta(days=1), balance={"USDT": Decimal(1000)})))},
        {"of": desk(bot(pairs=["ETH-BTC"]))},
        {"fills": fills(*ALL, fee_token="BNB", fee_quote=Decimal(0))},
    ],
)
def test_book_with_one_unknown_has_no_value(lacking: dict[str, Any]) -> None:
    rows: dict[str, Any] = {"fills": fills(*ALL), "mids": mids("90"), **lacking}
    got = values(portfolio_risk.check(case(**rows)).metrics, "portfolio")
    of_the_book = {name: value for name, value in got.items() if name not in ("outside_money", "shared_fills")}
    assert set(of_the_book.values()) == {None}


def freeze(**more: Any) -> dict[str, Any]:
    row = {"effective_at": START, "recorded_at": START, "by": "ann", "why": "start", "digests": '{"a": "1", "b": "2"}'}
    return {**row, **more}


@pytest.mark.parametrize(
    ("now", "count"),
    [
        ({"a": "1", "b": "2"}, 0),
        ({"a": "1", "b": "3"}, 1),
        ({"a": "1"}, 1),
        ({"a": "1", "b": "2", "c": "3"}, 1),
        ({}, 2),
    ],
)
def test_baseline_drift_counts_every_file_that_differs(now: dict[str, str], count: int) -> None:
    got = values(baseline.check(case(digests=now, baselines=[freeze()])).metrics, "portfolio")
    assert got["config_drift"] == count


def test_baseline_never_frozen_has_no_value_and_the_newest_is_in_force() -> None:
    assert set(values(baseline.check(case()).metrics, "portfolio").values()) == {None}
    later = freeze(effective_at=NOON, recorded_at=NOON + timedelta(hours=3), by="bo")
    held = in_force(frame("baselines", later, freeze()))
    assert held is not None
    assert held.by == "bo"
    got = values(baseline.check(case(baselines=[freeze(), later])).metrics, "portfolio")
    assert got["entered_late_h"] == 3


def test_empty_desk_names_every_metric_and_knows_none() -> None:
    metrics, breaks = run_checks(case(sources=[]))
    assert set(metrics.get_column("gate")) == set(GATES)
    assert metrics.get_column("value").drop_nulls().is_empty()
    assert metrics.get_column("note").null_count() == 0
    assert breaks.is_empty()


def test_disabled_bot_is_not_measured() -> None:
    of = desk(bot("b1"), bot("b2", Mode.DISABLED))
    metrics, _ = run_checks(case(of, fills=[fill("local", bot="b2")], sources=sources(*ALL, bot="b2")))
    assert "b2" not in set(metrics.get_column("subject"))


def minute(number: int, **values: Any) -> dict[str, Any]:
    told = {"equity_quote": "1000", "base_pct": "0.5", "target_base_pct": "0.5", "turnover_x": "1"}
    numbers = {**told, "fees_paid_today_quote": str(number), **values}
    said: dict[str, Any] = {"ts": START + timedelta(minutes=number), "connector": "bitget_perpetual"}
    for name, value in numbers.items():
        said[name] = Decimal(value) if isinstance(value, str) and name not in ("connector", "bot") else value
    return said


@pytest.mark.parametrize(
    ("name", "wrong", "value"),
    [
        ("base_off_target", {"base_pct": "0.1"}, 0.4),
        ("base_off_target", {"target_base_pct": None}, 0),
        ("fills_count_off", {"fills_count_today": 3}, 3),
        ("fees_decreases", {"fees_paid_today_quote": "1"}, 1),
        ("turnover_without_fees", {"fees_paid_today_quote": "0"}, 1),
        ("base_pct_outside", {"base_pct": "1.000001"}, 1),
        ("base_pct_outside", {"base_pct": "-1"}, 0),
        ("equity_not_positive", {"equity_quote": "0"}, 1),
        ("connector_changes", {"connector": "binance_perpetual"}, 1),
        ("connector_foreign", {"connector": "binance_perpetual"}, 1),
    ],
)
def test_inventory_and_counters(name: str, wrong: dict[str, Any], value: float) -> None:
    rows = [minute(1), minute(2), minute(3, fills_count_today=0) | minute(3, **wrong)]
    found = {metric.metric: metric for metric in counters.check(case(snapshots=rows)).metrics}
    assert found[name].value == pytest.approx(value)
    assert bool(found[name].note) == (bool(value) or name in ("base_off_target", "fills_count_off"))


def counted(name: str, *rows: dict[str, Any]) -> tuple[float | None, int]:
    found = next(each for each in counters.check(case(snapshots=list(rows))).metrics if each.metric == name)
    return found.value, found.sample


def test_null_connector_between_rows_does_not_hide_change() -> None:
    silent = minute(2, fees_paid_today_quote=None, connector=None)
    assert counted(
        "fees_decreases", minute(5), silent | {"ts": START}, minute(1) | {"ts": END - timedelta(hours=1)}
    ) == (1, 2)
    other = minute(3, connector="binance_perpetual")
    assert counted("connector_changes", minute(1), silent, other, minute(4) | {"connector": "binance_perpetual"}) == (
        1,
        3,
    )
    assert counted("equity_not_positive", minute(1), minute(2, equity_quote=None)) == (0, 1)
    assert counted("minutes_complete_share", minute(1), minute(2, equity_quote=None)) == (0.5, 2)
    elsewhere = minute(2, fees_paid_today_quote="1") | {"pair": None}
    assert counted("fees_decreases", minute(5) | {"ts": START, "pair": "BTC-USDT"}, elsewhere) == (1, 2)


@pytest.mark.parametrize("name", ["fees_decreases", "connector_changes"])
def test_one_record_of_each_controller_shows_no_change(name: str) -> None:
    alone = [minute(n) | {"path": f"{folder}/minute.csv"} for n, folder in enumerate("ab")]
    assert counted(name, *alone) == (None, 0)
    assert counted(name, *alone, minute(3) | {"path": "b/minute.csv"}) == (0, 3)


def test_two_controllers_of_a_bot_count_for_themselves() -> None:
    two = [
        minute(n, fees_paid_today_quote=fees, fills_count_today=count) | {"pair": pair, "path": f"{pair}/minute.csv"}
        for n in range(1, 5)
        for pair, fees, count in (("BTC-USDT", "5", 1), ("ETH-USDT", "1", 2))
    ]
    own = [fill("local", f"t{n}", ts=START, pair=pair) for n, pair in enumerate(["BTC-USDT", "ETH-USDT", "ETH-USDT"])]
    got = values(counters.check(case(snapshots=two, fills=own)).metrics)
    assert (got["fees_decreases"], got["fills_count_off"]) == (0, 0)
    assert values(counters.check(case(snapshots=two, fills=own[1:])).metrics)["fills_count_off"] == 1


def test_negative_base_pct_is_invalid_on_spot() -> None:
    spot = desk(bot(connector="bitget"))
    found = values(counters.check(case(spot, snapshots=[minute(1, base_pct="-0.1")])).metrics)
    assert found["base_pct_outside"] == 1


def test_counter_is_compared_with_the_fills_until_then() -> None:
    told = [minute(1), minute(2, fills_count_today=1)]
    own = [fill("local", "t1", ts=START + timedelta(minutes=1)), fill("local", "t2", ts=START + timedelta(minutes=3))]
    assert values(counters.check(case(snapshots=told, fills=own)).metrics)["fills_count_off"] == 0


def test_empty_minute_records_have_no_inventory() -> None:
    assert set(values(counters.check(case()).metrics).values()) == {None}
    bare = {"ts": START, "connector": None}
    said = values(counters.check(case(snapshots=[bare, {**bare, "ts": NOON}])).metrics)
    assert said.pop("minutes_complete_share") == 0
    assert set(said.values()) == {None}
