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

    def __init__(self, venue: str = "bitget", **answers: Any) -> None:
        self.id, self.answers, self.asked = venue, answers, list[Any]()
        self.has: Mapping[str, Any] = {"fetchCanceledAndClosedOrders": True, **answers.get("has", {})}

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

    def fetch_canceled_and_closed_orders(self, symbol: str, since: int, limit: int) -> Any:
        """Return the orders that have ended."""
        self.asked.append((symbol, since, limit))
        return self.answers.get("ended", [])

    def fetch_closed_orders(self, symbol: str, since: int, limit: int) -> Any:
        """Return the closed orders."""
        return self.answers.get("closed", [])

    def fetch_canceled_orders(self, symbol: str, since: int, limit: int) -> Any:
        """Return the cancelled orders."""
        return self.answers.get("canceled", [])

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
    assert client.asked == [SWAP, (SWAP, ms(AT), 100), (SWAP, ms(AT), 100), [SWAP]]


def test_spot_holds_its_balance() -> None:
    found = looks(Client(total={"BTC": 0.5}), bot(connector="bitget")).look("b1", AT)
    assert found.positions == {"BTC-USDT": Decimal("0.5")}


def test_full_page_of_fills_may_lack_the_newest() -> None:
    client = Client(trades=[{"timestamp": ms(AT + SECOND)}] * 100)
    assert looks(client, bot()).look("b1", AT).last_fill_at == AT + 9 * SECOND


ENDED = [{"timestamp": ms(AT + 3 * SECOND)}]
APART = {"fetchCanceledAndClosedOrders": None, "fetchClosedOrders": True, "fetchCanceledOrders": True}


@pytest.mark.parametrize(
    "client",
    [
        Client(ended=ENDED),
        Client(has=APART, closed=ENDED),
        Client(has=APART, canceled=ENDED),
        Client("gate", has={"fetchCanceledAndClosedOrders": None}, closed=ENDED),
    ],
)
def test_order_that_was_made_and_cancelled_between_two_looks_is_seen(client: Client) -> None:
    found = looks(client, bot()).look("b1", AT)
    assert (found.open_orders, found.last_order_at, found.is_known) == ((), AT + 3 * SECOND, True)


@pytest.mark.parametrize("also", [{}, {"fetchClosedOrders": True}])
def test_client_that_cannot_list_ended_orders_knows_not_that_none_was_made(also: dict[str, bool]) -> None:
    found = looks(Client(has={"fetchCanceledAndClosedOrders": None, **also}), bot()).look("b1", AT)
    assert (found.is_known, found.lacks) == (False, "ccxt cannot list the orders that ended at bitget")


def test_position_of_no_size_is_not_flat() -> None:
    found = looks(Client(positions=[{"symbol": SWAP, "contracts": None}]), bot()).look("b1", AT)
    assert (found.positions, found.is_known) == (None, False)
    assert found.lacks == "bitget does not say how large the position in BTC-USDT is"


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
