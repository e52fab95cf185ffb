"""The movements of money into and out of a venue account, from ccxt-shaped exports."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from deskgate.sources.ccxt.exports import Item, read_entries
from deskgate.sources.exact_json import field, first
from deskgate.sources.fees import decimal_of
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import RecordError, Row
from deskgate.sources.source_file import SourceFile

__all__ = ["read_transfers"]

# What ccxt calls the accounts in which contracts are traded.
_CONTRACTS = frozenset({"swap", "future", "linear", "inverse", "contract", "delivery"})


def read_transfers(source: SourceFile) -> ParsedSource:
    """Return one row for each deposit, withdrawal or transfer between accounts that has gone through."""
    contracts = "perpetual" in source.owner.connector
    return read_entries(source, partial(_transfer, mine=_CONTRACTS if contracts else frozenset({"spot"})))


def _transfer(item: Item, *, mine: frozenset[str]) -> Iterator[tuple[str, Row]]:
    """Read one movement of money; one that is pending, or that failed, has moved nothing."""
    if (first(item, "status") or "ok") != "ok":
        return
    token, amount = first(item, "currency"), decimal_of("amount", first(item, "amount"))
    fee, kind = field(item, "fee"), first(item, "type")
    cost = decimal_of("fee", first(fee, "cost") or "0") if first(fee, "currency") == token else Decimal(0)
    into, out_of = first(item, "toAccount") in mine, first(item, "fromAccount") in mine
    if kind == "deposit" or (into and not out_of):
        moved = amount
    elif kind == "withdrawal" or (out_of and not into):
        moved = -amount - cost
    else:
        raise RecordError(
            f"a transfer from '{first(item, 'fromAccount')}' to '{first(item, 'toAccount')}' does not say whether it"
            f" reached or left one of {', '.join(sorted(mine))}"
        )
    yield (
        "transfers",
        {
            "ts": first(item, "timestamp", "datetime"),
            "transfer_id": first(item, "id") or first(item, "txid"),
            "token": token,
            "amount": f"{moved:f}",
        },
    )
