import pytest

from deskgate.sources.event_lines.message import Shape, is_there, text_inside
from deskgate.sources.exact_json import JsonError

SHAPE = Shape("a", "b", "c", raw=("c",), usual=("u",), aside=("z",))


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        ('{"a": 1, "b": null}', None),
        ('{"u": 1.50, "a": 1}', '{"u":1.50}'),
        ('{"u": "x", "n": [1, 2.0], "a": 1}', '{"u":"x","n":[1, 2.0]}'),
        ('{"z": 5}', '{"z":5}'),
    ],
)
def test_unknown_keys_are_extra(text: str, extra: str | None) -> None:
    assert SHAPE.read(text.encode()).extra == extra


def test_key_kept_as_extra_has_its_value() -> None:
    messages = [SHAPE.read(text).message for text in (b'{"z": 5}', b'{"a": 5}')]
    assert [message.z for message in messages] == [5, None]


def test_raw_key_is_as_it_was_written() -> None:
    there, absent = SHAPE.read(b'{"c": {"q":  1.0} }').message, SHAPE.read(b"{}").message
    assert (bytes(there.c), is_there(absent.c)) == (b'{"q":  1.0}', False)


def test_nan_is_text_afterwards() -> None:
    found = SHAPE.read(b'{"a": NaN, "c": {"p": -Infinity, "q": 0.10}}')
    assert (found.message.a, bytes(found.message.c)) == ("NaN", b'{"p":"-Infinity","q":0.10}')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a"', "broken JSON: Expecting ':' delimiter at column 5"),
        (b"[1]", "the line is not a JSON object"),
        (b"NaN", "the line is not a JSON object"),
        (b'{"a": "\xff"}', "the line is not UTF-8"),
        (b'{"n": "\xff"}', "the line is not UTF-8"),
        (b'{"a": "\\ud800"}', "broken JSON: an escape is half of a surrogate pair"),
        (b'{"n": "\\ud800"}', "broken JSON: an escape is half of a surrogate pair"),
        (b'{"c": ' + b"[" * 600 + b"]" * 600 + b"}", "broken JSON: nested too deeply"),
    ],
)
def test_line_without_an_object_has_a_reason(text: bytes, reason: str) -> None:
    with pytest.raises(JsonError) as caught:
        SHAPE.read(text)
    assert str(caught.value) == reason


@pytest.mark.parametrize("inside", [b"[" * 599 + b"]" * 599, b'"' + b"[" * 2_000 + b'"', b"[" + b"{}," * 999 + b"{}]"])
def test_many_brackets_are_not_depth(inside: bytes) -> None:
    assert bytes(SHAPE.read(b'{"c": ' + inside + b"}").message.c) == inside


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (b'{"a": 1}', b'{"a": 1}'),
        (b'" {\\"a\\": 1}"', b'{"a": 1}'),
        (b'"{\\"a\\": NaN}"', b'{"a":"NaN"}'),
        (b'"[1]"', b'"[1]"'),
        (b'"{"', b'"{"'),
        (b"5", b"5"),
    ],
)
def test_object_in_a_string_is_taken_out(text: bytes, inside: bytes) -> None:
    assert text_inside(text) == inside
