"""Which kind a file is of, by its content; its name counts only where the content is empty.

What to look for stands in the signatures of the kinds; here is how to look.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from deskgate.config.errors import InputError, UnknownKindError
from deskgate.sources import registry
from deskgate.sources.exact_json import JsonError, parse
from deskgate.sources.lines import head_of, line_batches, whole_text
from deskgate.sources.source_kind import SourceKind

__all__ = ["columns_of", "recognise"]

_HEAD = 1 << 16
# What SQLite keeps beside a database belongs to it and is read with it.
_BESIDE_DATABASES = {"-wal": "a database's log", "-shm": "a database's index", "-journal": "a database's journal"}
_COLUMN = re.compile(r"[A-Za-z_][\w .%()/-]{0,40}|")
# Hummingbot's markets_recorder.append_to_csv (20260922) writes data/trades_<config>.csv.
_TRADES_CSV = {"config_file_path", "exchange_trade_id", "trade_fee", "age"}


def recognise(file: Path) -> tuple[SourceKind, object]:
    """Return the kind of `file`, and its parsed content where it is one JSON document.

    Raises
    ------
    UnknownKindError
        The file is of no known kind.
    InputError
        It is a JSON document or gzip that cannot be read.
    """
    head = head_of(file, _HEAD)
    if own := _by_beginning(head):
        return own, None
    _refuse_companions(file, head)
    if not head.strip():
        return _by_name(file, "an empty file"), None
    if head.lstrip()[:1] not in (b"{", b"["):
        return _by_header(file, head), None
    if head.lstrip()[:1] == b"{" and (kind_of_lines := _by_head(file, head)):
        return kind_of_lines, None
    if head.startswith(b"{") and b"\n" not in head and len(head) < _HEAD and not _is_json(head):
        with suppress(InputError):
            kind = _by_name(file, "an unfinished line")
            if kind.by_line:
                return kind, None
    return _log_or_document(file, head)


def _log_or_document(file: Path, head: bytes) -> tuple[SourceKind, object]:
    first, *others = head.decode(errors="replace").splitlines()
    if others and (kind_of_lines := _of_log(file, [first])):  # one line alone may be a document
        return kind_of_lines, None
    text = whole_text(file)
    try:
        document = parse(text)
    except JsonError as error:
        if kind_of_lines := _of_log(file, _texts(file)):
            return kind_of_lines, None
        # A log may begin with a bracket.
        of_documents = (".json", ".json.gz", ".jsonl", ".jsonl.gz")
        raise (InputError if file.name.endswith(of_documents) else UnknownKindError)(
            f"{file}: not JSON, {error}, expected a complete document or event lines; export the file again or take it"
            " out of desk.toml"
        ) from error
    return _by_document(file, document), document


def _refuse_companions(file: Path, head: bytes) -> None:
    """Refuse what lies beside a database and belongs to it, by its own words."""
    for suffix, found in _BESIDE_DATABASES.items():
        if file.name.endswith(suffix) and file.with_name(file.name.removesuffix(suffix)).exists():
            raise _unknown(file, found)
    header = head.split(b"\n", 1)[0]
    # The first line of a document may be all of it, which is not taken apart for names that are nowhere in it.
    if (
        all(name.encode() in header for name in _TRADES_CSV)
        and set(columns_of(header.decode(errors="replace"))) >= _TRADES_CSV
    ):
        raise UnknownKindError(
            f"{file}: Hummingbot's CSV of a bot's fills, expected its database, which has the same fills and their exact"
            " amounts; list the .sqlite file beside it"
        )


def columns_of(header: str) -> list[str]:
    """Return the column names of a CSV's first line."""
    return [name.strip().strip('"') for name in header.removeprefix("\ufeff").split(",")]


def _by_beginning(head: bytes) -> SourceKind | None:
    """Return the kind that the first bytes show, or a line of plain text: a log may begin in the middle of a traceback."""
    text = head.decode(errors="replace")
    for kind in registry.KINDS:
        of_kind = kind.signature
        if of_kind.magic and head.startswith(of_kind.magic):
            return kind
        if of_kind.text and re.search(f"^{of_kind.text}", text, re.MULTILINE):
            return kind
    return None


def _by_header(file: Path, head: bytes) -> SourceKind:
    columns = columns_of(head.split(b"\n", 1)[0].decode(errors="replace"))
    for kind in registry.KINDS:
        if kind.signature.columns and kind.signature.columns <= set(columns):
            return kind
    if b"\n" not in head and len(head) < _HEAD:
        # Its writer is at the first line.
        return _by_name(file, _shown_header(columns))
    raise _unknown(file, _shown_header(columns))


