from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.sources.control_plane.controller_csv import (
    read_controller_daily,
    read_controller_fills,
    read_controller_minutes,
)
from deskgate.sources.reader import read_source

from ..desks import a_source
from ..samples import FILL_HEADER, FILL_ROW, MINUTE_HEADER, MINUTE_ROW


def _csv(file: Path, *lines: str) -> Path:
    file.write_text("\n".join(lines) + "\n")
    return file


def test_minute_is_a_snapshot_and_a_mid(tmp_path: Path) -> None:
    frames = read_controller_minutes(a_source(_csv(tmp_path / "minute.csv", MINUTE_HEADER, MINUTE_ROW))).frames
    columns = ["connector", "equity_quote", "base_pct", "fills_count_today", "drawdown_pct", "risk_reasons"]
    assert frames["snapshots"].select(columns).rows() == [("bitget_perpetual", 101, 0, 7, None, "a|b")]
    assert frames["mids"].select("mid", "best_bid", "best_ask").rows() == [(Decimal("64000.5"), 64000, None)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0.5,0.1,3,True", (Decimal("0.5"), Decimal("0.1"), 3, True)),
        ("0E-29,1E+1,0,false", (Decimal(0), Decimal(10), 0, False)),
        (",,,", (None, None, None, None)),
        # What a controller notes beside does not spoil its row.
        ("nan,Infinity,3.5,maybe", (None, None, None, None)),
    ],
)
def test_minute_has_the_controllers_own_notes(tmp_path: Path, written: str, read: tuple[object, ...]) -> None:
    header = f"{MINUTE_HEADER},position_drift_pct,margin_ratio,ws_reconnect_count,order_book_stale"
    parsed = read_controller_minutes(a_source(_csv(tmp_path / "m.csv", header, f"{MINUTE_ROW},{written}")))
    columns = ["position_drift_share", "margin_ratio", "ws_reconnect_count", "order_book_stale"]
    assert parsed.frames["snapshots"].select(columns).rows() == [read]


def test_minute_without_a_mid_is_a_snapshot_alone(tmp_path: Path) -> None:
    parsed = read_controller_minutes(
        a_source(_csv(tmp_path / "m.csv", MINUTE_HEADER, MINUTE_ROW.replace("64000.5", "")))
    )
    assert parsed.frames["snapshots"]["mid"].to_list() == [None]
    assert "mids" not in parsed.frames


def test_fill_has_its_fee_in_quote(tmp_path: Path) -> None:
    fill = (
        read_controller_fills(a_source(_csv(tmp_path / "fills.csv", FILL_HEADER, FILL_ROW)))
        .frames["fills"]
        .row(0, named=True)
    )
    assert (fill["side"], fill["quantity"], fill["liquidity"]) == ("BUY", Decimal("0.0001218"), "taker")
    assert (fill["fee_amount"], fill["fee_token"], fill["trade_id"]) == (Decimal("0.00789642189"), "USDT", None)
    assert (fill["market"], fill["order_id"], fill["ts"].isoformat()) == (
        *("bitget_paper_trade", "paper-1", "2026-02-24T00:01:00.500000+00:00"),
    )


@pytest.mark.parametrize(
    ("mid_ref", "mids"),
    [
        ("64831.0450000000", [("bitget_paper_trade", Decimal("64831.045"))]),
        ("", []),
        ("0", []),
        ("-1", []),
        ("nan", []),
        ("n/a", []),
    ],
)
def test_fill_names_its_mid_and_is_read_without_one(tmp_path: Path, mid_ref: str, mids: list[object]) -> None:
    lines = f"{FILL_HEADER},mid_ref", f"{FILL_ROW},{mid_ref}"
    parsed = read_source(a_source(_csv(tmp_path / "fills.csv", *lines)))
    assert (parsed.frames["fills"].height, parsed.quarantine.height) == (1, 0)
    found = parsed.frames["mids"].select("market", "mid").rows() if "mids" in parsed.frames else []
    assert found == mids


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (MINUTE_ROW.rpartition(",")[0], "9 fields, expected 10 as in the header"),
        (MINUTE_ROW + ",x", "11 fields, expected 10 as in the header"),
        (
            MINUTE_ROW.replace("+00:00", ""),
            "ts '2026-02-24T00:01:00' is a time without an offset from UTC, which may be of any zone",
        ),
        (MINUTE_ROW.replace("64000.5", "n/a"), "mid 'n/a' is not a number below 1e20"),
        (MINUTE_ROW.replace("2026-02-24T00:01:00+00:00", "24.02.2026"), "ts '24.02.2026' is not a timestamp"),
        (MINUTE_ROW.replace(",7,", ",7.5,"), "fills_count_today '7.5' is not a whole number"),
        (MINUTE_ROW.replace("2026-02-24T00:01:00+00:00", ""), "ts is missing"),
        ('"' + MINUTE_ROW, "1 fields, expected 10 as in the header"),
    ],
)
def test_bad_row_is_in_quarantine_with_its_line(tmp_path: Path, line: str, reason: str) -> None:
    parsed = read_controller_minutes(
        a_source(_csv(tmp_path / "minute.csv", MINUTE_HEADER, MINUTE_ROW, "", line, MINUTE_ROW))
    )
    assert parsed.quarantine.select("bot", "line", "raw").rows() == [("bot1", 4, line)]
    assert reason in parsed.quarantine["reason"].item()
    assert (parsed.kept["bot1"], parsed.frames["snapshots"].height) == (2, 2)


