"""What a source file shows of its bot before it is read in full: connectors and pairs.

How a file is asked stands with its dialect, in its `facts.py`. The connector that was configured counts more than the
one a fill carries: Hummingbot records a testnet's fills under the name of the main venue.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from deskgate.config.connectors import connector_name, is_testnet

__all__ = ["Facts"]

# As Hummingbot displays a paper connector, and as one configures it.
_DISPLAYED_PAPER, _CONFIGURED_PAPER = "_PaperTrade", "_paper_trade"


@dataclass
class Facts:
    """Connectors, the likeliest first, pairs, and the venue's unified symbols.

    `latest` is the time of a log's last row, which shows the present.
    """

    connectors: list[str] = field(default_factory=list)
    pairs: list[str] = field(default_factory=list)
    latest: str = ""
    symbols: list[str] = field(default_factory=list)

    @property
    def connector(self) -> str | None:
        return self.connectors[0] if self.connectors else None

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[object, object]]) -> "Facts":
        """Return the facts in rows of connector and pair, either of which may be missing."""
        known = [(str(name or ""), str(pair or "")) for name, pair in rows]
        names = [name.replace(_DISPLAYED_PAPER, _CONFIGURED_PAPER) for name, _ in known if name]
        return cls(list(dict.fromkeys(names)), sorted({pair for _, pair in known if "-" in pair}))

    @classmethod
    def concat(cls, parts: Iterable["Facts"]) -> "Facts":
        """Return the facts of all of a bot's files; configuration comes first, then databases, then logs, the latest first.

        What was configured as binance_perpetual_testnet is recorded as binance_perpetual: one connector, two names.
        """
        found = sorted(parts, key=lambda part: part.latest, reverse=True)
        names = list(dict.fromkeys(name for part in found for name in part.connectors))
        first = names[0] if names and is_testnet(names[0]) else None
        return cls(
            [name for name in names if first is None or name != connector_name(first)],
            sorted({pair for part in found for pair in part.pairs}),
            symbols=sorted({symbol for part in found for symbol in part.symbols}),
        )
