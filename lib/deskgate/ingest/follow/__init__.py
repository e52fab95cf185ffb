"""The running store: streams and growing files are taken in as they come, and acknowledged when they are on disk."""

from deskgate.ingest.follow.runner import Pace, follow

__all__ = ["Pace", "follow"]
