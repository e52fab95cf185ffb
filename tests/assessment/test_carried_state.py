"""The files of carried state: damaged, half written, of another day, in use."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assessment.carried import (
    add,
    at,
    case_of,
    keep,
    same,
    trade,
)
from deskgate.store.tables import Store


@pytest.mark.parametrize(
    ("file", "how"),
    [
        ("finished-0000.parquet", "changed"),
        ("finished-0000.parquet", "gone"),
        ("unfinished.parquet", "cut"),
        ("about.json", "cut"),
        ("about.json", "changed"),
    ],
)
def test_state_that_is_damaged_only_costs_time(store: Store, file: str, how: str) -> None:
    (found,) = Path(f"{store.location}.carried").rglob(file)
    whole = found.read_bytes()
    if how == "gone":
        found.unlink()
    else:
        found.write_bytes(whole[: len(whole) // 2] if how == "cut" else b"{}" + whole[2:])
    assert case_of(store, 9).fill_history is None


@pytest.mark.parametrize("value", [{"cut": at(8, 0).isoformat()}, {"versions": {}}, {"markets": ""}])
def test_what_is_written_about_a_state_is_taken_only_as_it_was(store: Store, value: dict[str, Any]) -> None:
    (found,) = Path(f"{store.location}.carried").rglob("about.json")
    found.write_text(json.dumps(json.loads(found.read_text(encoding="utf-8")) | value), encoding="utf-8")
    assert case_of(store, 9).fill_history is None


def test_half_written_state_is_not_taken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(Path(f"{store.location}.carried").rglob("finished-*"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deskgate.assessment.carried_fills.link", killed)
    add(store, *[trade(n, at(n // 2, n)) for n in range(40, 50)])
    with pytest.raises(KeyboardInterrupt):
        keep(store, case_of(store, 24))
    assert sorted(Path(f"{store.location}.carried").rglob("finished-*")) == before


@pytest.mark.slow
def test_state_moves_on_and_adds_only_what_is_new(store: Store) -> None:
    add(store, *[trade(n, at(n // 2, n)) for n in range(20, 40)])
    keep(store, same(store, 19))
    case = same(store, 19)
    assert case.fill_history is not None
    assert case.fill_history.cut == at(17, 0)
    assert case.fill_history.finished.collect()["trade_id"].n_unique() == 34
    assert [file.name[:8] for file in case.fill_history.files] == ["finished"] * 2 + ["costs-00"] * 2


def test_state_in_use_makes_no_room_for_others(store: Store) -> None:
    (used,) = Path(f"{store.location}.carried").glob("*/*")
    os.utime(used, (0, 0))
    for number in range(8):
        (used.parent / f"20260101-{number}").mkdir()
    case = case_of(store, 19)
    keep(store, case)
    assert case.fill_history is not None
    assert case.fill_history.finished.collect().height == 14
    assert len(list(used.parent.iterdir())) == 8


def test_kinds_in_use_stay_however_many_and_those_unused_for_a_week_make_room(store: Store) -> None:
    (kind,) = Path(f"{store.location}.carried").iterdir()
    for number in range(20):
        (kind.parent / f"worker-{number}").mkdir()
        (kind.parent / f"old-{number}").mkdir()
        os.utime(kind.parent / f"old-{number}", (0, 0))
    os.utime(kind, (0, 0))
    keep(store, case_of(store, 19))
    left = {each.name for each in kind.parent.iterdir()}
    assert left == {kind.name, *(f"worker-{number}" for number in range(20))}


def test_kind_that_another_process_removes_meanwhile_only_costs_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def removed(_place: Path) -> Iterator[Path]:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "iterdir", removed)
    assert case_of(store, 9).fill_history is None
