"""`deskgate lab`: the notebook's path with --print; without JupyterLab, one sentence and nothing written."""

import shutil
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner, Result

from deskgate.cli.app import app

command = import_module("deskgate.cli.lab")


def _run(desk: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["lab", *options, "--desk", str(desk), "--out", str(desk / "out")])


def test_desk_without_a_published_day_gets_a_notebook_that_assesses(small: Path) -> None:
    found = _run(small, "--print")
    assert (found.exit_code, found.stdout) == (0, f"{small / 'out/investigate/pnl.ipynb'}\n")
    assert "no published day" in found.stderr


def test_notebook_opens_the_desk_that_was_named_and_not_the_one_beside_it(small: Path) -> None:
    other = small / "other.toml"
    shutil.copy(small / "desk.toml", other)
    found = CliRunner().invoke(app, ["lab", "--print", "--desk", str(other), "--out", str(small / "out")])
    assert found.exit_code == 0, found.stderr
    assert f"desk = '{other}'" in _parameters(small / "out/investigate/pnl.ipynb")


def _parameters(notebook: Path) -> str:
    return next(str(c.source) for c in nbformat.read(notebook, 4).cells if "parameters" in c.metadata.get("tags", []))


def test_wrong_question_date_or_break_is_refused(small: Path) -> None:
    for options, sentence in (
        (["party", "--print"], "did you mean 'parity'?"),
        (["--date", "19 March", "--print"], "--date '19 March' is no date"),
        (["--break", "aa", "--print"], "--break without a published day"),
    ):
        found = _run(small, *options)
        assert (found.exit_code, sentence in found.stderr) == (2, True)
    assert not (small / "out/investigate").exists()


def test_without_jupyterlab_nothing_is_written(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    found = _run(small)
    assert (found.exit_code, "JupyterLab is not installed" in found.stderr) == (2, True)
    assert not (small / "out/investigate").exists()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the commands of the servers that a test starts; none runs."""
    found: list[list[str]] = []

    class Server:
        def __init__(self, options: list[str]) -> None:
            found.append(options)

        def __enter__(self) -> "Server":
            return self

        def __exit__(self, *_: object) -> None: ...

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(command.subprocess, "Popen", Server)
    return found


def test_server_is_bound_to_loopback_on_the_notebook(
    small: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    monkeypatch.setattr(command.os, "geteuid", lambda: 1000)
    assert _run(small, "pnl").exit_code == 0
    assert "--ServerApp.ip=127.0.0.1" in started[0]
    assert "--ServerApp.allow_root=True" not in started[0]
    assert started[0][-1] == str(small / "out/investigate/pnl.ipynb")


def test_root_is_refused_until_it_says_that_it_wants_to(
    small: Path, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    monkeypatch.setattr(command.os, "geteuid", lambda: 0)
    found = _run(small, "pnl")
    assert (found.exit_code, "give --allow-root" in found.stderr) == (2, True)
    assert not (small / "out/investigate").exists()
    assert _run(small, "pnl", "--print").exit_code == 0
    assert started == []
    assert _run(small, "pnl", "--allow-root").exit_code == 0
    assert "--ServerApp.allow_root=True" in started[0]


def test_last_day_without_numbers_is_assessed_and_no_older_one_is_opened(small: Path) -> None:
    for name in ("2026-03-05", "2026-03-06"):
        (small / "out" / name).mkdir(parents=True)
    (small / "out/2026-03-05/artifacts.json").write_text("{}")
    found = _run(small, "--print")
    assert (found.exit_code, found.stdout) == (0, f"{small / 'out/investigate/pnl-2026-03-06.ipynb'}\n")
    assert "2026-03-06, its run left no numbers" in found.stderr
    assert "date = '2026-03-06'" in (small / "out/investigate/pnl-2026-03-06.ipynb").read_text()
