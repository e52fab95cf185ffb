"""The kinds of account export in ccxt's unified shapes."""

import re
from collections.abc import Mapping, Sequence

from deskgate.sources.exact_json import first
from deskgate.sources.source_kind import Signature, SourceKind, deferred, has_keys

__all__ = ["CANDLE_NAMES", "KINDS", "ORDER_EXPORTS"]

_HISTORY, _FUNDING, _TRANSFERS, _ACCOUNT, _CANDLES, _FACTS, _INDEPENDENCE, _RECORD = (
    f"deskgate.sources.ccxt.{name}"
    for name in ("history", "funding", "transfers", "account", "candles", "facts", "independence", "snapshot_record")
)
_SUFFIXES = (".json", ".json.gz")
_is_orders = has_keys({"status", "filled", "symbol"}, {"status", "remaining", "symbol"}, {"clientOrderId", "status"})
# Which orders each kind of order export lists. The names are those of ccxt's methods, fetchOrders and so on.
ORDER_EXPORTS = {
    "closed_orders": frozenset({"closed"}),
    "canceled_orders": frozenset({"canceled"}),
    "open_orders": frozenset({"open"}),
    "canceled_and_closed_orders": frozenset({"closed", "canceled"}),
    "orders": frozenset({"closed", "canceled", "open"}),
}
# ohlcv_BTC_USDT_USDT_1m_20260318T080000Z.json holds candles of a minute of BTC/USDT:USDT.
CANDLE_NAMES = r"^ohlcv_([^_]+)_([^_]+)(?:_([A-Z0-9-]+))?_(\d+[smhdw])(?:_.*)?\.json(?:\.gz)?$"
# What a word in a name asks for. Venues call the orders that have ended the history.
_ASKED = {
    "open": {"open"},
    "active": {"open"},
    "closed": {"closed"},
    "filled": {"closed"},
    "canceled": {"canceled"},
    "cancelled": {"canceled"},
    "history": {"closed", "canceled"},
    "all": ORDER_EXPORTS["orders"],
}
_MEANINGLESS = {"order", "orders", "fetch", "my", "and", "json", "gz"}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_NUMBERS = re.compile(r"\d[\dTZ:.-]*")


def _asked_for(name: str) -> frozenset[str]:
    """Return which orders a file's or a key's name says that they were asked for, none where it does not say."""
    words = {word.lower() for word in _WORD.findall(_NUMBERS.sub(" ", name))}
    if not words & {"order", "orders"}:
        return frozenset()
    asked = frozenset[str]().union(*(_ASKED.get(word, ()) for word in words))
    # `orders` alone is fetchOrders; with a word that nobody knows it may be some of them.
    return asked or (ORDER_EXPORTS["orders"] if words <= _MEANINGLESS else frozenset())


def _kind_of_orders(name: str, entries: Sequence[Mapping[str, object]]) -> str | None:
    """Return the kind of an order export: it covers what it was asked for, and what it holds; None where it is none.

    No method of ccxt gives open orders and some of the ended ones, so a list with both is one of all orders.
    """
    if entries and not _is_orders(name, entries):
        return None
    listed = _asked_for(name) | {state for state in map(_order_state, entries) if state}
    if "open" in listed and len(listed) > 1:
        return "orders"
    return next((kind for kind, states in ORDER_EXPORTS.items() if states == listed), None)


def _order_state(entry: object) -> str | None:
    """Return whether an order is open, closed or canceled (expired and rejected too), None where it has no status."""
    status = first(entry, "status") if isinstance(entry, Mapping) else None
    return status if status in {None, "open", "closed"} else "canceled"


def _is_balance(document: Mapping[str, object]) -> bool:
    return isinstance(document.get("total"), Mapping) or {"free", "used"} <= set(document)


def _named(*names: str) -> tuple[str, ...]:
    return tuple(rf"^{name}.*\.json(\.gz)?$" for name in names)


def _orders(name: str) -> SourceKind:
    return SourceKind(
        name=name,
        leg="exchange",
        signature=Signature(entries=lambda asked, entries: _kind_of_orders(asked, entries) == name, wrapped=True),
        suffixes=_SUFFIXES,
        tables=frozenset({"orders"}),
        read=deferred(f"{_HISTORY}:read_orders"),
        derivation=deferred(f"{_INDEPENDENCE}:of_orders"),
        grows_by_items=True,
        holds=lambda items: set(map(_order_state, items)) <= {None, *ORDER_EXPORTS[name]},
        facts=deferred(f"{_FACTS}:facts_of_export"),
        of_account=True,
        order_states=ORDER_EXPORTS[name],
    )


