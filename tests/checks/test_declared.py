"""desk.toml's pairs, connectors and modes against the records of each leg, and quotes that no market has."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.findings import Metric
from deskgate.checks import declared, quotes
from deskgate.config.bot import Mode
from desks import NOON, START, bot, case, desk, fill, sources, values


def metric(name: str, of: Any = None, **rows: Any) -> Metric:
    found = declared.check(case(of or desk(), **rows)).metrics
    return next(each for each in found if each.metric == name)


ETH = {"pair": "ETH-USDT"}


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ({"fills": [fill()]}, 0),
        ({"fills": [fill(), fill(**ETH)]}, 1),
        ({"fills": [fill(), fill("exchange", "t2", symbol="ETH/USDT:USDT", **ETH)]}, 1),
        ({"orders": [{"ts": NOON, "created_ts": NOON, "status": "open", **ETH}]}, 1),
        ({"funding": [{"ts": NOON, "amount": Decimal(1), **ETH}]}, 1),
        ({"snapshots": [{"ts": NOON, **ETH}]}, 1),
        ({"positions": [{"leg": "exchange", "ts": NOON, "quantity": Decimal(1), **ETH}]}, 1),
        ({"positions": [{"leg": "exchange", "ts": NOON, "quantity": Decimal(0), **ETH}], "fills": [fill()]}, 0),
        ({"fills": [fill(), fill(ts=START - timedelta(hours=1), **ETH)]}, 0),
        ({}, None),
    ],
)
def test_undeclared_pair_of_any_leg_is_counted(rows: dict[str, Any], count: int | None) -> None:
    assert metric("undeclared_pairs", **rows).value == count


def test_undeclared_pair_says_what_to_write() -> None:
    found = metric("undeclared_pairs", desk(bot(pairs=["SOL-USDT"])), fills=[fill()])
    assert 'write pairs = ["BTC-USDT"] under bots.b1' in (found.note or "")
    assert "no record shows its SOL-USDT" in (found.note or "")


@pytest.mark.parametrize(
    ("mode", "connector", "recorded", "foreign", "contradictions"),
    [
        ("live", "bitget_perpetual", "bitget_perpetual", 0, 0),
        ("live", "bitget_perpetual", "kucoin_perpetual", 1, 0),
        ("live", "bitget_perpetual", "bitget_PaperTrade", 1, 1),
        ("live", "bitget", "bitget_PaperTrade", 0, 1),
        ("paper", "bitget_paper_trade", "bitget_PaperTrade", 0, 0),
        ("paper", "bitget_paper_trade", "bitget", 0, 1),
        ("paper", "bitget_perpetual", "bitget_perpetual", 0, 1),
        # Hummingbot displays a testnet's connector by the venue's name, or by its own.
        ("testnet", "binance_perpetual_testnet", "binance_perpetual", 0, 0),
        ("testnet", "bybit_perpetual_testnet", "bybit_perpetual_testnet", 0, 0),
        ("testnet", "binance_perpetual", "binance_perpetual", 0, 1),
        ("live", "binance_perpetual_testnet", "binance_perpetual", 0, 1),
    ],
)
def test_connectors_are_of_the_declared_venue_and_mode(
    mode: str, connector: str, recorded: str, foreign: int, contradictions: int
) -> None:
    of = desk(bot(mode=Mode(mode), connector=connector))
    rows = {"fills": [fill(market=recorded)]}
    assert metric("foreign_venues", of, **rows).value == foreign
    assert metric("mode_contradictions", of, **rows).value == contradictions


def test_venue_that_no_record_names_has_no_value() -> None:
    assert metric("foreign_venues", fills=[fill()]).value is None
    assert metric("mode_contradictions", fills=[fill()]).value is None


@pytest.mark.parametrize(
    ("mid", "bid", "ask", "wrong"),
    [
        ("100", "99", "101", 0),
        ("100", "100", "100", 0),
        ("100", None, None, 0),
        ("100", "0", "101", 1),
        ("0", None, None, 1),
        ("100", "101", "99", 1),
        ("102", "99", "101", 1),
        # Each of the three is cut at a millionth by itself.
        ("100", "100.000001", "100.000001", 0),
        ("100", "100.000002", "100.000002", 1),
    ],
)
def test_quote_that_no_market_has_is_counted(mid: str, bid: str | None, ask: str | None, wrong: int) -> None:
    sides = {"best_bid": bid and Decimal(bid), "best_ask": ask and Decimal(ask)}
    rows = [{"ts": NOON, "pair": "BTC-USDT", "mid": Decimal(mid), **sides}]
    assert values(quotes.check(case(mids=rows)).metrics)["impossible_quotes"] == wrong


def test_bot_without_a_mid_has_no_count_of_quotes() -> None:
    assert values(quotes.check(case()).metrics)["impossible_quotes"] is None


def test_mid_that_a_fill_names_is_no_quote_of_the_feed() -> None:
    log = {**sources("local")[0], "kind": "controller_fills", "path": "fills.csv"}
    rows = [{"ts": NOON, "pair": "BTC-USDT", "mid": Decimal(100), "path": "fills.csv"}]
    of = case(mids=rows, sources=[*sources("local", "events", "exchange"), log])
    assert values(quotes.check(of).metrics)["impossible_quotes"] is None
