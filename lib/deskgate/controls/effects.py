"""Effects awaited: looks at the accounts of bots whose actions are open, until each has its receipt or time is up."""

from collections.abc import Callable
from datetime import datetime, timedelta

from deskgate.config.instants import Clock
from deskgate.controls.ledger import Action, ActionLog, read_ledger
from deskgate.controls.looks import Look, Looks, look_at
from deskgate.controls.receipts import Receipt, earlier_looks, first_taken, make_receipt

__all__ = ["await_receipts", "look_for_receipts"]


def await_receipts(
    log: ActionLog,
    looks: Looks,
    *,
    now: Clock,
    sleep: Callable[[float], None],
    apart: timedelta,
    recent: timedelta,
    within: timedelta,
) -> list[Receipt]:
    """Look again and again at the accounts of open actions, and return the last receipt of each bot.

    Parameters
    ----------
    sleep
        Waits for so many seconds.
    apart
        The least time between two looks, and how long is waited between them.
    recent
        How old the look before a reduction may be.
    within
        When to stop looking. What has no receipt then stays open.
    """
    began, last = now(), dict[tuple[str, str], Receipt]()
    while True:
        last |= {
            (each.event_id, each.bot): each
            for each in look_for_receipts(log, looks, now=now, apart=apart, recent=recent)
        }
        waiting = [each for each in last.values() if not each.is_complete and looks.can_wait(each.bot)]
        if not waiting or now() - began + apart > within:
            return list(last.values())
        sleep(apart.total_seconds())


def look_for_receipts(
    log: ActionLog, looks: Looks, *, now: Clock, apart: timedelta, recent: timedelta
) -> list[Receipt]:
    """Look at each bot of an open action, record what is new, and return its receipt."""
    found, ledger = [], read_ledger(log)
    # One look of an account is enough for all actions through which its bot was told at one instant.
    seen_now: dict[tuple[str, datetime], Look | None] = {}
    for action in ledger.open_actions:
        for bot in action.open_bots:
            told = ledger.told_by(action, bot)
            asked = bot, first_taken(told, bot)
            if asked not in seen_now:
                seen_now[asked] = look_at(looks, *asked, now)
            look = seen_now[asked]
            seen = [*earlier_looks(action, bot), *([look] if look else [])]
            made = make_receipt(action, bot, seen, apart=apart, recent=recent, told=told)
            if _is_new(action, made):
                log.append("receipt", made.body(), now())
            found.append(made)
    return found


def _is_new(action: Action, made: Receipt) -> bool:
    """Return whether a receipt says more than the one on record: another state, or a look that may be the first of two."""
    recorded = action.receipts.get(made.bot)
    if recorded is None or made.is_complete:
        return True
    then = [Look.from_body(body) for body in recorded["looks"]]
    return [_state(look) for look in then] != [_state(look) for look in made.looks] or (
        bool(then) and then[0].at != made.looks[0].at and not made.looks[0].open_orders
    )


def _state(look: Look) -> tuple[object, ...]:
    return (look.open_orders, look.positions, look.lacks)
