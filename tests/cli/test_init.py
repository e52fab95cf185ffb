"""`deskgate init --with-suites`: a desk with bounds of its own."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deskgate.cli import app
from deskgate.config.desk import load_desk
from deskgate.config.paths import NOTEBOOKS, SUITES, suites_folder
from deskgate.demo import write_demo


@pytest.fixture
def bots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk's folder without its desk.toml."""
    folder = write_demo(tmp_path / "desk", days=1).folder
    (folder / "desk.toml").unlink()
    monkeypatch.setenv("DESKGATE_AUDIT_KEY", str(tmp_path / "keys" / "desk.pem"))
    return folder


def test_desk_gets_its_own_suites_and_notebooks(bots: Path) -> None:
    made = CliRunner().invoke(app, ["init", str(bots), "--with-suites"])
    assert made.exit_code == 0
    assert suites_folder(load_desk(bots)) == bots / "expectations"
    for source, copy in ((SUITES, bots / "expectations"), (NOTEBOOKS, bots / "notebooks")):
        assert {file.name for file in copy.iterdir()} == {
            file.name for file in source.iterdir() if not file.name.startswith(".")
        }


def test_nothing_is_overwritten_or_half_written(bots: Path) -> None:
    (bots / "notebooks").mkdir()
    refused = CliRunner().invoke(app, ["init", str(bots), "--with-suites"])
    assert refused.exit_code == 2
    assert "never overwrites" in refused.stderr
    assert not (bots / "desk.toml").exists()
    assert not (bots / "expectations").exists()
