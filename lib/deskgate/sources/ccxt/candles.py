"""Candles of a market, as ccxt's `fetch_ohlcv` gives them: a list of [open time in ms, open, high, low, close, volume].

Such a list (ccxt 4.5.90) names neither its market nor its timeframe, so that the export must: beside it as `symbol` and
`timeframe`, or in the file's name. What a candle says is known when it is over. The last one that a venue lists is still open: it is
none, and which one that is shows the export's instant; where that is not known, the last of the list.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from deskgate.sources.casts import first_instant
from deskgate.sources.ccxt.exports import contents, pair_of, symbol_of
from deskgate.sources.ccxt.kinds import CANDLE_NAMES
from deskgate.sources.exact_json import first, text_of
from deskgate.sources.fees import decimal_of
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import Record, RecordError, Row, parse_records
from deskgate.sources.source_file import SourceFile

__all__ = ["is_candle_list", "is_candle_table", "read_candles"]

_NAMED = re.compile(CANDLE_NAMES)
# A month has no one length.
_TIMEFRAME = re.compile(r"([1-9]\d*)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_COLUMNS = ("time", "open", "high", "low", "close", "volume")
_LOOKED_AT = 20
_MS = 1000


class _Market(NamedTuple):
    symbol: str
    timeframe: str
    length: timedelta


def is_candle_list(document: Mapping[str, object]) -> bool:
    """Return whether a document is a list of candles that says of which market and timeframe."""
    candles = document.get("ohlcv")
    return isinstance(candles, list) and _market_of("", document) is not None and all(map(_is_candle, _head(candles)))


def is_candle_table(name: str, rows: Sequence[object]) -> bool:
    """Return whether a bare list of lists is one of candles, in a file whose name says of which market and timeframe."""
    return _market_of(name, None) is not None and all(map(_is_candle, _head(rows)))


def read_candles(source: SourceFile) -> ParsedSource:
    """Return one row per candle that is over, of the instant of its end; a candle without a close has none.

    All candles are in quarantine where their times contradict the timeframe, or a single one that is over shows none: their ends
    would be guesses.
    """
    items, stamp = contents(source)
    candles = list(items) if isinstance(items, list) else [items]
    exported, market = first_instant(stamp), _market_of(source.file.name, source.document)
    opened = [_opened(candle) for candle in candles]
    newest = max((each for each in opened if each is not None), default=None)
    alone = len(set(opened) - {None}) == 1 and not _is_open(newest, market, exported, newest)
    wrong = _contradiction(opened, market, alone=alone)
    records = [
        _record(source, place, candle, market, wrong, is_open=_is_open(at, market, exported, newest))
        for place, (candle, at) in enumerate(zip(candles, opened, strict=True), start=1)
    ]
    parsed = parse_records(source, records)
    parsed.exported_at = exported
    return parsed


def _record(
    source: SourceFile, place: int, candle: object, market: _Market | None, wrong: str | None, *, is_open: bool
) -> Record:
    owner = source.owner.name
    if wrong or market is None:
        why = wrong or "neither the document nor the file's name says symbol and timeframe"
        return Record(place, owner, candle, reason=why)
    try:
        row = _row(candle, market)
    except RecordError as error:
        return Record(place, owner, candle, reason=str(error))
    says_nothing = is_open or row["close"] is None
    return Record(place, owner, candle, [] if says_nothing else [("candles", row)], type="candles")


def _row(candle: object, market: _Market) -> Row:
    at = _opened(candle)
    if at is None or not isinstance(candle, list):
        raise RecordError(f"the candle is not a list of {', '.join(_COLUMNS)} that begins with milliseconds")
    texts = dict(zip(_COLUMNS, map(text_of, candle), strict=True))
    known = {name: decimal_of(name, text) for name, text in texts.items() if text is not None}
    low, close, high = (known.get(name) for name in ("low", "close", "high"))
    if close is not None and ((low is not None and close < low) or (high is not None and close > high)):
        raise RecordError(
            f"the close {close} is not between low {low} and high {high}: the columns are in another order"
        )
    return {
        "ts": str(at + round(market.length.total_seconds() * _MS)),
        "pair": pair_of(market.symbol),
        "symbol": symbol_of(market.symbol),
        "timeframe": market.timeframe,
        "close": None if close is None else f"{close:f}",
        "volume": f"{known['volume']:f}" if "volume" in known else None,
    }


def _contradiction(opened: Sequence[int | None], market: _Market | None, *, alone: bool) -> str | None:
    """Return why the candles are not of the timeframe that is named: they are nearer, or never follow each other by it."""
    if market is None:
        return None
    if alone:
        return f"a candle alone does not show that it is of {market.timeframe}, expected the one before or after it in the same list"
    times = sorted({each for each in opened if each is not None})
    length = round(market.length.total_seconds() * _MS)
    gaps = [later - at for at, later in pairwise(times)]
    if not gaps or (min(gaps) == length and not any(gap % length for gap in gaps)):
        return None
    return f"the candles are {min(gaps) / _MS:g} s apart and more, which is not a timeframe of {market.timeframe}"


def _is_open(at: int | None, market: _Market | None, exported: datetime | None, newest: int | None) -> bool:
    if at is None or market is None:
        return False
    if exported is None:
        return at == newest
    return at / _MS + market.length.total_seconds() > exported.timestamp()


def _market_of(name: str, document: object) -> _Market | None:
    """Return what a document, or else a file's name, says of market and timeframe."""
    if isinstance(document, Mapping):
        symbol, timeframe = first(document, "symbol"), first(document, "timeframe")
    elif found := _NAMED.fullmatch(name):
        base, quote, settle, timeframe = found.groups()
        symbol = f"{base}/{quote}" + (f":{settle}" if settle else "")
    else:
        return None
    known = _TIMEFRAME.fullmatch(timeframe or "")
    if symbol is None or "/" not in symbol or known is None:
        return None
    return _Market(symbol, known[0], timedelta(seconds=int(known[1]) * _SECONDS[known[2]]))


def _head(rows: Sequence[object]) -> Sequence[object]:
    return rows[:_LOOKED_AT]


def _is_candle(row: object) -> bool:
    return _opened(row) is not None


def _opened(candle: object) -> int | None:
    """Return a candle's open time in milliseconds since 1970; None where it is no candle."""
    if not isinstance(candle, list) or len(candle) != len(_COLUMNS):
        return None
    text = text_of(candle[0]) or ""
    return int(text) if re.fullmatch(r"\d{12,13}", text) else None
