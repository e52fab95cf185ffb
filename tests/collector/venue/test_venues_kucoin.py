"""KuCoin through a real ccxt client: all of a spot and of a futures account, each record once."""

from collections.abc import Iterator

import pytest

from collector.venue.conformance import client_of, in_book, read
from collector.venue.paged import collected, listed, of_market
from deskgate.collector.venue.api import Export, VenueApi
from deskgate.collector.venue.venues_kucoin import VENUES
from loopback.book import Book, Market
from loopback.kucoin_futures import KucoinFutures
from loopback.kucoin_spot import KucoinSpot
from loopback.listing import DAY_MS
from loopback.many import BEGIN, NOW, busy
from loopback.server import Played, play

SPOT, PERPETUAL = VENUES
LINEAR = Market(base="BTC", quote="USDT", settle="USDT", contract_size="0.001", lot="1")
INVERSE = Market(base="BTC", quote="USD", settle="BTC", contract_size="1", lot="1")
PAIR = Market(base="ETH", quote="USDT", lot="0.0001")
SPOT_BOOK, FUTURES_BOOK = busy(PAIR), busy(LINEAR, INVERSE)
CASES = [(PERPETUAL, LINEAR), (PERPETUAL, INVERSE), (SPOT, PAIR)]


@pytest.fixture(scope="module")
def venues() -> Iterator[dict[str, Played]]:
    with play(KucoinSpot(SPOT_BOOK, lambda: NOW)) as spot, play(KucoinFutures(FUTURES_BOOK, lambda: NOW)) as futures:
        yield {SPOT.connector: spot, PERPETUAL.connector: futures}


def _book(market: Market) -> Book:
    return of_market(SPOT_BOOK if market.is_spot else FUTURES_BOOK, market)


@pytest.mark.parametrize(("api", "market"), CASES, ids=["linear", "inverse", "spot"])
def test_every_record_comes_once(venues: dict[str, Played], api: VenueApi, market: Market) -> None:
    client, book = client_of(api, venues[api.connector]), _book(market)
    for export in (Export.MY_TRADES, Export.CANCELED_AND_CLOSED_ORDERS, Export.OPEN_ORDERS):
        assert listed(client, api, export, market) == in_book(book, export) != []


def test_funding_of_ten_a_page_comes_once(venues: dict[str, Played]) -> None:
    found = collected(client_of(PERPETUAL, venues[PERPETUAL.connector]), PERPETUAL, Export.FUNDING_HISTORY, LINEAR)
    payments = _book(LINEAR).payments
    # ccxt makes a float of the id.
    assert [(int(each["id"]), each["amount"], each["timestamp"]) for each in found] == [
        (int(each.id), float(each.amount), each.ts) for each in payments
    ]


@pytest.mark.parametrize("api", VENUES, ids=["spot", "perpetual"])
def test_money_comes_once(venues: dict[str, Played], api: VenueApi) -> None:
    client, market = client_of(api, venues[api.connector]), PAIR
    assert listed(client, api, Export.WITHDRAWALS, market) == in_book(SPOT_BOOK, Export.WITHDRAWALS)
    deposits = collected(client, api, Export.DEPOSITS, market)
    assert [each["txid"] for each in deposits] == [
        f"0x{each.id}" for each in SPOT_BOOK.movements if each.kind == "deposit"
    ]
    booked = collected(client, api, Export.LEDGER, market)
    assert len(booked) == sum(each.kind == "transfer" for each in SPOT_BOOK.movements)


def test_amounts_are_in_contracts_of_the_specification(venues: dict[str, Played]) -> None:
    client = client_of(PERPETUAL, venues[PERPETUAL.connector])
    sizes = {name: (each["contractSize"], each["inverse"]) for name, each in client.markets.items()}
    assert sizes == {LINEAR.symbol: (0.001, False), INVERSE.symbol: (1, True)}
    held = collected(client, PERPETUAL, Export.POSITIONS, LINEAR)
    assert {(each["symbol"], each["side"], each["contracts"]) for each in held} == {
        (LINEAR.symbol, "short", 0.005),
        (INVERSE.symbol, "short", 0.005),
    }
    assert client.fetch_balance({"type": "swap", "code": "USDT"})["total"] == {"USDT": 57.89945674}


def test_a_span_of_more_than_a_week_is_cut_without_an_error(venues: dict[str, Played]) -> None:
    client = client_of(PERPETUAL, venues[PERPETUAL.connector])
    endpoint = PERPETUAL.endpoints[Export.MY_TRADES]
    assert read(client, endpoint, LINEAR, {}, BEGIN - 8 * DAY_MS, NOW) == []
