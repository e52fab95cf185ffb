"""The run when something goes wrong, and the folder of a day."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from deskgate.assessment import assessment
from deskgate.cli.app import app
from deskgate.config import paths as project
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant, resolve_instant
from deskgate.demo import write_demo
from deskgate.run.daily import NOTEBOOKS
from deskgate.run.day_folder import DayFolder

DAY = date(2026, 3, 2)
NOW = datetime(2026, 5, 5, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "as_of", "expected"),
    [
        (None, None, ("2026-05-04", "2026-05-05T00:00:00+00:00")),
        ("2026-05-01", None, ("2026-05-01", "2026-05-02T00:00:00+00:00")),
        ("2026-05-05", None, ("2026-05-05", "2026-05-05T09:30:00+00:00")),
        (None, "2026-05-04T12:00:00+02:00", ("2026-05-04", "2026-05-04T10:00:00+00:00")),
        (None, "2026-05-04T00:00:00Z", ("2026-05-03", "2026-05-04T00:00:00+00:00")),
        ("2026-05-03", "2026-05-04T06:00:00Z", ("2026-05-03", "2026-05-04T06:00:00+00:00")),
    ],
)
def test_day_and_instant_are_in_utc_whatever_is_left_out(
    day: str | None, as_of: str | None, expected: tuple[str, str]
) -> None:
    on, instant = resolve_instant(day, as_of, NOW)
    assert (on.isoformat(), instant.isoformat()) == expected


@pytest.mark.parametrize("text", ["noon", "2026-13-01", ""])
def test_text_that_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected ISO 8601"):
        parse_instant(text)


def test_day_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY)
    (folder.prepare() / "decision.json").write_text("first")
    assert not folder.target.exists()
    folder.publish()
    (folder.prepare() / "half").write_text("x")
    assert (folder.target / "decision.json").read_text() == "first"
    assert list(folder.prepare().iterdir()) == []


def test_day_set_aside_by_a_killed_run_comes_back(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY)
    (folder.prepare() / "decision.json").write_text("first")
    folder.publish()
    folder.target.rename(tmp_path / f".{DAY}.old")
    folder.prepare()
    assert (folder.target / "decision.json").read_text() == "first"


@pytest.fixture
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Notebooks of one trivial cell in the place of the real ones."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    parameters = "\n".join(f'{name} = ""' for name in ("desk", "date", "as_of", "out", "folder"))
    for name in NOTEBOOKS:
        cell = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
        made = nbformat.v4.new_notebook(
            cells=[cell], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        )
        nbformat.write(made, folder / f"{name}.ipynb")
    monkeypatch.setattr(project, "NOTEBOOKS", folder)
    return folder


def run(desk: Path, out: Path) -> int:
    return CliRunner().invoke(app, ["daily", "--desk", str(desk), "--date", str(DAY), "--out", str(out)]).exit_code


def decision(out: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((out / str(DAY) / "decision.json").read_text())
    return content


def test_failing_notebook_is_kept_and_linked_and_the_day_holds(tmp_path: Path, notebooks: Path) -> None:
    desk = write_demo(tmp_path / "desk", days=1).folder
    broken = nbformat.read(notebooks / "04_parity.ipynb", as_version=4)
    broken.cells.append(nbformat.v4.new_code_cell("1 / 0"))
    nbformat.write(broken, notebooks / "04_parity.ipynb")
    assert run(desk, tmp_path / "out") == 3
    said = decision(tmp_path / "out")
    assert said["decision"] == "HOLD"
    assert [item["notebook"] for item in said["failures"]] == ["04_parity"]  # type: ignore[attr-defined]
    folder = tmp_path / "out" / str(DAY)
    assert "ZeroDivisionError" in (folder / "04_parity.ipynb").read_text()
    assert "04_parity.html" in (folder / "index.html").read_text()


def test_step_that_breaks_leaves_a_hold_that_names_it(
    tmp_path: Path, notebooks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = write_demo(tmp_path / "desk", days=1).folder
    assert run(desk, tmp_path / "out") == 1
    before = decision(tmp_path / "out")["bundle_id"]

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no such luck")

    monkeypatch.setattr(assessment, "assess", broken)
    assert run(desk, tmp_path / "out") == 3
    said = decision(tmp_path / "out")
    assert (said["decision"], said["previous"]) == ("HOLD", before)
    assert said["failures"] == [{"notebook": "checks", "error": "ZeroDivisionError: no such luck"}]
    assert notebooks.is_dir()


def test_look_in_between_is_provisional_whoever_forgot_to_say_so(tmp_path: Path, notebooks: Path) -> None:
    desk = write_demo(tmp_path / "desk", days=1).folder
    at = ["--date", str(DAY), "--as-of", "2026-03-02T12:00:00Z", "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(app, ["daily", "--desk", str(desk), *at]).exit_code == 1
    assert decision(tmp_path / "out")["provisional"] is True
    assert notebooks.is_dir()


def test_desk_file_of_another_name_is_the_one_that_is_judged(tmp_path: Path, notebooks: Path) -> None:
    desk = write_demo(tmp_path / "desk", days=1).folder
    text = (desk / "desk.toml").read_text()
    (desk / "fleet.toml").write_text(text.replace('name = "demo"', 'name = "fleet"'))
    (desk / "desk.toml").write_text(text[: text.index("[bots.bot4]")])
    assert run(desk / "fleet.toml", tmp_path / "out") == 1
    said = decision(tmp_path / "out")
    assert said["desk"] == "fleet"
    assert "fleet.toml" in said["inputs"]["config"]  # type: ignore[index]
    assert "bot4" in {
        item["subject"] for item in json.loads((tmp_path / "out" / str(DAY) / "verdicts.json").read_text())
    }
    assert notebooks.is_dir()


def test_desk_of_one_paper_bot_can_be_run(tmp_path: Path, notebooks: Path) -> None:
    desk = write_demo(tmp_path / "desk", days=1).folder
    text = (desk / "desk.toml").read_text()
    head, paper, rest = text[: text.index("[bots.bot1]")], text.index("[bots.bot3]"), text.index("[bots.bot4]")
    (desk / "desk.toml").write_text(head + text[paper:rest])
    assert run(desk, tmp_path / "out") == 1
    assert notebooks.is_dir()


def test_config_glob_that_is_none_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    desk = write_demo(tmp_path / "desk", days=1).folder
    text = (desk / "desk.toml").read_text()
    (desk / "desk.toml").write_text(text.replace('config = ["bot1/conf/controllers/*.yml"', 'config = ["/etc/*.yml"'))
    assert run(desk, tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()
