"""Binance through a real ccxt client: all of an account, each record once; what the venue refuses or has forgotten."""

from collections.abc import Iterator

import ccxt
import pytest

from collector.venue.conformance import client_of, in_book, read
from collector.venue.paged import collected, listed, of_market
from deskgate.collector.venue.api import Export, VenueApi
from deskgate.collector.venue.venues_binance import VENUES
from loopback.binance import Binance
from loopback.book import Book, Market
from loopback.listing import DAY_MS
from loopback.many import BEGIN, NOW, busy
from loopback.server import Misbehaviour, Played, play

SPOT, PERPETUAL = VENUES
LINEAR = Market(base="ETH", quote="USDT", settle="USDT", tick="0.01", lot="0.001")
PAIR = Market(base="ETH", quote="USDT", tick="0.01", lot="0.0001")
EACH = pytest.mark.parametrize(("api", "market"), [(PERPETUAL, LINEAR), (SPOT, PAIR)], ids=["linear", "spot"])
BOOK = busy(LINEAR, PAIR)


@pytest.fixture(scope="module")
def venue() -> Iterator[Played]:
    # Pages of 100: three of them are cheap.
    with play(Binance(BOOK, lambda: NOW, Misbehaviour(page_limit=100))) as played:
        yield played


@EACH
def test_every_record_comes_once(venue: Played, api: VenueApi, market: Market) -> None:
    client, book = client_of(api, venue), of_market(BOOK, market)
    paid = [] if market.is_spot else [Export.FUNDING_HISTORY]
    for export in (Export.MY_TRADES, Export.ORDERS, Export.OPEN_ORDERS, *paid):
        assert listed(client, api, export, market) == in_book(book, export) != []


@pytest.mark.parametrize("api", VENUES, ids=["spot", "perpetual"])
def test_money_comes_once_in_both_directions(venue: Played, api: VenueApi) -> None:
    client = client_of(api, venue)
    for export in (Export.TRANSFERS, Export.DEPOSITS):
        assert listed(client, api, export, LINEAR) == in_book(BOOK, export)
    # A withdrawal has whole seconds.
    assert listed(client, api, Export.WITHDRAWALS, LINEAR) == [
        (*row[:3], int(str(row[3])) // 1000 * 1000) for row in in_book(BOOK, Export.WITHDRAWALS)
    ]


def test_the_end_of_withdrawals_is_the_one_that_was_asked_for(venue: Played) -> None:
    client = client_of(SPOT, venue)
    found = read(client, SPOT.endpoints[Export.WITHDRAWALS], PAIR, {}, BEGIN, BEGIN + DAY_MS)
    assert 0 < len(found) < len(in_book(BOOK, Export.WITHDRAWALS))
    assert max(record["timestamp"] for record in found) <= BEGIN + DAY_MS


def test_contracts_are_of_one_base_and_positions_are_in_it(venue: Played) -> None:
    client = client_of(PERPETUAL, venue)
    assert {name: market["contractSize"] for name, market in client.markets.items()} == {LINEAR.symbol: 1}
    held = [(p["symbol"], p["side"], p["contracts"], p["hedged"]) for p in client.fetch_positions()]
    assert held == [(LINEAR.symbol, "short", 0.005, False)]
    assert client.fetch_balance()["total"]["USDT"] == 57.89945674
    assert client_of(SPOT, venue).fetch_balance()["total"] == {"USDT": 57.89945674, "BTC": 0.4}


def test_hedged_positions_say_so() -> None:
    with play(Binance(busy(LINEAR, records=14, hedge=True), lambda: NOW)) as played:
        held = client_of(PERPETUAL, played).fetch_positions()
    assert [(p["side"], p["hedged"]) for p in held] == [("short", True)]


@EACH
def test_spans_it_does_not_take_are_refused(venue: Played, api: VenueApi, market: Market) -> None:
    client = client_of(api, venue)
    with pytest.raises(ccxt.BadRequest):
        read(client, api.endpoints[Export.MY_TRADES], market, {}, BEGIN - 8 * DAY_MS, BEGIN)


def test_orders_that_were_cancelled_without_a_fill_are_gone_after_three_days() -> None:
    cancelled = tuple(order for order in busy(LINEAR, records=20).orders if order.status == "canceled")
    book = Book(markets=(LINEAR,), orders=cancelled)
    now = max(order.created for order in cancelled) + 3 * DAY_MS + 1
    with play(Binance(book, lambda: now)) as played:
        assert collected(client_of(PERPETUAL, played), PERPETUAL, Export.ORDERS, LINEAR) == []


def test_candles_are_the_minutes_of_the_book(venue: Played) -> None:
    candles = client_of(PERPETUAL, venue).fetch_ohlcv(LINEAR.symbol, "1m", BEGIN, 3)
    assert [candle[:5] for candle in candles] == [
        [BEGIN + n * 60_000, 70000.1, 70001.0, 69999.5, 70000.7] for n in range(3)
    ]


def test_the_futures_test_network_is_asked_although_ccxt_warns_of_it() -> None:
    client = ccxt.binanceusdm({"apiKey": "k", "secret": "s", "options": {**PERPETUAL.options}})
    client.set_sandbox_mode(True)
    assert client.sign("userTrades", ["fapiPrivate"], "GET", {})["url"].startswith(
        "https://testnet.binancefuture.com/fapi/v1/"
    )
