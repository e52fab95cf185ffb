"""A day of a desk whose names and records are hostile: every page is whole, nothing in it runs, nothing of it reaches a terminal."""

import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import DESKTOP, PHONE, Browser, Visit, browser
from cli.commands import run
from deskgate.assessment import judge, replay
from deskgate.demo import DemoDesk
from deskgate.reports.pages.banner import banner, read_decision
from deskgate.reports.pages.interactive import write_copy
from deskgate.reports.pages.later import Later
from deskgate.run import daily
from hostile import DESK, FORMULA, TEXTS, hostile_desk
from whole_desks import JudgeInProcess

DAY = "2026-03-02"
# A run takes a minute: the tests that look at it share one worker, and so one run.
pytestmark = [pytest.mark.xdist_group("hostile"), pytest.mark.slow]
# Those that list names, ids and unreadable records; the others show the same kinds of tables and charts.
NOTEBOOKS = ("02_event_store", "03_reconciliation", "08_daily_report")
ESCAPES = TEXTS[10]


@pytest.fixture(scope="module")
def ran(one_day_demo: DemoDesk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A desk's run day: where it is, and all that the run printed."""
    place = tmp_path_factory.mktemp("hostile")
    desk, out = hostile_desk(one_day_demo.folder, place / "desk"), place / "out"
    at = ["--desk", str(desk), "--out", str(out)]
    frozen = run("baseline", "freeze", *at, "--by", ESCAPES, "--why", TEXTS[0], "--as-of", "2026-03-02T07:00:00Z")
    opened = run("incident", "open", *at, "--why", TEXTS[1], "--by", TEXTS[9], "--as-of", "2026-03-02T09:00:00Z")
    assert (frozen.exit_code, opened.exit_code) == (0, 0), frozen.output + opened.output
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(daily, "NOTEBOOKS", NOTEBOOKS)
        patch.setattr(replay, "replays", lambda *_: [])
        patch.setattr(judge, "Judge", JudgeInProcess)
        done = run("daily", *at, "--date", DAY)
    assert done.exit_code == 1, done.output
    return out, done.output


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


def visits(out: Path, chromium: Browser, size: tuple[int, int]) -> dict[str, Visit]:
    pages = sorted(out.glob("**/*.html"))
    assert len(pages) >= len(NOTEBOOKS) + 2
    return {str(page.relative_to(out)): chromium.visit(page, size, audited=False) for page in pages}


def test_nothing_runs_and_nothing_is_asked_for(ran: tuple[Path, str], chromium: Browser) -> None:
    for name, visit in visits(ran[0], chromium, DESKTOP).items():
        assert (visit.messages, visit.requests, visit.active) == ([], [], 0), name


def test_names_and_records_of_any_length_fit_a_phone(ran: tuple[Path, str], chromium: Browser) -> None:
    found = visits(ran[0], chromium, PHONE)
    assert {name: visit.overflow_px for name, visit in found.items() if visit.overflow_px > 0} == {}


def test_names_are_shown_as_text(ran: tuple[Path, str], chromium: Browser) -> None:
    visit = chromium.visit(ran[0] / DAY / "index.html", audited=False)
    assert DESK in visit.title
    assert FORMULA in visit.text


def test_interactive_copy_runs_nothing_of_the_data(ran: tuple[Path, str], chromium: Browser, tmp_path: Path) -> None:
    decision = read_decision(ran[0] / DAY / "decision.json")
    notebook = Path(shutil.copy(ran[0] / DAY / "02_event_store.ipynb", tmp_path))
    visit = chromium.visit(
        write_copy(notebook, decision, banner(decision), list(NOTEBOOKS), Later.read(ran[0])), audited=False
    )
    assert (visit.messages, visit.requests) == ([], [])
    assert "could not be drawn" not in visit.text


def test_no_control_character_is_printed(ran: tuple[Path, str]) -> None:
    controls = {char for char in ran[1] if unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\t"}
    assert controls == set()
