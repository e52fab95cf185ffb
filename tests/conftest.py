"""What several tests share: the demo desk, made once, and where the sample desks lie if they are there."""

from pathlib import Path

import pytest

from deskgate.demo import DemoDesk, write_demo

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoDesk:
    """The default demo desk; tests read it and never write to it."""
    return write_demo(tmp_path_factory.mktemp("demo") / "desk")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample desks."""
    if not SAMPLES.is_dir():
        pytest.skip(f"the sample desks are not there ({SAMPLES})")
    return SAMPLES
