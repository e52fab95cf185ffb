"""`deskgate schedule` at the command line."""

from datetime import UTC, datetime
from os import utime
from pathlib import Path

import pytest

from deskgate.collector.follower import SIGN as FOLLOWER_SIGN
from deskgate.run.schedule.runner import SIGN

from .commands import refused, run

DESK = '[desk]\nname = "d"\n[bots.b]\nmode = "paper"\nconnector = "okx_paper_trade"\npairs = ["BTC-USDT"]\n'


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "desk.toml").write_text(DESK)
    return tmp_path


def test_its_files_are_written_once(desk: Path, tmp_path: Path) -> None:
    into = tmp_path / "units"
    first = run("schedule", "--print", "systemd", "--into", into, "--desk", desk)
    assert first.exit_code == 0, first.output
    assert sorted(file.name for file in into.iterdir()) == [
        f"deskgate-d-{job}.{kind}" for job in ("daily", "look") for kind in ("service", "timer")
    ]
    again = run("schedule", "--print", "systemd", "--into", into, "--desk", desk)
    assert (again.exit_code, "never overwrites" in again.stderr) == (2, True)


@pytest.mark.parametrize("options", [[], ["--run", "--print", "cron"], ["--print", "at"], ["--into", "x"]])
def test_one_thing_is_asked_of_it(desk: Path, tmp_path: Path, options: list[str]) -> None:
    result = run("schedule", *options, "--desk", desk, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_control_character_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "a\tb"
    folder.mkdir()
    (folder / "desk.toml").write_text(DESK)
    refused(run("schedule", "--print", "cron", "--desk", folder, "--out", folder / "out"), folder / "out", "control")


@pytest.mark.parametrize(("name", "sign"), [("schedule", SIGN), ("follow", Path("store") / FOLLOWER_SIGN)])
def test_its_sign_of_life_is_looked_at(desk: Path, tmp_path: Path, name: str, sign: Path) -> None:
    def look() -> tuple[int, str]:
        result = run("schedule", "--check", name, "--desk", desk, "--out", tmp_path / "out")
        return result.exit_code, result.stdout

    assert look() == (1, f"{name}: never gave a sign of life\n")
    file = tmp_path / "out" / sign
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    assert look()[0] == 0
    at = datetime(2026, 3, 5, tzinfo=UTC).timestamp()
    utime(file, (at, at))
    assert look() == (1, f"{name}: its last sign of life is of 2026-03-05 00:00:00 UTC\n")
