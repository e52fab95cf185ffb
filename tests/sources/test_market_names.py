"""What a leg calls a market -> one name: a truth table of the names that legs use."""

from decimal import Decimal
from typing import Any

import pytest

from deskgate.config.bot import Bot, Mode
from deskgate.config.desk import Desk
from deskgate.sources.market_names import is_inverse, judged_pair, money_names
from deskgate.sources.markets import VENUES

BINANCE = {"connector": "binance_perpetual", "pairs": ["BTC-USDT"]}
ARBITRAGE = {"connector": ["binance", "binance_perpetual"], "pairs": ["BTC-USDT"]}


def a_bot(**values: Any) -> Bot:
    return Bot(**{"name": "b1", "mode": Mode.LIVE, **values})


@pytest.mark.parametrize(
    ("bot", "symbol", "expected"),
    [
        (BINANCE, "BTC/USDT:USDT", "BTC-USDT"),
        (BINANCE, "BTC/USDT", "BTC-USDT spot"),
        (BINANCE, "BTC/USDT:USDT-260327", "BTC-USDT:USDT-260327"),
        (BINANCE, "BTC/USDT:BTC", "BTC-USDT:BTC"),
        (BINANCE, "BTC/USD:BTC", "BTC-USD"),
        (ARBITRAGE, "BTC/USDT:USDT", "BTC-USDT"),
        (ARBITRAGE, "BTC/USDT", "BTC-USDT spot"),
        ({"connector": "binance", "pairs": ["BTC-USDT"]}, "BTC/USDT", "BTC-USDT"),
        ({"connector": "binance", "pairs": ["BTC-USDT"]}, "BTC/USDT:USDT", "BTC-USDT:USDT"),
        ({"connector": "bitget_paper_trade", "pairs": ["BTC-USDT"]}, "BTC/USDT:USDT", "BTC-USDT"),
        ({"connector": "hyperliquid_perpetual", "pairs": ["BTC-USD"]}, "BTC/USDC:USDC", "BTC-USD"),
        ({"connector": "hyperliquid_perpetual_testnet", "pairs": ["BTC-USD"]}, "BTC/USDC:USDC", "BTC-USD"),
        ({"connector": "hyperliquid_perpetual", "pairs": ["kPEPE-USD"]}, "KPEPE/USDC:USDC", "kPEPE-USD"),
        ({"connector": "hyperliquid_perpetual", "pairs": ["XYZ:AAPL-USD"]}, "XYZ-AAPL/USDC:USDC", "XYZ:AAPL-USD"),
        ({"connector": "hyperliquid", "pairs": ["HYPE-USDC"]}, "HYPE/USDC", "HYPE-USDC"),
        ({"connector": "dydx_v4_perpetual", "pairs": ["ETH-USD"]}, "ETH/USDC:USDC", "ETH-USD"),
        ({"connector": "kucoin_perpetual", "pairs": ["XBT-USDT"]}, "BTC/USDT:USDT", "XBT-USDT"),
        ({"connector": "other_perpetual", "pairs": ["ETH-USD"]}, "ETH/USDC:USDC", "ETH-USDC"),
        ({"connector": "other_perpetual", "pairs": ["ETH-USD"]}, "ETH/USD:USD", "ETH-USD:USD"),
        (
            {"connector": "other_perpetual", "pairs": ["ETH-USD"], "symbols": {"ETH-USD": "ETH/USDC:USDC"}},
            *("ETH/USDC:USDC", "ETH-USD"),
        ),
    ],
)
def test_name_of_a_symbol(bot: dict[str, Any], symbol: str, expected: str) -> None:
    assert judged_pair(a_bot(**bot), None, symbol, "") == expected


@pytest.mark.parametrize(
    ("bot", "market", "expected"),
    [
        (BINANCE, None, "BTC-USDT"),
        (BINANCE, "binance_perpetual", "BTC-USDT"),
        (BINANCE | {"connector": "binance_perpetual_testnet"}, "binance_perpetual", "BTC-USDT"),
        (BINANCE, "bitget_paper_trade", "BTC-USDT"),
        (BINANCE, "binance", "BTC-USDT spot"),
        (ARBITRAGE, "binance", "BTC-USDT spot"),
        (BINANCE, "kucoin", "BTC-USDT (kucoin)"),
        ({"connector": "binance", "pairs": ["BTC-USDT"]}, "binance_perpetual", "BTC-USDT:USDT"),
        ({"connector": "binance_paper_trade", "pairs": ["BTC-USDT"]}, "binance_PaperTrade", "BTC-USDT"),
    ],
)
def test_name_of_a_connector(bot: dict[str, Any], market: str | None, expected: str) -> None:
    assert judged_pair(a_bot(**bot), market, None, "BTC-USDT") == expected


@pytest.mark.parametrize(
    ("connector", "symbol", "pair", "expected"),
    [
        ("bybit_perpetual", "BTC/USD:BTC", "BTC-USD", True),
        ("bybit_perpetual", None, "BTC-USD", True),
        ("bybit_perpetual", None, "BTC-USDT", False),
        ("okx_perpetual", "BTC/USD:BTC-260327", "BTC-USD", True),
        ("hyperliquid_perpetual", None, "BTC-USD", False),
        ("kraken", None, "BTC-USD", False),
        ("kraken", "BTC/USD", "BTC-USD", False),
    ],
)
def test_inverse_is_settled_in_its_base(connector: str, symbol: str | None, pair: str, expected: bool) -> None:
    assert is_inverse(a_bot(connector=connector, pairs=["BTC-USD"]), symbol, pair) is expected


@pytest.mark.parametrize(("quote", "expected"), [("USD", "USD"), ("USDC", "USDC"), ("USDT", "USD")])
def test_two_names_of_money_are_the_desks_one(quote: str, expected: str) -> None:
    bot = a_bot(connector="hyperliquid_perpetual", pairs=["BTC-USD"])
    names = money_names(Desk(name="desk", quote=quote, bots={"b1": bot}), bot)
    assert (names["USD"], names["USDC"]) == (expected, expected)


def test_every_venue_has_its_source() -> None:
    assert all("py" in venue.source for venue in VENUES.values())
    assert {venue.contract_size for venue in VENUES.values()} <= {None, Decimal(1)}
