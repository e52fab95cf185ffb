"""What runs all the time is at work as long as its last sign of life is new."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskgate.collector.signs import is_at_work, sign_in

AT = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.mark.parametrize(("age", "expected"), [(timedelta(minutes=5), False), (timedelta(seconds=299), True)])
def test_a_sign_counts_for_less_than_five_minutes(tmp_path: Path, age: timedelta, expected: bool) -> None:
    file = tmp_path / "alive"
    file.touch()
    os.utime(file, ((AT - age).timestamp(),) * 2)
    assert sign_in(file) == AT - age
    assert is_at_work(sign_in(file), AT) is expected


def test_without_a_sign_nothing_is_at_work(tmp_path: Path) -> None:
    assert sign_in(tmp_path / "alive") is None
    assert not is_at_work(None, AT)
