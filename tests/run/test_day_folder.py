"""The folder of a day: whole or not there."""

from datetime import date
from pathlib import Path

from deskgate.run.day_folder import DayFolder

DAY = date(2026, 3, 2)


def test_day_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY)
    (folder.prepare() / "decision.json").write_text("first")
    assert not folder.target.exists()
    folder.publish()
    (folder.prepare() / "half").write_text("x")
    assert (folder.target / "decision.json").read_text() == "first"
    assert list(folder.prepare().iterdir()) == []


def test_day_set_aside_by_a_killed_run_comes_back(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY)
    (folder.prepare() / "decision.json").write_text("first")
    folder.publish()
    folder.target.rename(tmp_path / f".{DAY}.old")
    folder.prepare()
    assert (folder.target / "decision.json").read_text() == "first"
