"""Hyperliquid through a real ccxt client: all of an address, each record once, without a key."""

from collections.abc import Iterator

import ccxt
import pytest

from collector.venue.conformance import client_of, in_book
from collector.venue.paged import collected, listed, of_market
from deskgate.collector.venue.api import Export, VenueApi
from deskgate.collector.venue.venues_hyperliquid import VENUES
from loopback.book import Market
from loopback.hyperliquid import Hyperliquid
from loopback.many import NOW, busy
from loopback.server import Misbehaviour, Played, play

SPOT, PERPETUAL = VENUES
LINEAR = Market(base="BTC", quote="USDC", settle="USDC", lot="0.00001")
PAIR = Market(base="HYPE", quote="USDC", lot="0.01")
CASES = [(PERPETUAL, LINEAR), (SPOT, PAIR)]
# An answer has 2000 fills and 500 payments.
BOOK = busy(LINEAR, PAIR, records=640)


@pytest.fixture(scope="module")
def venue() -> Iterator[Played]:
    with play(Hyperliquid(BOOK, lambda: NOW, Misbehaviour(page_limit=300))) as played:
        yield played


@pytest.fixture(scope="module")
def unhurried() -> Iterator[Played]:
    with play(Hyperliquid(BOOK, lambda: NOW)) as played:
        yield played


@pytest.mark.parametrize(("api", "market"), CASES, ids=["perpetual", "spot"])
def test_fills_of_both_markets_in_one_list_come_once(venue: Played, api: VenueApi, market: Market) -> None:
    found = listed(client_of(api, venue), api, Export.MY_TRADES, market)
    assert found == in_book(of_market(BOOK, market), Export.MY_TRADES)


@pytest.mark.parametrize(("api", "market"), CASES, ids=["perpetual", "spot"])
def test_orders_come_once_with_their_last_status(api: VenueApi, market: Market) -> None:
    # More of them than the newest 2000 statuses are not listed.
    book = busy(LINEAR, PAIR, records=200)
    with play(Hyperliquid(book, lambda: NOW)) as played:
        client, own = client_of(api, played), of_market(book, market)
        for export in (Export.CANCELED_AND_CLOSED_ORDERS, Export.OPEN_ORDERS):
            assert listed(client, api, export, market) == in_book(own, export) != []


def test_more_orders_than_are_listed_are_said_to_be_missing(unhurried: Played) -> None:
    with pytest.raises(AssertionError, match="has its newest 666 records alone"):
        collected(client_of(PERPETUAL, unhurried), PERPETUAL, Export.CANCELED_AND_CLOSED_ORDERS, LINEAR)


def test_payments_of_one_hash_come_once(venue: Played) -> None:
    found = collected(client_of(PERPETUAL, venue), PERPETUAL, Export.FUNDING_HISTORY, LINEAR)
    assert {each["id"] for each in found} == {"0x" + "0" * 64}
    assert [(each["amount"], each["timestamp"]) for each in found] == [
        (float(each.amount), each.ts) for each in of_market(BOOK, LINEAR).payments
    ]


def test_money_comes_once_in_the_ledger(unhurried: Played) -> None:
    found = collected(client_of(PERPETUAL, unhurried), PERPETUAL, Export.LEDGER, LINEAR)
    kinds = {"deposit": "deposit", "withdrawal": "withdraw", "transfer": "accountClassTransfer"}
    assert [(each["id"], each["info"]["delta"]["type"]) for each in found] == [
        (f"0x{each.id}", kinds[each.kind]) for each in BOOK.movements
    ]


def test_sizes_are_in_base(unhurried: Played) -> None:
    client = client_of(PERPETUAL, unhurried)
    assert {name: each["contractSize"] for name, each in client.markets.items()} == {
        LINEAR.symbol: 1,
        PAIR.symbol: None,
    }
    held = collected(client, PERPETUAL, Export.POSITIONS, LINEAR)
    assert [(each["symbol"], each["side"], each["contracts"]) for each in held] == [(LINEAR.symbol, "short", 0.005)]
    assert client_of(SPOT, unhurried).fetch_balance({"type": "spot"})["total"] == {"USDT": 57.89945674, "BTC": 0.4}


def test_too_many_requests_are_an_error_of_their_own() -> None:
    misbehaviour = Misbehaviour()
    with play(Hyperliquid(BOOK, lambda: NOW, misbehaviour)) as played:
        client = client_of(PERPETUAL, played)
        misbehaviour.failures.append("rate_limit")
        with pytest.raises(ccxt.RateLimitExceeded):
            client.fetch_my_trades(None, NOW - 1000)
