"""Bybit through a real ccxt client: all of an account, each record once; what the venue refuses or has forgotten."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import ccxt
import pytest

from collector.venue.conformance import client_of, compared, in_book, read
from collector.venue.paged import as_kept, collected, listed, of_market
from deskgate.collector.venue.api import Export, VenueApi
from deskgate.collector.venue.venues_bybit import VENUES
from loopback.book import Market, signed
from loopback.bybit import Bybit
from loopback.listing import DAY_MS
from loopback.many import BEGIN, NOW, busy
from loopback.server import Misbehaviour, Played, play

SPOT, PERPETUAL = VENUES
LINEAR = Market(base="BTC", quote="USDT", settle="USDT", tick="0.1", lot="0.001")
INVERSE = Market(base="BTC", quote="USD", settle="BTC", contract_size="1", tick="0.5", lot="1")
PAIR = Market(base="BTC", quote="USDT", tick="0.01", lot="0.000001")
EACH = pytest.mark.parametrize(
    ("api", "market"), [(PERPETUAL, LINEAR), (PERPETUAL, INVERSE), (SPOT, PAIR)], ids=["linear", "inverse", "spot"]
)
BOOK = busy(LINEAR, INVERSE, PAIR)


@pytest.fixture(scope="module")
def venue() -> Iterator[Played]:
    with play(Bybit(BOOK, lambda: NOW)) as played:
        yield played


@EACH
def test_every_trade_and_order_comes_once(venue: Played, api: VenueApi, market: Market) -> None:
    client, book = client_of(api, venue), of_market(BOOK, market)
    records = collected(client, api, Export.MY_TRADES, market)
    fees = [str(record["info"]["execFee"]) for record in records]
    assert sorted(fees) == sorted(trade.fee for trade in book.trades)
    if not market.is_spot:
        # ccxt takes the asset of a spot fee from the side alone.
        assert compared(Export.MY_TRADES, records) == in_book(book, Export.MY_TRADES)
    ended, kept = Export.CANCELED_AND_CLOSED_ORDERS, as_kept(book, timedelta(days=1))
    assert listed(client, api, ended, market) == in_book(kept, ended)


def test_the_first_page_of_open_orders_is_all_that_ccxt_asks_for(venue: Played) -> None:
    client = client_of(PERPETUAL, venue)
    # 68 are open: a full page is not the end.
    assert (
        len(collected(client, PERPETUAL, Export.OPEN_ORDERS, LINEAR)) == PERPETUAL.endpoints[Export.OPEN_ORDERS].limit
    )


def test_payments_come_once_and_are_positive_when_paid(venue: Played) -> None:
    client = client_of(PERPETUAL, venue)
    book = of_market(BOOK, LINEAR)
    paid = replace(book, payments=tuple(replace(each, amount=signed(each.amount, True)) for each in book.payments))
    assert listed(client, PERPETUAL, Export.FUNDING_HISTORY, LINEAR) == in_book(paid, Export.FUNDING_HISTORY)


def test_a_page_of_payments_is_as_long_as_its_record_says(venue: Played) -> None:
    endpoint = PERPETUAL.endpoints[Export.FUNDING_HISTORY]
    assert len(read(client_of(PERPETUAL, venue), endpoint, LINEAR, {}, BEGIN, NOW)) == endpoint.limit == 100


@pytest.mark.parametrize("api", VENUES, ids=["spot", "perpetual"])
@pytest.mark.parametrize("export", [Export.TRANSFERS, Export.DEPOSITS, Export.WITHDRAWALS])
def test_money_comes_once(venue: Played, api: VenueApi, export: Export) -> None:
    assert listed(client_of(api, venue), api, export, LINEAR) == in_book(BOOK, export)


def test_contracts_positions_and_balances(venue: Played) -> None:
    client = client_of(PERPETUAL, venue)
    sizes = {name: (market["contractSize"], market["inverse"]) for name, market in client.markets.items()}
    assert sizes == {LINEAR.symbol: (1, False), INVERSE.symbol: (1, True)}
    held = [
        (p["symbol"], p["side"], p["contracts"], p["hedged"])
        for p in client.fetch_positions(None, {"settleCoin": "USDT"})
    ]
    assert held == [(LINEAR.symbol, "short", 0.005, False)]
    assert client.fetch_balance()["total"] == {"USDT": 57.89945674, "BTC": 0.4}


def test_hedged_positions_say_so() -> None:
    with play(Bybit(busy(LINEAR, records=14, hedge=True), lambda: NOW)) as played:
        held = client_of(PERPETUAL, played).fetch_positions([LINEAR.symbol])
    assert [(p["side"], p["hedged"]) for p in held] == [("short", True)]


@EACH
def test_spans_it_does_not_take_are_refused(venue: Played, api: VenueApi, market: Market) -> None:
    with pytest.raises(ccxt.BadRequest):
        read(client_of(api, venue), api.endpoints[Export.MY_TRADES], market, {}, BEGIN - 8 * DAY_MS, BEGIN)


@pytest.mark.parametrize(("failure", "error"), [("rate_limit", ccxt.RateLimitExceeded), ("server", ccxt.ExchangeError)])
def test_failures_are_what_ccxt_makes_of_them(failure: str, error: type[Exception]) -> None:
    with play(Bybit(BOOK, lambda: NOW, Misbehaviour(failures=[failure]))) as played, pytest.raises(error):
        read(client_of(PERPETUAL, played), PERPETUAL.endpoints[Export.MY_TRADES], LINEAR, {}, BEGIN, NOW)
