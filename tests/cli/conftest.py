"""The desk on which commands are run."""

import shutil
from pathlib import Path

import pytest

from deskgate.demo import DemoDesk


@pytest.fixture
def small(one_day_demo: DemoDesk, tmp_path: Path) -> Path:
    """A one-day demo desk that a test may change."""
    return shutil.copytree(one_day_demo.folder, tmp_path / "desk")