KINDS = (
    SourceKind(
        name="positions",
        leg="exchange",
        signature=Signature(
            entries=has_keys({"contracts"}, {"entryPrice", "side", "symbol"}),
            wrapped=True,
            empty_names=_named("positions"),
            empty_folder="positions",
        ),
        suffixes=_SUFFIXES,
        tables=frozenset({"positions"}),
        read=deferred(f"{_ACCOUNT}:read_positions"),
        derivation=deferred(f"{_INDEPENDENCE}:of_positions"),
        facts=deferred(f"{_FACTS}:facts_of_export"),
        of_account=True,
        dated_snapshot=True,
        folders=("positions",),
    ),
    *map(_orders, ORDER_EXPORTS),
    SourceKind(
        name="my_trades",
        leg="exchange",
        signature=Signature(
            entries=has_keys({"takerOrMaker", "price", "amount"}, {"order", "side", "price", "amount"}),
            wrapped=True,
            empty_names=_named("my_trades"),
        ),
        suffixes=_SUFFIXES,
        tables=frozenset({"fills"}),
        stray_tables=frozenset({"funding"}),
        read=deferred(f"{_HISTORY}:read_my_trades"),
        derivation=deferred(f"{_INDEPENDENCE}:of_trades"),
        grows_by_items=True,
        facts=deferred(f"{_FACTS}:facts_of_export"),
        of_account=True,
    ),
    SourceKind(
        name="funding_history",
        leg="exchange",
        signature=Signature(
            entries=has_keys({"code", "amount", "timestamp"}), wrapped=True, empty_names=_named("funding_history")
        ),
        suffixes=_SUFFIXES,
        tables=frozenset({"funding"}),
        read=deferred(f"{_FUNDING}:read_funding_history"),
        derivation=deferred(f"{_INDEPENDENCE}:of_funding"),
        grows_by_items=True,
        facts=deferred(f"{_FACTS}:facts_of_export"),
        of_account=True,
    ),
    SourceKind(
        name="transfers",
        leg="exchange",
        signature=Signature(
            entries=has_keys(
                {"currency", "amount", "fromAccount", "toAccount"}, {"currency", "amount", "type", "txid"}
            ),
            wrapped=True,
            empty_names=_named("transfers", "deposits", "withdrawals"),
        ),
        suffixes=_SUFFIXES,
        tables=frozenset({"transfers"}),
        read=deferred(f"{_TRANSFERS}:read_transfers"),
        grows_by_items=True,
        facts=deferred(f"{_FACTS}:facts_of_export"),
        of_account=True,
    ),
    SourceKind(
        name="balance",
        leg="exchange",
        signature=Signature(document=_is_balance, wrapped=True),
        suffixes=_SUFFIXES,
        tables=frozenset({"balances"}),
        read=deferred(f"{_ACCOUNT}:read_balance"),
        derivation=deferred(f"{_INDEPENDENCE}:of_balance"),
        facts=deferred(f"{_FACTS}:facts_of_export"),
        of_account=True,
        dated_snapshot=True,
        folders=("balance", "balances"),
    ),
    # Of a market, not of an account; it is listed with the exports of the bots that trade there.
    SourceKind(
        name="ohlcv",
        leg="exchange",
        signature=Signature(
            document=deferred(f"{_CANDLES}:is_candle_list"),
            rows=deferred(f"{_CANDLES}:is_candle_table"),
            empty_names=(CANDLE_NAMES,),
        ),
        suffixes=_SUFFIXES,
        tables=frozenset({"candles"}),
        read=deferred(f"{_CANDLES}:read_candles"),
        of_account=True,
    ),
    # What `deskgate snapshot` writes of itself.
    SourceKind(
        name="snapshot_record",
        leg="exchange",
        signature=Signature(document=lambda document: isinstance(document.get("snapshot_record"), Mapping)),
        suffixes=_SUFFIXES,
        tables=frozenset({"coverage"}),
        read=deferred(f"{_RECORD}:read_snapshot_record"),
        of_account=True,
    ),
    SourceKind(
        name="ledger",
        leg="exchange",
        signature=Signature(
            document=lambda document: isinstance(document.get("ledger"), list) and "client" in document
        ),
        suffixes=_SUFFIXES,
        read=deferred(f"{_RECORD}:read_ledger"),
        of_account=True,
    ),
)
