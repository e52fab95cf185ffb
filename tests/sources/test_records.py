from collections.abc import Callable
from pathlib import Path

import pytest

from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import RAW_LIMIT, Record, Row, parse_records

from .desks import a_source, json_lines

MID: Row = {"ts": "2026-02-22T12:00:00Z", "pair": "BTC-USDT", "mid": "1.5"}
FILL: Row = {"ts": "2026-02-22T12:00:00Z", "pair": "BTC-USDT", "side": "BUY", "price": "1", "quantity": "2"}


Parse = Callable[..., ParsedSource]


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    source = a_source(json_lines(tmp_path / "events.jsonl", {"timestamp": 1, "type": "x", "data": {}}))

    def run(*records: Record) -> ParsedSource:
        return parse_records(source, records)

    return run


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price": "abc"}, "price 'abc' is not a number below 1e20"),
        ({"price": None}, "price is missing"),
        ({"price": ""}, "price is missing"),
        ({"side": "buy"}, "side 'buy' is not one of BUY, SELL"),
        ({"ts": "soon"}, "ts 'soon' is not a timestamp from 2000 to 2099"),
        ({"ts": None}, "ts is missing"),
        ({"visible_at": "later"}, "visible_at 'later' is not a timestamp from 2000 to 2099"),
        ({"fee_amount": "1,5"}, "fee_amount '1,5' is not a number below 1e20"),
        ({"price": "x", "quantity": None}, "price 'x' is not a number below 1e20; quantity is missing"),
    ],
)
def test_record_that_cannot_be_cast_is_in_quarantine(parse: Parse, change: Row, reason: str) -> None:
    parsed = parse(Record(7, "bot1", "raw", [("fills", {**FILL, **change})]))
    assert parsed.frames["fills"].is_empty()
    assert parsed.quarantine.select("bot", "leg", "line", "reason", "raw").rows() == [
        ("bot1", "events", 7, reason, "raw")
    ]
    assert parsed.kept.total() == 0


def test_record_is_all_or_nothing(parse: Parse) -> None:
    bad = {**FILL, "price": "abc"}
    parsed = parse(Record(1, "bot1", "raw", [("mids", MID), ("fills", bad)]), Record(2, "bot1", "raw", [("mids", MID)]))
    assert parsed.frames["mids"].height == 1
    assert parsed.quarantine["line"].to_list() == [1]
    assert parsed.kept == {"bot1": 1}


def test_record_without_rows_still_counts(parse: Parse) -> None:
    parsed = parse(Record(1, "bot1", "raw"), Record(2, None, "raw", reason="nobody's"))
    assert (parsed.kept, parsed.quarantine["bot"].to_list()) == ({"bot1": 1}, [None])


def test_row_is_never_visible_before_it_happened(parse: Parse) -> None:
    early, late = "2026-02-22T11:59:59Z", "2026-02-22T12:00:01Z"
    rows = [("mids", {**MID, "visible_at": at}) for at in (None, early, late)]
    mids = parse(Record(1, "bot1", "raw", rows)).frames["mids"]
    assert (mids["visible_at"] - mids["ts"]).dt.total_seconds().to_list() == [0, 0, 1]


def test_raw_text_is_cut(parse: Parse) -> None:
    parsed = parse(
        Record(1, "bot1", "x" * (RAW_LIMIT + 1), reason="long"), Record(2, "bot1", {"a": None}, reason="an object")
    )
    assert parsed.quarantine["raw"].to_list() == ["x" * RAW_LIMIT, '{"a":null}']


def test_concat_of_batches_is_their_sum(parse: Parse) -> None:
    part = parse(Record(1, "bot1", "raw", [("mids", MID)]), Record(2, "bot1", "raw", reason="bad"))
    both = ParsedSource.concat([part, part, ParsedSource()])
    assert (both.frames["mids"].height, both.quarantine.height, both.kept["bot1"]) == (2, 2, 2)
