"""Discovery: from a folder nobody has described to the draft of its desk.toml."""

from deskgate.sources.discovery.draft import draft
from deskgate.sources.discovery.found_desk import FoundDesk, discover
from deskgate.sources.discovery.proposal import FoundBot

__all__ = ["FoundBot", "FoundDesk", "discover", "draft"]
