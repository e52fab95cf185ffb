"""All records of an export of a played venue, by the paging of snapshots."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from collector.venue.conformance import read
from deskgate.collector.venue.api import Export, FiltersBy, VenueApi
from deskgate.collector.venue.paging import collect
from deskgate.config.instants import instant_of
from loopback.book import Book, Market, Order
from loopback.many import BEGIN, NOW

__all__ = ["Item", "collected", "ended_as_kept", "of_market"]

Item = Mapping[str, Any]


def collected(client: Any, api: VenueApi, export: Export, market: Market) -> list[Item]:
    """Return the records of two days, of which the paging must say that they are all."""
    endpoint = api.endpoints[export]
    if endpoint.filters_by is FiltersBy.STATE:
        params = {**endpoint.params, **({endpoint.by_settle: market.settle} if endpoint.by_settle else {})}
        asked = {"symbol": market.symbol} if endpoint.by_symbol else {}
        state: list[Item] = getattr(client, endpoint.method)(**asked, params=params)
        return state
    records: list[Item] = []
    for extra in endpoint.each or ({},):
        found = collect(
            partial(read, client, endpoint, market, extra),
            endpoint,
            since=instant_of(BEGIN),
            until=instant_of(NOW),
            key=lambda record: tuple(record[name] for name in endpoint.key),
            time=lambda record: record["timestamp"],
        )
        assert found.reason is None, found.reason
        # Hyperliquid has no more than its newest records.
        assert "newest" not in (found.lost or ""), found.lost
        records += found.records
    return records


def of_market(book: Book, market: Market) -> Book:
    """Return the book of one market."""
    return Book(
        markets=(market,),
        trades=tuple(trade for trade in book.trades if trade.symbol == market.symbol),
        orders=tuple(order for order in book.orders if order.symbol == market.symbol),
        payments=tuple(payment for payment in book.payments if payment.symbol == market.symbol),
        movements=book.movements,
        accounts=book.accounts,
    )


def ended_as_kept(book: Book, kept: timedelta) -> tuple[Order, ...]:
    """Return the ended orders that a venue lists which drops those without a fill."""
    old = NOW - kept // timedelta(milliseconds=1)
    return tuple(each for each in book.orders if each.status != "open" and (each.filled != "0" or each.updated >= old))
