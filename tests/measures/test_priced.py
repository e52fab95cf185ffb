import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.case.case import Case
from deskgate.measures.horizons import HORIZONS
from deskgate.measures.priced import mid_after, price_fills, priced
from deskgate.prices.mids import MID_AGE, MarketMids
from desks import END, bot, case, desk, sources
from tiers import quick

from .prices import instant, mid, order, traded

DAY_END = 12 * 3600


def row(of: Case) -> dict[str, Any]:
    frame = priced(of)
    assert frame.height == 1
    return frame.row(0, named=True)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # The last at or before the fill, one at its instant included.
        ([mid(-60, "99"), mid(-1, "100"), mid(1, "101")], "100"),
        ([mid(-1, "100"), mid(0, "101")], "101"),
        ([mid(1, "101")], None),
        # Exactly as old as the bound, and a microsecond older.
        ([mid(-MID_AGE.total_seconds(), "100")], "100"),
        ([mid(-MID_AGE.total_seconds() - 1e-6, "100")], None),
        # A young one that is no mid gives way to an older one.
        ([mid(-60, "99", "98", "100"), mid(-1, "100", "0", "101")], "99"),
        ([mid(-60, "99", "98", "100"), mid(-1, "100", "99", None)], "99"),
        # Of another pair, another bot, another kind of market.
        ([mid(-1, "100", pair="ETH-USDT")], None),
        ([mid(-1, "100", bot="b2")], None),
        ([mid(-1, "100", market="bitget")], None),
        ([], None),
    ],
)
def test_mid_of_a_fill(rows: list[dict[str, Any]], expected: str | None) -> None:
    of = desk(bot(connectors=["bitget_perpetual", "bitget"]), bot("b2"))
    seen = row(case(of, fills=traded(0, "BUY", "100"), mids=rows))
    assert seen["mid"] == (expected and Decimal(expected))


def test_hanging_feed_prices_no_fill() -> None:
    rows = [mid(-60 * at, "100") for at in range(40)]
    assert row(case(fills=traded(0, "BUY", "101"), mids=rows))["mid"] is None


@pytest.mark.parametrize(
    ("horizon", "seen_at", "expected"),
    quick(
        [
            ("1s", 1, True),
            ("1s", 0.5, True),
            # Half a horizon is the bound; a mid of the fill's instant is from before it.
            ("1s", 0.4, False),
            ("1s", 0, False),
            ("1s", -1, False),
            ("1s", 1.1, False),
            ("10s", 5, True),
            ("10s", 4, False),
            ("1m", 59, True),
            ("1m", 61, False),
            ("5m", 150, True),
            ("5m", 149, False),
            ("5m", 300, True),
            ("before_5s", -5, True),
            ("before_5s", -7.5, True),
            ("before_5s", -8, False),
            ("before_5s", -4, False),
        ],
        6,
    ),
)
def test_mid_of_a_horizon(horizon: str, seen_at: float, expected: bool) -> None:
    of = case(fills=traded(0, "BUY", "100"), mids=[mid(seen_at, "103")])
    assert (row(of)[mid_after(horizon)] is not None) is expected


def test_mids_by_the_minute_have_no_mid_of_a_second() -> None:
    rows = [mid(60 * at, str(100 + at)) for at in range(-10, 10)]
    seen = row(case(fills=traded(10, "BUY", "100"), mids=rows))
    assert [name for name in HORIZONS if seen[mid_after(name)] is not None] == ["1m", "5m"]
    assert seen["mid"] == 100
    assert (seen["mid_1m"], seen["mid_5m"]) == (101, 105)


@pytest.mark.parametrize(("as_of", "known"), [(timedelta(0), False), (timedelta(minutes=4), True)])
def test_horizon_after_the_day_is_known_once_its_instant_was(as_of: timedelta, known: bool) -> None:
    rows = [mid(DAY_END - 59, "100"), mid(DAY_END + 240, "105")]
    of = case(fills=traded(DAY_END - 60, "BUY", "100"), mids=rows, as_of=END + as_of)
    assert (row(of)["mid_5m"] is not None) is known


def test_horizon_after_as_of_is_not_filled_by_an_earlier_mid() -> None:
    rows = [mid(DAY_END - 30, "100")]
    assert row(case(fills=traded(DAY_END - 60, "BUY", "100"), mids=rows, as_of=END))["mid_1m"] == 100
    assert row(case(fills=traded(DAY_END - 59, "BUY", "100"), mids=rows, as_of=END))["mid_1m"] is None


def test_only_fills_of_the_soak_are_priced() -> None:
    midnight = -DAY_END
    rows = [*traded(midnight - 1, "BUY", "100"), *traded(midnight, "BUY", "100", trade_id="t2")]
    rows += [*traded(DAY_END - 1, "BUY", "100", trade_id="t3"), *traded(DAY_END, "BUY", "100", trade_id="t4")]
    assert priced(case(fills=rows, as_of=END + timedelta(hours=1)))["id"].to_list() == ["t2", "t3"]


def test_soak_begins_at_the_baseline_in_force() -> None:
    frozen = instant(-2 * 86400)
    baseline = {"effective_at": frozen, "recorded_at": frozen, "by": "ann", "why": "go", "digests": "{}"}
    rows = traded(-86400, "BUY", "100")
    of = case(desk(bot(opening=None)), fills=rows, mids=[mid(-86401, "99")], baselines=[baseline])
    assert row(of)["mid"] == 99


