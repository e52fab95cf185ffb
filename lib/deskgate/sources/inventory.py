"""A file and its records -> its rows in `Sources`, the inventory of what there was to be read."""

from collections.abc import Mapping

import polars as pl

from deskgate.schema import TABLES
from deskgate.sources.parsed_source import UNDATED, ParsedSource
from deskgate.sources.source_file import SourceFile

__all__ = ["describe_source"]


def describe_source(
    source: SourceFile,
    parsed: ParsedSource,
    *,
    kept: Mapping[str, int],
    quarantined: Mapping[str | None, int],
    sha256: str,
    size: int,
    unfinished: int = 0,
) -> pl.DataFrame:
    """Return the rows of `Sources` for a file: one for each bot that lists it or is in it.

    Parameters
    ----------
    source, parsed
        The file and what its last reading gave.
    kept, quarantined
        Records by bot that are stored, and that are in quarantine; those under None name no bot of the desk and count
        for every bot that lists the file.
    sha256, size
        Of the content so far.
    unfinished
        Bytes of a last line that is being written: no record yet, so it is only noted.
    """
    listing = {bot.name for bot in source.bots}
    torn = f"its last line has no end yet ({unfinished:,} bytes so far)" if unfinished else None
    rows = []
    for bot in sorted(listing | set(kept) | (set(parsed.derived) & source.known)):
        unnamed = bot in parsed.notes
        undated = UNDATED if source.kind.dated_snapshot and parsed.exported_at is None else None
        rows.append(
            {
                "bot": bot,
                "leg": source.leg,
                "kind": source.kind.name,
                "path": source.path,
                "sha256": sha256,
                "bytes": size,
                "rows": kept.get(bot, 0),
                "quarantined": quarantined.get(bot, 0) + (quarantined.get(None, 0) if bot in listing else 0),
                # An export without an entry for the bot is not dated evidence about it.
                "exported_at": None if unnamed else parsed.exported_at,
                "visible_at": None if unnamed else parsed.exported_at,
                "derived": bot in parsed.derived,
                "note": parsed.derived.get(bot) or parsed.notes.get(bot) or undated or torn,
            }
        )
    schema = {name: dtype for name, dtype in TABLES["sources"].create_empty().schema.items() if name != "row_id"}
    return pl.DataFrame(rows, schema=schema)
