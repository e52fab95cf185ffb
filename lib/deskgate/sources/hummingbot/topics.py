"""The topics of Hummingbot's bridge: `<namespace>/<instance>/<what>`, and what each carries.

Source: TopicSpecs and CommandTopicSpecs of remote_iface/mqtt.py (20260922).
"""

from enum import Enum
from typing import NamedTuple

__all__ = ["EVENTS", "HEARTBEATS", "STATUS", "Carries", "Topic", "is_heartbeat", "topic_of"]

EVENTS, HEARTBEATS = "/events", "/hb"
# Where a bridge says that it is online: when it was started, and when it has its broker again.
STATUS = "/status_updates"
# What else a bridge publishes, and the commands it takes: nothing of orders or money.
_NOTICES = ("/log", "/notify", STATUS, "/start", "/stop", "/config", "/import", "/status", "/history",
            "/balance/limit", "/balance/paper")  # fmt: skip
_EXTERNAL = "/external/event/"


class Carries(Enum):
    """What a topic carries."""

    EVENTS = "events"
    HEARTBEATS = "heartbeats"
    NOTICES = "notices"
    UNKNOWN = "unknown"


class Topic(NamedTuple):
    """A topic's instance, None where it names none, and what it carries."""

    instance: str | None
    carries: Carries

    @classmethod
    def parse(cls, topic: str | None) -> "Topic":
        """Return the parts of a topic; a message without one is an event."""
        if topic is None:
            return cls(None, Carries.EVENTS)
        if _EXTERNAL in topic:
            return cls(_last(topic.partition(_EXTERNAL)[0]), Carries.NOTICES)
        for carries, ends in (
            (Carries.EVENTS, (EVENTS,)),
            (Carries.HEARTBEATS, (HEARTBEATS,)),
            (Carries.NOTICES, _NOTICES),
        ):
            for end in ends:
                if topic.endswith(end):
                    return cls(_last(topic.removesuffix(end)), carries)
        return cls(topic.split("/")[-2] if "/" in topic else None, Carries.UNKNOWN)


def topic_of(namespace: str, instance: str, *, heartbeats: bool) -> str:
    """Return the topic on which an instance's bridge publishes its events, or its heartbeats."""
    return f"{namespace}/{instance}{HEARTBEATS if heartbeats else EVENTS}"


def is_heartbeat(topic: str | None) -> bool:
    """Return whether a topic carries heartbeats."""
    return topic is not None and topic.endswith(HEARTBEATS)


def _last(prefix: str) -> str | None:
    return prefix.rpartition("/")[2] or None
