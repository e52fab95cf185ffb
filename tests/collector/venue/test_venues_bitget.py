"""Bitget through a real ccxt client: all of an account, each record once; what the venue refuses."""

from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from collector.venue.conformance import client_of, in_book, read
from collector.venue.paged import listed, of_market
from deskgate.collector.venue.api import Export, VenueApi
from deskgate.collector.venue.venues_bitget import VENUES
from loopback.bitget import Bitget
from loopback.book import Market
from loopback.listing import DAY_MS
from loopback.many import BEGIN, NOW, busy
from loopback.server import Misbehaviour, Played, play

SPOT, PERPETUAL = VENUES
LINEAR = Market(base="BTC", quote="USDT", settle="USDT", tick="0.1", lot="0.0001")
INVERSE = Market(base="BTC", quote="USD", settle="BTC", tick="0.1", lot="0.0001")
PAIR = Market(base="BTC", quote="USDT", tick="0.01", lot="0.000001")
CASES = [(PERPETUAL, LINEAR), (PERPETUAL, INVERSE), (SPOT, PAIR)]
NAMES = ["linear", "inverse", "spot"]
BOOK = busy(LINEAR, INVERSE, PAIR)


@pytest.fixture(scope="module")
def venue() -> Iterator[Played]:
    with play(Bitget(BOOK, lambda: NOW)) as played:
        yield played


@pytest.mark.parametrize(("api", "market"), CASES, ids=NAMES)
def test_every_record_comes_once(venue: Played, api: VenueApi, market: Market) -> None:
    client, book = client_of(api, venue), of_market(BOOK, market)
    paid = [] if market.is_spot else [Export.FUNDING_HISTORY]
    for export in (Export.MY_TRADES, Export.CANCELED_AND_CLOSED_ORDERS, Export.OPEN_ORDERS, *paid):
        assert listed(client, api, export, market) == in_book(book, export) != []


@pytest.mark.parametrize("export", [Export.TRANSFERS, Export.DEPOSITS, Export.WITHDRAWALS])
def test_money_comes_once_in_both_directions(venue: Played, export: Export) -> None:
    client = client_of(PERPETUAL, venue)
    assert listed(client, PERPETUAL, export, LINEAR) == in_book(BOOK, export)


def test_contracts_are_of_one_base_and_positions_are_in_it(venue: Played) -> None:
    client = client_of(PERPETUAL, venue)
    sizes = {name: (market["contractSize"], market["inverse"]) for name, market in client.markets.items()}
    assert sizes == {LINEAR.symbol: (1, False), INVERSE.symbol: (1, True)}
    held = [client.fetch_positions([market.symbol])[0] for market in (LINEAR, INVERSE)]
    assert [(p["symbol"], p["side"], p["contracts"]) for p in held] == [
        (m.symbol, "short", 0.005) for m in (LINEAR, INVERSE)
    ]
    assert client.fetch_balance()["total"] == {"USDT": 57.89945674}
    assert client_of(SPOT, venue).fetch_balance()["total"] == {"USDT": 57.89945674, "BTC": 0.4}


@pytest.mark.parametrize(
    ("since", "until", "error"),
    [
        (BEGIN - 8 * DAY_MS, BEGIN, ccxt.BadRequest),
        (NOW - 91 * DAY_MS, NOW - 90 * DAY_MS, ccxt.ExchangeError),
    ],
    ids=["longer than a week", "older than it keeps"],
)
def test_spans_it_does_not_take_are_refused(venue: Played, since: int, until: int, error: type[Exception]) -> None:
    client = client_of(PERPETUAL, venue)
    with pytest.raises(error):
        read(client, PERPETUAL.endpoints[Export.MY_TRADES], LINEAR, {}, since, until)


def _first_page(misbehaviour: Misbehaviour) -> list[Any]:
    with play(Bitget(BOOK, lambda: NOW, misbehaviour)) as played:
        client = client_of(PERPETUAL, played)
        return read(client, PERPETUAL.endpoints[Export.MY_TRADES], LINEAR, {}, BEGIN, NOW)


def test_pages_may_be_shorter_than_asked_or_empty() -> None:
    assert len(_first_page(Misbehaviour(page_limit=7))) == 7
    assert _first_page(Misbehaviour(empty_page=1)) == []


@pytest.mark.parametrize(
    ("failure", "error"),
    [("rate_limit", ccxt.DDoSProtection), ("server", ccxt.ExchangeError), ("hang_up", ccxt.NetworkError)],
)
def test_failures_are_what_ccxt_makes_of_them(failure: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        _first_page(Misbehaviour(failures=[failure]))


def test_a_wrong_clock_is_refused_where_it_is_checked() -> None:
    with pytest.raises(ccxt.InvalidNonce):
        _first_page(Misbehaviour(checks_clock=True))
