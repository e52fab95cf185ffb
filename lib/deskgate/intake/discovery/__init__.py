"""Discovery: from a folder nobody has described to the draft of its desk.toml."""

from deskgate.intake.discovery.draft import draft
from deskgate.intake.discovery.search import FoundBot, discover

__all__ = ["FoundBot", "discover", "draft"]
