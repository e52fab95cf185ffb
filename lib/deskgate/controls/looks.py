"""Looks: what the venue says of one bot's account at one instant. Receipts rest on them, and on nothing a bot says of itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from deskgate.config.instants import stamp
from deskgate.controls.sinks.sink import as_stated

__all__ = ["Look", "Looks", "look_at"]


@dataclass(frozen=True)
class Look:
    """One look at a bot's account.

    Parameters
    ----------
    at
        The instant it speaks for.
    source
        Where it comes from, in words.
    open_orders
        The venue's ids of all open orders; None: not known.
    positions
        Signed position by pair, in base, 0 where flat; None: not known.
    last_order_at, last_fill_at
        When the newest order was made and the newest fill happened; None: there is none, or none is known.
    lacks
        Why something is not known; empty where all is.
    """

    at: datetime
    source: str
    open_orders: tuple[str, ...] | None = None
    positions: Mapping[str, Decimal] | None = None
    last_order_at: datetime | None = None
    last_fill_at: datetime | None = None
    lacks: str = ""

    @property
    def is_known(self) -> bool:
        """Whether all is known: open orders, positions, and which orders were made and filled."""
        return self.open_orders is not None and self.positions is not None and not self.lacks

    @property
    def is_flat(self) -> bool:
        """Whether no position is left."""
        return self.positions is not None and not any(self.positions.values())

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> "Look":
        """Return the look that `body` made a record of."""
        orders, positions = body["open_orders"], body["positions"]
        return cls(
            at=datetime.fromisoformat(body["at"]),
            source=body["source"],
            open_orders=None if orders is None else tuple(orders),
            positions=None if positions is None else {pair: Decimal(amount) for pair, amount in positions.items()},
            last_order_at=_instant(body["last_order_at"]),
            last_fill_at=_instant(body["last_fill_at"]),
            lacks=body["lacks"],
        )

    def body(self) -> dict[str, Any]:
        """Return the look as JSON has it; amounts are text, exact."""
        positions = self.positions
        return {
            "at": stamp(self.at),
            "source": self.source,
            "open_orders": None if self.open_orders is None else list(self.open_orders),
            "positions": None if positions is None else {pair: f"{amount:f}" for pair, amount in positions.items()},
            "last_order_at": stamp(self.last_order_at) if self.last_order_at else None,
            "last_fill_at": stamp(self.last_fill_at) if self.last_fill_at else None,
            "lacks": self.lacks,
        }


class Looks(Protocol):
    """Who looks. An outage is a look that lacks everything, not an error."""

    def look(self, bot: str, since: datetime) -> Look | None:
        """Return how a bot's account stands now, with orders and fills since an instant; None where nobody can look."""

    def can_wait(self, bot: str) -> bool:
        """Return whether looking again a little later may show something else."""


def look_at(looks: Looks, bot: str, since: datetime, now: Callable[[], datetime]) -> Look | None:
    """Look at one bot's account. Whatever goes wrong is a look that lacks everything: a command never waits for a look."""
    try:
        return looks.look(bot, since)
    except Exception as error:  # noqa: BLE001 - a defect of a look must not keep a bot from being told, or another one from being seen
        return Look(now(), "none", lacks=as_stated(error))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
