"""The desk on which commands are run."""

import shutil
from pathlib import Path

import pytest

from deskgate.demo import DemoDesk


@pytest.fixture
def small(one_bot_demo: DemoDesk, tmp_path: Path) -> Path:
    """A one-day demo desk that a test may change."""
    return shutil.copytree(one_bot_demo.folder, tmp_path / "desk")
