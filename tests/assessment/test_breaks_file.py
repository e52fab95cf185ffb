"""breaks.csv holds what the breaks say, and no cell that a spreadsheet runs."""

import csv
from pathlib import Path

import polars as pl
import pytest

from deskgate.assessment.breaks_file import BREAK_COLUMNS, read_breaks, write_breaks
from deskgate.config.errors import InputError
from hostile import TEXTS

NUMBERS = ["-0.0002", "+1", "12", "-1e-9", "1288207513391644672"]


def breaks(texts: list[str]) -> pl.DataFrame:
    """Return breaks whose ids, bots and details are `texts`."""
    rows = pl.DataFrame({name: texts for name in BREAK_COLUMNS if name not in ("ts", "value_quote")})
    return rows.with_columns(
        ts=pl.datetime(2026, 3, 2, 1, 2, 3, time_unit="us", time_zone="UTC"),
        value_quote=pl.lit("-1.5").cast(pl.Decimal(38, 18)),
    ).select(BREAK_COLUMNS)


def test_no_cell_begins_like_a_formula_and_numbers_stay_numbers(tmp_path: Path) -> None:
    write_breaks(breaks([*TEXTS, *NUMBERS]), tmp_path / "breaks.csv")
    with (tmp_path / "breaks.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cells = [row["trade_id"] for row in rows]
    assert [cell for cell in cells[: len(TEXTS)] if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert cells[len(TEXTS) :] == NUMBERS
    assert {float(row["value_quote"]) for row in rows} == {-1.5}


def test_breaks_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = breaks([*TEXTS, *NUMBERS, "'", "''x", "'=1"])
    write_breaks(written, tmp_path / "breaks.csv")
    assert read_breaks(tmp_path / "breaks.csv").equals(written)


@pytest.mark.parametrize("content", [b"", b"break_id\nx\n", b"\xff\xfe", b'break_id,"ts\n'])
def test_file_that_is_no_list_of_breaks_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "breaks.csv").write_bytes(content)
    with pytest.raises(InputError, match="not readable as breaks"):
        read_breaks(tmp_path / "breaks.csv")
