"""What is shown of the days while a run goes on, and after it."""

from pathlib import Path

import pytest

from deskgate.audit.recorded import Recorded
from deskgate.run.begun import show_days


def test_days_are_shown_by_one_reading_of_the_trail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def note(out: Path) -> Recorded:
        read.append(out)
        return Recorded()

    monkeypatch.setattr(Recorded, "read", note)
    show_days(tmp_path)
    assert read == [tmp_path]
    assert (tmp_path / "index.html").is_file()
