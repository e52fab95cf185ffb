"""The receipt: the effect of an action on one bot, seen at its venue. Only a receipt closes an action.

An answer acknowledges a command, not its effect: cancelling swallows failures, and a bot may say 200 and keep an order. So two looks
at the account, far enough apart, have to show no open order, and no order made or fill since the first of them; of a reduction both
have to show a smaller position than a look shortly before the command.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from deskgate.config.instants import stamp
from deskgate.config.plural import count_of
from deskgate.controls.ledger import Action
from deskgate.controls.looks import Look
from deskgate.controls.sinks.sink import Outcome

__all__ = ["Receipt", "earlier_looks", "first_sent", "first_taken", "make_receipt"]


@dataclass(frozen=True)
class Receipt:
    """What is known of one action's effect on one bot; `why` says what is missing, empty where it is complete.

    `told_by` is the action through which the bot was told: this one, or a later one that covers it. `looks` are the two that decide, the earlier first, or the newest one. `to_flat_ms` is from the first command until no position was left,
    `to_no_orders_ms` until no order was open; null where that was not seen. `residuals` are left whatever the action did.
    """

    event_id: str
    told_by: str
    bot: str
    action: str
    authorised_by: str
    is_complete: bool
    why: str
    delivered: bool
    acknowledged: bool
    before: Look | None
    looks: tuple[Look, ...]
    to_no_orders_ms: int | None
    to_flat_ms: int | None
    residuals: tuple[str, ...]

    def body(self) -> dict[str, Any]:
        """Return the receipt as JSON has it."""
        last = self.looks[-1] if self.looks else None
        return {
            "event_id": self.event_id,
            "told_by": self.told_by,
            "bot": self.bot,
            "action": self.action,
            "authorised_by": self.authorised_by,
            "is_complete": self.is_complete,
            "why": self.why,
            "delivered": self.delivered,
            "acknowledged": self.acknowledged,
            "before": self.before.body() if self.before else None,
            "looks": [look.body() for look in self.looks],
            "seen_at": stamp(last.at) if last else None,
            "to_no_orders_ms": self.to_no_orders_ms,
            "to_flat_ms": self.to_flat_ms,
            "residuals": list(self.residuals),
        }


def first_sent(action: Action, bot: str) -> datetime:
    """Return when the first sink was asked to tell the bot, whatever became of it, or else when the intent was issued."""
    return min((sent.at for (name, _), sent in action.sent.items() if name == bot), default=action.intent.issued_at)


def first_taken(action: Action, bot: str) -> datetime:
    """Return when a sink first took the command of a bot: nothing before it shows an effect. Where none did, `first_sent`."""
    return min((sent.at for sent in action.taken(bot)), default=first_sent(action, bot))


def earlier_looks(action: Action, bot: str) -> list[Look]:
    """Return the looks of the last receipt of a bot that is not complete: the next one may complete it."""
    return [Look.from_body(body) for body in action.receipts.get(bot, {}).get("looks", [])]


def make_receipt(
    action: Action, bot: str, looks: Sequence[Look], *, apart: timedelta, recent: timedelta, told: Action | None = None
) -> Receipt:
    """Return the receipt that looks at a bot's account give. A bot that nobody told has shown nothing by being quiet.

    Parameters
    ----------
    told
        The action through which the bot was told, see `Ledger.told_by`; None: this one.
    looks
        Of this bot, in any order; those from before a sink took the command count for nothing.
    apart
        The least time between the two reads.
    recent
        How old the look before a reduction may be.
    """
    through = told or action
    sent_at = first_taken(through, bot)
    outcomes = [sent.outcome for (name, _), sent in through.sent.items() if name == bot]
    before = Look.from_body(through.before[bot]) if bot in through.before else None
    after = sorted({look.at: look for look in looks if look.at > sent_at}.values(), key=lambda look: look.at)
    known = [look for look in after if look.is_known]
    if action.intent.action == "reduce":
        old = _stale(before, first_sent(through, bot), recent)
        pair, why = ((), old) if old or not before else _reduced(before, known, apart)
    else:
        pair, why = _quiet(known, after, apart)
    if not through.took(bot):
        why = f"no sink took the command; {why or 'the account is quiet'}"
    last = known[-1] if known else None
    emptied = pair[0] if pair and not why and action.intent.action != "reduce" else None
    flat = next((look for look in known if look.is_flat), None)
    return Receipt(
        event_id=action.intent.event_id,
        told_by=through.intent.event_id,
        bot=bot,
        action=action.intent.action,
        authorised_by=action.intent.authorised_by,
        is_complete=not why,
        why=why,
        delivered=through.took(bot),
        acknowledged=Outcome.ACKNOWLEDGED in outcomes,
        before=before,
        looks=pair or tuple(after[-1:]),
        to_no_orders_ms=_ms(emptied.at - sent_at) if emptied else None,
        to_flat_ms=_ms(flat.at - sent_at) if flat and last and last.is_flat else None,
        residuals=tuple(_residuals(last)),
    )


def _quiet(known: Sequence[Look], after: Sequence[Look], apart: timedelta) -> tuple[tuple[Look, ...], str]:
    """Return the two looks that show an account without orders, and what is missing."""
    if not known:
        return (), after[-1].lacks if after else "no look at the account since the command"
    last = known[-1]
    if last.open_orders:
        count, orders = count_of(len(last.open_orders), "order is", "orders are"), ", ".join(last.open_orders)
        return (last,), f"{count} open at {last.at:%Y-%m-%d %H:%M:%S} UTC: {orders}"
    moved = max((at for at in (last.last_order_at, last.last_fill_at) if at), default=None)
    since: Look | None = None
    for look in reversed(known):
        if look.open_orders or (moved is not None and look.at < moved):
            break
        since = look
    if since is None:
        return (last,), f"an order or a fill at {moved:%Y-%m-%d %H:%M:%S} UTC, after the last look"
    return _two(since, last, apart, "without open orders")


def _two(first: Look, last: Look, apart: timedelta, what: str) -> tuple[tuple[Look, ...], str]:
    """Return the first and last look that show the same, and what is missing where they are too close."""
    if last.at - first.at < apart:
        return (first, *([last] if last is not first else [])), (
            f"one look {what} at {first.at:%Y-%m-%d %H:%M:%S} UTC; a second one, at least"
            f" {apart.total_seconds():g} s later, is missing"
        )
    return (first, last), ""


def _stale(before: Look | None, sent_at: datetime, recent: timedelta) -> str:
    """Return why nothing can be compared with the look before a command; empty where it can."""
    if before is None or before.positions is None:
        return "the position before the command is not known"
    if sent_at - before.at > recent:
        age = sent_at - before.at
        return (
            f"the position before the command is {age.total_seconds():.0f} s older than it, expected at most"
            f" {recent.total_seconds():g} s"
        )
    return ""


def _reduced(before: Look, known: Sequence[Look], apart: timedelta) -> tuple[tuple[Look, ...], str]:
    """Return the two looks that show smaller positions than before, and what is missing."""
    if not known:
        return (), "no look at the account since the command"
    first: Look | None = None
    for look in reversed(known):
        if not _is_smaller(before, look):
            break
        first = look
    if first is None:
        return (known[-1],), "the position is not smaller than before"
    return _two(first, known[-1], apart, "with a smaller position")


def _is_smaller(before: Look, look: Look) -> bool:
    """Return whether the positions together are smaller than before, and none of them is larger."""
    then, now = _sizes(before.positions or {}), _sizes(look.positions or {})
    grown = any(size > then.get(pair, Decimal(0)) for pair, size in now.items())
    return not grown and sum(now.values()) < sum(then.values())


def _ms(span: timedelta) -> int:
    return round(span / timedelta(milliseconds=1))


def _sizes(positions: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {pair: abs(amount) for pair, amount in positions.items()}


def _residuals(last: Look | None) -> list[str]:
    if last is None:
        return ["nothing is known of the account"]
    orders = [f"open order {order}" for order in last.open_orders or ()]
    return orders + [f"position of {amount:f} {pair}" for pair, amount in (last.positions or {}).items() if amount]
