"""What the venue says a bot owns: positions, balances, and a desk's combined account snapshot.

Such an export is a photograph: it is dated by its export, and the stamps inside it are only last updates. One that
cannot be dated proves nothing about any day and goes to quarantine. A combined snapshot that was computed from the
bots' own files is recorded as derived and gives no rows: it would make the bots their own witness.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import polars as pl

from deskgate.sources.casts import first_instant
from deskgate.sources.ccxt.history import EXPORT_STAMPS, contents, entry_of, exact, pair_of
from deskgate.sources.ccxt.netting import net_positions
from deskgate.sources.exact_json import field, first, text_of
from deskgate.sources.fees import decimal_of, product
from deskgate.sources.parsed_source import UNDATED, ParsedSource
from deskgate.sources.records import Record, RecordError, Row, parse_records
from deskgate.sources.source_file import SourceFile

__all__ = ["derivation", "read_account_snapshot", "read_balance", "read_positions"]

Item = Mapping[str, object]
Reading = Callable[[Item], Iterable[tuple[str, Row]]]

_DERIVED_SOURCES = ("local", "proxy")
_SIGNS = {"long": "1", "buy": "1", "short": "-1", "sell": "-1"}


def read_positions(source: SourceFile) -> ParsedSource:
    """Return one row per pair of the bot; a pair that the export does not list is flat, with quantity 0."""
    items, stamp = contents(source)
    entries = items if isinstance(items, list) else [items]
    records = [_record(source, place, item, stamp, _position_rows) for place, item in enumerate(entries, start=1)]
    parsed = parse_records(source, records)
    parsed.exported_at = first_instant(stamp)
    found = parsed.frames.get("positions")
    if parsed.exported_at is None:
        return parsed
    # An entry that could not be read may be of any pair: then silence about a pair does not mean flat.
    pairs = [] if parsed.quarantine.height else source.owner.pairs
    known = [] if found is None else [net_positions(found)]
    silent = [pair for pair in pairs if not known or pair not in known[0]["pair"]]
    if frames := known + ([_flat(source, stamp, silent)] if silent else []):
        parsed.frames["positions"] = pl.concat(frames)
    return parsed


def read_balance(source: SourceFile) -> ParsedSource:
    """Return one row per token."""
    document, stamp = contents(source)
    balance = document if isinstance(document, Mapping) else {}
    tokens = _tokens(balance)
    records = [
        _record(source, place, balance, stamp, partial(_token_rows, token=token))
        for place, token in enumerate(tokens, start=1)
    ]
    parsed = parse_records(source, records)
    parsed.exported_at = first_instant(stamp)
    return parsed


def read_account_snapshot(source: SourceFile) -> ParsedSource:
    """Return positions and balances of the bots that a combined snapshot names, where they are the venue's own.

    An entry has `balances` ({token: total, or {total, free, used}}) and, with its `trading_pair`, `position_base`.
    """
    document = source.document if isinstance(source.document, Mapping) else {}
    stamp, entries = first(document, *EXPORT_STAMPS), field(document, "bots")
    derived, notes, records = {}, {}, []
    for place, (name, entry) in enumerate(entries.items(), start=1):
        if name not in source.known:
            records.append(Record(place, None, entry, reason=f"instance '{name}' is not in desk.toml"))
        elif why := derivation(document, name):
            derived[name] = why
        else:
            records.append(_record(source, place, entry, stamp, _account, bot=name))
    for bot in source.bots:
        if bot.name not in entries:
            notes[bot.name] = "the snapshot does not name this bot"
    parsed = parse_records(source, records)
    parsed.exported_at, parsed.derived, parsed.notes = first_instant(stamp), derived, notes
    return parsed


def derivation(document: object, bot: str) -> str | None:
    """Return why a combined snapshot's entry for `bot` is no account of the venue, None where it may be one."""
    mode = first(document, "mode") if isinstance(document, Mapping) else None
    origin = first(field(document, "bots", bot), "source")
    if "proxy" in (mode or "") or any(word in (origin or "") for word in _DERIVED_SOURCES):
        return f"computed from the bot's own files: mode '{mode}', source '{origin}'"
    return None


