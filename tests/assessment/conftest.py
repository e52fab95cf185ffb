"""How long before a day the cut is, up to which finished fills are carried into it."""

import pytest

from assessment.carried import cut_before_each_day


@pytest.fixture
def cut_a_day_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut a day before each day."""
    cut_before_each_day(monkeypatch, 1)


@pytest.fixture
def cut_at_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut at each day's begin."""
    cut_before_each_day(monkeypatch, 0)
