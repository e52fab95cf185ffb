"""A desk's combined account snapshot: positions and balances by bot.

One that was computed from the bots' own files is recorded as derived and gives no rows: the bots' own
files are not evidence for the venue.
"""

from collections.abc import Iterator, Mapping

from deskgate.sources.casts import first_instant
from deskgate.sources.ccxt.exports import Item, dated_record, pair_of, stamp_of
from deskgate.sources.exact_json import field, first
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import Record, RecordError, Row, parse_records
from deskgate.sources.source_file import SourceFile

__all__ = ["derivation", "read_account_snapshot"]

_DERIVED_SOURCES = ("local", "proxy")


def read_account_snapshot(source: SourceFile) -> ParsedSource:
    """Return positions and balances of the bots that a combined snapshot names, where they are the venue's own.

    An entry has `balances` ({token: total, or {total, free, used}}) and, with its `trading_pair`, `position_base`.
    """
    document = source.document if isinstance(source.document, Mapping) else {}
    stamp, entries = stamp_of(document), field(document, "bots")
    derived, notes, records = {}, {}, []
    for place, (name, entry) in enumerate(entries.items(), start=1):
        if name not in source.known:
            records.append(Record(place, None, entry, reason=f"instance '{name}' is not in desk.toml"))
        elif why := derivation(document, name):
            derived[name] = why
        else:
            records.append(dated_record(source, place, entry, stamp, _account, bot=name))
    for bot in source.bots:
        if bot.name not in entries:
            notes[bot.name] = "the snapshot does not name this bot"
    parsed = parse_records(source, records)
    parsed.exported_at, parsed.derived, parsed.notes = first_instant(stamp), derived, notes
    return parsed


def derivation(document: object, bot: str) -> str | None:
    """Return why a combined snapshot's entry for `bot` is not an account of the venue, None where it may be."""
    mode = first(document, "mode") if isinstance(document, Mapping) else None
    origin = first(field(document, "bots", bot), "source")
    if "proxy" in (mode or "") or any(word in (origin or "") for word in _DERIVED_SOURCES):
        return f"computed from the bot's own files: mode '{mode}', source '{origin}'"
    return None


def _account(entry: Item) -> Iterator[tuple[str, Row]]:
    balances, position = field(entry, "balances"), first(entry, "position_base")
    if not balances and position is None:
        raise RecordError("the entry has neither balances nor position_base")
    for token, amount in sorted(balances.items()):
        parts = amount if isinstance(amount, Mapping) else {"total": amount}
        yield (
            "balances",
            {
                "token": token,
                "total": first(parts, "total"),
                "free": first(parts, "free"),
                "used": first(parts, "used"),
                "unrealized_pnl": first(parts, "unrealized_pnl"),
            },
        )
    if position is not None:
        yield "positions", {"pair": pair_of(first(entry, "trading_pair")), "quantity": position}
