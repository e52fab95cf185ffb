"""The last days' deltas are read from those days' folders; a day that cannot be read is named."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.assessment.artifacts import MANIFEST, DayArtifacts
from deskgate.reports.history import History, read_history
from parity_views import deltas
from report_inputs import day_inputs, of_before

TODAY = date(2026, 5, 6)


def _write(
    folder: Path, day: date, rows: pl.DataFrame | None = None, evidence: Any = None, **changes: Any
) -> DayArtifacts:
    inputs = day_inputs(day, **changes)
    files = {} if changes.get("suites") else {"parity_deltas": "views/parity_deltas.parquet"}
    artifacts = DayArtifacts(folder=folder, inputs=inputs, metrics_files={}, view_files=files)
    (folder / "views").mkdir(parents=True)
    (deltas() if rows is None else rows).write_parquet(folder / "views/parity_deltas.parquet")
    (folder / MANIFEST).write_text(json.dumps(artifacts.model_dump(mode="json")))
    (folder / "decision.json").write_text(json.dumps(of_before({"date": folder.name, "evidence": evidence or []})))
    return artifacts


def _read(out: Path, days: int = 3) -> History:
    # As in a run: the day itself is not in its place yet.
    return read_history(_write(out / ".staging" / str(TODAY), TODAY), out, "parity_deltas", days)


def _before(out: Path, days: int = 1) -> tuple[Path, date]:
    day = TODAY - timedelta(days=days)
    return out / str(day), day


def test_days_before_are_read_oldest_first_and_only_the_days_span(tmp_path: Path) -> None:
    for back, delta in ((1, 0.1), (2, 0.2), (3, 0.3)):
        _write(*_before(tmp_path, back), deltas({"delta": delta}, {"delta": 9.0, "span": "soak"}))
    history = _read(tmp_path)
    assert history.rows.group_by("date", maintain_order=True).agg(pl.col("delta").first()).rows() == [
        (date(2026, 5, 4), 0.2),
        (date(2026, 5, 5), 0.1),
        (TODAY, -0.02),
    ]
    assert set(history.rows["span"]) == {"day"}
    assert history.notes.is_empty()


def test_day_that_was_not_run_is_a_line_and_days_in_a_row_are_a_span(tmp_path: Path) -> None:
    _write(*_before(tmp_path, 3))
    history = _read(tmp_path, days=7)
    assert history.notes["summary"].to_list() == [
        "Left out, not run: 2026-04-30 to 2026-05-02, 2026-05-04 to 2026-05-05."
    ]
    assert set(history.rows["date"]) == {date(2026, 5, 3), TODAY}


def test_later_day_is_no_history(tmp_path: Path) -> None:
    _write(*_before(tmp_path, -1))
    assert set(_read(tmp_path).rows["date"]) == {TODAY}


def _spoil_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("{")


def _remove_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def _spoil_numbers(folder: Path) -> None:
    (folder / "views/parity_deltas.parquet").write_bytes(b"PAR1")


def _remove_numbers(folder: Path) -> None:
    (folder / "views/parity_deltas.parquet").unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_spoil_manifest, "not readable, or run by another version"),
        (_remove_manifest, "its run ended before there were numbers"),
        (_spoil_numbers, "its numbers cannot be read"),
        (_remove_numbers, "its numbers cannot be read"),
    ],
)
def test_broken_day_is_left_out_with_the_reason(tmp_path: Path, spoil: Any, words: str) -> None:
    folder, day = _before(tmp_path)
    spoil(_write(folder, day).folder)
    history = _read(tmp_path, days=2)
    assert set(history.rows["date"]) == {TODAY}
    assert words in history.notes["summary"][0]
    assert "2026-05-05" in history.notes["summary"][0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"desk": "other"}, "of the desk 'other'"),
        ({"date": date(2026, 5, 1)}, "its folder holds another day"),
        ({"as_of": datetime(2026, 5, 5, 12, tzinfo=UTC)}, "looked at before the day was over"),
        ({"suites": {"parity": "x"}}, "without these numbers"),
    ],
)
def test_day_of_something_else_is_left_out_with_the_reason(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    folder, day = _before(tmp_path)
    _write(folder, day, **changes)
    history = _read(tmp_path, days=2)
    assert set(history.rows["date"]) == {TODAY}
    assert words in history.notes["summary"][0]


def test_day_that_was_changed_since_its_run_is_left_out(tmp_path: Path) -> None:
    _write(*_before(tmp_path), evidence=[{"path": "views/parity_deltas.parquet", "sha256": "0"}])
    assert "changed since it was run" in _read(tmp_path, days=2).notes["summary"][0]


def test_day_with_other_columns_is_left_out(tmp_path: Path) -> None:
    _write(*_before(tmp_path), deltas().drop("low"))
    assert "with other columns: 2026-05-05" in _read(tmp_path, days=2).notes["summary"][0]


def test_day_by_other_code_is_kept_and_named(tmp_path: Path) -> None:
    _write(*_before(tmp_path), code="d")
    history = _read(tmp_path, days=2)
    assert history.rows["date"].n_unique() == 2
    assert history.notes["summary"].to_list() == ["Run by other code, whose formulas may differ: 2026-05-05."]


def test_day_without_the_view_itself_has_no_history(tmp_path: Path) -> None:
    history = read_history(_write(tmp_path / str(TODAY), TODAY), tmp_path, "unknown", 3)
    assert history.rows.columns == []
    assert history.notes["summary"][0].startswith("No history: the day was run by another version")
