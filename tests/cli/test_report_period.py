"""`deskgate report` of a period at the command line: every form, and what is refused."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from period_days import FIRST, earned, publish
from sources.desks import OPENING, a_desk

from .commands import run

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with two published days."""
    place = tmp_path_factory.mktemp("published")
    a_desk(place / "desk", {"b1": OPENING})
    for n in range(2):
        publish(place / "out", FIRST + n * DAY, earned(realized=1.5), desk="test")
    return place


def test_period_in_every_form_exits_0(place: Path) -> None:
    command = ("report", "--desk", place / "desk", "--out", place / "out", "--from", "2026-05-03")
    shown = run(*command)
    assert shown.exit_code == 0, shown.output
    assert "b1 (live) earned 3 USDT after fees and funding" in shown.stdout
    assert "2 of 3 days are counted" in shown.stdout
    assert "- Not counted, not run: 2026-05-03." in shown.stdout
    assert shown.stdout.splitlines()[-1].endswith("2026-05-03_2026-05-05/index.html")
    content = json.loads(run(*command, "--json").stdout)
    assert (content["kind"], content["by_bot"][0]["pnl_quote"]) == ("period", 3.0)
    assert "| b1 | live | 3 | USDT | 2 of 2 |" in run(*command, "--markdown").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("2026-05-04", "--from", "2026-05-04"), "got the day 2026-05-04 and a period"),
        (("--from", "yesterday"), "--from 'yesterday' is no date, expected YYYY-MM-DD"),
        (("--from", "2026-05-05", "--to", "2026-05-04"), "exchange them"),
        (("--from", "2026-06-01", "--to", "2026-06-02"), "can be counted (not run: 2026-06-01 to 2026-06-02)"),
        (("--bots", "b1,b9"), "--bots 'b9' is on none of the days"),
        (("--bots", ","), "--bots names no bot"),
        # A variable of a script that is not set.
        (("--bots", ""), "--bots names no bot"),
        (("--to", ""), "--to '' is no date, expected YYYY-MM-DD"),
        (("--from", "2026-05-04", "--json", "--markdown"), "expected one of them"),
    ],
)
def test_wrong_period_is_one_sentence_and_writes_nothing(place: Path, arguments: tuple[str, ...], says: str) -> None:
    before = sorted((place / "out").rglob("*.html"))
    found = run("report", "--desk", place / "desk", "--out", place / "out", *arguments)
    assert (found.exit_code, says in found.stderr) == (2, True), found.stderr
    assert sorted((place / "out").rglob("*.html")) == before
