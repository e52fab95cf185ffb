"""Discovery: from a folder nobody has described to the draft of its desk.toml."""

from deskgate.sources.discovery.draft import draft
from deskgate.sources.discovery.proposal import FoundBot
from deskgate.sources.discovery.search import discover

__all__ = ["FoundBot", "discover", "draft"]
