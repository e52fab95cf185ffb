"""The records of venues against the classes of ccxt that they were read from."""

import ccxt
import pytest

from deskgate.collector.venue import (
    venues_binance,
    venues_bitget,
    venues_bybit,
    venues_gate,
    venues_hyperliquid,
    venues_kucoin,
    venues_okx,
)
from deskgate.collector.venue.api import Export, VenueApi

VENUES = [
    api
    for module in (
        venues_binance,
        venues_bitget,
        venues_bybit,
        venues_gate,
        venues_hyperliquid,
        venues_kucoin,
        venues_okx,
    )
    for api in module.VENUES
]
STATES = {
    Export.OPEN_ORDERS: {"open"},
    Export.CLOSED_ORDERS: {"closed"},
    Export.CANCELED_ORDERS: {"canceled"},
    Export.CANCELED_AND_CLOSED_ORDERS: {"closed", "canceled"},
    Export.ORDERS: {"open", "closed", "canceled"},
}
# The other exports of orders are asked for where the venue has no list of all of them.
NEEDED = set(Export) - set(STATES)


def _capability(method: str) -> str:
    return "".join(word if n == 0 else word.capitalize() for n, word in enumerate(method.split("_"))).replace(
        "Ohlcv", "OHLCV"
    )


each_venue = pytest.mark.parametrize("venue", VENUES, ids=[api.connector for api in VENUES])


@each_venue
def test_venue_asks_only_for_what_its_class_has(venue: VenueApi) -> None:
    client = getattr(ccxt, venue.ccxt_id)()
    methods = [endpoint.method for endpoint in venue.endpoints.values()]
    assert [
        method for method in methods if not client.has.get(_capability(method)) or not hasattr(client, method)
    ] == []


@each_venue
def test_venue_names_every_export_once(venue: VenueApi) -> None:
    asked, absent = set(venue.endpoints), set(venue.absent)
    assert (asked & absent, NEEDED - asked - absent) == (set(), set())


@each_venue
def test_orders_of_every_state_are_asked_for(venue: VenueApi) -> None:
    assert set().union(*(STATES.get(export, set()) for export in venue.endpoints)) == STATES[Export.ORDERS]


@each_venue
def test_venue_needs_the_credentials_of_its_class(venue: VenueApi) -> None:
    needed = {name for name, is_needed in getattr(ccxt, venue.ccxt_id)().requiredCredentials.items() if is_needed}
    assert ("password" in needed, "walletAddress" in needed) == (venue.passphrase, venue.by_address)


@each_venue
def test_test_network_is_one_of_ccxt(venue: VenueApi) -> None:
    assert bool(getattr(ccxt, venue.ccxt_id)().has.get("sandbox")) is venue.has_testnet
