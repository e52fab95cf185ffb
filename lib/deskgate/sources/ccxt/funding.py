"""The funding payments of a venue account, from ccxt-shaped exports."""

from collections.abc import Iterator

from deskgate.sources.ccxt.exports import Item, exact, pair_of, read_entries, symbol_of
from deskgate.sources.exact_json import field, first
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import Row
from deskgate.sources.source_file import SourceFile

__all__ = ["read_funding_history"]


def read_funding_history(source: SourceFile) -> ParsedSource:
    """Return one row a payment, negative when paid."""
    return read_entries(source, _funding)


def _funding(item: Item) -> Iterator[tuple[str, Row]]:
    info = field(item, "info")
    yield (
        "funding",
        {
            "ts": first(item, "timestamp", "datetime"),
            "pair": pair_of(first(item, "symbol")),
            "symbol": symbol_of(first(item, "symbol")),
            "funding_id": first(item, "id"),
            "amount": exact(first(item, "amount"), first(info, "amount"), first(info, "income")),
            "rate": first(item, "rate", "fundingRate"),
        },
    )
