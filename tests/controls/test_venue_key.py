"""Looks by a read-only key: what is asked of ccxt, and what an outage is."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.config.actions import Control
from deskgate.config.bot import Bot
from deskgate.config.errors import InputError
from deskgate.controls.venue_key import KeyLooks, open_client, symbol_of
from desks import bot

from .logs import AT, SECOND

SWAP = "BTC/USDT:USDT"
KEY = Control.model_validate({"venue": {"exchange": "bitget", "api_key_env": "NO_KEY", "secret_env": "NO_SECRET"}})


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


class Client:
    """What a client of ccxt answers; it has no method that could change anything."""

    id = "bitget"

    def __init__(self, **answers: Any) -> None:
        self.answers, self.asked = answers, list[Any]()

    def load_markets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return a market of contracts of 0.01."""
        return {SWAP: {"contractSize": 0.01}, "BTC/USDT": {"contractSize": None}}

    def fetch_open_orders(self, symbol: str) -> Any:
        """Return the orders, or break."""
        self.asked.append(symbol)
        if isinstance(orders := self.answers.get("orders", []), Exception):
            raise orders
        return orders

    def fetch_my_trades(self, symbol: str, since: int, limit: int) -> Any:
        """Return the fills."""
        self.asked.append((symbol, since, limit))
        return self.answers.get("trades", [])

    def fetch_positions(self, symbols: list[str]) -> Any:
        """Return the positions."""
        self.asked.append(symbols)
        return self.answers.get("positions", [])

    def fetch_balance(self) -> Any:
        """Return the balances."""
        return {"total": self.answers.get("total", {})}


def looks(client: Client, of: Bot) -> KeyLooks:
    return KeyLooks({of.name: of}, lambda: AT + 9 * SECOND, lambda _: client)


def test_look_has_orders_positions_in_base_and_what_is_newest() -> None:
    client = Client(
        orders=[{"id": 7, "timestamp": ms(AT + SECOND)}],
        trades=[{"timestamp": ms(AT + 2 * SECOND)}, {"timestamp": ms(AT - SECOND)}],
        positions=[
            {"symbol": SWAP, "contracts": 30, "side": "short"},
            {"symbol": "ETH/USDT:USDT", "contracts": 1, "side": "long"},
        ],
    )
    found = looks(client, bot()).look("b1", AT)
    assert (found.open_orders, found.positions) == (("7",), {"BTC-USDT": Decimal("-0.30")})
    assert (found.last_order_at, found.last_fill_at) == (AT + SECOND, AT + 2 * SECOND)
    assert (found.at, found.source) == (AT + 9 * SECOND, "ccxt bitget")
    assert client.asked == [SWAP, (SWAP, ms(AT), 100), [SWAP]]


def test_spot_holds_its_balance() -> None:
    found = looks(Client(total={"BTC": 0.5}), bot(connector="bitget")).look("b1", AT)
    assert found.positions == {"BTC-USDT": Decimal("0.5")}


def test_full_page_of_fills_may_lack_the_newest() -> None:
    client = Client(trades=[{"timestamp": ms(AT + SECOND)}] * 100)
    assert looks(client, bot()).look("b1", AT).last_fill_at == AT + 9 * SECOND


def test_outage_is_a_look_that_knows_nothing() -> None:
    found = looks(Client(orders=TimeoutError("the venue is away")), bot()).look("b1", AT - timedelta(hours=1))
    assert (found.is_known, found.open_orders, found.lacks) == (False, None, "the venue is away")


def test_key_that_cannot_be_opened_is_a_look_that_knows_nothing() -> None:
    def opening(_bot: Bot) -> Client:
        raise InputError("the environment has no KEY")

    found = KeyLooks({"b1": bot()}, lambda: AT, opening).look("b1", AT)
    assert (found.at, found.is_known, found.lacks) == (AT, False, "the environment has no KEY")


def test_symbols_are_those_of_the_desk_or_linear_contracts() -> None:
    assert symbol_of(bot(), "BTC-USDT") == SWAP
    assert symbol_of(bot(connector="bitget"), "BTC-USDT") == "BTC/USDT"
    named = bot(pairs=["HYPE-USD"], symbols={"HYPE-USD": "HYPE/USDC:USDC"})
    assert symbol_of(named, "HYPE-USD") == "HYPE/USDC:USDC"


def test_key_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"ccxt, which is not installed|the environment has no NO_KEY"):
        open_client(bot(control=KEY))
    with pytest.raises(InputError, match="control has no venue"):
        open_client(bot())
