"""The movements of money into and out of the account that a bot trades on, from ccxt-shaped exports.

A venue keeps several accounts of one person. Money that is deposited on chain and then moved to the contracts' account
is one inflow of that account: only what reaches or leaves the bot's own account is read.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from deskgate.sources.ccxt.account_facts import ACCOUNT_NAMES, SAME_ACCOUNT, account_of, books_deposits
from deskgate.sources.ccxt.exports import Item, read_entries
from deskgate.sources.exact_json import field, first
from deskgate.sources.fees import decimal_of
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import RecordError, Row
from deskgate.sources.source_file import SourceFile

__all__ = ["read_transfers"]

_DONE = frozenset({"ok"})
_NOT_DONE = frozenset({"pending", "failed", "canceled"})
_CHAIN = {"deposit": 1, "withdrawal": -1}


def read_transfers(source: SourceFile) -> ParsedSource:
    """Return one row for each movement into or out of the bot's account that has gone through."""
    return read_entries(source, partial(_movement, connector=source.owner.connector))


def _movement(item: Item, *, connector: str) -> Iterator[tuple[str, Row]]:
    """Read one movement of money; one that is pending, or that failed, has moved nothing."""
    status = (first(item, "status") or "ok").lower()
    if status in _NOT_DONE:
        return
    if status not in _DONE:
        raise RecordError(f"status '{status}' is not one of {', '.join(sorted(_DONE | _NOT_DONE))}")
    delta, kind = field(item, "info", "delta"), first(item, "type")
    # ccxt gives Hyperliquid's ledger neither a type nor a currency.
    kind = {"withdraw": "withdrawal"}.get(named := first(delta, "type") or "", named) if delta else kind
    booked: bool | None = True
    if kind in _CHAIN:
        sign, booked = _CHAIN[kind], books_deposits(connector)
        if booked is False:
            return
    elif (sign := _direction(item, delta, account_of(connector))) == 0:
        return
    token = first(item, "currency") or ("USDC" if "usdc" in delta else None)
    amount, fee = decimal_of("amount", first(item, "amount") or first(delta, "usdc")), field(item, "fee")
    cost = decimal_of("fee", first(fee, "cost") or "0") if first(fee, "currency") == token and sign < 0 else Decimal(0)
    yield (
        "transfers",
        {
            "ts": first(item, "timestamp", "datetime"),
            "transfer_id": first(item, "id") or first(item, "txid"),
            "token": token,
            "amount": f"{sign * amount - cost:f}",
            "account_unknown": "true" if booked is None else None,
        },
    )


def _direction(item: Item, delta: Item, mine: str) -> int:
    """Return 1 into the account `mine`, -1 out of it, 0 for a transfer that does not touch it.

    Raises
    ------
    RecordError
        The transfer does not say so.
    """
    if "toPerp" in delta:
        into = (first(delta, "toPerp") == "true") is (mine == "contracts")
        return 1 if into else -1
    names = first(item, "fromAccount"), first(item, "toAccount")
    left, reached = (ACCOUNT_NAMES.get((name or "").lower()) for name in names)
    holds = SAME_ACCOUNT[mine]
    if (left in holds) is not (reached in holds) and (left in holds or reached in holds):
        return 1 if reached in holds else -1
    if left and reached and left not in holds and reached not in holds:
        return 0
    raise RecordError(
        f"a transfer from '{names[0]}' to '{names[1]}' does not say whether it reached or left the account of {mine};"
        " leave it out of the export if it did not"
    )
