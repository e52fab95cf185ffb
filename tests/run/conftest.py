"""The desk of one day and what its runs write into."""

import shutil
from pathlib import Path

import pytest

from deskgate.config.desk_file import load_desk
from deskgate.demo import DemoDesk
from whole_desks import IngestedDesk, publish_day

from .day_runs import DAY
from .watched import Watched


@pytest.fixture
def desk(one_day_demo: DemoDesk, tmp_path: Path) -> Path:
    """A one-day desk that may be changed."""
    return shutil.copytree(one_day_demo.folder, tmp_path / "desk")


@pytest.fixture
def out(ingested_one_day_demo: IngestedDesk, tmp_path: Path) -> Path:
    """A folder with the store of the one-day desk as it was made, for runs that have nothing to ingest."""
    return shutil.copytree(ingested_one_day_demo.out, tmp_path / "out")


@pytest.fixture(scope="module")
def published(
    one_day_demo: DemoDesk, ingested_one_day_demo: IngestedDesk, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A desk with its store and its published day."""
    place = tmp_path_factory.mktemp("published")
    desk = load_desk(shutil.copytree(one_day_demo.folder, place / "desk"))
    made = IngestedDesk(desk, shutil.copytree(ingested_one_day_demo.out, place / "out"))
    publish_day(made.assess(DAY), made.out)
    return place


@pytest.fixture
def day(published: Path, tmp_path: Path) -> IngestedDesk:
    """A published day of a desk that may be changed, with its store: a copy."""
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    return IngestedDesk(load_desk(tmp_path / "desk"), tmp_path / "out")


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A desk that nobody has run, with a monitor."""
    made = Watched(tmp_path, monkeypatch)
    made.stands(None, "no decision is there")
    return made
