"""A record: its hash is what anybody computes with the standard library, and what could be written in two ways is refused."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from deskgate.audit.record import FIRST, canonical, make_record, parse_record

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=0xD7FF))
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
BODIES = st.dictionaries(KEYS, st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))


@given(BODIES)
def test_sorted_json_is_rfc_8785_for_what_a_body_may_hold(body: dict[str, Any]) -> None:
    assert canonical(body) == rfc8785.dumps(body)


@given(BODIES)
def test_record_survives_its_line(body: dict[str, Any]) -> None:
    made = make_record(1, "drill", AT, body, FIRST)
    assert parse_record(made.line.removesuffix(b"\n")) == made


def test_hash_is_of_everything_else() -> None:
    made = make_record(3, "drill", AT.astimezone(timezone(timedelta(hours=2))), {"b": "2", "a": [1]}, "ab" * 32)
    rest = {
        "seq": 3,
        "kind": "drill",
        "at": "2026-05-04T12:00:00Z",
        "body": {"b": "2", "a": [1]},
        "previous": "ab" * 32,
    }
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    assert made.hash == sha256(text.encode()).hexdigest()
    assert json.loads(made.line) == {**rest, "hash": made.hash}


def test_every_changed_byte_makes_it_no_record() -> None:
    line = make_record(3, "drill", AT, {"passed": True, "text": "ä"}, "ab" * 32).line.removesuffix(b"\n")
    for place in range(len(line)):
        assert parse_record(line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]) is None
        assert parse_record(line[:place] + b" " + line[place:]) is None
        assert parse_record(line[:place]) is None


@pytest.mark.parametrize("body", [[], "x", None, 1])
def test_record_whose_body_is_no_object_is_none(body: Any) -> None:
    assert parse_record(make_record(1, "drill", AT, body, FIRST).line.removesuffix(b"\n")) is None


@pytest.mark.parametrize(
    "value",
    [1.0, Decimal(1), 2**53, float("nan"), b"x", AT, {"x": [0.5]}, {1: "x"}, {"\U0001f600": 1}, "\ud800"],
)
def test_what_two_writers_may_write_differently_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"body|UTF-8"):
        make_record(1, "drill", AT, {"value": value}, FIRST)


def test_unknown_kind_and_time_without_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="did you mean 'breach'"):
        make_record(1, "breech", AT, {}, FIRST)
    with pytest.raises(ValueError, match="no time zone"):
        make_record(1, "breach", AT.replace(tzinfo=None), {}, FIRST)
