"""`deskgate backtest` at the command line: every form, and what is refused."""

import json
from datetime import date
from pathlib import Path

import pytest

from deskgate.config.desk_file import load_desk
from recorded_days import record_day
from sources.desks import OPENING, a_desk

from .commands import refused, run

SPAN = ("--from", "2026-05-03", "--to", "2026-05-04")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with one day on record, on HOLD for one reason."""
    place = tmp_path_factory.mktemp("recorded")
    desk = load_desk(a_desk(place / "desk", {"b1": OPENING}))
    record_day(desk, place / "out", date(2026, 5, 4), {("event_store", "gap_x"): (20.0, 99)})
    return place


def test_backtest_in_every_form_exits_0(place: Path) -> None:
    command = ("backtest", "--desk", place / "desk", "--out", place / "out", *SPAN)
    table = run(*command)
    assert table.exit_code == 0, table.output
    assert "event_store#gap_x\t<= 6\t1\t1\t1\t1\t\t14 times the typical gap\t<= 20.0" in table.stdout
    assert "- not used, not run: 2026-05-03" in table.stdout
    last = table.stdout.splitlines()[-1]
    assert last == "test: 1 day replayed, 0 decisions would flip, 0 false HOLDs; 1 day not used"
    content = json.loads(run(*command, "--json").stdout)
    assert (content["kind"], content["left_out"]) == ("backtest", {"not run": ["2026-05-03"]})
    assert [(each["recorded"], each["replayed"]) for each in content["days"]] == [("HOLD", "HOLD")]
    markdown = run(*command, "--markdown").stdout
    assert markdown.startswith("## Backtest of test")
    assert "| 2026-05-04 | HOLD | HOLD | 0 |" in markdown


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (("--from", "2026-05-04", "--to", "2026-05-03"), "--from 2026-05-04 is after --to 2026-05-03"),
        (("--from", "4 May", "--to", "2026-05-04"), "--from '4 May' is no date"),
        (("--from", "2026-05-05", "--to", "2026-05-06"), "none of the days from 2026-05-05 to 2026-05-06"),
        ((*SPAN, "--json", "--markdown"), "--json and --markdown were given"),
    ],
)
def test_backtest_of_nothing_is_refused(place: Path, tmp_path: Path, span: tuple[str, ...], words: str) -> None:
    refused(run("backtest", "--desk", place / "desk", "--out", place / "out", *span), tmp_path / "none", words)


def test_backtest_of_an_out_that_no_run_wrote_is_refused(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "mistyped"
    refused(run("backtest", "--desk", place / "desk", "--out", out, *SPAN), out, "no folder there")
