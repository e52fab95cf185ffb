"""How far before a window orders are asked for that ended in it, where a venue lists them by their creation.

An order that ended in a window and was made before it was open where the last window ended. The record of a snapshot has the orders
that were open then: those that no longer are say how far back is enough. Where that is not known it is said, never assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from deskgate.collector.venue.api import Endpoint, Export, FiltersBy
from deskgate.collector.venue.paging import Collected
from deskgate.config.instants import instant_of

if TYPE_CHECKING:
    from deskgate.collector.venue.asking import Taking

__all__ = ["OVERLAP", "BackTo", "back_to", "open_orders"]

# By how much a window begins before the end of the last one: what a venue lists late.
OVERLAP = timedelta(minutes=10)
# How long before a window orders are asked for where nothing says which were open at its begin.
_MADE_BEFORE = timedelta(days=30)
_OPEN = "open_orders"


@dataclass(frozen=True)
class BackTo:
    """From when on orders were made that are asked for.

    `lost`: what of the window this leaves out; None: nothing. `is_known`: an order that is left out did end in it. `open_at`: when
    what is open was asked for; an order that ended later may not be listed yet.
    """

    made_from: datetime | None
    lost: str | None
    is_known: bool
    open_at: datetime | None

    def checked(self, found: Collected) -> Collected:
        """Return what was collected, with the window that it is proven for."""
        until = found.until if self.open_at is None else max(min(found.until, self.open_at), found.since)
        lost = "; ".join(filter(None, (found.lost, self.lost))) or None
        return replace(found, until=until, since=until if self.is_known else found.since, lost=lost)


def back_to(taking: "Taking", export: Export, endpoint: Endpoint, name: str, begin: datetime, now: datetime) -> BackTo:
    """Return how far back the orders of a window are asked for."""
    listed = taking.parts.get(Export.OPEN_ORDERS, {})
    times = [part.until for part in listed.values() if part.reason is None]
    open_at = min(times) if times and len(times) == len(listed) else None
    edge = None if endpoint.kept is None else now - endpoint.kept
    then, covered = _of(taking.last.get(_OPEN), name), taking.covered(export, name)
    if then is None or covered is None or begin < covered - OVERLAP:
        made_from = max(begin - _MADE_BEFORE, edge or begin - _MADE_BEFORE)
        lost = f"which orders were open at {_text(begin)} is not known: those made before {_text(made_from)} that ended since may be missing"
        return BackTo(made_from, lost, is_known=False, open_at=open_at)
    still = {str(item.get("id")) for part in listed.values() if part.reason is None for item in part.records}
    ended = [made for order, made in then.items() if order not in still]
    if not ended:
        return BackTo(None, None, is_known=False, open_at=open_at)
    made_from = instant_of(min(ended))
    if edge is None or made_from >= edge:
        return BackTo(made_from, None, is_known=False, open_at=open_at)
    lost = f"orders made before {_text(edge)} that ended since could not be had: the venue no longer has them"
    return BackTo(made_from, lost, is_known=True, open_at=open_at)


def open_orders(taking: "Taking") -> dict[str, dict[str, int]]:
    """Return the orders that may have been open where the windows of this snapshot ended: subject -> id -> creation (ms).

    A subject whose list could not be had keeps what was known; so do all while a list of ended orders is not complete.
    """
    before: Mapping[str, Mapping[str, int]] = taking.last.get(_OPEN) or {}
    is_whole = all(
        part.reason is None and taking.joins(export, name)
        for export, endpoint in taking.api.endpoints.items()
        if endpoint.filters_by is FiltersBy.CREATED
        for name, part in taking.parts.get(export, {}).items()
    )
    found: dict[str, dict[str, int]] = {}
    for name, part in taking.parts.get(Export.OPEN_ORDERS, {}).items():
        known = before.get(name)
        if part.reason is None and (is_whole or known is not None):
            kept: Mapping[str, int] = {} if is_whole else known or {}
            found[name] = {**kept, **{str(item.get("id")): item.get("timestamp") or 0 for item in part.records}}
        elif known is not None:
            found[name] = dict(known)
    return found


def _of(then: Any, name: str) -> Mapping[str, int] | None:  # noqa: ANN401 - of a record on disk
    """Return the orders that were open then and are of a subject; None where that is not known."""
    if not then:
        return None
    if name in then or "" in then:
        found: Mapping[str, int] = then[name] if name in then else then[""]
        return found
    if name:
        return None
    return {order: made for orders in then.values() for order, made in orders.items()}


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