def _record(
    source: SourceFile, place: int, item: object, stamp: str | None, reading: Reading, *, bot: str | None = None
) -> Record:
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


def _position_rows(item: Item) -> Iterator[tuple[str, Row]]:
    yield "positions", _position(item)


def _token_rows(balance: Item, *, token: str) -> Iterator[tuple[str, Row]]:
    yield "balances", _balance(balance, token)


def _position(item: Item) -> Row:
    info, side = field(item, "info"), first(item, "side")
    contracts = exact(first(item, "contracts"), first(info, "total"), first(info, "positionAmt"))
    size = decimal_of("contracts", contracts)
    if size and side not in _SIGNS:
        raise RecordError(f"side '{side}' is not one of {', '.join(_SIGNS)}" if side else "side is missing")
    factors = (abs(size), decimal_of("contractSize", first(item, "contractSize") or "1"))
    return {
        "pair": pair_of(first(item, "symbol")),
        "quantity": product(decimal_of("side", _SIGNS.get(side or "", "1")), *factors),
        "entry_price": exact(first(item, "entryPrice"), first(info, "openPriceAvg"), first(info, "entryPrice")),
        "mark_price": exact(first(item, "markPrice"), first(info, "markPrice")),
        "unrealized_pnl_quote": exact(
            first(item, "unrealizedPnl"), first(info, "unrealizedPL"), first(info, "unRealizedProfit")
        ),
    }


def _flat(source: SourceFile, stamp: str | None, pairs: Iterable[str]) -> pl.DataFrame:
    rows = [("positions", {"ts": stamp, "pair": pair, "quantity": "0"}) for pair in pairs]
    flat = parse_records(source, [Record(0, source.owner.name, None, rows)]).frames["positions"]
    return flat.with_columns(record=pl.lit(None, pl.Int64))


def _tokens(balance: Item) -> list[str]:
    return sorted(field(balance, "total")) or sorted(
        name for name, entry in balance.items() if isinstance(entry, Mapping) and "total" in entry
    )


def _balance(balance: Item, token: str) -> Row:
    own, info = field(balance, token), _venue_entry(balance.get("info"), token)

    def amount(name: str, *keys: str) -> str | None:
        unified = text_of(field(balance, name).get(token)) or first(own, name)
        return exact(unified, *(first(info, key) for key in keys))

    return {
        "token": token,
        "total": amount("total", "accountEquity", "marginBalance", "walletBalance"),
        "free": amount("free", "available", "availableBalance", "free"),
        "used": amount("used", "locked", "initialMargin"),
        "unrealized_pnl": first(info, "unrealizedPL", "unrealizedProfit"),
    }


def _venue_entry(info: object, token: str) -> Item:
    """Return the venue's own record of `token`: bitget lists them, binance keeps the list in `assets`."""
    entries = info.get("assets") if isinstance(info, Mapping) else info
    found = [
        entry
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping) and token in (entry.get("marginCoin"), entry.get("asset"), entry.get("coin"))
    ]
    return found[0] if found else {}


def _account(entry: Item) -> Iterator[tuple[str, Row]]:
    balances, position = field(entry, "balances"), first(entry, "position_base")
    if not balances and position is None:
        raise RecordError("the entry has neither balances nor position_base")
    for token, amount in sorted(balances.items()):
        parts = amount if isinstance(amount, Mapping) else {"total": amount}
        yield (
            "balances",
            {
                "token": token,
                "total": first(parts, "total"),
                "free": first(parts, "free"),
                "used": first(parts, "used"),
                "unrealized_pnl": first(parts, "unrealized_pnl"),
            },
        )
    if position is not None:
        yield "positions", {"pair": pair_of(first(entry, "trading_pair")), "quantity": position}
