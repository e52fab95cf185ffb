"""What account exports show of a bot before they are read in full."""

from collections.abc import Mapping
from pathlib import Path

from deskgate.sources.ccxt.history import pair_of
from deskgate.sources.discovery.facts import Facts
from deskgate.sources.exact_json import field, first
from deskgate.sources.records import RecordError

__all__ = ["bots_of_snapshot", "facts_of_export", "facts_of_snapshot"]


def bots_of_snapshot(_file: Path, document: object) -> set[str]:
    """Return the bots that a combined account snapshot has an entry for."""
    return set(field(document, "bots"))


def facts_of_snapshot(_file: Path, document: object, bot: str) -> Facts:
    """Return the connector and pair in a bot's entry of a combined account snapshot."""
    entry = field(document, "bots", bot)
    return Facts.from_rows([(first(entry, "exchange"), first(entry, "trading_pair"))])


def facts_of_export(_file: Path, document: object, _bot: str) -> Facts:
    """Return the pairs in a list of trades, orders or positions; ccxt's exports do not name their venue."""
    pairs = []
    for entry in document if isinstance(document, list) else []:
        try:
            pairs.append((None, pair_of(first(entry, "symbol") if isinstance(entry, Mapping) else None)))
        except RecordError:
            continue
    return Facts.from_rows(pairs)
