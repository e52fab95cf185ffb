"""What all ccxt-shaped exports have in common: their wrapping, their timestamp, symbols, and exact numbers.

ccxt's own numbers are floats; the venue's exact text is in `info`. It is taken where it means the same number, so
that a field of another meaning can never slip in.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

import polars as pl

from deskgate.sources.casts import first_instant, in_utc, stamp_in_name
from deskgate.sources.ccxt.kinds import ORDER_EXPORTS
from deskgate.sources.exact_json import first
from deskgate.sources.fees import decimal_of
from deskgate.sources.parsed_source import UNDATED, ParsedSource
from deskgate.sources.records import Record, RecordError, Row, parse_records
from deskgate.sources.source_file import SourceFile

__all__ = [
    "Item",
    "contents",
    "dated_record",
    "entry_of",
    "exact",
    "pair_of",
    "read_entries",
    "stamp_of",
    "symbol_of",
]

Item = Mapping[str, object]
Reading = Callable[[Item], Iterable[tuple[str, Row]]]

# Fields in which an export states when it was made; `timestamp` is not one, ccxt puts the last update there.
EXPORT_STAMPS = ("exported_at", "export_ts_utc", "ts_utc")


def contents(source: SourceFile) -> tuple[object, str | None]:
    """Return a document's own content and the text of its export's instant, from the document or the file's name."""
    document = source.document
    if not isinstance(document, Mapping):
        return document, stamp_in_name(source.file.name)
    stamp = stamp_of(document) or stamp_in_name(source.file.name)
    # A list under `closed_orders` that holds open ones too is of the kind `orders`.
    keys = (source.kind.name, *(ORDER_EXPORTS if source.kind.order_states else ()))
    return next((document[key] for key in keys if key in document), document), stamp


def stamp_of(document: Item) -> str | None:
    """Return the text of a document's export instant; a field that is named after UTC needs no offset."""
    for key in EXPORT_STAMPS:
        if text := first(document, key):
            named: str = pl.select(in_utc(pl.lit(text))).item() if key.endswith("_utc") else text
            return named
    return None


def entry_of(item: object) -> Item:
    """Return one entry of an export.

    Raises
    ------
    RecordError
        It is not a JSON object.
    """
    if not isinstance(item, Mapping):
        raise RecordError("the entry is not a JSON object")
    return item


def pair_of(symbol: str | None) -> str:
    """Return BTC-USDT for BTC/USDT and BTC/USDT:USDT.

    Raises
    ------
    RecordError
        The symbol has no separator between base and quote.
    """
    name = (symbol or "").partition(":")[0]
    # A base may have a dash in it: XYZ-AAPL/USDC is a builder's market on Hyperliquid.
    base, _, quote = name.partition("/") if "/" in name else name.rpartition("-")
    if not base or not quote:
        raise RecordError(f"symbol '{symbol}' is not BASE/QUOTE" if symbol else "symbol is missing")
    return f"{base}-{quote}"


def symbol_of(symbol: str | None) -> str | None:
    """Return ccxt's unified symbol, which says kind and settlement of its market; None for BTC-USDT, which does not."""
    return symbol if symbol and "/" in symbol else None


def exact(unified: str | None, *candidates: str | None) -> str | None:
    """Return the venue's text for `unified` where one of `candidates` is that number up to its sign, else `unified`."""
    if unified is None:
        return None
    value = _number(unified)
    for text in candidates:
        if text is not None and value is not None and (found := _number(text)) is not None:
            if float(found) == float(value):
                return text
            if float(found) == -float(value):
                return f"{-found:f}"
    return unified


def _number(text: str) -> Decimal | None:
    try:
        return decimal_of("", text)
    except RecordError:
        return None


def dated_record(
    source: SourceFile, place: int, item: object, stamp: str | None, reading: Reading, *, bot: str | None = None
) -> Record:
    """Return an entry as a record of the export's instant.

    Parameters
    ----------
    place
        Its 1-based place in the export.
    stamp
        The text of the export's instant.
    reading
        Gives its rows by table.
    bot
        Whose it is; None: the one bot that lists the file.
    """
    owner = bot or source.owner.name
    try:
        rows = tuple((table, {**row, "ts": _dated(stamp)}) for table, row in reading(entry_of(item)))
        return Record(place, owner, item, rows)
    except RecordError as error:
        return Record(place, owner, item, reason=str(error))


def _dated(stamp: str | None) -> str:
    if stamp is None or first_instant(stamp) is None:
        raise RecordError(UNDATED)
    return stamp


def read_entries(source: SourceFile, reading: Reading) -> ParsedSource:
    """Return the records of an export whose entries are dated by themselves, each read by `reading`."""
    items, stamp = contents(source)
    records = [
        _entry_record(source, place, item, reading)
        for place, item in enumerate(items if isinstance(items, list) else [items], start=1)
    ]
    parsed = parse_records(source, records)
    parsed.exported_at = first_instant(stamp)
    return parsed


def _entry_record(source: SourceFile, place: int, item: object, reading: Reading) -> Record:
    try:
        return Record(place, source.owner.name, item, tuple(reading(entry_of(item))))
    except RecordError as error:
        return Record(place, source.owner.name, item, reason=str(error))
