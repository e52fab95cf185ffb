"""The desk of one day and what its runs write into."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from deskgate.config.desk_file import load_desk
from deskgate.demo import DemoDesk
from whole_desks import IngestedDesk, publish_day

from .day_runs import DAY
from .watched import Watched


@pytest.fixture
def desk(one_bot_demo: DemoDesk, tmp_path: Path) -> Path:
    """A one-day desk that may be changed."""
    return shutil.copytree(one_bot_demo.folder, tmp_path / "desk")


@pytest.fixture
def out(ingested_one_bot_demo: IngestedDesk, tmp_path: Path) -> Path:
    """A folder with the store of the one-day desk as it was made, for runs that have nothing to ingest."""
    return shutil.copytree(ingested_one_bot_demo.out, tmp_path / "out")


@pytest.fixture(scope="session")
def published(one_bot_demo: DemoDesk, ingested_one_bot_demo: IngestedDesk, shared: Path) -> Path:
    """A desk with its store and its published day, made once for all workers; tests read it and never write to it."""
    place = shared / "published"
    with FileLock(f"{place}.lock"):
        if not place.exists():
            scratch = shared / "published.part"
            desk = load_desk(shutil.copytree(one_bot_demo.folder, scratch / "desk"))
            made = IngestedDesk(desk, shutil.copytree(ingested_one_bot_demo.out, scratch / "out"))
            publish_day(made.assess(DAY), made.out)
            scratch.rename(place)
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


@pytest.fixture
def whole_day(ingested_one_day_demo: IngestedDesk, tmp_path: Path) -> IngestedDesk:
    """A published day of the desk with all its bots, which may be changed."""
    desk = load_desk(shutil.copytree(ingested_one_day_demo.desk.root, tmp_path / "whole"))
    made = IngestedDesk(desk, shutil.copytree(ingested_one_day_demo.out, tmp_path / "whole_out"))
    publish_day(made.assess(DAY), made.out)
    return made
