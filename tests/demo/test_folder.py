import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.demo import DemoDesk, write_demo


def test_desk_toml_loads_and_every_glob_finds_a_file(demo: Path) -> None:
    desk = load_desk(demo)
    assert [(bot.name, bot.mode.value) for bot in desk.bots.values()] == [
        ("bot1", "live"),
        ("bot2", "disabled"),
        ("bot3", "paper"),
        ("bot4", "testnet"),
    ]
    for bot in desk.bots.values():
        for glob in (*bot.local, *bot.events, *bot.exchange, *bot.config):
            assert list(demo.glob(glob)), glob


def test_same_demo_again_writes_nothing(one_day_demo: DemoDesk, tmp_path: Path) -> None:
    shutil.copytree(one_day_demo.folder, tmp_path / "desk")
    first = write_demo(tmp_path / "desk", days=1)
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*") if path.is_file()}
    (first.folder / "reports" / "index.html").write_text("made by a run, none of the demo's business")
    assert write_demo(tmp_path / "desk", days=1) == first
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (first.first_day, first.last_day) == (date(2026, 3, 2), date(2026, 3, 2))


def test_other_arguments_are_refused(one_day_demo: DemoDesk) -> None:
    with pytest.raises(InputError, match="another demo"):
        write_demo(one_day_demo.folder, days=1, seed=8)


def test_changed_demo_is_refused(one_day_demo: DemoDesk, tmp_path: Path) -> None:
    folder = shutil.copytree(one_day_demo.folder, tmp_path / "desk")
    (folder / "desk.toml").write_text("mine now")
    with pytest.raises(InputError, match=r"first desk\.toml"):
        write_demo(folder, days=1)


@pytest.mark.parametrize("text", ["precious", "[]", "{", '{"arguments": 1}'])
def test_foreign_folder_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "demo.json").write_text(text)
    with pytest.raises(InputError):
        write_demo(tmp_path / "mine", days=1)
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "demo.json"]
    assert (tmp_path / "mine" / "demo.json").read_text() == text


def test_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "desk").write_text("a file")
    with pytest.raises(InputError, match="is no folder"):
        write_demo(tmp_path / "desk", days=1)


@pytest.mark.parametrize("wrong", [{"days": 0}, {"faults": "some"}])
def test_wrong_arguments_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        write_demo(tmp_path / "desk", **wrong)
    assert not list(tmp_path.iterdir())


def test_empty_folder_is_taken_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    write_demo(tmp_path / "desk", days=1)
    assert [path.name for path in tmp_path.iterdir()] == ["desk"]


def test_generator_knows_nothing_of_the_rest() -> None:
    code = "import sys, deskgate.demo; print(*sorted(name for name in sys.modules if name.startswith('deskgate')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others = [name for name in run.stdout.split() if not name.startswith("deskgate.demo")]
    assert others == ["deskgate", "deskgate.config", "deskgate.config.errors", "deskgate.config.secrecy"]
