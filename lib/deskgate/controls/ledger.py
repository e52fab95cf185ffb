"""The ledger of armed actions: what the audit trail says was planned, sent, acknowledged, seen and alerted.

The trail is the record; this only reads it. An action is recorded before its first command is sent, and each command before
and after, so that a run that is killed leaves at most one command of which nobody knows whether it was sent.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from deskgate.controls.intents import Command, Intent, commands, covers
from deskgate.controls.sinks.sink import TAKEN, Outcome, Sink

__all__ = ["KINDS", "Action", "ActionLog", "Ledger", "Sent", "due", "read_ledger"]

# The kinds of record that are about actions.
KINDS = ("breach", "intent", "sent", "acknowledged", "receipt", "alert", "override")


class LogRecord(Protocol):
    """One record of the audit trail."""

    @property
    def kind(self) -> str:
        """Its kind."""

    @property
    def at(self) -> datetime:
        """When it was written."""

    @property
    def body(self) -> Mapping[str, Any]:
        """What it says."""

    @property
    def hash(self) -> str:
        """Its hash in the chain."""


class ActionLog(Protocol):
    """The audit trail, as far as it is about actions."""

    def append(self, kind: str, body: Mapping[str, Any], at: datetime) -> object:
        """Add a record; when this returns it is on disk."""

    def records(self) -> Iterable[LogRecord]:
        """Return all records, oldest first."""


@dataclass(frozen=True)
class Sent:
    """The last word about one command at one sink."""

    command_id: str
    bot: str
    sink: str
    outcome: Outcome
    detail: str
    at: datetime


@dataclass
class Action:
    """One armed intent and what came of it: by bot and sink what was sent, by bot the looks and the last receipt."""

    intent: Intent
    sent: dict[tuple[str, str], Sent] = field(default_factory=dict)
    before: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    receipts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    overridden: bool = False

    @property
    def open_bots(self) -> list[str]:
        """The bots of which no receipt shows the effect; none where an operator answers for it."""
        if self.overridden:
            return []
        return [bot for bot in self.intent.bots if not self.receipts.get(bot, {}).get("is_complete")]

    def taken(self, bot: str) -> list[Sent]:
        """Return the last word about the command of a bot at each sink that took it."""
        return [sent for (name, _), sent in self.sent.items() if name == bot and sent.outcome in TAKEN]

    def took(self, bot: str) -> bool:
        """Return whether a sink took the command of a bot."""
        return bool(self.taken(bot))


@dataclass
class Ledger:
    """All armed actions by event id, and when each breach (verdict and action) was last recorded.

    `alerted` is what every channel has been notified of, `notified` which channels (their keys) took what.
    """

    actions: dict[str, Action] = field(default_factory=dict)
    breaches: dict[tuple[str, str], datetime] = field(default_factory=dict)
    alerted: set[str] = field(default_factory=set)
    notified: dict[str, set[str]] = field(default_factory=dict)

    @property
    def intents(self) -> list[Intent]:
        """The armed intents, oldest first."""
        return [action.intent for action in self.actions.values()]

    @property
    def open_actions(self) -> list[Action]:
        """The actions that have no receipt for each of their bots."""
        return [action for action in self.actions.values() if action.open_bots]

    def told_by(self, action: Action, bot: str) -> Action:
        """Return through which action a bot was told: this one, or a later one that covers it, where no sink took this one."""
        later = [one for one in self.actions.values() if one.intent.issued_at > action.intent.issued_at]
        covering = [one for one in later if covers(one.intent.action, action.intent.action) and one.took(bot)]
        return action if action.took(bot) or not covering else covering[0]


def read_ledger(log: ActionLog) -> Ledger:
    """Return the ledger that the trail holds. An alert counts as given where every channel took it, or where there is none."""
    ledger = Ledger()
    for record in log.records():
        body = record.body
        if record.kind == "intent":
            ledger.actions[body["event_id"]] = Action(Intent.from_body(body))
        elif record.kind == "breach":
            ledger.breaches[body["verdict_id"], body["action"]] = record.at
        elif record.kind == "alert":
            _note_alert(ledger, body)
        elif record.kind == "override" and (action := ledger.actions.get(body["event_id"])):
            action.overridden = True
        elif record.kind in ("sent", "acknowledged", "receipt") and (action := ledger.actions.get(body["event_id"])):
            _note(action, record.kind, record.at, body)
    return ledger


def due(ledger: Ledger, sinks: Iterable[Sink], now: datetime) -> Iterator[tuple[Action, Command, Sink]]:
    """Yield the commands of valid intents that are to be sent: new ones, and those that certainly have not arrived.

    One of which nobody knows whether it was sent is sent again only to a sink that does it once.
    """
    for action in ledger.actions.values():
        if now >= action.intent.expires_at or action.overridden:
            continue
        for command in commands(action.intent):
            for sink in sinks:
                last = action.sent.get((command.bot, sink.name))
                is_unknown = last is not None and last.outcome in (Outcome.SENDING, Outcome.UNKNOWN)
                if last is None or last.outcome is Outcome.FAILED or (is_unknown and sink.idempotent):
                    yield action, command, sink


def _note_alert(ledger: Ledger, body: Mapping[str, Any]) -> None:
    if body.get("is_settled"):
        ledger.alerted.update(body.get("about", []))
    for channel, about in body.get("notified", {}).items():
        for key in about:
            ledger.notified.setdefault(key, set()).add(channel)


def _note(action: Action, kind: str, at: datetime, body: Mapping[str, Any]) -> None:
    bot = body["bot"]
    if kind == "receipt":
        action.receipts[bot] = body
        return
    outcome = Outcome.ACKNOWLEDGED if kind == "acknowledged" else Outcome(body["outcome"])
    action.sent[bot, body["sink"]] = Sent(body["command_id"], bot, body["sink"], outcome, body["detail"], at)
    if body.get("before") is not None:
        action.before[bot] = body["before"]
