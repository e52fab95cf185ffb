"""Amounts of two quotes are never summed: no measure of a bot that traded both has a value, and each says why."""

from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.checks.parity import check
from deskgate.config.bot import Expected
from deskgate.measures.measure import Measure, value
from deskgate.measures.one_quote import several_quotes
from deskgate.measures.registry import MEASURES
from deskgate.parity.bridge import bridge
from deskgate.parity.deltas import deltas
from desks import bot, case, desk
from measures.orders import at, filled, state
from measures.prices import mid
from parity.trading_days import day, shadowed, trading
from tiers import quick

OF_AMOUNTS = [measure for measure in MEASURES if measure.amounts]
OF_ORDERS = ["fill_ratio_orders", "reject_rate", "cancel_rate", "order_latency_s", "quote_uptime"]


def trades(*pairs: str, **of: Any) -> Case:
    rows: dict[str, Any] = {"orders": [], "fills": [], "mids": []}
    for number, pair in enumerate(pairs):
        ids: dict[str, Any] = {"order_id": f"o{number}", "pair": pair}
        rows["orders"].append(state(**ids, created_ts=at(0)))
        rows["fills"] += filled(**ids, trade_id=f"t{number}", exchange_order_id=f"x{number}", ts=at(5))
        rows["mids"] += [mid(-9, "100", pair=pair), mid(309, "101", pair=pair)]
    return case(desk(bot(pairs=list(pairs), **of)), **rows)


def known(measure: Measure, of: Case) -> bool:
    return value(measure, measure.rows(of)) is not None


def test_every_measure_of_amounts_is_declared() -> None:
    units = {"bps", "bps of traded notional", "quote per hour"}
    assert {measure.name for measure in MEASURES if measure.unit in units} <= {each.name for each in OF_AMOUNTS}
    assert {"fill_ratio", "maker_share"} <= {each.name for each in OF_AMOUNTS}


def test_measure_of_one_quote_has_a_value() -> None:
    one = trades("BTC-USDT", "ETH-USDT")
    values = {measure.name for measure in OF_AMOUNTS if known(measure, one)}
    assert {"fill_ratio", "slippage_bps", "fees_bps", "turnover_per_hour", "realized_pnl_bps"} <= values


def test_no_measure_of_amounts_of_two_quotes_has_a_value_and_those_of_orders_do() -> None:
    two = trades("BTC-USDT", "ETH-BTC")
    assert [measure.name for measure in OF_AMOUNTS if known(measure, two)] == []
    reasons = {measure.missing(two, "b1") for measure in OF_AMOUNTS if measure.rows(two)["den"].sum()}
    assert reasons == {
        "b1 traded BTC-USDT (in USDT) and ETH-BTC (in BTC): amounts of different quotes have no sum, and none is converted. Give the"
        " pairs of each quote a bot of their own in desk.toml to measure them"
    }
    assert [name for name in OF_ORDERS if known(next(each for each in MEASURES if each.name == name), two)] == OF_ORDERS


def test_declared_pair_of_another_quote_that_was_not_traded_mixes_nothing() -> None:
    of = case(desk(bot(pairs=["BTC-USDT", "ETH-BTC"])), orders=[state(created_ts=at(0))], fills=filled(ts=at(5)))
    assert [several_quotes(of, measure.rows(of), measure.amounts) for measure in OF_AMOUNTS] == [{}] * len(OF_AMOUNTS)
    assert known(next(measure for measure in OF_AMOUNTS if measure.name == "turnover_per_hour"), of)


def test_two_names_of_one_money_are_one_quote() -> None:
    of = trades("BTC-USD", "ETH-USDC", connector="hyperliquid_perpetual")
    assert [several_quotes(of, measure.rows(of), measure.amounts) for measure in OF_AMOUNTS] == [{}] * len(OF_AMOUNTS)


@pytest.mark.slow
def test_parity_refuses_two_quotes_by_name() -> None:
    rows = [trading(name, pair=pair) for name in ("b1", "b2") for pair in ("BTC-USDT", "ETH-BTC")]
    for row in (row for part in rows for table in ("orders", "fills") for row in part[table]):
        row.update(
            {name: row[name] + row["pair"] for name in ("order_id", "exchange_order_id", "trade_id") if name in row}
        )
    of = day(*shadowed(), rows=rows)
    gated = {(delta.measure.name, delta.value is None, "different quotes" in delta.why) for delta in deltas(of)}
    assert {("slippage_bps", True, True), ("fill_ratio", True, True), ("realized_pnl_bps", True, True)} <= gated
    assert ("reject_rate", False, False) in gated
    assert bridge(of).is_empty()
    unknown = {each.metric: (each.value, each.note) for each in check(of).metrics if each.subject == "b1"}
    for name in ("mid_coverage", "measured_share"):
        value_, note = unknown[name]
        assert value_ == 0
        assert "different quotes" in str(note)


@pytest.mark.parametrize(("pair", "is_said"), quick([("BTC-USDT", False), ("ETH-BTC", True)]))
def test_expected_pnl_of_the_desks_quote_is_no_share_of_another_money(pair: str, is_said: bool) -> None:
    expected = Expected(fill_ratio=1, slippage_bps=0, reject_rate=0, realized_pnl_quote=1)
    of = day(bot(expected=expected, pairs=[pair]), rows=[trading("b1", pair=pair)])
    why = next(delta.why for delta in deltas(of) if delta.measure.name == "realized_pnl_bps")
    assert ("whose money is not the desk's USDT" in why) is is_said
