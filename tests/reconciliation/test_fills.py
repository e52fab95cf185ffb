"""Which breaks fills give: existence, values, times, duplicates, and what is not compared."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.reconciliation.fills.check import check
from desks import END, NOON, START, bot, case, desk, fill, fills, sources, values
from reconciliation.legs import ALL, found
from tiers import quick


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (("local", "events", "exchange"), []),
        (("events", "exchange"), [("fill_missing_local", "local")]),
        (("local", "exchange"), [("fill_missing_events", "events")]),
        (("local", "events"), [("fill_missing_exchange", "exchange")]),
        (("exchange",), [("fill_missing_local", "local")]),
        (("local",), [("fill_missing_exchange", "local")]),
        (("events",), [("fill_missing_exchange", "events")]),
    ],
)
def test_existence_of_three_legs_names_the_third(present: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    assert found(fills(*present)) == expected


@pytest.mark.parametrize(
    ("legs", "present", "expected"),
    [
        (("local", "exchange"), "local", [("fill_missing_exchange", "")]),
        (("local", "exchange"), "exchange", [("fill_missing_local", "")]),
        (("local", "events"), "local", [("fill_missing_events", "")]),
        (("events", "exchange"), "exchange", [("fill_missing_events", "")]),
        (("local",), "local", []),
    ],
)
def test_existence_of_two_legs_names_none(legs: tuple[str, ...], present: str, expected: list[tuple[str, str]]) -> None:
    assert found(fills(present), *legs) == expected


VALUES: list[tuple[str, str, Any]] = [
    ("price_mismatch", "price", Decimal("100.1")),
    ("quantity_mismatch", "quantity", Decimal("1.5")),
    ("fee_mismatch", "fee_amount", Decimal("0.2")),
    ("fee_mismatch", "fee_token", "BNB"),
    ("wrong_side", "side", "SELL"),
]


@pytest.mark.parametrize(("kind", "column", "wrong"), quick(VALUES, 8))
@pytest.mark.parametrize(
    ("liars", "leg"), [(("local",), "local"), (("events",), "events"), (("local", "events"), ""), (("exchange",), "")]
)
def test_value_that_differs_names_who_differs_from_the_venue(
    kind: str, column: str, wrong: Any, liars: tuple[str, ...], leg: str
) -> None:
    rows = [fill(name, **({column: wrong} if name in liars else {})) for name in ALL]
    assert found(rows) == [(kind, leg)]


@pytest.mark.parametrize(
    ("column", "local", "exchange", "broken"),
    [
        ("price", "100.123456", "100.1234567", False),
        ("price", "100.123456", "100.123457", False),
        ("price", "100.123456", "100.123458", True),
        ("quantity", "0.001234", "0.0012349", False),
        ("quantity", "0.001234", "0.001235", False),
        ("quantity", "0.001234", "0.001236", True),
        ("fee_amount", "0.10000001", "0.100000015", False),
        ("fee_amount", "0.10000001", "0.10000002", True),
    ],
)
def test_truncation_of_the_database_is_no_break(column: str, local: str, exchange: str, *, broken: bool) -> None:
    stored: dict[str, Any] = {column: Decimal(local)}
    exact: dict[str, Any] = {column: Decimal(exchange)}
    rows = [fill("local", **stored), fill("events", **exact), fill("exchange", **exact)]
    assert bool(found(rows)) is broken


def test_fee_by_percentage_is_only_known_to_a_millionth() -> None:
    truncated = fill("local", fee_amount=Decimal("0.173142"), fee_quote=Decimal("0.173142"))
    exact = [fill(leg, fee_amount=Decimal("0.1731420901")) for leg in ("events", "exchange")]
    assert found([truncated, *exact]) == []


@pytest.mark.parametrize(
    ("local_s", "events_s", "expected"),
    [
        (0, 0, []),
        (2, 0, []),
        (3, 0, [("timestamp_skew", "local")]),
        (0, 45, [("timestamp_skew", "events")]),
        (115, 115, []),
        (-45, 0, [("timestamp_skew", "local")]),
    ],
)
def test_skew_is_between_database_and_stream_and_lag_is_none(
    local_s: int, events_s: int, expected: list[tuple[str, str]]
) -> None:
    rows = [
        fill("local", ts=NOON + timedelta(seconds=local_s)),
        fill("events", ts=NOON + timedelta(seconds=events_s)),
        fill("exchange"),
    ]
    assert found(rows) == expected


@pytest.mark.parametrize(
    ("extra", "count"),
    [
        ({"trade_id": "t1_1", "order_id": "o-t1"}, 1),
        ({"trade_id": "t1", "order_id": "o-other", "exchange_order_id": None}, 1),
        ({"trade_id": "t1_1", "order_id": "o-t1", "ts": NOON + timedelta(seconds=3)}, 1),
    ],
)
def test_duplicate_is_named_by_its_original(extra: dict[str, Any], count: int) -> None:
    rows = [*fills(*ALL), {**fill("local"), **extra}]
    breaks = check(case(fills=rows)).breaks
    assert breaks.get_column("kind").to_list() == ["duplicate_local_fill"] * count
    assert breaks.select("trade_id", "order_id", "exchange_order_id").row(0) == ("t1", "o-t1", "x-t1")
    assert extra["trade_id"] in breaks.get_column("detail")[0]


def test_genuine_suffix_is_no_duplicate() -> None:
    """Paper market orders fill row by row as <order id>_<n>, equal in everything but the number."""
    rows = [row for n in (1, 2) for row in fills(*ALL, trade_id=f"buy://x_{n}", order_id="buy://x")]
    assert found(rows) == []


def test_order_id_comes_from_whichever_leg_has_it() -> None:
    others = [fill("events", order_id="o1"), fill("exchange", order_id=None)]
    assert found([fill("local", None, order_id="o1"), *others]) == []


def test_fill_of_the_last_minutes_is_pending_not_missing() -> None:
    late = END - timedelta(minutes=2)
    assert found(fills("exchange", ts=late)) == []
    assert found(fills("exchange", ts=END - timedelta(minutes=3))) == [("fill_missing_local", "local")]


@pytest.mark.parametrize("leg", ALL)
def test_absent_leg_leaves_its_kinds_without_a_value(leg: str) -> None:
    rest = [other for other in ALL if other != leg]
    metrics = check(case(fills=fills(*rest), sources=sources(*rest))).metrics
    assert values(metrics)[f"fill_missing_{leg}"] is None
    assert all(metric.note for metric in metrics if metric.value is None)


def test_legs_that_share_no_fill_compare_nothing() -> None:
    got = values(check(case(fills=fills("local"), sources=sources("local", "events"))).metrics)
    assert got["timestamp_skew"] is None
    assert got["fill_missing_events"] == 1


def test_day_without_fills_has_no_value_anywhere() -> None:
    assert set(values(check(case()).metrics).values()) == {None}


def test_derived_leg_counts_as_absent() -> None:
    rows = sources("local", "events") + [{**row, "derived": True} for row in sources("exchange")]
    metrics = check(case(fills=fills(*ALL), sources=rows)).metrics
    assert values(metrics)["fills_checked_share"] is None
    assert "derived" in str(next(m.note for m in metrics if m.metric == "fills_checked_share"))


def test_value_below_the_database_resolution_is_not_checked_without_the_stream() -> None:
    tiny: dict[str, Any] = {"price": Decimal("0.0000004")}
    rows = [fill("local", price=Decimal(0)), fill("exchange", **tiny)]
    assert values(check(case(fills=rows, sources=sources("local", "exchange"))).metrics)["fills_checked_share"] == 0
    assert values(check(case(fills=[*rows, fill("events", **tiny)])).metrics)["fills_checked_share"] == 1


def test_break_of_an_earlier_day_stays_open_with_its_own_day() -> None:
    rows = [*fills(*ALL), *fills("exchange", trade_id="t0", ts=NOON - timedelta(days=2))]
    breaks = check(case(desk(bot(opening=None)), fills=rows)).breaks
    assert breaks.select("kind", "first_seen").rows() == [("fill_missing_local", "2026-05-02")]


def test_fill_before_the_opening_is_ignored() -> None:
    assert found(fills("local", "events", ts=START - timedelta(seconds=1))) == []
    assert found(fills("local", "events", ts=START)) == [("fill_missing_exchange", "exchange")]


def test_absurd_amounts_are_a_break_and_no_crash() -> None:
    huge = {"price": Decimal(90_000_000_000), "quantity": Decimal(3_000_000_000)}
    breaks = check(case(fills=fills("local", "events", **huge))).breaks
    assert breaks.select("kind", "value_quote").rows() == [("fill_missing_exchange", None)]


@pytest.mark.parametrize(
    ("local", "venue", "detail"),
    [
        ({"fee_amount": Decimal(0)}, {}, "the bot has no fee where the venue charged one"),
        ({"fee_amount": Decimal("0.1")}, {"fee_amount": Decimal("-0.1")}, "the same fee with the other sign"),
        ({"fee_token": "BNB"}, {}, "the fee is in another token"),
        ({"fee_amount": Decimal("0.2")}, {}, ""),
    ],
)
def test_fees_that_differ_are_named_by_cause(local: dict[str, Any], venue: dict[str, Any], detail: str) -> None:
    rows = [fill("local", **local), fill("events", **venue), fill("exchange", **venue)]
    breaks = check(case(fills=rows)).breaks
    assert breaks["kind"].to_list() == ["fee_mismatch"]
    assert detail in breaks["detail"].item()


def finer(*legs: str) -> list[dict[str, Any]]:
    return [fill(leg, price=Decimal("100.0000001" if leg != "local" else "100.000000")) for leg in legs]


def test_market_finer_than_the_database_is_not_reconcilable_without_a_stream() -> None:
    two = check(case(fills=finer("local", "exchange"), sources=sources("local", "exchange")))
    assert two.breaks.select("kind", "pair", "leg").rows() == [("not_reconcilable", "BTC-USDT", "local")]
    got = values(two.metrics)
    assert (got["fills_checked_share"], got["notional_checked_share"]) == (0, 0)
    three = check(case(fills=finer(*ALL)))
    assert (three.breaks.height, values(three.metrics)["fills_checked_share"]) == (0, 1)


def test_controller_csv_has_full_precision() -> None:
    csv = [
        {**row, "kind": "controller_fills"} if row["leg"] == "local" else row for row in sources("local", "exchange")
    ]
    assert check(case(fills=finer("local", "exchange"), sources=csv)).breaks.is_empty()


def test_uncompared_fill_weighs_by_its_notional() -> None:
    small = [each for n in range(9) for each in fills(*ALL, trade_id=f"s{n}")]
    large = fill("local", "big", quantity=Decimal(991))
    got = values(check(case(fills=[*small, large])).metrics)
    assert got["fills_checked_share"] == 0.9
    assert got["notional_checked_share"] == pytest.approx(0.009)
