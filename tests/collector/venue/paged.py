"""All records of an export of a played venue, by the paging of snapshots."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from collector.venue.conformance import Rows, compared, read
from deskgate.collector.venue.api import Export, FiltersBy, VenueApi
from deskgate.collector.venue.paging import collect
from deskgate.config.instants import instant_of
from loopback.book import Book, Market, Order
from loopback.many import BEGIN, NOW

__all__ = ["Item", "as_kept", "collected", "listed", "of_market"]

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


def listed(client: Any, api: VenueApi, export: Export, market: Market) -> Rows:
    """Return what is compared of an export; where it is not asked for by market, of the records of one."""
    records = collected(client, api, export, market)
    if not api.endpoints[export].by_symbol:
        records = [each for each in records if each.get("symbol") in (None, market.symbol)]
    return compared(export, records)


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


def as_kept(book: Book, kept: timedelta) -> Book:
    """Return what a venue still lists when it drops orders that ended without a fill some time ago."""
    old = NOW - kept // timedelta(milliseconds=1)

    def is_listed(order: Order) -> bool:
        return order.status == "open" or order.filled != "0" or order.updated >= old

    return replace(book, orders=tuple(filter(is_listed, book.orders)))
