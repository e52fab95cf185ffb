"""What is kept of each day for the index, and that nothing hides behind it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deskgate.reports.pages import summaries as module
from deskgate.reports.pages.day_summary import DaySummary, read_summary
from deskgate.reports.pages.later import Later
from deskgate.reports.pages.summaries import summarise
from report_inputs import decision, of_before

# Newest first: two that are digested at every update, four whose clocks are looked at.
DAYS = [f"2026-05-0{n}" for n in range(6, 0, -1)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return an --out with six days of before there was a trail, each with a page that its decision names."""
    for day in DAYS:
        (tmp_path / day).mkdir()
        (tmp_path / day / "decision.json").write_text(json.dumps(of_before(decision(date=day, evidence=[]))))
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the days that were read, as they are."""
    found: list[str] = []

    def reads(folder: Path, later: Later) -> DaySummary:
        found.append(folder.name)
        return read_summary(folder, later)

    monkeypatch.setattr(module, "read_summary", reads)
    return found


def _update(out: Path) -> list[DaySummary]:
    return summarise(out, Later.read(out))


def test_fresh_day_does_not_read_the_others_again(out: Path, read: list[str]) -> None:
    before = _update(out)
    assert read == DAYS
    read.clear()
    assert _update(out) == before
    # Those of the older ones that were read longest ago, so that all come round.
    assert len(read) == 2
    first = set(read)
    read.clear()
    _update(out)
    assert first | set(read) == set(DAYS[2:])


def _torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def _forged(file: Path) -> None:
    file.write_text(file.read_text().replace("HOLD", "GO"))


@pytest.mark.parametrize("harm", [Path.unlink, _torn, _forged, lambda file: file.write_text("[]")])
def test_summary_that_is_missing_or_torn_is_made_again(
    out: Path, read: list[str], harm: Callable[[Path], object]
) -> None:
    before = _update(out)
    for day in DAYS:
        harm(out / ".index" / f"{day}.json")
    read.clear()
    assert _update(out) == before
    assert read == DAYS


def _rewritten(file: Path) -> None:
    """Change a file and set its clock back."""
    about = file.stat()
    file.write_text(file.read_text().replace('"HOLD"', '"STOP"'))
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))


@pytest.mark.parametrize("day", DAYS)
def test_changed_file_is_seen_though_its_clock_was_set_back(out: Path, day: str) -> None:
    _update(out)
    _rewritten(out / day / "decision.json")
    assert [each.name for each in _update(out) if each.error] == [day]


def test_newest_days_are_digested_whatever_their_clocks_say(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_clocks", lambda *_: iter(()))
    _update(out)
    for day in DAYS[:2]:
        _rewritten(out / day / "decision.json")
    assert [each.name for each in _update(out) if each.error] == DAYS[:2]


def test_older_days_come_round_whatever_their_clocks_say(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_clocks", lambda *_: iter(()))
    _update(out)
    _rewritten(out / DAYS[-1] / "decision.json")
    assert DAYS[-1] in [each.name for _ in range(2) for each in _update(out) if each.error]


def test_damaged_trail_is_seen_on_every_day(out: Path) -> None:
    assert not [each for each in _update(out) if each.error]
    (out / "audit").mkdir()
    (out / "audit" / "chain.jsonl").write_text("{}\n")
    assert all(each.error for each in _update(out))


def test_summary_of_a_day_that_is_gone_is_removed(out: Path) -> None:
    _update(out)
    (out / ".index" / ".x.partial").touch()
    (out / DAYS[0] / "decision.json").unlink()
    (out / DAYS[0]).rmdir()
    assert [each.name for each in _update(out)] == DAYS[1:]
    assert sorted(file.name for file in (out / ".index").iterdir()) == sorted(f"{day}.json" for day in DAYS[1:])


def test_summary_that_cannot_be_kept_keeps_nothing_from_the_index(out: Path) -> None:
    (out / ".index").write_text("in its place")
    assert [each.name for each in _update(out)] == DAYS
