from collections.abc import Callable
from pathlib import Path

import pytest

from deskgate.sources.records import RAW_LIMIT, Haul, Record, Row, settle

from .desks import a_source, json_lines

MID: Row = {"ts": "2026-02-22T12:00:00Z", "pair": "BTC-USDT", "mid": "1.5"}
FILL: Row = {"ts": "2026-02-22T12:00:00Z", "pair": "BTC-USDT", "side": "BUY", "price": "1", "quantity": "2"}


Settled = Callable[..., Haul]


@pytest.fixture
def settled(tmp_path: Path) -> Settled:
    source = a_source(json_lines(tmp_path / "events.jsonl", {"timestamp": 1, "type": "x", "data": {}}))

    def run(*records: Record) -> Haul:
        return settle(source, records)

    return run


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price": "abc"}, "price 'abc' is no number that fits"),
        ({"price": None}, "price is missing"),
        ({"price": ""}, "price is missing"),
        ({"side": "buy"}, "side 'buy' is none of BUY, SELL"),
        ({"ts": "soon"}, "ts 'soon' is no time stamp"),
        ({"ts": None}, "ts is missing"),
        ({"visible_at": "later"}, "visible_at 'later' is no time stamp"),
        ({"fee_amount": "1,5"}, "fee_amount '1,5' is no number that fits"),
        ({"price": "x", "quantity": None}, "price 'x' is no number that fits; quantity is missing"),
    ],
)
def test_record_that_cannot_be_cast_is_in_quarantine(settled: Settled, change: Row, reason: str) -> None:
    haul = settled(Record(7, "bot1", "raw", [("fills", {**FILL, **change})]))
    assert haul.frames["fills"].is_empty()
    assert haul.quarantine.select("bot", "leg", "line", "reason", "raw").rows() == [
        ("bot1", "events", 7, reason, "raw")
    ]
    assert haul.kept.total() == 0


def test_record_is_all_or_nothing(settled: Settled) -> None:
    bad = {**FILL, "price": "abc"}
    haul = settled(Record(1, "bot1", "raw", [("mids", MID), ("fills", bad)]), Record(2, "bot1", "raw", [("mids", MID)]))
    assert haul.frames["mids"].height == 1
    assert haul.quarantine["line"].to_list() == [1]
    assert haul.kept == {"bot1": 1}


def test_record_without_rows_still_counts(settled: Settled) -> None:
    haul = settled(Record(1, "bot1", "raw"), Record(2, None, "raw", reason="nobody's"))
    assert (haul.kept, haul.quarantine["bot"].to_list()) == ({"bot1": 1}, [None])


def test_row_is_never_visible_before_it_happened(settled: Settled) -> None:
    early, late = "2026-02-22T11:59:59Z", "2026-02-22T12:00:01Z"
    rows = [("mids", {**MID, "visible_at": at}) for at in (None, early, late)]
    mids = settled(Record(1, "bot1", "raw", rows)).frames["mids"]
    assert (mids["visible_at"] - mids["ts"]).dt.total_seconds().to_list() == [0, 0, 1]


def test_raw_text_is_cut(settled: Settled) -> None:
    haul = settled(
        Record(1, "bot1", "x" * (RAW_LIMIT + 1), reason="long"), Record(2, "bot1", {"a": None}, reason="an object")
    )
    assert haul.quarantine["raw"].to_list() == ["x" * RAW_LIMIT, '{"a":null}']


def test_haul_of_batches_is_their_sum(settled: Settled) -> None:
    part = settled(Record(1, "bot1", "raw", [("mids", MID)]), Record(2, "bot1", "raw", reason="bad"))
    both = Haul.of([part, part, Haul()])
    assert (both.frames["mids"].height, both.quarantine.height, both.kept["bot1"]) == (2, 2, 2)
