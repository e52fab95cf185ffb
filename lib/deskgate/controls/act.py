"""Acting on breaches: plan, record, send, record what came of it. What is not recorded first is not sent.

A run holds the lock of actions while it plans and sends, so that a command that is `sending` in the ledger is one of a run that
was killed. Whoever calls gives the clock, the sinks and who authorised it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from deskgate.config.desk import Desk
from deskgate.config.instants import Clock
from deskgate.controls.breaches import Breach
from deskgate.controls.intents import Command, Intent, plan, refuse_out_of_scope
from deskgate.controls.ledger import Action, ActionLog, Ledger, Sent, due, read_ledger
from deskgate.controls.looks import Looks, look_at
from deskgate.controls.sinks.sink import Answer, Outcome, Sink, as_stated

__all__ = ["Acted", "act", "planned", "send_due"]


@dataclass(frozen=True)
class Acted:
    """What an armed run planned anew, and what it sent: the last word about each command that was due."""

    planned: tuple[Intent, ...]
    sent: tuple[Sent, ...]


def planned(desk: Desk, breaches: Sequence[Breach], log: ActionLog, now: datetime, *, by: str = "") -> list[Intent]:
    """Return what would be sent for breaches: the intents that no valid one covers. Nothing is recorded.

    Raises
    ------
    RunError
        A breach names a bot that is not live.
    """
    return _plan(desk, breaches, read_ledger(log), now, by)


def _plan(desk: Desk, breaches: Sequence[Breach], ledger: Ledger, now: datetime, by: str) -> list[Intent]:
    validity = timedelta(minutes=desk.actions.validity_min)
    intents = plan(breaches, now, ledger.standing, validity=validity, refused=ledger.refused, authorised_by=by)
    refuse_out_of_scope(desk, intents)
    return intents


def act(
    desk: Desk,
    breaches: Sequence[Breach],
    log: ActionLog,
    sinks: Iterable[Sink],
    looks: Looks,
    *,
    now: Clock,
    by: str,
) -> Acted:
    """Act on breaches, and send what earlier runs planned and certainly did not send.

    Parameters
    ----------
    by
        Who authorises it.

    Raises
    ------
    RunError
        A breach names a bot that is not live, or nothing can be recorded; what is not recorded is not sent.
    """
    # Nobody else plans or sends meanwhile, so that the trail is read once.
    ledger = read_ledger(log)
    intents = _plan(desk, breaches, ledger, now(), by)
    _record_breaches(breaches, log, ledger.breaches, now(), timedelta(minutes=desk.actions.validity_min))
    for intent in intents:
        log.append("intent", intent.body(), now())
        ledger.actions[intent.event_id] = Action(intent)
    return Acted(tuple(intents), tuple(send_due(log, sinks, looks, now=now, ledger=ledger)))


def _record_breaches(
    breaches: Sequence[Breach],
    log: ActionLog,
    recorded: Mapping[tuple[str, str], datetime],
    now: datetime,
    validity: timedelta,
) -> None:
    """Record each breach, also one whose bots are told already; one that lasts, once in each validity."""
    for breach in breaches:
        last = recorded.get((breach.verdict_id, breach.action))
        if last is None or now - last >= validity:
            log.append("breach", breach.body(), now)


def send_due(
    log: ActionLog, sinks: Iterable[Sink], looks: Looks, *, now: Clock, ledger: Ledger | None = None
) -> list[Sent]:
    """Send the commands of the log's intents that are due, see `due`, and return the last word about each.

    `ledger` is what the log says, for who has read it. Each bot's account is looked at just before the bot is told: the first kill does not wait for the other bots' venues.
    """
    before: dict[str, Mapping[str, Any] | None] = {}
    sent = []
    for _, command, sink in due(ledger or read_ledger(log), list(sinks), now()):
        if command.bot not in before:
            look = look_at(looks, command.bot, now(), now)
            before[command.bot] = look.body() if look else None
        sent.append(_send(log, command, sink, before[command.bot], now))
    return sent


def _send(log: ActionLog, command: Command, sink: Sink, before: Mapping[str, Any] | None, now: Clock) -> Sent:
    """Send one command; it is on record before and after, so that a kill in between is seen."""
    about = {
        "event_id": command.intent.event_id,
        "command_id": command.command_id,
        "bot": command.bot,
        "sink": sink.name,
        "action": command.intent.action,
    }
    log.append("sent", {**about, "outcome": str(Outcome.SENDING), "detail": "", "before": before}, now())
    try:
        answer = sink.send(command)
    except Exception as error:  # noqa: BLE001 - a defect of one sink must not keep the other bots from being told
        answer = Answer(Outcome.UNKNOWN, as_stated(error))
    at, is_acknowledged = now(), answer.outcome is Outcome.ACKNOWLEDGED
    outcome = Outcome.DELIVERED if is_acknowledged else answer.outcome
    log.append("sent", {**about, "outcome": str(outcome), "detail": answer.detail, "before": None}, at)
    if is_acknowledged:
        log.append("acknowledged", {**about, "detail": answer.detail}, at)
    return Sent(command.command_id, command.bot, sink.name, answer.outcome, answer.detail, at)
