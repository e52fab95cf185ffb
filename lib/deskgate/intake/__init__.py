"""Intake: what bots, streams and venues left behind, turned into the canonical frames of `deskgate.frames`."""

from deskgate.intake.discovery import FoundBot, discover, draft
from deskgate.intake.reader import read_desk

__all__ = ["FoundBot", "discover", "draft", "read_desk"]
