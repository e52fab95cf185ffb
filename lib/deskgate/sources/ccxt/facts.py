"""What account exports show of a bot before they are read in full."""

from collections.abc import Mapping
from pathlib import Path

from deskgate.sources.ccxt.exports import pair_of, symbol_of
from deskgate.sources.discovery.facts import Facts
from deskgate.sources.exact_json import first
from deskgate.sources.records import RecordError

__all__ = ["facts_of_export"]


def facts_of_export(_file: Path, document: object, _bot: str) -> Facts:
    """Return the markets in a list of trades, orders or positions; ccxt's exports do not name their venue.

    Those that are named by a unified symbol are in `symbols`, for what the bot calls them is not known here.
    """
    pairs, symbols = [], set[str]()
    for entry in document if isinstance(document, list) else []:
        name = first(entry, "symbol") if isinstance(entry, Mapping) else None
        try:
            pair = pair_of(name)
        except RecordError:
            continue
        if symbol := symbol_of(name):
            symbols.add(symbol)
        else:
            pairs.append((None, pair))
    facts = Facts.from_rows(pairs)
    facts.symbols = sorted(symbols)
    return facts