def _shown_header(columns: Sequence[str]) -> str:
    """Return in words what a first line is; one that is no header of a table may be a secret and is not shown."""
    if len(columns) > 1 and all(map(_COLUMN.fullmatch, columns)):
        return f"a first line that begins '{', '.join(columns)[:60]}'"
    return "a first line that is no header of a table"


def _by_head(file: Path, head: bytes) -> SourceKind | None:
    """Return the kind of event lines, None for a document; where the first line is longer than what is looked at, by all."""
    is_long = len(head) == _HEAD and b"\n" not in head and _is_named_as_log(file)
    return _by_lines(_texts(file) if is_long else head.decode(errors="replace").splitlines())


def _by_lines(lines: Iterable[str]) -> SourceKind | None:
    """Return the kind of the first line of a known one; a broken line does not hide the others."""
    for line in _objects(lines):
        for kind in registry.KINDS:
            if kind.signature.line and kind.signature.line(line):
                return kind
    return None


def _objects(lines: Iterable[str]) -> Iterator[Mapping[str, object]]:
    for text in lines:
        with suppress(JsonError):
            if isinstance(line := parse(text), Mapping):
                yield line


def _texts(file: Path) -> Iterator[str]:
    return (line.text for batch in line_batches(file, file.stat().st_size) for line in batch)


def _is_named_as_log(file: Path) -> bool:
    return file.name.endswith(tuple(suffix for kind in registry.KINDS if kind.by_line for suffix in kind.suffixes))


def _of_log(file: Path, lines: Iterable[str]) -> SourceKind | None:
    """Return the kind of the lines of a file, None where none of these lines is an object.

    Raises
    ------
    UnknownKindError
        It is a log of another program: no line of the whole file is of a known kind.
    """
    found = next(_objects(lines), None)
    if found is None:
        return None
    if kind := _by_lines(_texts(file)):
        return kind
    if _is_named_as_log(file):
        raise _unknown(file, f"a log with lines of {', '.join(list(found)[:5]) or 'no keys'}")
    return None


def _is_json(text: bytes) -> bool:
    try:
        parse(text.decode(errors="replace"))
    except JsonError:
        return False
    return True


def _by_document(file: Path, document: object) -> SourceKind:
    if isinstance(document, Mapping):
        return _by_object(file, document)
    if not isinstance(document, list):
        raise _unknown(file, "a bare value")
    entries = [entry for entry in document if isinstance(entry, Mapping)]
    if not document:
        return _by_name(file, "an empty list")
    if kind := _by_entries(file.name, entries):
        return kind
    if all(isinstance(entry, list) for entry in document):
        return _by_rows(file, document)
    raise _unknown(file, f"a list of objects with {', '.join(sorted(entries[0])[:5]) if entries else 'no keys'}")


def _by_rows(file: Path, rows: Sequence[object]) -> SourceKind:
    """Return the kind of a list of lists."""
    for kind in registry.KINDS:
        if kind.signature.rows and kind.signature.rows(file.name, rows):
            return kind
    raise _unknown(file, "a list of lists, in a file whose name does not say of what,")


def _by_entries(name: str, entries: Sequence[Mapping[str, object]]) -> SourceKind | None:
    """Return the kind of a list of `entries` in a file, or under a key, of that name."""
    found = (kind for kind in registry.KINDS if kind.signature.entries and kind.signature.entries(name, entries))
    return next(found, None)


def _by_object(file: Path, document: Mapping[str, object]) -> SourceKind:
    wrapped = [kind for kind in registry.KINDS if kind.signature.wrapped and kind.name in document]
    # An account snapshot and a balance have keys of their own that may be named like an export.
    if len(wrapped) == 1 and not {"bots", "total"} & set(document):
        content = document[wrapped[0].name]
        entries = [entry for entry in content if isinstance(entry, Mapping)] if isinstance(content, list) else []
        held = _by_entries(wrapped[0].name, entries)
        # The key names the export; of one of orders what it holds may show that it covers more.
        return held if held and held.tables == wrapped[0].tables else wrapped[0]
    for kind in registry.KINDS:
        if kind.signature.document and kind.signature.document(document):
            return kind
    raise _unknown(file, f"an object with {', '.join(list(document)[:5]) or 'no keys'}")


def _by_name(file: Path, found: str) -> SourceKind:
    if kind := _by_entries(file.name, []):
        return kind
    for kind in registry.KINDS:
        if any(re.match(pattern, file.name) for pattern in kind.signature.empty_names):
            return kind
    for kind in registry.KINDS:
        if file.parent.name == kind.signature.empty_folder:
            return kind
    raise _unknown(file, found)


def _unknown(file: Path, found: str) -> UnknownKindError:
    return UnknownKindError(
        f"{file}: {found} is not a known kind of file, expected one of"
        f" {', '.join(kind.name for kind in registry.KINDS)}; narrow the pattern in desk.toml that lists it"
    )
