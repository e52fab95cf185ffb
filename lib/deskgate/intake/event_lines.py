"""The lines of an event file -> records, in batches: the one place that parses event lines, whatever their dialect.

A dialect says whose an event is and which rows it makes; a line that cannot be read is its own record in quarantine.
"""

from collections.abc import Callable, Iterable, Mapping

from deskgate.intake.exact_json import JsonError, parse
from deskgate.intake.lines import Line, line_batches
from deskgate.intake.records import Haul, Record, RecordError, Row, SourceFile, settle

__all__ = ["Message", "read_event_lines"]

Message = Mapping[str, object]
OwnerOf = Callable[[SourceFile, Message], str]
RowsOf = Callable[[Message], Iterable[tuple[str, Row]]]


def read_event_lines(source: SourceFile, owner_of: OwnerOf, rows_of: RowsOf) -> Haul:
    """Return what the event lines of `source` say.

    Parameters
    ----------
    source
        An event file, one JSON object a line.
    owner_of
        The bot that a message belongs to; raises `RecordError` where it is no bot of the desk.
    rows_of
        The rows that a message makes; raises `RecordError` where it cannot be read.
    """
    batches = line_batches(source.file, source.size)
    return Haul.of(settle(source, [_record(source, line, owner_of, rows_of) for line in batch]) for batch in batches)


def _record(source: SourceFile, line: Line, owner_of: OwnerOf, rows_of: RowsOf) -> Record:
    bot = source.owner.name if len(source.bots) == 1 else None
    try:
        message = _message(line)
        # From here on the message itself says whose it is.
        bot = None
        bot = owner_of(source, message)
        return Record(line.number, bot, line.text, tuple(rows_of(message)))
    except RecordError as error:
        return Record(line.number, bot, line.text, reason=str(error))


def _message(line: Line) -> Message:
    if not line.decoded:
        raise RecordError("the line is no UTF-8")
    try:
        message = parse(line.text)
    except JsonError as error:
        raise RecordError(f"broken JSON: {error}") from error
    if not isinstance(message, Mapping):
        raise RecordError("the line is no JSON object")
    return message
