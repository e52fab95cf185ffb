"""The follower: streams and growing files are ingested as they come, and acknowledged when they are on disk."""

from deskgate.collector.follower import Pace, follow

__all__ = ["Pace", "follow"]
