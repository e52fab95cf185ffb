"""What account exports show of a bot before they are read in full."""

from collections.abc import Mapping
from pathlib import Path

from deskgate.sources.ccxt.exports import pair_of
from deskgate.sources.discovery.facts import Facts
from deskgate.sources.exact_json import first
from deskgate.sources.records import RecordError

__all__ = ["facts_of_export"]


def facts_of_export(_file: Path, document: object, _bot: str) -> Facts:
    """Return the pairs in a list of trades, orders or positions; ccxt's exports do not name their venue."""
    pairs = []
    for entry in document if isinstance(document, list) else []:
        try:
            pairs.append((None, pair_of(first(entry, "symbol") if isinstance(entry, Mapping) else None)))
        except RecordError:
            continue
    return Facts.from_rows(pairs)
