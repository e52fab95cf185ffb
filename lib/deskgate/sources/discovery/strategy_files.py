"""Hummingbot's YAML files of strategies, scripts and controllers -> the connectors and pairs that they trade.

Every strategy has keys of its own. So a value counts by its key's words and by how it is written: `exchange: binance`,
`maker_market: kucoin`, `trading_pair: BTC-USDT`, `markets: {binance: [BTC-USDT]}`. Where a strategy only takes prices from
(candles, a price source, an oracle) it trades nothing. No other value is kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from deskgate.config.settings import load_document
from deskgate.sources.discovery.facts import Facts

__all__ = ["StrategyFile", "read_strategy_file", "read_yaml"]

SIZE_LIMIT = 1_000_000
_DEPTH = 5
# What stands in a configuration counts before what a database or a log has recorded.
_FIRST = "~~"
_CONNECTOR_KEY = re.compile(r"(^|_)(connector|exchange|derivative)(_|$)|^(maker|taker|primary|secondary)_market$")
_PAIR_KEY = re.compile(r"pair|market")
_ONLY_PRICES = re.compile(r"candles|price_source|oracle|rate_source|conversion")
_CONNECTOR = re.compile(r"^[a-z][a-z0-9_]*(/[a-z0-9_-]+)*$")
_PAIR = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.:_$]*-[A-Za-z0-9.:_$]+$")


@dataclass(frozen=True)
class StrategyFile:
    """One such file: what it trades, the controllers' files that a script names, and why it cannot be read."""

    file: Path
    facts: Facts
    controllers: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def database(self) -> str:
        """The name, up to the first dot, of the database that a bot started with this file writes."""
        return self.file.name.partition(".")[0]


def read_strategy_file(file: Path) -> StrategyFile:
    """Return what a file says; one that cannot be read has a `problem`."""
    document, problem = read_yaml(file)
    found = list(_markets(document))
    names = document.get("controllers_config") if isinstance(document, dict) else None
    return StrategyFile(
        file,
        Facts(
            list(dict.fromkeys(name for kind, name in found if kind == "connector")),
            sorted({name for kind, name in found if kind == "pair"}),
            _FIRST,
        ),
        tuple(str(each) for each in names) if isinstance(names, list) else (),
        problem,
    )


def read_yaml(file: Path) -> tuple[object, str | None]:
    """Return what a YAML file holds, and why it cannot be read; the reason quotes nothing of it, for it may hold secrets."""
    try:
        if file.stat().st_size > SIZE_LIMIT:
            return None, f"longer than {SIZE_LIMIT:,} bytes, expected a configuration"
        return load_document(file), None
    except MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        return None, f"not readable as YAML{line}; correct it"
    except (YAMLError, ValueError, RecursionError):
        return None, "not readable as YAML; correct it"
    except OSError as error:
        return None, f"{(error.strerror or 'unreadable').lower()}; give this user the right to read it"


def _markets(value: object, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield connectors and pairs, each with which of the two it is."""
    if _ONLY_PRICES.search(key) or depth > _DEPTH:
        return
    match value:
        case dict():
            for name, inside in value.items():
                # `markets: {binance: [BTC-USDT]}`: there a connector is a key.
                if key == "markets" and isinstance(name, str) and _CONNECTOR.match(name):
                    yield "connector", name
                yield from _markets(inside, "trading_pair" if key == "markets" else str(name).lower(), depth + 1)
        case list() | tuple() | set():
            for inside in value:
                yield from _markets(inside, key, depth + 1)
        case str() if _PAIR_KEY.search(key) and all(_PAIR.match(each.strip()) for each in value.split(",")):
            for each in value.split(","):
                yield "pair", each.strip()
        case str() if _CONNECTOR_KEY.search(key) and _CONNECTOR.match(value):
            yield "connector", value
