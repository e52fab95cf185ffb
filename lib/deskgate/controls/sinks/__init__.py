"""The sinks: where commands go, one module each, and which of them a desk has."""

from deskgate.controls.sinks.registry import open_sinks
from deskgate.controls.sinks.sink import Answer, Outcome, Sink

__all__ = ["Answer", "Outcome", "Sink", "open_sinks"]
