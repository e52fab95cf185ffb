"""Gate through a real ccxt client: all of a spot and of two futures accounts, each record once, in whole seconds."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import ccxt
import pytest

from collector.venue.conformance import client_of, in_book, read
from collector.venue.paged import as_kept, collected, listed, of_market
from deskgate.collector.venue.api import Export, VenueApi
from deskgate.collector.venue.venues_gate import VENUES
from loopback.book import Market
from loopback.gate import Gate
from loopback.listing import DAY_MS
from loopback.many import NOW, busy
from loopback.server import Played, play

SPOT, PERPETUAL = VENUES
LINEAR = Market(base="BTC", quote="USDT", settle="USDT", contract_size="0.0001", lot="1")
INVERSE = Market(base="BTC", quote="USD", settle="BTC", contract_size="1", lot="1")
PAIR = Market(base="ETH", quote="USDT", lot="0.0001")
CASES = [
    (PERPETUAL, LINEAR, timedelta(minutes=10)),
    (PERPETUAL, INVERSE, timedelta(minutes=10)),
    (SPOT, PAIR, timedelta(days=30)),
]
BOOK = busy(LINEAR, INVERSE, PAIR)


@pytest.fixture(scope="module")
def venue() -> Iterator[Played]:
    with play(Gate(BOOK, lambda: NOW)) as played:
        yield played


@pytest.mark.parametrize(("api", "market", "kept"), CASES, ids=["linear", "inverse", "spot"])
def test_every_record_comes_once(venue: Played, api: VenueApi, market: Market, kept: timedelta) -> None:
    client, book = client_of(api, venue), of_market(BOOK, market)
    for export in (Export.MY_TRADES, Export.CANCELED_AND_CLOSED_ORDERS, Export.OPEN_ORDERS):
        assert listed(client, api, export, market) == in_book(as_kept(book, kept), export) != []


@pytest.mark.parametrize("market", [LINEAR, INVERSE], ids=["linear", "inverse"])
def test_funding_without_an_id_comes_once(venue: Played, market: Market) -> None:
    found = collected(client_of(PERPETUAL, venue), PERPETUAL, Export.FUNDING_HISTORY, market)
    assert [(each["symbol"], each["code"], Decimal(str(each["amount"])), each["timestamp"]) for each in found] == [
        (each.symbol, each.asset, Decimal(each.amount), each.ts // 1000 * 1000)
        for each in of_market(BOOK, market).payments
    ]


def test_money_comes_once(venue: Played) -> None:
    client = client_of(SPOT, venue)
    deposits = collected(client, SPOT, Export.DEPOSITS, PAIR)
    withdrawals = collected(client, SPOT, Export.WITHDRAWALS, PAIR)
    assert [each["id"] for each in deposits] == [f"d{each.id}" for each in BOOK.movements if each.kind == "deposit"]
    assert [each["id"] for each in withdrawals] == [
        f"w{each.id}" for each in BOOK.movements if each.kind == "withdrawal"
    ]
    # ccxt sends milliseconds where the ledger's filter takes seconds: the record's own fields correct it.
    booked = collected(client, SPOT, Export.LEDGER, PAIR)
    assert [each["id"] for each in booked] == [each.id for each in BOOK.movements if each.kind == "transfer"]


def test_amounts_are_in_contracts_of_the_specification(venue: Played) -> None:
    client = client_of(PERPETUAL, venue)
    sizes = {name: (each["contractSize"], each["inverse"]) for name, each in client.markets.items()}
    assert sizes == {LINEAR.symbol: (0.0001, False), INVERSE.symbol: (1, True)}
    for market, total in ((LINEAR, {"USDT": 57.89945674}), (INVERSE, {"BTC": 0.4})):
        held = collected(client, PERPETUAL, Export.POSITIONS, market)
        assert [(each["symbol"], each["side"], each["contracts"]) for each in held] == [(market.symbol, "short", 0.005)]
        assert client.fetch_balance({"settle": market.settle})["total"] == total


def test_a_span_of_more_than_thirty_days_is_refused(venue: Played) -> None:
    endpoint = SPOT.endpoints[Export.MY_TRADES]
    with pytest.raises(ccxt.BadRequest):
        read(client_of(SPOT, venue), endpoint, PAIR, {}, NOW - 31 * DAY_MS, NOW)
