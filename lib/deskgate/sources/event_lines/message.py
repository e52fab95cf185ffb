"""The JSON of event lines -> objects; what a key means is not known here.

Only the keys that are asked for are decoded. Numbers keep their own digits: they are decoded as text. A line that the
fast decoder refuses is read by `exact_json`, which knows the NaN that Hummingbot writes, and written anew for it; what
that refuses too is not JSON.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, starmap
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import msgspec

from deskgate.sources.exact_json import JsonError, compact, parse

__all__ = ["Found", "Message", "Shape", "is_there", "json_object", "text_inside"]

Message = Mapping[str, Any]

T = TypeVar("T")

# How many are decoded at once: one that is not as usual makes its whole block slower.
_BLOCK = 256
_NOTHING = msgspec.Raw()
_encode = msgspec.json.encode
_encode_lines = msgspec.json.Encoder().encode_lines
_OBJECT = msgspec.json.Decoder(dict[str, Any], float_hook=str)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)
# Far beyond what an event needs, and far from where the interpreter itself gives up.
_DEEPEST = 600
# A text of at most this length cannot be nested deeper.
_SHALLOW = 2 * _DEEPEST
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[{\]}]")
_STEP = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


class Found(NamedTuple):
    """An object: its keys as attributes, its JSON, and an object of its keys that are not known as JSON."""

    message: Any
    text: bytes
    extra: str | None


class Shape:
    """The keys of an object that matter and the decoders for them.

    Parameters
    ----------
    known
        Keys whose values are wanted.
    raw
        Of all keys, those whose JSON is wanted as it was written.
    usual
        Keys that are often there and belong to what is extra.
    aside
        Keys whose values are wanted, but that belong to what is extra.
    """

    def __init__(
        self, *known: str, raw: Sequence[str] = (), usual: Sequence[str] = (), aside: Sequence[str] = ()
    ) -> None:
        fields: dict[str, tuple[str, Any, Any]] = {key: (key, Any, None) for key in (*known, *aside)}
        fields |= {key: (key, msgspec.Raw, _NOTHING) for key in (*raw, *usual)}
        # Decoding refuses an unknown key at once, and only then they are looked for.
        exact = msgspec.defstruct(
            "Exact",
            [fields[key] for key in (*known, *usual)],
            namespace={key: fields[key][2] for key in aside},
            forbid_unknown_fields=True,
            gc=False,
        )
        loose = msgspec.defstruct(
            "Loose", [fields[key] for key in aside], bases=(exact,), forbid_unknown_fields=False, gc=False
        )
        rest = msgspec.defstruct("Rest", [fields[key] for key in usual], omit_defaults=True, gc=False)
        self._exact = msgspec.json.Decoder(exact, float_hook=str).decode
        self._loose = msgspec.json.Decoder(loose, float_hook=str).decode
        self._known = set(known)
        self._usual = _values(usual)
        self._rest = rest if usual else None
        self.none = loose()

    def read(self, text: bytes) -> Found:
        """Return the object in `text`.

        Raises
        ------
        JsonError
            The text has no object, or is nested too deeply.
        """
        if len(text) > _SHALLOW or not text.isascii():
            _check(text)
        try:
            message = self._exact(text)
        except (msgspec.DecodeError, RecursionError):
            return self._otherwise(text)
        if self._rest is None:
            return Found(message, text, None)
        extra = _encode(self._rest(*self._usual(message)))
        return Found(message, text, extra.decode() if extra != b"{}" else None)

    def read_all(self, texts: Sequence[bytes]) -> list[Found | JsonError]:
        """Return for each text the object in it, or the error why it cannot be read."""
        return [found for block in _blocks(texts) for found in self._read_block(block)]

    def parts(self, texts: Sequence[bytes]) -> list[object | JsonError]:
        """Return for each text what `part` gives, or why it cannot be read."""
        return [part for block in _blocks(texts) for part in self._part_block(block)]

    def _read_block(self, texts: Sequence[bytes]) -> list[Found] | list[Found | JsonError]:
        """Read all at once, which mostly works; else each by itself."""
        try:
            if max(map(len, texts)) > _SHALLOW or not all(map(bytes.isascii, texts)):
                for text in texts:
                    _check(text)
            messages = list(map(self._exact, texts))
        except (JsonError, msgspec.DecodeError, RecursionError):
            return [_or_error(self.read, text) for text in texts]
        if self._rest is None:
            return [Found(message, text, None) for message, text in zip(messages, texts, strict=True)]
        rests = list(starmap(self._rest, map(self._usual, messages)))
        extras = _encode_lines(rests).decode().split("\n")[:-1]
        if len(extras) != len(texts):  # an end of line within a message, which only a stream's may have
            extras = [_encode(rest).decode() for rest in rests]
        return list(map(Found, messages, texts, [None if extra == "{}" else extra for extra in extras]))

    def _part_block(self, texts: Sequence[bytes]) -> list[object] | list[object | JsonError]:
        try:
            return list(map(self._loose, texts))
        except msgspec.DecodeError:
            return [_or_error(self.part, text) for text in texts]

    def part(self, text: bytes) -> object:
        """Return the known keys of an object within what has been read before; any other value has none of them.

        Raises
        ------
        JsonError
            A whole number in it is longer than any that is one.
        """
        if text[:1] != b"{":
            return self.none
        try:
            return self._loose(text)
        except msgspec.DecodeError as error:
            raise _unreadable(error) from error

    def _otherwise(self, text: bytes) -> Found:
        """Read an object with unknown keys, or one that has to be mended first."""
        try:
            message, fields = self._loose(text), _FIELDS.decode(text)
        except (msgspec.DecodeError, RecursionError):
            text = _mended(text)
            if text[:1] != b"{":
                raise JsonError("the line is not a JSON object") from None
            try:
                message, fields = self._loose(text), _FIELDS.decode(text)
            except msgspec.DecodeError as error:
                raise JsonError(f"broken JSON: {error}") from error
        extra = {key: raw for key, raw in fields.items() if key not in self._known}
        return Found(message, text, _encode(extra).decode() if extra else None)


def _values(keys: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what takes the values of `keys` out of a message, as a tuple also where there is one or none."""
    return attrgetter(*keys) if len(keys) > 1 else lambda message: tuple(getattr(message, key) for key in keys)


