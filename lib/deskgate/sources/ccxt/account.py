"""The state of a venue account, from ccxt-shaped exports: positions and balances.

Such an export is a snapshot: it is dated by its export, and the timestamps inside it are only last updates. One that
cannot be dated is no evidence about any day and goes to quarantine.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

import polars as pl

from deskgate.sources.casts import first_instant
from deskgate.sources.ccxt.exports import Item, contents, dated_record, exact, pair_of, symbol_of
from deskgate.sources.ccxt.margins import margin_of
from deskgate.sources.exact_json import field, first, text_of
from deskgate.sources.fees import decimal_of, product
from deskgate.sources.netting import net_positions
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import Record, RecordError, Row, parse_records
from deskgate.sources.source_file import SourceFile

__all__ = ["read_balance", "read_positions"]

# What Bybit and Gate call what contracts have gained or lost.
_UNREALIZED = ("unrealisedPnl", "unrealised_pnl")
_SIGNS = {"long": "1", "buy": "1", "short": "-1", "sell": "-1"}


def read_positions(source: SourceFile) -> ParsedSource:
    """Return one row per market; a pair of the bot that the export does not list is flat, with quantity 0."""
    items, stamp = contents(source)
    entries = items if isinstance(items, list) else [items]
    records = [dated_record(source, place, item, stamp, _position_rows) for place, item in enumerate(entries, start=1)]
    parsed = parse_records(source, records)
    parsed.exported_at = first_instant(stamp)
    found = parsed.frames.get("positions")
    if parsed.exported_at is None:
        return parsed
    # An entry that could not be read may be of any pair: then a pair that is not listed is not known to be flat.
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
        dated_record(source, place, balance, stamp, partial(_token_rows, token=token))
        for place, token in enumerate(tokens, start=1)
    ]
    parsed = parse_records(source, records)
    parsed.exported_at = first_instant(stamp)
    return parsed


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
    symbol, contract_size = first(item, "symbol"), first(item, "contractSize")
    return {
        "pair": pair_of(symbol),
        "symbol": symbol_of(symbol),
        # In contracts: what one is of is not known here where the record does not say it.
        "quantity": product(decimal_of("side", _SIGNS.get(side or "", "1")), abs(size)),
        "contract_size": f"{decimal_of('contractSize', contract_size):f}" if contract_size else None,
        "hedged": first(item, "hedged"),
        "entry_price": exact(first(item, "entryPrice"), first(info, "openPriceAvg"), first(info, "entryPrice")),
        "mark_price": exact(first(item, "markPrice"), first(info, "markPrice")),
        "unrealized_pnl_quote": exact(
            first(item, "unrealizedPnl"), first(info, "unrealizedPL"), first(info, "unRealizedProfit")
        ),
        **(margin_of(item, "long" if _SIGNS[side or ""] == "1" else "short") if size else {}),
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
        "total": _equity(info, amount("total", "accountEquity", "marginBalance", "walletBalance", "total")),
        "free": amount("free", "available", "availableBalance", "free"),
        "used": amount("used", "locked", "initialMargin"),
        "unrealized_pnl": first(info, "unrealizedPL", "unrealizedProfit", *_UNREALIZED),
    }


def _equity(info: Item, total: str | None) -> str | None:
    """Return what an account has of an asset with what its contracts have gained or lost.

    ccxt's total is that at Binance (marginBalance), Bitget and KuCoin (accountEquity), OKX (eq) and Hyperliquid (accountValue); at
    Bybit and Gate it is the wallet's alone (ccxt 4.5.90 bybit.parse_balance: walletBalance; gate.parse_balance_helper: total, which
    Gate's API, get-futures-account, defines as without unrealised PnL).
    """
    gained = first(info, *_UNREALIZED)
    if gained is None or total is None:
        return total
    whole, wallet = first(info, "equity"), first(info, "walletBalance", "total")
    if wallet is None or decimal_of("total", wallet) != decimal_of("total", total):
        return total
    return whole or f"{decimal_of('total', wallet) + decimal_of('unrealised PnL', gained):f}"


def _venue_entry(info: object, token: str) -> Item:
    """Return the venue's own record of `token`: bitget and gate list them, binance in `assets`, bybit in each account's `coin`."""
    entries = info.get("assets") if isinstance(info, Mapping) else info
    if isinstance(info, Mapping) and isinstance(accounts := field(info, "result").get("list"), list):
        entries = [coin for each in accounts if isinstance(each, Mapping) for coin in _list(each.get("coin"))]
    names = ("marginCoin", "asset", "coin", "currency")
    found = [
        entry
        for entry in _list(entries)
        if isinstance(entry, Mapping) and token in (str(entry.get(name)).upper() for name in names)
    ]
    return found[0] if found else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
