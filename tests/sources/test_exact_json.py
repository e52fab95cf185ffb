import pytest

from deskgate.sources.exact_json import JsonError, compact, field, first, parse, text_of


def test_numbers_keep_their_text() -> None:
    value = parse('{"a": 0.10, "b": 1E-7, "c": 12345678901234567890123, "d": true, "e": "0.10", "f": NaN}')
    assert [first(field(value), key) for key in "abcdef"] == [
        *("0.10", "1E-7", "12345678901234567890123", "true", "0.10", "NaN"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '"\U0001f600"',
        '{"z":0.10,"a":[1,-2.50e+3,{"b":null}],"c":"é\\n"}',
        '{"text":"12.5"}',
        "[]",
        '"\\u0001"',
        '{"a":"x\\"1\\"y"}',
    ],
)
def test_compact_writes_back_what_was_read(text: str) -> None:
    assert compact(parse(text)) == text


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "[1,]", "[" * 100_000, '"\\ud800"', "1" * 5_000 + "x"])
def test_parse_of_broken_text_is_one_error(text: str) -> None:
    with pytest.raises(JsonError):
        parse(text)


def test_text_of_nothing_is_none() -> None:
    assert [text_of(value) for value in (None, "", "0", False)] == [None, None, "0", "false"]


def test_missing_field_is_empty() -> None:
    assert field({"a": [{"b": "1"}]}, "a") == {"b": "1"}
    assert [dict(field(value, "a")) for value in ({}, {"a": 1}, {"a": [1, 2]}, None)] == [{}, {}, {}, {}]