def _blocks(texts: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (texts[at : at + _BLOCK] for at in range(0, len(texts), _BLOCK))


def _or_error(read: Callable[[bytes], T], text: bytes) -> T | JsonError:
    try:
        return read(text)
    except JsonError as error:
        return error


def _check(text: bytes) -> None:
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError as error:
            raise JsonError("the line is not UTF-8") from error
    if len(text) > _SHALLOW and text.count(b"[") + text.count(b"{") > _DEEPEST:
        steps = (_STEP[bracket] for bracket in _BRACKET.findall(_STRING.sub(b"", text)))
        if max(accumulate(steps), default=0) > _DEEPEST:
            raise JsonError("broken JSON: nested too deeply")


def _mended(text: bytes) -> bytes:
    """Return what the fast decoder refuses as JSON that it reads: NaN and Infinity become text."""
    try:
        return compact(parse(text.decode())).encode()
    except JsonError as error:
        raise JsonError(f"broken JSON: {error}") from error


def is_there(raw: msgspec.Raw) -> bool:
    """Return whether a key whose JSON is wanted is in its object."""
    return raw is not _NOTHING


def text_inside(text: bytes) -> bytes:
    """Return the JSON object that a JSON string holds; any other JSON is returned as it is."""
    if text[:1] != b'"':
        return text
    inner = _TEXT.decode(text).encode()
    try:
        _check(inner)
        if inner.lstrip()[:1] != b"{":
            return text
        try:
            _OBJECT.decode(inner)
        except msgspec.DecodeError:
            return _mended(inner)
    except JsonError:
        return text
    return inner.strip()


def json_object(text: bytes) -> Message:
    """Return all of an object within what has been read before; any other value is an empty one.

    Raises
    ------
    JsonError
        A whole number in it is longer than any that is one.
    """
    if text[:1] != b"{":
        return {}
    try:
        return _OBJECT.decode(text)
    except msgspec.DecodeError as error:
        raise _unreadable(error) from error


def _unreadable(error: msgspec.DecodeError) -> JsonError:
    return JsonError(f"the payload cannot be read: {error}")
