"""The record of a snapshot: a row per export and day, or the reason why an entry has none."""

from pathlib import Path
from typing import Any

import pytest

from deskgate.sources.ccxt.snapshot_record import read_snapshot_record
from sources.desks import a_source, json_file

TRADES = {"export": "my_trades", "since": "2026-03-17T22:00:00Z", "until": "2026-03-18T08:00:00Z", "complete": True}


def record(folder: Path, *asked: Any) -> Any:
    head = {
        "exported_at": "2026-03-18T08:00:00Z",
        "client": "ccxt 4.5.90",
        "venue": "bitget_perpetual",
        "account": "main",
    }
    content = {"clock_ahead_s": 0.25, "rights": "reads only", "asked": list(asked)}
    return read_snapshot_record(a_source(json_file(folder / "r.json", {**head, "snapshot_record": content})))


def test_a_window_has_a_row_for_each_day(tmp_path: Path) -> None:
    rows = record(tmp_path, TRADES).frames["coverage"]
    spans = [(f"{since:%d %H}", f"{ts:%d %H}") for since, ts in rows.select("since", "ts").iter_rows()]
    assert spans == [("17 22", "18 00"), ("18 00", "18 08")]
    assert rows.select("account", "export", "complete").unique().rows() == [("main", "my_trades", True)]


@pytest.mark.parametrize("wrong", [{"since": None}, {"until": "soon"}, {"until": "2026-03-16T00:00:00Z"}])
def test_an_entry_without_a_window_is_in_quarantine(tmp_path: Path, wrong: dict[str, object]) -> None:
    parsed = record(tmp_path, {**TRADES, **wrong}, TRADES)
    assert (parsed.quarantine.height, parsed.frames["coverage"].height) == (1, 2)


def test_a_record_without_entries_is_in_quarantine(tmp_path: Path) -> None:
    assert record(tmp_path).quarantine.height == 1
