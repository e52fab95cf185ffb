"""The record that `deskgate snapshot` writes of itself: what it asked for, in which windows, and what it could not have."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant, stamp
from deskgate.sources.casts import first_instant
from deskgate.sources.ccxt.exports import Item, contents, entry_of
from deskgate.sources.exact_json import first
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import Record, RecordError, Row, parse_records
from deskgate.sources.source_file import SourceFile

__all__ = ["read_ledger", "read_snapshot_record"]


def read_snapshot_record(source: SourceFile) -> ParsedSource:
    """Return one row per export and UTC day of its window; an entry that says no window is in quarantine."""
    content, exported = contents(source)
    record = content if isinstance(content, Mapping) else {}
    head = source.document if isinstance(source.document, Mapping) else {}
    listed = record.get("asked")
    entries = listed if isinstance(listed, list) and listed else [None]
    about = {
        "account": first(head, "account"),
        "client": first(head, "client"),
        "asked_at": exported,
        "clock_ahead_s": first(record, "clock_ahead_s"),
        "rights": first(record, "rights"),
    }
    parsed = parse_records(source, [_record(source, at, entry, about) for at, entry in enumerate(entries, start=1)])
    parsed.exported_at = first_instant(exported)
    return parsed


def read_ledger(source: SourceFile) -> ParsedSource:
    """Return no row: a venue's ledger is kept for people to look at, nothing is judged by it."""
    return parse_records(source, [])


def _record(source: SourceFile, place: int, entry: object, about: Row) -> Record:
    owner = source.owner.name
    try:
        return Record(place, owner, entry, [("coverage", row) for row in _rows(entry_of(entry), about)])
    except RecordError as error:
        return Record(place, owner, entry, reason=str(error))


def _rows(entry: Item, about: Row) -> Iterator[Row]:
    since, until = (_instant(entry, name) for name in ("since", "until"))
    if until < since:
        raise RecordError(f"it ends at {stamp(until)}, before it begins at {stamp(since)}")
    while True:
        midnight = datetime.combine(since.date(), time(), UTC) + timedelta(days=1)
        end = min(midnight, until)
        yield {
            **about,
            "ts": stamp(end),
            "export": first(entry, "export"),
            "since": stamp(since),
            "complete": first(entry, "complete"),
            "why_incomplete": first(entry, "reason"),
            "pages": first(entry, "pages"),
            "records": first(entry, "records"),
        }
        if end == until:
            return
        since = end


def _instant(entry: Item, name: str) -> datetime:
    text = first(entry, name)
    try:
        return parse_instant(text or "")
    except InputError as error:
        raise RecordError(f"{name} '{text}' is no instant") from error
