"""What a bot learnt, in the order in which it learnt it.

The bot's own records (database, message stream, event store, minute counters) are all written from this one journal,
so they agree with each other and differ from the venue by what the bot did not see.
"""

from dataclasses import dataclass
from enum import StrEnum

from deskgate.demo.account import Funding
from deskgate.demo.bots import Reject, Trading
from deskgate.demo.venue import Fill, Order

__all__ = ["Entry", "Kind", "journal"]


class Kind(StrEnum):
    """What happened to an order or to the account."""

    CREATED = "created"
    FILLED = "filled"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    FUNDING = "funding"


@dataclass(frozen=True)
class Entry:
    """One thing learnt at `at_ms`; of the rest, what the kind needs is set."""

    at_ms: int
    kind: Kind
    order: Order | None = None
    fill: Fill | None = None
    reject: Reject | None = None
    payment: Funding | None = None


def journal(trading: Trading) -> list[Entry]:
    """Return all that the bot learnt before the story ends; of one instant, in the order of the kinds."""
    entries = [entry for order in trading.orders for entry in _of_order(order)]
    entries += [Entry(reject.ts_ms, Kind.FAILED, reject=reject) for reject in trading.rejects]
    entries += [Entry(payment.known_ms, Kind.FUNDING, payment=payment) for payment in trading.payments]
    ranks = {kind: rank for rank, kind in enumerate(Kind)}
    return sorted(
        (entry for entry in entries if entry.at_ms < trading.end_ms), key=lambda entry: (entry.at_ms, ranks[entry.kind])
    )


def _of_order(order: Order) -> list[Entry]:
    entries = [Entry(order.placed_ms, Kind.CREATED, order)]
    entries += [Entry(fill.known_ms, Kind.FILLED, order, fill) for fill in order.fills]
    if order.known_closed_ms is not None:
        end = Kind.COMPLETED if order.is_complete else Kind.CANCELLED
        entries.append(Entry(order.known_closed_ms, end, order))
    return entries
