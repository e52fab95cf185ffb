"""What a control plane's files show of a bot before they are read in full."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from deskgate.sources.discovery.facts import Facts
from deskgate.sources.exact_json import JsonError, field, first, parse
from deskgate.sources.lines import digest_of, first_groups, line_batches
from deskgate.sources.recognition import columns_of

__all__ = ["bots_in_envelopes", "bots_of_snapshot", "facts_of_envelopes", "facts_of_log", "facts_of_snapshot"]

# An event file may be long; what its bot trades stands in its first lines.
_HEAD_LINES = 5_000
_INSTANCE = re.compile(r'"instance_name"\s*:\s*"([^"]+)"')


def bots_in_envelopes(file: Path, _document: object) -> set[str]:
    """Return the instances that envelopes name."""
    return first_groups(file, _INSTANCE)


def facts_of_log(file: Path, _document: object, _bot: str) -> Facts:
    """Return the connectors and pairs in a controller's log; its last row shows where the bot trades now."""
    size, _ = digest_of(file)
    lines = [line.text for batch in line_batches(file, size) for line in batch]
    if not lines:
        return Facts()
    header = columns_of(lines[0])
    rows = [
        dict(zip(header, row, strict=True))
        for row in csv.reader(lines[1:])
        if len(row) == len(header) and row != header
    ]
    facts = Facts.from_rows((row.get("exchange"), row.get("trading_pair")) for row in reversed(rows))
    facts.latest = max((row["ts"] for row in rows), default="")
    return facts


def facts_of_envelopes(file: Path, _document: object, bot: str) -> Facts:
    """Return the connectors and pairs in the first envelopes of a bot."""
    size, _ = digest_of(file)
    rows = []
    for line in next(line_batches(file, size, _HEAD_LINES), []):
        try:
            event = parse(line.text)
        except JsonError:
            continue
        if isinstance(event, Mapping) and first(event, "instance_name") == bot:
            rows.append((first(event, "connector_name"), first(event, "trading_pair")))
    return Facts.from_rows(rows)


def bots_of_snapshot(_file: Path, document: object) -> set[str]:
    """Return the bots that a combined account snapshot has an entry for."""
    return set(field(document, "bots"))


def facts_of_snapshot(_file: Path, document: object, bot: str) -> Facts:
    """Return the connector and pair in a bot's entry of a combined account snapshot."""
    entry = field(document, "bots", bot)
    return Facts.from_rows([(first(entry, "exchange"), first(entry, "trading_pair"))])
