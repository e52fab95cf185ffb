"""One kind of source file: everything in which it differs from the other kinds, declared once.

A kind's record stands beside its parser, in the `kinds.py` of its dialect; `deskgate.sources.registry` lists them all.
Nothing here imports a parser, and no parser is imported before it is called: knowing the kinds costs nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from deskgate.sources.discovery.facts import Facts
    from deskgate.sources.lines import Line
    from deskgate.sources.parsed_source import ParsedSource
    from deskgate.sources.source_file import SourceFile

__all__ = ["Signature", "SourceKind", "deferred", "has_keys"]

# Which keys an export's entries have shows in the first of them.
_ENTRIES_LOOKED_AT = 20


def deferred(target: str) -> Callable[..., Any]:
    """Return a function that imports `target`, written `module:function`, when it is first called, and calls it."""
    resolved = cache(lambda: resolve_name(target))

    def call(*args: object) -> object:
        return resolved()(*args)

    call.__name__ = call.__qualname__ = target
    return call


def has_keys(*signatures: set[str]) -> Callable[[str, Sequence[Mapping[str, object]]], bool]:
    """Return whether one of an export's first entries has all keys of one of `signatures`, whatever its name."""
    return lambda _name, entries: any(
        wanted <= set(entry) for entry in entries[:_ENTRIES_LOOKED_AT] for wanted in signatures
    )


@dataclass(frozen=True, kw_only=True)
class Signature:
    """By what a kind is recognised; a kind sets what fits its files and leaves the rest, which then never matches.

    Attributes
    ----------
    magic
        The first bytes of a binary file.
    columns
        Columns that a CSV's first line has at least.
    line
        Whether a JSON object is a line of such a file.
    text
        A regular expression: how a line of such a file of plain text begins.
    document
        Whether a JSON object is such a document.
    entries
        Whether the objects in a JSON list are those of such an export, given the name of its file, or of the key that
        it stands under, and the objects. An empty list may show by that name what was asked for.
    rows
        Whether the lists in a JSON list are those of such a table, given the file's name and the lists.
    wrapped
        Whether the export may also be `{exported_at, <name of the kind>: ...}`.
    empty_names
        Regular expressions: the names of a file without content. Rotated logs have a number or a date behind theirs.
    empty_folder
        The folder of such files without content, where they are named by their instant.
    """

    magic: bytes = b""
    columns: frozenset[str] = frozenset()
    line: Callable[[Mapping[str, object]], bool] | None = None
    text: str | None = None
    document: Callable[[Mapping[str, object]], bool] | None = None
    entries: Callable[[str, Sequence[Mapping[str, object]]], bool] | None = None
    rows: Callable[[str, Sequence[object]], bool] | None = None
    wrapped: bool = False
    empty_names: tuple[str, ...] = ()
    empty_folder: str | None = None


