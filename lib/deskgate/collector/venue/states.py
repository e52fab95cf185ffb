"""Positions and balance of an account, asked for until nothing moved them in between."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from deskgate.collector.venue.api import Endpoint, Export
from deskgate.collector.venue.asking import STATES, Taking, ask_records, key_of, own_time
from deskgate.collector.venue.errors import NotOfferedError, VenueError
from deskgate.collector.venue.order_windows import OVERLAP
from deskgate.collector.venue.walk import Item
from deskgate.config.instants import milliseconds

__all__ = ["LEDGER_OF_TRANSFERS", "ask_states", "prove_states"]

# Hyperliquid lists transfers in its ledger alone, in a form that is read as them.
LEDGER_OF_TRANSFERS = "hyperliquid"
_MOVES = (Export.MY_TRADES, Export.FUNDING_HISTORY, Export.TRANSFERS, Export.DEPOSITS, Export.WITHDRAWALS)
_TIMES = 3


def ask_states(taking: Taking, progress: Callable[[str], None]) -> None:
    """Ask for positions and balance, one right after the other; what was had of them before counts no more."""
    progress(f"{taking.account.name}: positions and balance")
    taking.states, taking.states_asked = {}, None
    for export in STATES:
        endpoint = taking.api.endpoints.get(export)
        if endpoint is None:
            continue
        taking.failed.pop(export, None)
        if why := taking.not_in(export, endpoint):
            taking.failed[export] = why
            continue
        try:
            at = taking.now()
            answers = [taking.page(endpoint, subject) for subject in taking.subjects(endpoint).values()]
            items = [item for answer in answers for item in answer]
            taking.states[export] = (at, _one_balance(items) if export is Export.BALANCE else items)
            first = taking.states_asked[0] if taking.states_asked else at
            taking.states_asked = (first, taking.now())
        except (NotOfferedError, VenueError) as error:
            taking.states.pop(export, None)
            taking.failed[export] = str(error)
    # Both are of the earlier instant, or a trade between them would look like a drift of one.
    if taking.states_asked:
        taking.states = {export: (taking.states_asked[0], content) for export, (_, content) in taking.states.items()}


def prove_states(taking: Taking, progress: Callable[[str], None]) -> None:
    """Ask for both again where a trade, a payment or a transfer came while they were asked; leave out what cannot be proven."""
    for left in reversed(range(_TIMES)):
        if not taking.states or not _is_moved(taking):
            return
        if not left:
            break
        ask_states(taking, progress)
        try:
            _ask_moves_again(taking)
        except VenueError as error:
            _leave_out(taking, f"whether anything moved it while it was asked is not known, {error}")
            return
    _leave_out(taking, f"a trade, a payment or a transfer came each of the {_TIMES} times while it was asked")


def _leave_out(taking: Taking, why: str) -> None:
    taking.failed |= dict.fromkeys(taking.states, why)
    taking.states = {}


def _moves(taking: Taking) -> list[tuple[Export, Endpoint]]:
    moves = (*_MOVES, Export.LEDGER) if taking.api.ccxt_id == LEDGER_OF_TRANSFERS else _MOVES
    return [(export, taking.api.endpoints[export]) for export in moves if taking.parts.get(export)]


def _is_moved(taking: Taking) -> bool:
    if not taking.states_asked:
        return False
    first, last = map(milliseconds, taking.states_asked)
    for export, endpoint in _moves(taking):
        # What the venue stamps in whole seconds may have come at the second's end.
        late = endpoint.unit // timedelta(milliseconds=1) - 1
        times = [own_time(item) or 0 for part in taking.parts[export].values() for item in part.records]
        if any(first - late < at <= last for at in times):
            return True
    return False


def _ask_moves_again(taking: Taking) -> None:
    for export, endpoint in _moves(taking):
        for name, subject in taking.subjects(endpoint).items():
            part, now = taking.parts[export][name], taking.now()
            later = ask_records(taking, export, endpoint, name, subject, min(part.until - OVERLAP, now), now)
            key = key_of(endpoint)
            records = {key(item): item for item in [*part.records, *later.records]}
            reasons = dict.fromkeys(filter(None, (part.reason, later.reason)))
            taking.parts[export][name] = replace(
                part,
                records=list(records.values()),
                pages=part.pages + later.pages,
                until=later.until,
                reason="; ".join(reasons) or None,
            )


def _one_balance(parts: Sequence[Item]) -> Item:
    """Return the balance of an account that a venue tells of by settlement asset; each part has assets of its own.

    Raises
    ------
    VenueError
        Two parts name one asset.
    """
    if len(parts) == 1:
        return parts[0]
    amounts: dict[str, dict[str, Any]] = {name: {} for name in ("free", "used", "total")}
    found: dict[str, Any] = {"info": [part.get("info") for part in parts], **amounts}
    for part in parts:
        assets = set(part.get("total", {}))
        if both := assets & set(amounts["total"]):
            raise VenueError(f"the balance came in {len(parts)} parts that both name {', '.join(sorted(both))}")
        for name, into in amounts.items():
            into.update(part.get(name, {}))
        found |= {asset: part[asset] for asset in assets if asset in part}
    return found
