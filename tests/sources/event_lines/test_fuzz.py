"""Whatever a line is, nothing escapes: each record is kept or in quarantine, with its place and a reason."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.reader import read_lines
from deskgate.sources.registry import kind_named
from deskgate.sources.source_file import SourceFile
from tiers import quick

from ..desks import a_bot
from ..samples import ENVELOPE, ENVELOPE_FILL, MQTT_FILL, a_message

KINDS = ("event_envelopes", "mqtt_events")
ENVELOPED_FILL: dict[str, Any] = ENVELOPE | {"event_type": "order_filled", "payload": ENVELOPE_FILL}
BARE = {"event_type": "audit", "schema_version": "1.0", "timestamp_ms": 1771722564009, "instance_name": "bot1"}
WRAPPED = {"stream": "s", "entry_id": "1-0", "received_at": "2026-02-22T01:09:34Z", "event": ENVELOPE}
OBJECTS: tuple[dict[str, Any], ...] = (
    *(ENVELOPE, ENVELOPED_FILL, BARE, WRAPPED),
    *(a_message("OrderFilled", MQTT_FILL), a_message("BuyOrderCreated", MQTT_FILL)),
    ENVELOPE | {"event_type": "funding_payment", "payload": {"id": "f1", "amount": "-0.5"}},
    a_message("RangePositionLiquidityAdded", {"order_id": "range-1", "base_amount": 1.5}),
    a_message("log", {}) | {"topic": "hbot/bot1/log"},
)
VALID = [json.dumps(each).encode() for each in OBJECTS]
TEXT = VALID[0]


def _read(kind: str, lines: list[bytes], first: int = 1) -> ParsedSource:
    source = SourceFile(Path("x"), "x", kind_named(kind), (a_bot(),), frozenset({"bot1"}), 0, "")
    return read_lines(source, lines, first)


def _account(kind: str, lines: list[bytes]) -> ParsedSource:
    """Read lines and check that each that is not blank is kept or in quarantine, never both."""
    parsed = _read(kind, lines)
    places = [number for number, line in enumerate(lines, start=1) if line.strip()]
    kept, refused = parsed.frames["events"]["line"].to_list(), parsed.quarantine["line"].to_list()
    assert parsed.records["line"].to_list() == places
    assert sorted(kept + refused) == places
    assert all(parsed.quarantine["reason"].str.len_chars() > 0)
    assert parsed.quarantine["raw"].null_count() == 0
    for frame in parsed.frames.values():
        assert set(frame["record"]) <= set(parsed.frames["events"]["record"])
    return parsed


def _with(**change: object) -> bytes:
    return json.dumps(ENVELOPE | change).encode()


def _payload(**change: object) -> bytes:
    return json.dumps(ENVELOPED_FILL | {"payload": ENVELOPE_FILL | change}).encode()


NASTY = {
    "truncated": (TEXT[:-40], "broken JSON"),
    "a NUL alone": (b"\x00", "broken JSON"),
    "a NUL in a string": (b'{"event_id": "\x00"}', "broken JSON"),
    "an escaped NUL": (_with(producer="\x00"), None),
    "1 MB": (_with(payload={"mid_price": 1, "text": "x" * 1_000_000}), None),
    "1 MB of nothing": (b"x" * 1_000_000, "broken JSON"),
    "1 MB of type": (_with(event_type="x" * 1_000_000), "type 'xxx"),
    "latin-1": (TEXT.replace(b'"hb"', b'"\xe9"'), "the line is not UTF-8"),
    "latin-1 within the payload": (_with(payload={"a": "b"}).replace(b'"b"', b'"\xe9"'), "the line is not UTF-8"),
    "UTF-16": (TEXT.decode().encode("utf-16"), "the line is not UTF-8"),
    "UTF-8": (json.dumps(ENVELOPE | {"producer": "\U0001f600é"}, ensure_ascii=False).encode(), None),
    "an encoded surrogate": (TEXT.replace(b'"hb"', b'"\xed\xa0\x80"'), "the line is not UTF-8"),
    "an escaped surrogate": (TEXT.replace(b'"hb"', b'"\\ud800"'), "an escape is half of a surrogate pair"),
    "a BOM within the file": (b"\xef\xbb\xbf" + TEXT, "broken JSON"),
    "a carriage return": (TEXT + b"\r", None),
    "a key twice": (TEXT[:-1] + b', "event_id": "e2"}', None),
    "two objects": (TEXT + TEXT, "broken JSON"),
    "a single quote": (TEXT.replace(b'"', b"'"), "broken JSON"),
    "a number": (b"5", "the line is not a JSON object"),
    "null": (b"null", "the line is not a JSON object"),
    "a list": (b"[" + TEXT + b"]", "the line is not a JSON object"),
    "an empty object": (b"{}", "instance_name is missing"),
    "NaN": (_with(payload={"mid_price": float("nan")}), "mid 'NaN' is not a number below 1e20"),
    "Infinity": (_with(payload={"mid_price": float("-inf")}), "mid '-Infinity' is not a number below 1e20"),
    "NaN where no number is needed": (_with(payload={"mid_price": 1, "x": float("nan")}), None),
    "100,000 lists": (b"[" * 100_000, "nested too deeply"),
    "100,000 objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
    "a deep payload": (TEXT.replace(b"68009.7", b"[" * 100_000 + b"]" * 100_000), "nested too deeply"),
    "a deep payload in a string": (_with(payload='{"a":' * 5_000), None),
    "1970": (_with(ts_utc="1970-01-01T00:00:00Z"), "is not a timestamp"),
    "epoch 0": (_with(ts_utc=0), "ts '0' is not a timestamp"),
    "the far future": (_with(ts_utc="3026-01-01T00:00:00Z"), "is not a timestamp"),
    "an epoch beyond all": (_with(ts_utc=10**40), "is not a timestamp"),
    "an offset beyond all": (_with(ts_utc="2026-02-22T01:09:34+99:99"), "is not a timestamp"),
    "February 30": (_with(ts_utc="2026-02-30T01:09:34Z"), "is not a timestamp"),
    "an object for a time": (_with(ts_utc={"a": 1}), "is not a timestamp"),
    "5,000 digits": (
        _payload(price=1).replace(b'"price": 1', b'"price": ' + b"9" * 5_000),
        "the payload cannot be read",
    ),
    "no id and 5,000 digits": (TEXT.replace(b'"e1"', b"null").replace(b"68009.7", b"9" * 5_000), "the payload cannot"),
    "a mid of 5,000 digits": (TEXT.replace(b"68009.7", b"9" * 5_000), "the payload cannot be read"),
    "a huge exponent": (_payload(price="1e999999999", fee="1", fee_token="BTC"), "price '1e999999999' is not a number"),
    "a truth for a number": (_payload(amount=True), "quantity 'true' is not a number"),
    "an object for a number": (_payload(amount={}), "quantity '{}' is not a number"),
    "an object for a side": (_payload(side={"a": [1]}), "is not one of BUY, SELL"),
    "a payload that is none": (_with(payload=None), None),
    "a fill without a payload": (json.dumps(ENVELOPED_FILL | {"payload": 5}).encode(), "price is missing"),
    "garbage in a stream": (
        json.dumps(WRAPPED | {"event": "{..."}).encode(),
        "the stream's entry is not a JSON object",
    ),
}


@pytest.mark.parametrize("name", quick(NASTY, 15))
def test_nasty_line_alone_is_read_or_refused(name: str) -> None:
    line, reason = NASTY[name]
    parsed = _account("event_envelopes", [TEXT, line, b" \r", TEXT])
    if reason is None:
        assert parsed.quarantine.is_empty()
    else:
        assert parsed.quarantine["line"].to_list() == [2]
        assert reason in parsed.quarantine["reason"].item()
        assert parsed.quarantine["reason"].str.len_chars().item() < 400


@pytest.mark.parametrize("kind", KINDS)
def test_all_nasty_lines_at_once(kind: str) -> None:
    _account(kind, [line for line, _ in NASTY.values()])


@given(kind=st.sampled_from(KINDS), lines=st.lists(st.binary(max_size=60)))
def test_arbitrary_bytes(kind: str, lines: list[bytes]) -> None:
    _account(kind, lines)


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    line = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(0, 4))):
        at, length = draw(st.integers(0, len(line))), draw(st.integers(0, 12))
        line[at : at + length] = draw(st.binary(max_size=6))
    return bytes(line)


@given(kind=st.sampled_from(KINDS), lines=st.lists(_mutated(), max_size=8))
def test_mutated_lines(kind: str, lines: list[bytes]) -> None:
    _account(kind, [line.replace(b"\n", b" ") for line in lines])


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["", "NaN", "1e400"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@st.composite
def _changed(draw: st.DrawFn) -> bytes:
    """Return an event some of whose values are of any other type, at the top and one level below."""
    event = dict(draw(st.sampled_from(OBJECTS)))
    for key in draw(st.lists(st.sampled_from([*event, "extra", "event", "payload"]), max_size=2)):
        event[key] = draw(values)
    below = event.get("payload", event.get("event"))
    if isinstance(below, dict) and below:
        inner = draw(st.sampled_from([*below]))
        event["payload" if "payload" in event else "event"] = below | {inner: draw(values)}
    return json.dumps(event, ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass")


@pytest.mark.slow
@given(kind=st.sampled_from(KINDS), lines=st.lists(_changed(), max_size=8))
def test_values_of_any_type(kind: str, lines: list[bytes]) -> None:
    _account(kind, lines)


@pytest.mark.slow
@given(kind=st.sampled_from(KINDS), lines=st.lists(_changed() | _mutated() | st.just(b""), max_size=12), data=st.data())
def test_any_split_gives_the_same_rows(kind: str, lines: list[bytes], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(lines)), max_size=3)))
    ends = zip([0, *cuts], [*cuts, len(lines)], strict=True)
    parts = ParsedSource.concat(_read(kind, lines[start:end], start + 1) for start, end in ends)
    whole = _read(kind, lines)
    assert_frame_equal(parts.records, whole.records)
    # What bounds the time of a record is what was read with it.
    assert_frame_equal(parts.quarantine.drop("since", "until"), whole.quarantine.drop("since", "until"))
    for name, frame in whole.frames.items():
        same = partial(assert_frame_equal, check_row_order=True)
        same(parts.frames.get(name, frame.clear()), frame)


def test_message_with_a_huge_number_is_in_quarantine() -> None:
    line = json.dumps(a_message("OrderFilled", MQTT_FILL)).replace("73839.2", "9" * 5_000).encode()
    parsed = _account("mqtt_events", [line, VALID[4]])
    assert parsed.quarantine["reason"].item().startswith("the payload cannot be read")


def test_numbers_come_through_exactly() -> None:
    prices = ["0." + "0" * 17 + "1", "12345678901234567890.5", "1e-7", "1E+3"]
    lines = [_payload(price=1).replace(b'"price": 1', f'"price": {price}'.encode()) for price in prices]
    fills = _account("event_envelopes", lines).frames["fills"]
    assert fills["price"].to_list() == pl.Series(prices).cast(pl.Decimal(38, 18)).to_list()