def test_fill_has_the_mid_of_its_orders_creation() -> None:
    rows = [mid(-100, "98"), mid(-50, "99"), mid(-1, "100")]
    seen = row(case(fills=traded(0, "BUY", "100"), mids=rows, orders=[order(-60)]))
    assert (seen["made"], seen["mid_at_order"], seen["mid"]) == (instant(-60), 98, 100)


@pytest.mark.parametrize(
    ("orders", "made"),
    [
        ([], None),
        ([order(-60, leg="exchange")], None),
        ([order(-60, bot="b2")], None),
        ([order(0, created_ts=None, status="open", ts=instant(-70))], -70),
        ([order(0, created_ts=None)], None),
        ([order(-61), order(-60, leg="events")], -61),
    ],
)
def test_creation_is_what_the_bot_says_of_its_order(orders: list[dict[str, Any]], made: float | None) -> None:
    seen = row(case(fills=traded(0, "BUY", "100"), mids=[mid(-100, "98")], orders=orders))
    assert seen["made"] == (None if made is None else instant(made))
    assert (seen["mid_at_order"] is None) is (made is None)


def test_liquidity_and_notional_stand_beside_the_fill() -> None:
    seen = row(case(fills=traded(0, "SELL", "100.5", "0.25", liquidity="maker"), mids=[mid(-1, "100")]))
    assert (seen["liquidity"], seen["notional"], seen["side"]) == ("maker", Decimal("25.125"), "SELL")


def test_inverse_contract_has_no_mid() -> None:
    of = desk(bot(pairs=["BTC-USD"]))
    rows = traded(0, "BUY", "100", pair="BTC-USD")
    assert row(case(of, fills=rows, mids=[mid(-1, "100", pair="BTC-USD")]))["mid"] is None


def test_bot_with_one_leg_has_no_fills() -> None:
    assert priced(case(fills=traded(0, "BUY", "100"), sources=sources("local"))).is_empty()


def test_day_without_fills_has_no_rows() -> None:
    assert priced(case(mids=[mid(0, "100")])).is_empty()


def _book(count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    chance = random.Random(7)
    money = pl.Decimal(38, 18)
    fills = pl.DataFrame(
        [
            {
                "bot": chance.choice("ab"),
                "pair": chance.choice(["BTC-USDT", "ETH-USDT"]),
                # Whole seconds: many ties with each other and with the mids.
                "ts": instant(chance.randrange(60)),
                "trade_id": f"t{at}",
                "order_id": None,
                "liquidity": None,
                "side": chance.choice(["BUY", "SELL"]),
                "price": 100,
                "quantity": 1,
                "made": chance.choice([None, instant(chance.randrange(-60, 0))]),
            }
            for at in range(count)
        ],
        schema_overrides={
            "ts": pl.Datetime("us", "UTC"),
            "made": pl.Datetime("us", "UTC"),
            "price": money,
            "quantity": money,
            "order_id": pl.String,
            "liquidity": pl.String,
        },
    )
    known = (
        pl.DataFrame(
            [
                {"bot": name, "pair": pair, "ts": instant(at), "mid": 100 + chance.random(), "source": "MarketData"}
                for name in "ab"
                for pair in ("BTC-USDT", "ETH-USDT")
                for at in chance.sample(range(-60, 400), 200)
            ],
            schema_overrides={"ts": pl.Datetime("us", "UTC")},
        )
        .with_columns(pl.col("mid").cast(money))
        .sort("bot", "pair", "ts")
    )
    return fills, known


def by_market(known: pl.DataFrame) -> MarketMids:
    return MarketMids(known.partition_by("bot", "pair", as_dict=True, include_key=False))


def _scan(known: pl.DataFrame, fill: dict[str, Any], at: Any, oldest: Any) -> Any:
    if at is None:
        return None
    mine = [
        each
        for each in known.iter_rows(named=True)
        if (each["bot"], each["pair"]) == (fill["bot"], fill["pair"]) and oldest <= each["ts"] <= at
    ]
    return max(mine, key=lambda each: each["ts"])["mid"] if mine else None


@pytest.mark.slow
def test_mids_are_those_of_a_scan_for_each_fill() -> None:
    fills, known = _book(15)
    for fill in price_fills(fills, by_market(known)).iter_rows(named=True):
        at = fill["ts"]
        assert fill["mid"] == _scan(known, fill, at, at - MID_AGE)
        assert fill["mid_at_order"] == _scan(known, fill, fill["made"], fill["made"] and fill["made"] - MID_AGE)
        for name, horizon in HORIZONS.items():
            assert fill[mid_after(name)] == _scan(known, fill, at + horizon, at + horizon - abs(horizon) / 2)


FILLS, KNOWN = _book(12)
BY_MARKET = by_market(KNOWN)


@given(st.permutations(range(FILLS.height)))
def test_prices_do_not_depend_on_the_order_of_the_fills(order: list[int]) -> None:
    assert price_fills(FILLS[order], BY_MARKET).equals(price_fills(FILLS, BY_MARKET))
