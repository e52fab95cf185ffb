"""Event lines -> decoded messages and columns of text, by the hundred thousand; what a message means is not known here.

Numbers keep their own digits: they are decoded as text. A line that the fast decoder refuses is read by `exact_json`,
which knows the NaN that Hummingbot writes; what that refuses too is no JSON.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
import polars as pl

from deskgate.intake.exact_json import JsonError, compact, parse, plain, text_of

__all__ = [
    "Decoded",
    "Message",
    "Raw",
    "Said",
    "Texts",
    "as_rows",
    "decode",
    "digest",
    "json_object",
    "raw_fields",
    "texts",
    "without_gc",
]

Message = Mapping[str, Any]
Texts = list[str | None]
# The JSON text of each field of an object, as it was written.
Raw = Mapping[str, msgspec.Raw]

_OBJECT = msgspec.json.Decoder(dict[str, Any], float_hook=str)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Decoded(NamedTuple):
    """A batch of lines: for each record its line's number, and what could be decoded or why it could not.

    `messages` and `raws` belong to the records in `places`, in their order.
    """

    lines: list[int]
    places: list[int]
    messages: list[Message]
    raws: list[Raw]
    wrong: dict[int, str]


class Said(NamedTuple):
    """What a dialect makes of decoded messages, with one entry for each of them.

    Whose it is, its type, why it cannot be read, and its columns; `rows` has the rows of other tables, each with the
    column `at`: the message it came from.
    """

    bots: Texts
    types: Texts
    reasons: Texts
    columns: dict[str, Texts]
    rows: dict[str, pl.DataFrame]


@contextmanager
def without_gc() -> Iterator[None]:
    """Keep the collector of cycles away from a million decoded objects, none of which has a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def decode(lines: Sequence[bytes], first: int) -> Decoded:
    """Decode the lines that are not blank.

    Parameters
    ----------
    lines
        Raw lines without their end.
    first
        The number of `lines[0]`.
    """
    decoded = Decoded([], [], [], [], {})
    numbers, places, messages, raws, wrong = decoded
    for number, line in enumerate(lines, start=first):
        if not line.strip():
            continue
        place = len(numbers)
        numbers.append(number)
        message: Message
        raw: Raw
        try:
            message, raw = _OBJECT.decode(line), _FIELDS.decode(line)
        except _REFUSALS:
            try:
                message, raw = _slowly(line)
            except JsonError as error:
                wrong[place] = str(error)
                continue
        places.append(place)
        messages.append(message)
        raws.append(raw)
    return decoded


def _slowly(line: bytes) -> tuple[Message, Raw]:
    try:
        value = parse(line.decode())
    except UnicodeDecodeError as error:
        raise JsonError("the line is no UTF-8") from error
    except JsonError as error:
        raise JsonError(f"broken JSON: {error}") from error
    if not isinstance(value, Mapping):
        raise JsonError("the line is no JSON object")
    try:
        raw = {key: msgspec.Raw(compact(each).encode()) for key, each in value.items()}
        return {key: plain(each) for key, each in value.items()}, raw
    except RecursionError as error:
        raise JsonError("broken JSON: nested too deeply") from error


def json_object(text: object) -> tuple[Message, Raw] | None:
    """Return the object in a text that holds JSON, None where it holds none."""
    if not isinstance(text, str):
        return None
    try:
        line = text.encode()
        return _OBJECT.decode(line), _FIELDS.decode(line)
    except (*_REFUSALS, UnicodeEncodeError):
        return None


def raw_fields(raw: msgspec.Raw) -> Raw:
    """Return the fields of an object's own text."""
    try:
        return _FIELDS.decode(raw)
    except _REFUSALS:
        # Only the slow way could read it.
        value = parse(bytes(raw).decode())
        return (
            {key: msgspec.Raw(compact(each).encode()) for key, each in value.items()}
            if isinstance(value, Mapping)
            else {}
        )


def texts(messages: Sequence[Message], *keys: str) -> Texts:
    """Return of each message the text of the first of `keys` that has a value."""
    found: Texts = [None] * len(messages)
    for key in keys:
        values = _column(messages, key)
        found = (
            values
            if key == keys[0]
            else [have if have is not None else value for have, value in zip(found, values, strict=True)]
        )
        if None not in found:
            break
    return found


def _column(messages: Sequence[Message], key: str) -> Texts:
    values = [message.get(key) for message in messages]
    if set(map(type, values)) <= {str, type(None)}:
        return [value or None for value in values] if "" in values else values
    return [_text(value) for value in values]


def _text(value: object) -> str | None:
    return value or None if isinstance(value, str) else text_of(value)


def as_rows(drafts: Sequence[Mapping[str, str | int | None]]) -> pl.DataFrame:
    """Return rows of text, and the number in `at`, as a frame."""
    return pl.DataFrame(drafts, schema={name: pl.Int64 if name == "at" else pl.String for name in drafts[0]})


def digest(name: str | None, content: object) -> str:
    """Return an id made from content: the same for any spacing and order of keys."""
    body = msgspec.json.encode(content, order="sorted")
    return blake2b(f"{name}\x1f".encode() + body, digest_size=16).hexdigest()
