"""What Hummingbot's files show of a bot before they are read in full."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from deskgate.sources.discovery.facts import Facts
from deskgate.sources.hummingbot.database import read_only
from deskgate.sources.lines import first_groups

__all__ = ["bots_in_topics", "facts_of_database"]

# Sorts behind every timestamp.
_BEFORE_LOGS = "~"
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


def bots_in_topics(file: Path, _document: object) -> set[str]:
    """Return the instances that the topics of messages name."""
    return first_groups(file, _TOPIC)


def facts_of_database(file: Path, _document: object, _bot: str) -> Facts:
    """Return the connectors and pairs in a database; nothing where it cannot be read."""
    try:
        with closing(sqlite3.connect(read_only(file), uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            configured, recorded = (
                Facts.from_rows(row for table, query in queries if table in tables for row in database.execute(query))
                for queries in (_CONFIGURED, _RECORDED)
            )
    except sqlite3.Error:
        return Facts()
    # What was configured comes first: a testnet's fills are recorded under the name of the main venue.
    found = Facts.concat([configured, recorded])
    return Facts(found.connectors, found.pairs, _BEFORE_LOGS)
