"""JSON whose numbers keep their own text, because a float does not keep a price exactly.

Numbers are read as text behind a mark, so that `text_of` gives their digits and `compact` can write them back
unquoted. What a document means is not known here.
"""

import json
import re
from collections.abc import Iterable, Mapping

__all__ = ["JsonError", "compact", "field", "first", "parse", "text_of"]

_MARK = "\x00"
_MARKED_NUMBER = re.compile(r'"\\u0000(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"')
# No record is nested so deep; what is could not be written again.
_DEPTH = 64
_NESTED = (dict, list)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_DECODER = json.JSONDecoder(parse_float=_MARK.__add__, parse_int=_MARK.__add__, parse_constant=_MARK.__add__)


class JsonError(ValueError):
    """The text is not JSON."""


def parse(text: str) -> object:
    """Return the value of `text`, its numbers as marked text that only `text_of` and `compact` need to understand.

    Raises
    ------
    JsonError
        The text is not JSON, or is nested too deeply.
    """
    try:
        value: object = _DECODER.decode(text)
        too_deep = text.count("[") + text.count("{") > _DEPTH and _is_deep(value)
        if not too_deep and _SURROGATE.search(text):
            # An escaped half of a surrogate pair is legal JSON, but cannot be stored as UTF-8.
            compact(value).encode()
    except json.JSONDecodeError as error:
        raise JsonError(f"{error.msg} at column {error.colno}") from error
    except UnicodeEncodeError as error:
        raise JsonError("an escape is half of a surrogate pair") from error
    except RecursionError as error:
        raise JsonError(f"nested more than {_DEPTH} levels deep") from error
    except ValueError as error:
        raise JsonError(str(error)) from error
    if too_deep:
        raise JsonError(f"nested more than {_DEPTH} levels deep")
    return value


def _is_deep(value: object) -> bool:
    """Return whether a value is nested deeper than any record; without recursion."""
    level = [value]
    for _ in range(_DEPTH):
        level = [inner for outer in level for inner in _values(outer) if isinstance(inner, _NESTED)]
        if not level:
            return False
    return True


def _values(outer: object) -> Iterable[object]:
    if isinstance(outer, dict):
        return outer.values()
    return outer if isinstance(outer, list) else ()


def compact(value: object) -> str:
    """Return `value` as JSON without spaces, its keys in their order and its numbers as they were written."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return _MARKED_NUMBER.sub(r"\1", text).replace("\\u0000", "") if "\\u0000" in text else text


def text_of(value: object) -> str | None:
    """Return a scalar's own text; null and the empty string are None, a list or an object is its JSON."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value.removeprefix(_MARK)
    return compact(value)


def first(mapping: Mapping[str, object], *keys: str) -> str | None:
    """Return the text of the first of `keys` that has a value."""
    for key in keys:
        value = mapping.get(key)
        if value is not None and (text := text_of(value)) is not None:
            return text
    return None


def field(value: object, *keys: str) -> Mapping[str, object]:
    """Return the object found under `keys`, empty where it is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else {}