@dataclass(frozen=True, kw_only=True)
class SourceKind:
    """A kind of source; exactly one of `read` and `read_lines` is set.

    Attributes
    ----------
    name
        As in `Sources.kind`; it is part of what the store knows a source by and never changes.
    leg
        The one leg that it is evidence for: local, events or exchange.
    signature
        By what a file of it is recognised.
    suffixes
        How its files' names end, the dot included; a folder is searched for them.
    tables
        The canonical tables that its records may have rows in. Gates ask by table: who lists fills, orders, funding.
    stray_tables
        Further tables of which a record may have rows, without it being a list of them.
    read
        Reads a whole file. Such a file is read again whenever its content has changed.
    parts
        Yields what `read` returns in parts of bounded size, of the same content always the same ones; two records that are equal, or
        versions of one, are in one part. None: a whole file fits into memory.
    read_lines
        Reads some of the lines of a file or a stream, given the number of the first. Such a file only ever grows.
    read_appended
        Reads the lines that were appended to a table since it was read, given its header. None: a table that has grown
        is read whole.
    read_grown
        Reads what was added to a file that is no text since it was read to a mark (`ParsedSource.mark`), given the mark; None
        where what came before it is not as it was.
    grows_by_items
        A file of it may be a bare JSON list to which entries are appended.
    holds
        Returns whether entries that were appended to such a list leave it of this kind. None: any do.
    named_bots
        Returns the bots that the records of a file name, given the file and its document. None: its records name no
        bot, and all of them belong to the one that lists the file.
    facts
        Returns the connectors and pairs in a file before it is read in full, given the file, its document and the
        bot's name. None: the kind has none.
    derivation
        Returns why a document is no evidence about a bot, given the document and the bot's name. None: it always is.
    is_foreign
        Returns whether a file of its format can be read and has nothing of what it is made of: another program's. None: none has.
    of_account
        It belongs to an account that several bots may share: each that lists it gets all of its records.
    desk_wide
        One file or stream of it is of all bots of the desk.
    dated_snapshot
        It shows a state as of one instant, and proves nothing where that instant is unknown.
    database
        The bot's own database: of its own records the only one that keeps orders and funding, and that cuts digits.
    order_states
        Which orders of the account it lists: `closed`, `canceled`, `open`. Together a bot's exports must list all.
    file_glob
        The pattern that lists all files of it in one folder; empty: each is listed by itself.
    log_prefix
        What stands before the name of the bot's configuration in the name of a log of its process. Such a log shows nothing that a bot
        trades, and its times are local ones (`log_timezone`). None: it is no such log.
    folders
        Names of folders, within an account's exports, that hold nothing but files of it.
    """

    name: str
    leg: str
    signature: Signature = field(default=Signature(), repr=False)
    suffixes: tuple[str, ...] = ()
    tables: frozenset[str] = frozenset()
    stray_tables: frozenset[str] = frozenset()
    read: "Callable[[SourceFile], ParsedSource] | None" = field(default=None, repr=False)
    parts: "Callable[[SourceFile], Iterator[ParsedSource]] | None" = field(default=None, repr=False)
    read_lines: "Callable[[SourceFile, Sequence[bytes], int], ParsedSource] | None" = field(default=None, repr=False)
    read_appended: "Callable[[SourceFile, str, Iterable[Line]], ParsedSource] | None" = field(default=None, repr=False)
    read_grown: "Callable[[SourceFile, str], ParsedSource | None] | None" = field(default=None, repr=False)
    grows_by_items: bool = False
    holds: Callable[[Sequence[object]], bool] | None = field(default=None, repr=False)
    named_bots: "Callable[[Path, object], set[str]] | None" = field(default=None, repr=False)
    facts: "Callable[[Path, object, str], Facts] | None" = field(default=None, repr=False)
    derivation: Callable[[object, str], str | None] | None = field(default=None, repr=False)
    is_foreign: "Callable[[Path], bool] | None" = field(default=None, repr=False)
    of_account: bool = False
    desk_wide: bool = False
    dated_snapshot: bool = False
    database: bool = False
    order_states: frozenset[str] = frozenset()
    file_glob: str = ""
    log_prefix: str | None = None
    folders: tuple[str, ...] = ()

    @property
    def by_line(self) -> bool:
        """Whether it is read line by line."""
        return self.read_lines is not None

    @property
    def is_log(self) -> bool:
        """Whether it is the log of a bot's process, which by itself shows no bot."""
        return self.log_prefix is not None

    @property
    def carries_events(self) -> bool:
        """Whether its records are events, which are known by their ids."""
        return self.by_line and "events" in self.tables

    @property
    def grows(self) -> bool:
        """Whether what is appended to a file that is read whole can be read by itself."""
        return self.read_appended is not None or self.read_grown is not None or self.grows_by_items

    @property
    def names_its_bots(self) -> bool:
        """Whether its records say whose they are."""
        return self.named_bots is not None