OTHER_HEADER = MINUTE_HEADER.replace("mid,equity_quote", "equity_quote,mid")


def test_header_again_is_passed_over_and_counted(tmp_path: Path) -> None:
    parsed = read_controller_minutes(
        a_source(_csv(tmp_path / "m.csv", MINUTE_HEADER, MINUTE_ROW, "\ufeff" + MINUTE_HEADER, MINUTE_ROW))
    )
    assert (parsed.quarantine.height, parsed.frames["snapshots"].height, parsed.appendable) == (0, 2, True)
    assert parsed.records["type"].to_list() == ["snapshots", "header", "snapshots"]


def test_rows_under_another_header_are_read_under_it(tmp_path: Path) -> None:
    other = MINUTE_ROW.replace("64000.5,101", "101,64000.5")
    parsed = read_controller_minutes(
        a_source(_csv(tmp_path / "m.csv", MINUTE_HEADER, MINUTE_ROW, OTHER_HEADER, other, MINUTE_HEADER, MINUTE_ROW))
    )
    assert parsed.frames["snapshots"].select("mid", "equity_quote").unique().rows() == [(Decimal("64000.5"), 101)]
    assert parsed.quarantine.is_empty()


def test_rows_under_a_header_without_what_is_needed_are_in_quarantine(tmp_path: Path) -> None:
    lacking = MINUTE_HEADER.replace("equity_quote", "equity")
    parsed = read_controller_minutes(a_source(_csv(tmp_path / "m.csv", MINUTE_HEADER, lacking, MINUTE_ROW)))
    assert parsed.quarantine["reason"].to_list() == ["the header above it lacks equity_quote"]


@pytest.mark.parametrize("cut", [1, 20, len(MINUTE_ROW) - 8])
def test_last_line_in_the_making_waits(tmp_path: Path, cut: int) -> None:
    file = _csv(tmp_path / "m.csv", MINUTE_HEADER, MINUTE_ROW)
    file.write_text(file.read_text() + MINUTE_ROW[:cut])
    parsed = read_controller_minutes(a_source(file))
    assert (parsed.quarantine.height, parsed.frames["snapshots"].height, parsed.unfinished) == (0, 1, cut)
    file.write_text(file.read_text() + MINUTE_ROW[cut:] + "\n")
    assert read_controller_minutes(a_source(file)).frames["snapshots"].height == 2


def test_header_in_the_making_is_a_file_without_rows(tmp_path: Path) -> None:
    (tmp_path / "minute.csv").write_text(MINUTE_HEADER[:9])
    assert read_controller_minutes(a_source(tmp_path / "minute.csv")).records.is_empty()


def test_unreadable_row_lies_between_its_neighbours(tmp_path: Path) -> None:
    rows = [MINUTE_ROW.replace("00:01:00+", f"00:0{n}:00+") for n in (1, 2, 4, 5)]
    lines = [MINUTE_HEADER, "torn", *rows[:2], "torn 2", *rows[2:], "torn 3"]
    found = read_source(a_source(_csv(tmp_path / "m.csv", *lines))).quarantine.select("since", "until")
    minutes = [tuple(each and each.minute for each in row) for row in found.iter_rows()]
    assert minutes == [(None, 1), (2, 4), (5, None)]


def test_unreadable_row_of_a_file_without_order_has_no_time(tmp_path: Path) -> None:
    rows = [MINUTE_ROW.replace("T00:", f"T{hour:02}:") for hour in (1, 9, 3)]
    found = read_source(a_source(_csv(tmp_path / "m.csv", MINUTE_HEADER, *rows[:2], "torn", rows[2]))).quarantine
    assert found.select("since", "until").rows() == [(None, None)]


def test_quoted_field_may_hold_a_comma(tmp_path: Path) -> None:
    line = MINUTE_ROW.replace("a|b", '"a, ""b"""')
    parsed = read_controller_minutes(a_source(_csv(tmp_path / "minute.csv", MINUTE_HEADER, line)))
    assert parsed.frames["snapshots"]["risk_reasons"].to_list() == ['a, "b"']


def test_invalid_utf8_spoils_only_its_row(tmp_path: Path) -> None:
    file = tmp_path / "minute.csv"
    file.write_bytes(f"{MINUTE_HEADER}\n{MINUTE_ROW}\n".encode() + b"\xff" + f"{MINUTE_ROW}\n".encode())
    parsed = read_controller_minutes(a_source(file))
    assert (parsed.kept["bot1"], parsed.quarantine["reason"].to_list()) == (1, ["the line is not UTF-8"])


def test_daily_is_counted_and_not_read(tmp_path: Path) -> None:
    header = "ts,equity_open_quote,equity_now_quote"
    parsed = read_controller_daily(a_source(_csv(tmp_path / "daily.csv", header, "2026-02-24,1,2", "x,1")))
    assert (parsed.kept["bot1"], parsed.quarantine.height, parsed.frames) == (1, 1, {})


def test_header_repeated_in_the_middle_of_a_csv(tmp_path: Path) -> None:
    file = tmp_path / "fills.csv"
    file.write_text("\n".join([FILL_HEADER, FILL_ROW, FILL_HEADER, FILL_ROW, FILL_ROW[:-9]]) + "\n")
    parsed = read_controller_fills(a_source(file))
    assert parsed.quarantine.select("line", "reason").rows() == [
        (5, "8 fields, expected 9 as in the header"),
    ]
    assert (parsed.records["line"].to_list(), parsed.kept.total()) == ([2, 3, 4, 5], 3)
