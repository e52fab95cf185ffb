"""How long before a day the cut is, up to which finished fills are carried into it."""

from pathlib import Path

import pytest

from assessment.carried import copied, cut_before_each_day, ten_days
from deskgate.store.tables import Store


@pytest.fixture(scope="session")
def ten_days_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with trades of ten days, of which the first seven are carried; tests read it."""
    folder = tmp_path_factory.mktemp("ten_days")
    ten_days(folder)
    return folder


@pytest.fixture
def store(ten_days_folder: Path, tmp_path: Path) -> Store:
    """A copy of that store with what it carries."""
    return copied(ten_days_folder, tmp_path)


@pytest.fixture
def cut_a_day_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut a day before each day."""
    cut_before_each_day(monkeypatch, 1)


@pytest.fixture
def cut_at_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut at each day's begin."""
    cut_before_each_day(monkeypatch, 0)
