"""The orders of the soak: which there are, what became of them, where a failed one was refused."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.config.bot import Mode
from deskgate.measures.orders import own_orders, unknown_orders
from desks import END, NOON, START, bot, case, desk, fill, sources
from measures.orders import ALL, at, failure, filled, shuffled, state
from tiers import quick

BEFORE = START - timedelta(minutes=1)


def only(**rows: Any) -> dict[str, Any]:
    """Return the one order of a case."""
    of = rows.pop("of", None)
    return own_orders(case(of, **rows)).row(0, named=True)


def ids(**rows: Any) -> list[str]:
    of = rows.pop("of", None)
    return own_orders(case(of, **rows))["order_id"].to_list()


def test_no_orders() -> None:
    assert own_orders(case()).is_empty()


def test_order_by_hand() -> None:
    # Made at noon, taken a second later, half of it filled after 5 s, the rest cancelled after 9 s.
    rows = [state("open", ts=at(1), created_ts=NOON), state("filled", ts=at(5)), state("cancelled", ts=at(9))]
    found = only(orders=rows, fills=filled(quantity="1", ts=at(5)))
    assert found == {
        "bot": "b1",
        "pair": "BTC-USDT",
        "order_id": "o1",
        "exchange_order_id": "x-o1",
        "side": "BUY",
        "price": 100,
        "quantity": 2,
        "created": NOON,
        "is_dated": True,
        "is_known": True,
        "end": "cancelled",
        "ended": at(9),
        "is_failed": False,
        "is_cancelled": True,
        "is_accepted": True,
        "stage": None,
        "state": None,
        "acknowledged": at(1),
        "filled": 1,
        "filled_quote": 100,
        "first_fill": at(5),
        "first_fill_own": at(5),
    }


def test_states_out_of_order_end_with_the_final_one() -> None:
    rows = [
        state("cancelled", ts=at(5)),
        state("open", ts=at(7), created_ts=NOON),
        state("open", ts=at(6), leg="local", created_ts=NOON),
    ]
    found = only(orders=rows)
    assert (found["created"], found["end"], found["ended"]) == (NOON, "cancelled", at(5))


@pytest.mark.parametrize("first", ["cancelled", "completed", "failed", "expired"])
def test_last_of_several_final_states_counts(first: str) -> None:
    rows = [state(), state("cancelled", ts=at(9), exchange_order_id=None), state(first, ts=at(8))]
    found = only(orders=rows)
    assert (found["end"], found["ended"], found["is_failed"]) == ("cancelled", at(9), first == "failed")


def test_order_made_before_the_soak_is_known_by_its_creation_or_its_earlier_states() -> None:
    dated = state("cancelled", "o1", created_ts=BEFORE, leg="local")
    undated = [state("open", "o2", ts=BEFORE, created_ts=None), state("cancelled", "o2")]
    assert ids(orders=[dated, *undated, state("cancelled", "o3")]) == ["o3"]


def test_order_whose_fills_reach_its_quantity_is_over() -> None:
    found = only(orders=[state()], fills=filled(ts=at(4)))
    assert (found["end"], found["ended"], found["filled"]) == ("completed", at(4), 2)
    assert only(orders=[state()], fills=filled(quantity="1.999999"))["end"] is None


def test_creation_that_no_record_has_is_the_first_state() -> None:
    found = only(orders=[state("open", ts=at(2), created_ts=None), state("cancelled", ts=at(3))])
    assert (found["created"], found["is_dated"], found["is_known"]) == (at(2), False, True)


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([state(ts=START)], 1),
        ([state(ts=BEFORE), state("cancelled", ts=NOON)], 0),
        ([state(ts=BEFORE, created_ts=None), state("cancelled", ts=NOON)], 0),
        ([state("open", ts=NOON, leg="local", created_ts=BEFORE)], 0),
        ([state("open", ts=END - timedelta(seconds=1))], 1),
        ([state("open", ts=END)], 0),
    ],
)
def test_order_counts_where_it_was_made_in_the_soak(rows: list[dict[str, Any]], count: int) -> None:
    assert own_orders(case(orders=rows, as_of=END + timedelta(hours=1))).height == count


def test_what_happens_after_the_day_is_not_in_it() -> None:
    rows = [state(ts=END - timedelta(seconds=5)), state("failed", ts=END)]
    found = own_orders(
        case(orders=rows, fills=filled(ts=END + timedelta(seconds=1)), as_of=END + timedelta(hours=1))
    ).row(0, named=True)
    assert (found["end"], found["is_failed"], found["filled"]) == (None, False, 0)


def test_soak_begins_with_the_baseline() -> None:
    frozen = {"effective_at": BEFORE, "recorded_at": BEFORE, "by": "ann", "why": "start", "digests": "{}"}
    assert ids(orders=[state(ts=BEFORE)], baselines=[frozen]) == ["o1"]


def test_fill_of_an_order_made_before_the_soak_makes_no_order_of_it() -> None:
    assert ids(orders=[state(ts=BEFORE)], fills=filled()) == []
    assert ids(fills=[*filled(ts=BEFORE), *filled(trade_id="t2")]) == []


def test_order_that_only_fills_name_is_one_of_unknown_size() -> None:
    found = only(fills=filled(legs=("local", "exchange")))
    assert (found["order_id"], found["quantity"], found["filled"], found["is_known"]) == ("o1", None, 2, False)
    assert "only fills of 1" in str(unknown_orders(case(fills=filled()), "b1"))
    assert unknown_orders(case(orders=[state()]), "b1") is None


def test_fill_that_the_bot_lacks_is_found_by_the_venues_order_id() -> None:
    assert only(orders=[state()], fills=filled(legs=("exchange",), order_id=None))["filled"] == 2


def test_order_that_only_the_venue_has_is_none_of_the_bots() -> None:
    rows = [state(leg="exchange")]
    assert ids(orders=rows, fills=filled(legs=("exchange",))) == []


def test_id_in_two_pairs_is_two_orders() -> None:
    two = desk(bot(pairs=["BTC-USDT", "ETH-USDT"]))
    rows = [state(), state(pair="ETH-USDT", exchange_order_id="x2"), state("failed", exchange_order_id="x2", ts=at(1))]
    orders = own_orders(case(two, orders=rows, fills=filled(quantity="1")))
    assert orders.select("pair", "is_failed", "filled").rows() == [("BTC-USDT", False, 1), ("ETH-USDT", True, 0)]


def test_failure_that_names_no_market_is_of_both_orders_of_its_id() -> None:
    rows = [state(), state(pair="ETH-USDT"), state("failed", exchange_order_id=None)]
    assert own_orders(case(orders=rows))["is_failed"].to_list() == [True, True]


@pytest.mark.parametrize(
    ("order_id", "pairs", "market", "side"),
    [
        ("x-nbQBBCUT64d", ["BTC-USDT", "ETH-USDT"], "BTC-USDT", "BUY"),
        ("SEHUT64d", ["BTC-USDT", "ETH-USDT"], "ETH-USDT", "SELL"),
        ("sell://ETH-USDT/64d", ["BTC-USDT", "ETH-USDT"], "ETH-USDT", "SELL"),
        ("64d", ["BTC-USDT"], "BTC-USDT", None),
        ("64d", ["BTC-USDT", "ETH-USDT"], None, None),
        ("BBCUT64d", ["BTC-USDT", "BCHC-UT"], None, None),
    ],
)
def test_market_of_a_failure_is_in_its_client_id(
    order_id: str, pairs: list[str], market: str | None, side: str | None
) -> None:
    found = only(of=desk(bot(pairs=pairs)), orders=[state("failed", order_id)])
    assert (found["pair"], found["side"], found["is_failed"], found["is_known"]) == (market, side, True, True)


def test_orders_of_a_bot_that_is_not_judged_are_left_out() -> None:
    of = desk(bot("b1"), bot("b2", Mode.DISABLED))
    rows = [state(bot=name, order_id=f"o-{name}") for name in ("b1", "b2", "b3")]
    assert ids(of=of, orders=rows) == ["o-b1"]


@pytest.mark.parametrize("price", [None, Decimal(0)])
def test_paper_order_of_a_market_named_by_its_connector(price: Decimal | None) -> None:
    paper = desk(bot(mode=Mode.PAPER, connector="bitget_paper_trade"))
    name = "buy://BTC-USDT/64d"
    nameless: dict[str, Any] = {"exchange_order_id": None}
    stored: dict[str, Any] = {"leg": "local", "market": "bitget_PaperTrade", "price": Decimal(0)}
    rows = [state(order_id=name, **nameless, **stored), state(order_id=name, price=price, **nameless)]
    some = filled(name, legs=("local", "events"), market="bitget_PaperTrade", **nameless)
    found = only(of=paper, orders=rows, fills=some)
    assert (found["pair"], found["price"], found["quantity"]) == ("BTC-USDT", None, 2)


def test_stream_has_the_exact_price_of_what_the_database_cuts() -> None:
    rows = [state(leg="local", price=Decimal("0.000012")), state(price=Decimal("0.00001234"))]
    assert only(orders=rows)["price"] == Decimal("0.00001234")


def test_stream_of_a_bot_with_two_connectors_names_its_market_by_the_order() -> None:
    of = desk(bot(connector=["binance_perpetual", "binance"], pairs=["BTC-USDT"]))
    rows = [state(leg="local", market="binance"), state(ts=at(1), created_ts=NOON)]
    assert own_orders(case(of, orders=rows))["pair"].to_list() == ["BTC-USDT spot"]


def test_bot_of_one_leg_has_no_agreed_fill_and_an_unknown_filled_quantity() -> None:
    found = only(orders=[state(leg="local")], fills=[fill("local", order_id="o1")], sources=sources("local"))
    assert (found["filled"], found["filled_quote"], found["is_known"]) == (None, None, True)


@pytest.mark.parametrize(
    ("rows", "error", "stage"),
    quick(
        [
            (
                [state("failed")],
                ("ValueError", "Order amount 1 is lower than minimum order size 2 for the pair."),
                "before_sending",
            ),
            (
                [state("failed")],
                ("ValueError", "Order notional 1 is lower than minimum notional size 5 for"),
                "before_sending",
            ),
            (
                [state("failed")],
                ("ValueError", "LIMIT_MAKER is not in the list of supported order types"),
                "before_sending",
            ),
            ([state("failed")], ("OSError", "Error executing request POST. HTTP status is 400."), "at_venue"),
            ([state("failed")], ("TimeoutError", ""), "unknown"),
            ([state("failed")], ("ValueError", "could not convert"), "unknown"),
            ([state(), state("failed", ts=at(1))], ("OSError", "order not found"), "after_acceptance"),
            ([state("failed", leg="local", created_ts=NOON)], None, "after_acceptance"),
            ([state("failed")], None, "unknown"),
            ([state()], None, None),
        ],
        4,
    ),
)
def test_stage_at_which_an_order_was_refused(
    rows: list[dict[str, Any]], error: tuple[str, str] | None, stage: str | None
) -> None:
    found = only(orders=rows, events=[failure("o1", *error)] if error else [])
    assert found["stage"] == stage


@pytest.mark.slow
def test_shuffled_records_give_the_same_orders() -> None:
    rows = [
        each
        for n in range(12)
        for each in (
            state(order_id=f"o{n}", ts=at(n // 3)),
            state(order_id=f"o{n}", ts=at(n // 3), leg="local"),
            state(("completed", "cancelled", "failed")[n % 3], f"o{n}", ts=at(9)),
        )
    ]
    some = [each for n in range(0, 12, 2) for each in filled(f"o{n}", "1", ts=at(n))]
    of = case(
        orders=rows, fills=some, events=[failure("o2", "OSError", "no"), failure("o2", "ValueError", "odd", at(1))]
    )
    expected = own_orders(of)
    assert expected.height == 12
    for seed in range(3):
        assert own_orders(shuffled(of, seed)).equals(expected)
    assert pl.Series(expected["created"]).is_sorted()
    assert ALL
