"""A raw file -> canonical frames, by its kind's own parser, nothing written.

Reading decides no gate: what is wrong with a record goes to quarantine, what is wrong with a file is an error that
names it, and what is not there is simply not in the frames.
"""

from collections.abc import Iterator, Sequence

from deskgate.config.bot import Mode
from deskgate.sources.bounds import with_bounds
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.source_file import SourceFile

__all__ = ["read_grown", "read_lines", "read_parts", "read_source"]


def read_source(source: SourceFile) -> ParsedSource:
    """Return the content of a whole file.

    Raises
    ------
    InputError
        The file cannot be read; the message names it. A record that cannot be read raises nothing, it is in
        `quarantine`.
    """
    if source.kind.read is None:
        raise TypeError(f"{source.kind.name} is read by line, expected a kind that is read whole; call read_lines")
    return _independent(source, _declared(source, source.kind.read(source)))


def read_parts(source: SourceFile) -> Iterator[ParsedSource]:
    """Yield the content of a whole file, in parts where its kind has them.

    Raises
    ------
    InputError
        As `read_source` does.
    """
    if source.kind.parts is None:
        yield read_source(source)
        return
    for part in source.kind.parts(source):
        yield _independent(source, _declared(source, part))


def read_grown(source: SourceFile, mark: str) -> ParsedSource | None:
    """Return what was added to a file since it was read to `mark`, None where it must be read whole."""
    if source.kind.read_grown is None:
        raise TypeError(f"{source.kind.name} cannot be read from a mark; call read_source")
    parsed = source.kind.read_grown(source, mark)
    return None if parsed is None else _declared(source, parsed)


def read_lines(source: SourceFile, lines: Sequence[bytes], first: int) -> ParsedSource:
    """Return the content of some lines of a file or a stream.

    Parameters
    ----------
    source
        Where they come from.
    lines
        Raw lines without their end; blank ones are no records.
    first
        The 1-based number of `lines[0]`.
    """
    if source.kind.read_lines is None:
        raise TypeError(f"{source.kind.name} is read whole, expected a kind that is read by line; call read_source")
    return _declared(source, source.kind.read_lines(source, lines, first))


def _declared(source: SourceFile, parsed: ParsedSource) -> ParsedSource:
    """Return `parsed`; rows in a table that the kind does not declare would count for no gate."""
    undeclared = sorted(set(parsed.frames) - source.kind.tables - source.kind.stray_tables)
    if undeclared:
        raise TypeError(
            f"{source.kind.name} has rows in {', '.join(undeclared)}; declare them in its SourceKind.tables"
        )
    # The tables of a database follow each other, so that the rows around one show nothing of its time.
    return parsed if source.kind.database else with_bounds(parsed)


def _independent(source: SourceFile, parsed: ParsedSource) -> ParsedSource:
    """Return `parsed`, without rows where an account's export shows no sign of being the venue's: it proves nothing.

    A paper bot has no venue. Its ledger is kept apart from its own files, and counts.
    """
    owner, derivation = source.owner, source.kind.derivation
    if not source.kind.of_account or derivation is None or owner.mode is Mode.PAPER:
        return parsed
    if why := derivation(source.document, owner.name):
        parsed.frames, parsed.derived = {}, {owner.name: why}
    return parsed
