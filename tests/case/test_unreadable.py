"""An unreadable record blocks the days that it may be of, and no other."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from deskgate.case.case import Case
from deskgate.config.desk_file import load_desk
from deskgate.schema import TABLES
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store
from desks import INTERVALS, RISK
from sources.desks import a_desk
from tiers import quick

HEADER = "ts,exchange,trading_pair,state,mid,equity_quote"


def _row(day: int, hour: int = 12) -> str:
    return f"2026-03-0{day}T{hour:02}:00:00+00:00,bitget_perpetual,BTC-USDT,running,64000,100"


def _unreadable(root: Path, *contents: list[str]) -> dict[int, int]:
    """Return by day how many unreadable records may be of it, after each of `contents` was ingested."""
    desk = load_desk(a_desk(root, {"bot1": 'local = ["minute.csv"]'}))
    store = Store.open(root / "store", desk.name)
    now = datetime(2026, 3, 9, tzinfo=UTC)
    for lines in contents:
        (root / "minute.csv").write_text("\n".join([HEADER, *lines]) + "\n")
        Ingestor(store, desk, lambda: now).ingest_files()
    frames = store.read(store.pin(), now, tuple(TABLES))
    days = [date(2026, 3, day) for day in range(1, 7)]
    cases = [Case(desk, day, now, frames, {}, INTERVALS, RISK) for day in days]
    found = {case.day.day: case.sources["quarantined"].sum() for case in cases}
    return {day: int(count) for day, count in found.items() if count}


@pytest.mark.parametrize(
    ("contents", "expected"),
    quick(
        [
            ([[_row(2), "torn", _row(2, 13), _row(4)]], {2: 1}),
            ([[_row(2), "torn", _row(4)]], {2: 1, 3: 1, 4: 1}),
            ([["torn", _row(2)]], {1: 1, 2: 1}),
            ([[_row(2), "torn"]], {2: 1, 3: 1, 4: 1, 5: 1, 6: 1}),
            # Appended rows show that it was before them.
            ([[_row(2), "torn"], [_row(2), "torn", _row(3), _row(5)]], {2: 1, 3: 1}),
            # A row that says when it was is of that day.
            ([[_row(2), _row(3).replace("64000", "cheap"), _row(5)]], {3: 1}),
            # Where rows are in no order of time nothing dates it.
            ([[_row(4), _row(2), "torn", _row(3)]], dict.fromkeys(range(1, 7), 1)),
            # Repaired, and torn elsewhere: while one cannot be read the place of the other is held too.
            ([[_row(2), "torn", _row(2, 13), _row(4)], [_row(2), _row(4), "torn", _row(4, 13)]], {2: 1, 4: 1}),
        ],
        3,
    ),
)
def test_unreadable_record_blocks_its_own_days(
    tmp_path: Path, contents: list[list[str]], expected: dict[int, int]
) -> None:
    assert _unreadable(tmp_path, *contents) == expected


def test_more_in_quarantine_than_is_known_counts_for_every_day(tmp_path: Path) -> None:
    _unreadable(tmp_path, [_row(2), "torn", _row(2, 13), _row(4)])
    now = datetime(2026, 3, 9, tzinfo=UTC)
    desk = load_desk(tmp_path)
    store = Store.open(tmp_path / "store", desk.name)
    frames = store.read(store.pin(), now, tuple(TABLES))
    frames["quarantine"] = frames["quarantine"].clear()
    case = Case(desk, date(2026, 3, 6), now + timedelta(0), frames, {}, INTERVALS, RISK)
    assert case.sources["quarantined"].to_list() == [1]
