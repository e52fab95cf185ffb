"""What somebody has to hear of actions: that bots were told, commands that did not arrive, effects that nobody has seen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from deskgate.audit.checkpoint import Checkpoint
from deskgate.config.desk import Desk
from deskgate.controls.alert_text import alert_body
from deskgate.controls.alerts import Channel, Delivery
from deskgate.controls.ledger import Action, ActionLog, Ledger, Sent, read_ledger
from deskgate.controls.receipts import first_sent
from deskgate.controls.sinks.sink import Outcome

__all__ = ["alert_actions", "overdue"]

_SAYS = {
    Outcome.SENDING: "a run was killed while it sent this, so nobody knows whether it arrived",
    Outcome.UNKNOWN: "it may have arrived",
    Outcome.FAILED: "it has not arrived",
    Outcome.REFUSED: "it was refused",
}


def alert_actions(
    desk: Desk,
    log: ActionLog,
    channels: Sequence[Channel],
    checkpoint: Callable[[], Checkpoint | None],
    *,
    now: Callable[[], datetime],
) -> Delivery | None:
    """Alert each channel of what it has not been notified of, in one message; None where there is nothing.

    Parameters
    ----------
    checkpoint
        Returns the checkpoint of the audit trail.
    """
    ledger, within = read_ledger(log), timedelta(seconds=desk.actions.receipt_within_s)
    wrong = {key: line for key, line in overdue(ledger, now(), within) if key not in ledger.alerted}
    lines = wrong | {key: line for key, line in _told(ledger) if key not in ledger.alerted}
    if not lines:
        return None
    notified: dict[str, list[str]] = {}
    reached, failed, missed = [], [], []
    for channel in channels:
        fresh = [key for key in lines if channel.key not in ledger.notified.get(key, ())]
        if fresh and channel.notify(
            *_message(desk, [key for key in fresh if key in wrong], fresh, lines), checkpoint()
        ):
            notified[channel.key] = fresh
            reached.append(channel.shown)
        elif fresh:
            failed.append(channel.shown)
            missed.append(channel.key)
    if channels and not (reached or failed):
        return None
    body = {
        "about": sorted(lines),
        "title": _title(desk, len(wrong)),
        "lines": list(lines.values()),
        "reached": reached,
        "failed": failed,
        "notified": notified,
        "missed": missed,
        # Without any channel it is on record and on the screen; sending it again would reach nobody either.
        "is_settled": not failed,
    }
    log.append("alert", body, now())
    return Delivery(tuple(reached), tuple(failed))


def _title(desk: Desk, wrong: int) -> str:
    return f"{desk.name}: {f'{wrong} times something is wrong with an action' if wrong else 'bots were told to act'}"


def _message(desk: Desk, wrong: Sequence[str], fresh: Sequence[str], lines: Mapping[str, str]) -> tuple[str, str]:
    advice = ["Look at the bots and at the venue now."] if wrong else []
    return _title(desk, len(wrong)), alert_body([lines[key] for key in fresh], advice)


def overdue(ledger: Ledger, now: datetime, within: timedelta) -> Iterator[tuple[str, str]]:
    """Yield a key and a sentence for each thing that went wrong with an open action.

    Parameters
    ----------
    within
        How long after its command a receipt is awaited.
    """
    for action in ledger.open_actions:
        what = f"{action.intent.action} of {{}} for {action.intent.entry}"
        for bot in action.open_bots:
            for (name, sink), sent in action.sent.items():
                if name == bot and sent.outcome in _SAYS:
                    yield f"{sent.command_id}/{sink}/{sent.outcome}", f"{what.format(bot)}: {_unsent(sent)}"
            if now - first_sent(action, bot) > within:
                yield f"{action.intent.event_id}/{bot}/receipt", f"{what.format(bot)}: {_unseen(action, bot)}"


def _told(ledger: Ledger) -> Iterator[tuple[str, str]]:
    for action in ledger.actions.values():
        intent = action.intent
        told = [bot for bot in intent.bots if action.took(bot)]
        if told:
            by = f"authorised by {intent.authorised_by}"
            line = f"{intent.action} of {', '.join(told)} for {intent.entry} was sent, {by}: {intent.reason}"
            yield f"{intent.event_id}/told", line


def _unsent(sent: Sent) -> str:
    return f"{sent.sink}: {_SAYS[sent.outcome]}{'; ' + sent.detail if sent.detail else ''}"


def _unseen(action: Action, bot: str) -> str:
    why = action.receipts.get(bot, {}).get("why") or "nobody has looked at the account"
    return f"no receipt since {first_sent(action, bot):%Y-%m-%d %H:%M:%S} UTC, {why}"
