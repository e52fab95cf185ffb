"""Rows in judged markets and base amounts, and what is not compared."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.accounting.day_pnl import day_pnl
from deskgate.case.case import Case
from deskgate.case.markets import incomparable, judged, judged_fills, markets
from deskgate.case.values import not_linear
from deskgate.config.bot import Opening
from deskgate.reconciliation.accounts import check as accounts
from deskgate.reconciliation.agreed import agreed_fills
from deskgate.reconciliation.fills import check as fills_check
from deskgate.reconciliation.matching.match import matched_fills
from desks import END, NOON, START, bot, case, desk, fill, values
from tiers import quick

OKX = bot(connector="okx_perpetual")


def venue(trade_id: str = "t1", symbol: str = "BTC/USDT:USDT", **more: Any) -> dict[str, Any]:
    return fill("exchange", trade_id, symbol=symbol, **more)


def bots(trade_id: str = "t1", **more: Any) -> list[dict[str, Any]]:
    return [fill(leg, trade_id, **more) for leg in ("local", "events")]


def position(quantity: str, **more: Any) -> dict[str, Any]:
    row = {"leg": "exchange", "path": "b1/positions", "ts": END, "pair": "BTC-USDT", "symbol": "BTC/USDT:USDT"}
    return {**row, "quantity": Decimal(quantity), "mark_price": Decimal(100), **more}


def kinds(of: Case) -> list[str]:
    breaks = pl.concat([fills_check.check(of).breaks, accounts.check(of).breaks])
    return sorted(breaks["kind"].to_list())


def test_contracts_become_coins() -> None:
    fills = [*bots(quantity=Decimal(1)), venue(quantity=Decimal(100), cost=Decimal(100))]
    of = case(desk(OKX), fills=fills, positions=[position("100", contract_size=Decimal("0.01"))])
    assert matched_fills(of).fills["quantity_exchange"].to_list() == [Decimal(1)]
    assert kinds(of) == []


def test_amounts_of_unknown_unit_are_not_compared() -> None:
    of = case(desk(OKX), fills=[*bots(quantity=Decimal(1)), venue(quantity=Decimal(100))], positions=[position("100")])
    found = fills_check.check(of)
    assert kinds(of) == []
    assert matched_fills(of).fills.is_empty()
    assert values(found.metrics)["quantity_mismatch"] is None
    assert values(accounts.check(of).metrics)["position_drift"] is None
    assert "no record says how large one is" in (incomparable(of, "b1") or "")
    assert "no record says how large one is" in str(day_pnl(of, of.desk.bots["b1"]))


def test_positions_of_a_venue_of_coins_need_no_contract_size() -> None:
    of = case(fills=[*bots(), venue()], positions=[position("1")])
    assert kinds(of) == []
    assert incomparable(of, "b1") is None


@pytest.mark.parametrize("symbols", [{}, {"ETH-USD": "ETH/USDC:USDC"}])
def test_two_names_are_told_until_they_are_joined(symbols: dict[str, str]) -> None:
    other = bot(connector="other_perpetual", pairs=["ETH-USD"], symbols=symbols)
    of = case(
        desk(other).model_copy(update={"quote": "USD"}),
        fills=[
            *bots(pair="ETH-USD", fee_token="USD"),
            venue(pair="ETH-USDC", symbol="ETH/USDC:USDC", fee_token="USDC", contract_size=Decimal(1)),
        ],
    )
    assert kinds(of) == []
    if symbols:
        assert incomparable(of, "b1") is None
        assert agreed_fills(of).select("pair", "fee_token").row(0) == ("ETH-USD", "USD")
    else:
        assert 'write symbols = { "ETH-USD" = "ETH/USDC:USDC" } under bots.b1' in (incomparable(of, "b1") or "")
        assert values(fills_check.check(of).metrics)["fill_missing_local"] is None


def test_two_names_of_two_units_are_no_market_to_join() -> None:
    of = case(
        desk(bot(connector="other_perpetual", pairs=["PEPE-USDT"])),
        fills=[
            *bots(pair="PEPE-USDT"),
            venue(pair="1000PEPE-USDT", symbol="1000PEPE/USDT:USDT", contract_size=Decimal(1)),
        ],
    )
    assert "their units are not the same amount of coins" in (incomparable(of, "b1") or "")


def test_change_of_symbols_changes_the_digest() -> None:
    one, other = (markets(case(desk(bot(symbols=symbols)))).digest for symbols in ({}, {"BTC-USDT": "BTC/USDC:USDC"}))
    assert one != other


def test_spot_fills_move_no_contracts() -> None:
    short = {"side": "SELL", "market": "binance_perpetual"}
    spot = {"market": "binance", "order_id": "s", "exchange_order_id": "y"}
    fills = [
        *bots("t1", **short),
        venue("t1", side="SELL"),
        fill("local", "t2", **spot),
        # The stream does not say which connector.
        fill("events", "t2", order_id="s", exchange_order_id="y"),
        venue("t2", "BTC/USDT", order_id="s", exchange_order_id="y"),
    ]
    of = case(desk(bot(connector="binance_perpetual")), fills=fills, positions=[position("-1")])
    assert kinds(of) == []
    assert sorted(agreed_fills(of)["pair"]) == ["BTC-USDT", "BTC-USDT spot"]


def test_future_and_swap_are_two_positions() -> None:
    dated = "BTC/USDT:USDT-260327"
    of = case(
        fills=[*bots("t1"), venue("t1")],
        positions=[position("1"), position("-2", symbol=dated, mark_price=Decimal(90))],
    )
    breaks = accounts.check(of).breaks
    assert breaks.select("pair", "observed", "expected").rows() == [("BTC-USDT:USDT-260327", "-2", "0")]


def test_inverse_contract_has_no_value() -> None:
    inverse = bot(
        connector="bybit_perpetual", pairs=["BTC-USD"], opening=Opening(at=START, balance={"USD": Decimal(1000)})
    )
    fills = [
        *bots(pair="BTC-USD", quantity=Decimal(100), price=Decimal(74000), fee_token="BTC"),
        venue(
            pair="BTC-USD",
            symbol="BTC/USD:BTC",
            quantity=Decimal(90),
            price=Decimal(74000),
            fee_token="BTC",
            contract_size=Decimal(1),
        ),
    ]
    of = case(desk(inverse).model_copy(update={"quote": "USD"}), fills=fills)
    found = fills_check.check(of)
    assert found.breaks.select("kind", "value_quote").rows() == [("quantity_mismatch", None)]
    assert "inverse contract" in str(day_pnl(of, inverse))
    assert "inverse contract" in (not_linear(of, "b1") or "")
    assert values(accounts.check(of).metrics)["balance_drift"] is None


def test_record_of_an_ordinary_bot_stays_as_it_is() -> None:
    rows = [*bots(), venue(symbol="BTC/USDT:USDT")]
    of = case(fills=rows)
    assert judged_fills(of).drop("row_id").equals(of.frames["fills"].drop("row_id"))
    assert judged(of, "mids").is_empty()


def _side(quantity: str, long: str | None, short: str | None, at: Any = END) -> dict[str, Any]:
    sides = {"long_quantity": long and Decimal(long), "short_quantity": short and Decimal(short)}
    return position(quantity, hedged=True, ts=at, path=f"b1/{at}", **sides)


@pytest.mark.parametrize(
    ("actions", "held", "expected", "lacks"),
    quick(
        [
            (("OPEN", "OPEN"), _side("0", "1", "1"), [], None),
            (("OPEN", "OPEN"), _side("0", "2", "2"), ["BTC-USDT long", "BTC-USDT short"], None),
            (("OPEN", "CLOSE"), _side("0", "0", "0"), [], None),
            (("OPEN", None), _side("0", "2", "2"), [], "1 of its fills do not say"),
            (("OPEN", "OPEN"), _side("1", None, None), ["BTC-USDT"], "1 of its position snapshots do not say"),
        ],
        2,
    ),
)
def test_hedged_account_is_compared_by_side(
    actions: tuple[str | None, ...], held: dict[str, Any], expected: list[str], lacks: str | None
) -> None:
    fills = [
        row
        for n, (side, action) in enumerate(zip(("BUY", "SELL"), actions, strict=True))
        for row in [
            *bots(f"t{n}", side=side, position=action, ts=NOON),
            venue(f"t{n}", side=side, ts=NOON, position="LONG" if side == "BUY" or action == "CLOSE" else "SHORT"),
        ]
    ]
    found = accounts.check(case(fills=fills, positions=[held]))
    assert sorted(found.breaks["pair"]) == expected
    note = next(each.note for each in found.metrics if each.metric == "position_drift")
    assert (lacks or "") in (note or "")
    if lacks and not expected:
        assert "only the net was compared" in (note or "")
        assert values(found.metrics)["position_drift"] is None


@pytest.mark.parametrize(
    ("symbol", "reason"),
    quick(
        [
            ("BTC/USDT:USDC", "settled in USDC (a quanto contract)"),
            ("ETH/USD:BTC", "settled in BTC (a quanto contract)"),
            ("BTC/USDT:USDT-260327-70000-C", "is an option"),
            ("BTC/USD:BTC-260327-70000-P", "is an option"),
            ("BTC/USDT:USDT", None),
            ("BTC/USDT:USDT-260327", None),
            ("BTC/USD:BTC", None),
            ("BTC/USDT", None),
        ],
        5,
    ),
)
def test_contract_that_cannot_be_converted_is_refused_by_name(symbol: str, reason: str | None) -> None:
    of = case(positions=[position("1", symbol=symbol, pair="ANY", contract_size=Decimal(1))])
    found, metrics = incomparable(of, "b1"), values(accounts.check(of).metrics)
    if reason is None:
        assert found is None
    else:
        assert (symbol in (found or ""), reason in (found or "")) == (True, True)
        assert (metrics["position_drift"], metrics["balance_drift"]) == (None, None)
        assert "not" in str(day_pnl(of, of.desk.bots["b1"]))


def test_stablecoin_of_two_names_is_no_quanto() -> None:
    of = case(
        desk(bot(connector="dydx_v4_perpetual", pairs=["BTC-USD"])).model_copy(update={"quote": "USD"}),
        positions=[position("1", symbol="BTC/USD:USDC")],
    )
    assert incomparable(of, "b1") is None


@pytest.mark.parametrize(
    ("expiry", "held", "detail"),
    [
        (
            "260504",
            "0",
            "the venue's snapshot against 1 agreed fills; it expired on 2026-05-04, and its settlement is no fill",
        ),
        ("260505", "0", "the venue's snapshot against 1 agreed fills"),
        ("260504", "0.5", "the venue's snapshot against 1 agreed fills"),
    ],
)
def test_settlement_of_a_dated_contract_is_a_break_that_names_it(expiry: str, held: str, detail: str) -> None:
    symbol = f"BTC/USDT:USDT-{expiry}"
    of = case(
        desk(bot(symbols={"BTC-USDT": symbol})),
        fills=[*bots(), venue(symbol=symbol)],
        positions=[position(held, symbol=symbol)],
    )
    found = accounts.check(of).breaks
    assert found.select("kind", "expected", "observed").row(0) == ("position_drift", "1", held)
    assert found["detail"][0].partition(":")[0] == detail
