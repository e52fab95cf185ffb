"""Intake: what bots, streams and venues left behind, turned into the canonical frames of `deskgate.frames`."""

from deskgate.intake.discovery import FoundBot, discover, draft

__all__ = ["FoundBot", "discover", "draft"]
