"""`deskgate ladder`: a table, JSON, Markdown, and one sentence where there is nothing to show."""

import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deskgate.cli.app import app
from published_ladder import TODAY, Published

command = import_module("deskgate.cli.ladder")
DESK = '[desk]\nname = "{}"\n[bots.b1]\nmode = "paper"\nconnector = "okx"\npairs = ["BTC-USDT"]\n'
RUNG = 'rung = { name = "paper", since = 2026-05-01, by = "ann" }\n'


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ladder")
    Published(root / "out")
    return root


@pytest.fixture(autouse=True)
def _soon_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "now", lambda: datetime(2026, 5, 23, 6, tzinfo=UTC))


def _run(root: Path, *options: str, rung: str = RUNG, name: str = "fleet") -> Result:
    (root / "desk.toml").write_text(DESK.format(name) + rung)
    return CliRunner().invoke(app, ["ladder", *options, "--desk", str(root), "--out", str(root / "out")])


def test_formats_of_one_ladder(root: Path) -> None:
    table, found, markdown = _run(root), _run(root, "--json"), _run(root, "--markdown", str(TODAY))
    assert [each.exit_code for each in (table, found, markdown)] == [0, 0, 0]
    assert "may move on" in table.output
    content = json.loads(found.output)
    assert (content["date"], content["ladder"][0]["to"]) == (str(TODAY), ["testnet", "micro"])
    assert f"## Ladder of fleet after {TODAY}" in markdown.output


def test_nobody_moves_on_where_the_last_day_is_long_past(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "now", lambda: datetime(2026, 7, 1, tzinfo=UTC))
    found = json.loads(_run(root, "--json").output)["ladder"][0]
    assert (found["says"], found["missing"][0]["metric"]) == ("stays", "today")
    assert "may move on" in _run(root, str(TODAY)).output


def test_desk_without_a_rung_is_told_how_to_declare_one(root: Path) -> None:
    found = _run(root, rung="")
    assert (found.exit_code, "add [bots.NAME.rung]" in found.output) == (0, True)


@pytest.mark.parametrize(
    ("options", "name", "words"),
    [
        (["2026-06-30"], "fleet", "no such day"),
        (["soon"], "fleet", "is no day, expected YYYY-MM-DD"),
        ([], "other", "of the desk 'fleet', expected 'other'"),
        (["--json", "--markdown"], "fleet", "expected one of them"),
        (["--suites", "nowhere"], "fleet", "no folder there"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(root: Path, options: list[str], name: str, words: str) -> None:
    found = _run(root, *options, name=name)
    assert (found.exit_code, words in found.output) == (2, True)
