"""The kinds of account export in ccxt's unified shapes."""

from collections.abc import Mapping, Sequence

from deskgate.sources.exact_json import first
from deskgate.sources.source_kind import Signature, SourceKind, deferred, has_keys

__all__ = ["KINDS"]

_HISTORY, _FUNDING, _TRANSFERS, _ACCOUNT, _FACTS = (
    f"deskgate.sources.ccxt.{name}" for name in ("history", "funding", "transfers", "account", "facts")
)
_SUFFIXES = (".json", ".json.gz")
_is_orders = has_keys({"status", "filled", "symbol"}, {"status", "remaining", "symbol"}, {"clientOrderId", "status"})


def _lists_orders(entries: Sequence[Mapping[str, object]]) -> str | None:
    """Return which orders a list has, by their states; None where it has none."""
    if not _is_orders(entries):
        return None
    states = {first(entry, "status") for entry in entries} - {None}
    if states <= {"open"}:
        return "open"
    return "closed" if "closed" in states else "canceled"


def _is_balance(document: Mapping[str, object]) -> bool:
    return isinstance(document.get("total"), Mapping) or {"free", "used"} <= set(document)


def _named(*names: str) -> tuple[str, ...]:
    return tuple(rf"^{name}.*\.json(\.gz)?$" for name in names)


def _orders(state: str) -> SourceKind:
    name = f"{state}_orders"
    return SourceKind(
        name=name,
        leg="exchange",
        signature=Signature(
            entries=lambda entries: _lists_orders(entries) == state, wrapped=True, empty_names=_named(name)
        ),
        suffixes=_SUFFIXES,
        tables=frozenset({"orders"}),
        read=deferred(f"{_HISTORY}:read_orders"),
        grows_by_items=True,
        facts=deferred(f"{_FACTS}:facts_of_export"),
        of_account=True,
        order_states=frozenset({state}),
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
        facts=deferred(f"{_FACTS}:facts_of_export"),
        of_account=True,
        dated_snapshot=True,
        folders=("positions",),
    ),
    _orders("closed"),
    _orders("canceled"),
    _orders("open"),
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
        facts=deferred(f"{_FACTS}:facts_of_export"),
        of_account=True,
        dated_snapshot=True,
        folders=("balance", "balances"),
    ),
)
