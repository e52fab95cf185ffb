"""Decoded objects -> columns of text, by the hundred thousand; what a column means is not known here."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import polars as pl

from deskgate.sources.exact_json import text_of

__all__ = ["Drafts", "ParsedLines", "as_rows", "columns", "digest", "quoted", "without_gc"]

# Rows of text by table; each row's `at` is the place of the message that it came from.
Drafts = dict[str, list[dict[str, str | int | None]]]

_QUOTED_LIMIT = 60


class ParsedLines(NamedTuple):
    """The events in some objects, as a dialect's parser returns them.

    `events` has one row for each object: its columns as text, `bot`, and `reason`, null where it can be read. `rows` has
    the rows of other tables, `at` the place of the object that a row came from.
    """

    events: pl.DataFrame
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


def columns(
    messages: Sequence[Any],
    keys: Mapping[str, Sequence[str]],
    value_of: Callable[[str], Callable[[Any], object]] = attrgetter,
) -> pl.DataFrame:
    """Return the text of each message's values, null where it is missing or empty.

    Parameters
    ----------
    messages
        Objects.
    keys
        By column, the keys of which the first that has a value counts.
    value_of
        Makes of a key what takes its value out of a message.
    """
    return pl.DataFrame([_column(messages, name, keys[name], value_of) for name in keys])


def _column(
    messages: Sequence[Any], name: str, keys: Sequence[str], value_of: Callable[[str], Callable[[Any], object]]
) -> pl.Series:
    found = pl.Series(name, [None], dtype=pl.String).new_from_index(0, len(messages))
    for key in keys:
        values = _texts(list(map(value_of(key), messages))).alias(name)
        found = values if key == keys[0] else found.zip_with(found.is_not_null(), values)
        if not found.has_nulls():
            break
    return found


def _texts(values: list[Any]) -> pl.Series:
    try:
        found = pl.Series(values, dtype=pl.String)
    except (TypeError, OverflowError):  # not all are text
        return pl.Series([text_of(value) for value in values], dtype=pl.String)
    return found.replace("", None) if (found == "").any() else found


def as_rows(drafts: Sequence[Mapping[str, str | int | None]]) -> pl.DataFrame:
    """Return rows of text, and the number in `at`, as a frame."""
    return pl.DataFrame(drafts, schema={name: pl.Int64 if name == "at" else pl.String for name in drafts[0]})


def quoted(text: pl.Expr) -> pl.Expr:
    """Return as much of a text as a reason quotes."""
    return text.str.slice(0, _QUOTED_LIMIT)


def digest(name: str | None, content: object) -> str:
    """Return an id made from content: the same for any spacing and order of keys."""
    body = msgspec.json.encode(content, order="sorted")
    return blake2b(f"{name}\x1f".encode() + body, digest_size=16).hexdigest()
