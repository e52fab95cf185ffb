"""A desk with decided days."""

from pathlib import Path

import pytest

from .decided import Decided


@pytest.fixture
def decided(tmp_path: Path) -> Decided:
    return Decided(tmp_path)
