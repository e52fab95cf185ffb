"""OKX through a real ccxt client: all of an account, each record once, and what the venue drops."""

from collections.abc import Iterator
from datetime import timedelta

import ccxt
import pytest

from collector.venue.conformance import client_of, in_book
from collector.venue.paged import as_kept, collected, listed, of_market
from deskgate.collector.venue.api import Export, VenueApi
from deskgate.collector.venue.venues_okx import VENUES
from loopback.book import Market
from loopback.many import NOW, busy
from loopback.okx import Okx
from loopback.server import Misbehaviour, Played, play

SPOT, PERPETUAL = VENUES
LINEAR = Market(base="BTC", quote="USDT", settle="USDT", contract_size="0.01", lot="1")
INVERSE = Market(base="BTC", quote="USD", settle="BTC", contract_size="100", lot="1")
PAIR = Market(base="ETH", quote="USDT", lot="0.0001")
CASES = [(PERPETUAL, LINEAR), (PERPETUAL, INVERSE), (SPOT, PAIR)]
BOOK = busy(LINEAR, INVERSE, PAIR)


@pytest.fixture(scope="module")
def venue() -> Iterator[Played]:
    with play(Okx(BOOK, lambda: NOW)) as played:
        yield played


@pytest.mark.parametrize(("api", "market"), CASES, ids=["linear", "inverse", "spot"])
def test_every_record_comes_once(venue: Played, api: VenueApi, market: Market) -> None:
    client, book = client_of(api, venue), of_market(BOOK, market)
    paid = [] if market.is_spot else [Export.FUNDING_HISTORY]
    for export in (Export.MY_TRADES, Export.CLOSED_ORDERS, Export.CANCELED_ORDERS, *paid):
        assert listed(client, api, export, market) == in_book(as_kept(book, timedelta(hours=2)), export) != []


@pytest.mark.parametrize("export", [Export.TRANSFERS, Export.DEPOSITS, Export.WITHDRAWALS])
def test_money_comes_once(venue: Played, export: Export) -> None:
    assert listed(client_of(SPOT, venue), SPOT, export, PAIR) == in_book(BOOK, export)


def test_amounts_are_in_contracts_of_the_specification(venue: Played) -> None:
    client = client_of(PERPETUAL, venue)
    sizes = {name: (each["contractSize"], each["inverse"]) for name, each in client.markets.items()}
    assert sizes == {LINEAR.symbol: (0.01, False), INVERSE.symbol: (100, True)}
    held = collected(client, PERPETUAL, Export.POSITIONS, LINEAR)
    assert [(each["symbol"], each["side"], each["contracts"], each["hedged"]) for each in held] == [
        (market.symbol, "short", 0.005, False) for market in (LINEAR, INVERSE)
    ]
    assert client.fetch_balance()["total"] == {"USDT": 57.89945674, "BTC": 0.4}


def test_hedged_trades_name_their_position() -> None:
    with play(Okx(busy(LINEAR, records=4, hedge=True), lambda: NOW)) as played:
        client = client_of(PERPETUAL, played)
        trades = collected(client, PERPETUAL, Export.MY_TRADES, LINEAR)
        assert [each["info"]["posSide"] for each in trades] == ["long", "short"] * 2
        assert [each["hedged"] for each in collected(client, PERPETUAL, Export.POSITIONS, LINEAR)] == [True]


def test_open_orders_come_up_to_a_page(venue: Played) -> None:
    found = listed(client_of(SPOT, venue), SPOT, Export.OPEN_ORDERS, PAIR)
    assert found == in_book(of_market(BOOK, PAIR), Export.OPEN_ORDERS)
    # Both perpetuals together have more of them than a page, and OKX has no filter by time here.
    both = collected(client_of(PERPETUAL, venue), PERPETUAL, Export.OPEN_ORDERS, LINEAR)
    assert len(both) == PERPETUAL.endpoints[Export.OPEN_ORDERS].most == 100


@pytest.mark.parametrize(
    "misbehaviour", [Misbehaviour(page_limit=40), Misbehaviour(empty_page=2)], ids=["short", "empty"]
)
def test_short_and_empty_pages_lose_nothing(misbehaviour: Misbehaviour) -> None:
    with play(Okx(BOOK, lambda: NOW, misbehaviour)) as played:
        found = listed(client_of(SPOT, played), SPOT, Export.MY_TRADES, PAIR)
    assert found == in_book(of_market(BOOK, PAIR), Export.MY_TRADES)


@pytest.mark.parametrize(
    ("failure", "error"),
    [("rate_limit", ccxt.RateLimitExceeded), ("server", ccxt.ExchangeNotAvailable), ("key", ccxt.AuthenticationError)],
)
def test_failures_are_what_ccxt_makes_of_them(failure: str, error: type[Exception]) -> None:
    misbehaviour = Misbehaviour()
    with play(Okx(BOOK, lambda: NOW, misbehaviour)) as played:
        client = client_of(SPOT, played)
        misbehaviour.failures.append(failure)
        with pytest.raises(error):
            client.fetch_my_trades()
