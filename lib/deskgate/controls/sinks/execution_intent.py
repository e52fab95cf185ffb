"""A command as the event `execution_intent` of event schema 1, as the control plane's consumers read it.

`metadata` holds text alone there. Actions that such a consumer knows are soft_pause and kill_switch; one that does not know
`reduce` leaves it alone, and no receipt will come.
"""

import json
from datetime import datetime
from typing import Any

from deskgate.controls.intents import Command

__all__ = ["execution_intent"]

PRODUCER = "deskgate"


def execution_intent(command: Command, *, instance: str, controller: str) -> dict[str, Any]:
    """Return the event's content.

    Parameters
    ----------
    instance
        The bot as the control plane names it.
    controller
        Its controller; empty: all of them.
    """
    intent = command.intent
    details = {"entry": intent.entry, "subject": intent.subject, "why": intent.reason}
    return {
        "schema_version": "1.0",
        "event_type": "execution_intent",
        "event_id": command.command_id,
        "correlation_id": intent.correlation_id,
        "producer": PRODUCER,
        "timestamp_ms": _ms(intent.issued_at),
        "instance_name": instance,
        "controller_id": controller,
        "action": intent.action,
        "target_base_pct": None,
        "expires_at_ms": _ms(intent.expires_at),
        "metadata": {
            "reason": intent.entry,
            "details": json.dumps(details, sort_keys=True),
            "intent_id": intent.event_id,
            "authorised_by": intent.authorised_by,
        },
    }


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
