"""`deskgate init`: a draft of a desk that overwrites nothing; `--with-suites`: with bounds of its own."""

import shutil
from pathlib import Path

import pytest

from deskgate.config.desk_file import load_desk
from deskgate.config.paths import NOTEBOOKS, SUITES, suites_folder
from deskgate.demo import DemoDesk

from .commands import run


@pytest.fixture
def bots(one_day_demo: DemoDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk's folder without its desk.toml."""
    folder = shutil.copytree(one_day_demo.folder, tmp_path / "desk")
    (folder / "desk.toml").unlink()
    monkeypatch.setenv("DESKGATE_AUDIT_KEY", str(tmp_path / "keys" / "desk.pem"))
    return folder


def test_init_drafts_a_desk_once(bots: Path) -> None:
    made = run("init", bots)
    assert made.exit_code == 0, made.output
    assert "missing:" in made.output
    again = run("init", bots)
    assert again.exit_code == 2
    assert "never overwrites" in again.stderr


def test_desk_gets_its_own_suites_and_notebooks(bots: Path) -> None:
    made = run("init", bots, "--with-suites")
    assert made.exit_code == 0
    assert suites_folder(load_desk(bots)) == bots / "expectations"
    for source, copy in ((SUITES, bots / "expectations"), (NOTEBOOKS, bots / "notebooks")):
        assert {file.name for file in copy.iterdir()} == {
            file.name for file in source.iterdir() if not file.name.startswith(".")
        }


def test_nothing_is_overwritten_or_half_written(bots: Path) -> None:
    (bots / "notebooks").mkdir()
    refused = run("init", bots, "--with-suites")
    assert refused.exit_code == 2
    assert "never overwrites" in refused.stderr
    assert not (bots / "desk.toml").exists()
    assert not (bots / "expectations").exists()
