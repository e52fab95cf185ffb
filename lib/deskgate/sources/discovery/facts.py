"""What a source file says of its bot before anything is read in full: names, connectors and pairs.

The connector that was configured counts more than the one a fill carries: Hummingbot records a testnet's fills under
the name of the main venue.
"""

import csv
import re
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from deskgate.sources.ccxt.history import pair_of
from deskgate.sources.exact_json import JsonError, first, parse
from deskgate.sources.exact_json import field as object_in
from deskgate.sources.hummingbot.database import read_only
from deskgate.sources.kinds import columns_of
from deskgate.sources.lines import digest_of, line_batches
from deskgate.sources.records import RecordError

__all__ = ["Facts", "facts_of", "named_bots"]

# An event file may be long; what its bot trades stands in its first lines.
_HEAD_LINES = 5_000
# Sorts behind every time stamp.
_FIRST = "~"
_INSTANCE = re.compile(r'"instance_name"\s*:\s*"([^"]+)"')
_TOPIC = re.compile(r'"topic"\s*:\s*"[^"]*?([^"/]+)/[^"/]+"')
_CONFIGURED = (
    ("Position", "SELECT DISTINCT connector_name, trading_pair FROM Position"),
    ("Executors", "SELECT DISTINCT json_extract(config, '$.connector_name'), json_extract(config, '$.trading_pair')"
     " FROM Executors"),
    ("Controllers", "SELECT DISTINCT json_extract(config, '$.connector_name'), json_extract(config, '$.trading_pair')"
     " FROM Controllers"),
)  # fmt: skip
_RECORDED = (
    ("Order", 'SELECT DISTINCT market, symbol FROM "Order"'),
    ("TradeFill", "SELECT DISTINCT market, symbol FROM TradeFill"),
    ("MarketData", "SELECT DISTINCT exchange, trading_pair FROM MarketData"),
)
# As Hummingbot displays a paper connector, and as one configures it.
_DISPLAYED_PAPER, _CONFIGURED_PAPER = "_PaperTrade", "_paper_trade"


@dataclass
class Facts:
    """Connectors, the likeliest first, and pairs; `latest` is the time of a log's last row, for it says what is now."""

    connectors: list[str] = field(default_factory=list)
    pairs: list[str] = field(default_factory=list)
    latest: str = ""

    @property
    def connector(self) -> str | None:
        return self.connectors[0] if self.connectors else None

    @classmethod
    def of(cls, parts: Iterable["Facts"]) -> "Facts":
        """Return what all `parts` of a bot say; databases say it best, then logs, the latest first."""
        found = sorted(parts, key=lambda part: part.latest, reverse=True)
        return cls(
            list(dict.fromkeys(name for part in found for name in part.connectors)),
            sorted({pair for part in found for pair in part.pairs}),
        )


def named_bots(file: Path, kind: str, document: object) -> set[str]:
    """Return the bots that the records of `file` name, none where its kind names none."""
    if kind == "account_snapshot":
        return set(object_in(document, "bots"))
    pattern = {"event_envelopes": _INSTANCE, "mqtt_events": _TOPIC}.get(kind)
    if pattern is None:
        return set()
    size, _ = digest_of(file)
    return {match[1] for batch in line_batches(file, size) for line in batch if (match := pattern.search(line.text))}


def facts_of(file: Path, kind: str, document: object, bot: str) -> Facts:
    """Return what `file` says of `bot`; nothing where it cannot be read."""
    if kind == "hummingbot_db":
        return _of_database(file)
    if kind.startswith("controller_"):
        return _of_log(file)
    if kind == "event_envelopes":
        return _of_envelopes(file, bot)
    if kind == "account_snapshot":
        entry = object_in(document, "bots", bot)
        return _facts([(first(entry, "exchange"), first(entry, "trading_pair"))])
    return _of_export(document)


def _facts(rows: Iterable[tuple[object, object]]) -> Facts:
    known = [(str(name or ""), str(pair or "")) for name, pair in rows]
    names = [name.replace(_DISPLAYED_PAPER, _CONFIGURED_PAPER) for name, _ in known if name]
    return Facts(list(dict.fromkeys(names)), sorted({pair for _, pair in known if "-" in pair}))


def _of_database(file: Path) -> Facts:
    try:
        with closing(sqlite3.connect(read_only(file), uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            configured, recorded = (
                _facts(row for table, query in queries if table in tables for row in database.execute(query))
                for queries in (_CONFIGURED, _RECORDED)
            )
    except sqlite3.Error:
        return Facts()
    # What was configured as binance_perpetual_testnet is recorded as binance_perpetual: one connector, two names.
    also = [name for name in recorded.connectors if not any(each.startswith(name) for each in configured.connectors)]
    return Facts(configured.connectors + also, sorted({*configured.pairs, *recorded.pairs}), _FIRST)


def _of_log(file: Path) -> Facts:
    """Read a controller's log; its last row says where the bot trades now."""
    size, _ = digest_of(file)
    lines = [line.text for batch in line_batches(file, size) for line in batch]
    if not lines:
        return Facts()
    header = columns_of(lines[0])
    rows = [dict(zip(header, row, strict=True)) for row in csv.reader(lines[1:]) if len(row) == len(header)]
    facts = _facts((row.get("exchange"), row.get("trading_pair")) for row in reversed(rows))
    facts.latest = max((row["ts"] for row in rows), default="")
    return facts


def _of_envelopes(file: Path, bot: str) -> Facts:
    size, _ = digest_of(file)
    rows = []
    for line in next(line_batches(file, size, _HEAD_LINES), []):
        try:
            event = parse(line.text)
        except JsonError:
            continue
        if isinstance(event, Mapping) and first(event, "instance_name") == bot:
            rows.append((first(event, "connector_name"), first(event, "trading_pair")))
    return _facts(rows)


def _of_export(document: object) -> Facts:
    """Read the pairs of a list of trades, orders or positions; ccxt's exports do not name their venue."""
    pairs = []
    for entry in document if isinstance(document, list) else []:
        try:
            pairs.append((None, pair_of(first(entry, "symbol") if isinstance(entry, Mapping) else None)))
        except RecordError:
            continue
    return _facts(pairs)
