"""The demo's last day, run by the real command: a GO, and the files it promises."""

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from html import unescape
from pathlib import Path

import polars as pl
import pytest
import rfc8785

from browser import PHONE, browser
from deskgate.assessment.breaks_file import BREAK_COLUMNS
from deskgate.audit.marks import as_published
from deskgate.config import paths
from deskgate.demo import DemoDesk

from .commands import run

DAY = "2026-03-05"
# The run takes seconds: the tests that look at it share one worker, and so one run.
pytestmark = [pytest.mark.xdist_group("run"), pytest.mark.usefixtures("judge_in_process"), pytest.mark.slow]


@pytest.fixture(scope="module")
def ran(demo: DemoDesk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The demo's last day, run by the real command."""
    out = tmp_path_factory.mktemp("run") / "out"
    at = ["--desk", str(demo.folder), "--out", str(out)]
    command = [sys.executable, "-c", "from deskgate.cli.app import app; app()"]
    frozen = run("baseline", "freeze", *at, "--by", "ann", "--why", "opening", "--as-of", "2026-03-02T07:00:00Z")
    assert frozen.exit_code == 0, frozen.output
    # As a person runs it: with as many threads as polars takes by itself.
    alone = {name: value for name, value in os.environ.items() if name != "POLARS_MAX_THREADS"}
    done = subprocess.run(
        [*command, "daily", *at, "--date", DAY], env=alone, capture_output=True, text=True, check=False
    )
    return out, done


def test_demos_last_day_is_a_go(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    out, done = ran
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("GO")
    assert str(out / DAY / "index.html") in done.stdout


def test_day_folder_holds_what_the_contract_says(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder = ran[0] / DAY
    notebooks = [file.stem for file in sorted(paths.NOTEBOOKS.glob("*.ipynb"))]
    assert sorted(file.stem for file in folder.glob("*.ipynb")) == notebooks
    assert sorted(file.stem for file in folder.glob("0*.html")) == notebooks
    assert (folder / "breaks.csv").read_text().strip() == ",".join(BREAK_COLUMNS)
    assert {file.stem for file in (folder / "metrics").iterdir()} == {
        file.stem for file in paths.SUITES.glob("*.json")
    } - {"ladder"}
    assert pl.read_parquet(folder / "metrics" / "soak.parquet").height > 0
    assert (ran[0] / "index.html").is_file()
    assert not list((ran[0] / ".staging").iterdir())


def test_checklist_of_the_demos_last_day_is_done_by_its_evidence(
    demo: DemoDesk, ran: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    at = ("--desk", demo.folder, "--out", ran[0])
    reviews = {"7.r1", "7.r2", "7.r3", "7.r4"}
    unread = json.loads(run("checklist", DAY, *at, "--json").stdout)
    assert {each["id"] for each in unread if each["critical"] and each["status"] == "BLOCKED"} == {*reviews, "7.go"}
    refused = run("checklist", "mark", "7.go", "--by", "ann", "--note", "looks good", *at)
    assert (refused.exit_code, "item 7.go is judged by evidence and is not marked" in refused.stderr) == (2, True)
    for review in sorted(reviews):
        marked = run("checklist", "mark", review, "--date", DAY, "--by", "ann", "--note", "read notebook", *at)
        assert (marked.exit_code, f"item {review} marked by ann" in marked.output) == (0, True)
    shown = run("checklist", DAY, *at, "--json")
    assert shown.exit_code == 0, shown.output
    items = json.loads(shown.stdout)
    assert {each["status"] for each in items if each["critical"]} == {"DONE", "SKIPPED"}
    assert all(each["evidence"] for each in items if each["status"] != "SKIPPED" and each["id"] != "c.4")
    # Nobody ran a drill or named a channel, and no command says that somebody did.
    assert {each["id"] for each in items if each["status"] == "BLOCKED"} == {
        *("1.4", "1.5", "1.6", "1.go", "3.5", "3.go", "5.5", "5.7", "5.go", "c.4", "s.4")
    }
    assert "- [ ] 1.6 Alerts are delivered: BLOCKED" in run("checklist", DAY, *at, "--markdown").output
    # Read today, the evidence of that day is months old.
    old = run("checklist", *at)
    assert (old.exit_code, "h old, expected at most 48 h" in old.output) == (1, True)
    assert f"demo {DAY}, as of now: 0 DONE" in old.output
    never = run("checklist", "2026-03-09", *at)
    assert (never.exit_code, "no such day" in never.stderr) == (2, True)


def test_decision_is_held_to_its_evidence(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder = ran[0] / DAY
    decision = json.loads((folder / "decision.json").read_text())
    run_id = decision.pop("run_id")
    assert run_id == sha256(rfc8785.dumps(decision)).hexdigest()
    evidence, pages = ({item["path"]: item["sha256"] for item in decision[kind]} for kind in ("evidence", "pages"))
    digests = {path: sha256(as_published(folder / path)).hexdigest() for path in (*evidence, *pages)}
    assert digests == evidence | pages
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert files == {*digests, "decision.json"}
    assert {
        "breaks.csv",
        "verdicts.json",
        "inputs.json",
        "suites.json",
        "settings.json",
        "metrics/soak.parquet",
    } <= evidence.keys()
    assert {"08_daily_report.ipynb", "08_daily_report.html", "index.html", "actions.json"} <= pages.keys()
    assert {"daily_report.md", "daily_report.json"} <= pages.keys()
    assert (decision["decision"], decision["blockers"], decision["previous"]) == ("GO", [], None)


def test_breaks_are_listed_for_a_day_that_ran(
    ran: tuple[Path, subprocess.CompletedProcess[str]], demo: DemoDesk
) -> None:
    assert "no breaks" in run("breaks", "--desk", demo.folder, "--date", DAY, "--out", ran[0]).output
    assert run("breaks", "--date", "2026-03-04", "--out", ran[0]).exit_code == 2


def test_report_of_the_demos_last_day_says_the_same_on_its_page_and_as_markdown(
    demo: DemoDesk, ran: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    folder, at = ran[0] / DAY, ("--desk", demo.folder, "--out", ran[0])
    text, page = (folder / "daily_report.md").read_text(), (folder / "08_daily_report.html").read_text()
    assert run("report", DAY, *at, "--markdown").stdout == text == run("report", *at).stdout
    assert text.startswith("# GO until 2026-03-")
    assert ": demo, 2026-03-05" in text.splitlines()[0]
    content = json.loads(run("report", DAY, *at, "--json").stdout)
    assert (content["decision"], len(content["sections"])) == ("GO", 7)
    titles = {part["title"] for section in content["sections"] for part in section["parts"]}
    assert all(title in text for title in titles)
    # The page is made before the decision, which has the ladder.
    assert {title for title in titles if title not in unescape(page)} == {"Rungs of the ladder"}
    assert "9 of 9 ran through" in text
    assert "assessed twice from the store, the same bytes both times" in page


def test_settings_of_the_day_are_those_of_its_files_without_the_suites(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    settings = json.loads((ran[0] / DAY / "settings.json").read_text())
    assert settings["desk.toml"]["desk.name"] == "demo"
    assert not [name for name in settings if name.startswith("expectations/")]


def test_report_of_a_changed_or_missing_day_is_refused_in_one_sentence(
    demo: DemoDesk, ran: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    out = shutil.copytree(ran[0], tmp_path / "out")
    at = ("--desk", demo.folder, "--out", out)
    assert "no such day" in run("report", "2026-03-09", *at).stderr
    both = run("report", DAY, *at, "--json", "--markdown")
    assert (both.exit_code, "expected one of them" in both.stderr) == (2, True)
    file = out / DAY / "daily_report.json"
    file.write_text(file.read_text().replace('"decision": "GO"', '"decision": "HOLD"'))
    refused = run("report", DAY, *at)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "daily_report.json was changed since the run wrote it" in refused.stderr


# Of each make of page one: the other notebooks show the same tables and charts.
AUDITED = ("index.html", f"{DAY}/index.html", f"{DAY}/changes.html", f"{DAY}/04_parity.html")


@pytest.mark.parametrize("everything", [False, pytest.param(True, marks=pytest.mark.long)])
def test_every_page_is_whole_without_a_network_and_has_no_serious_fault_of_accessibility(
    ran: tuple[Path, subprocess.CompletedProcess[str]], everything: bool
) -> None:
    files = [ran[0] / "index.html", *sorted((ran[0] / DAY).glob("*.html"))]
    pages = {file.relative_to(ran[0]).as_posix(): file for file in files}
    assert pages.keys() > set(AUDITED)
    with browser() as chromium:
        found = {
            name: chromium.visit(file, PHONE, audited=everything or name in AUDITED) for name, file in pages.items()
        }
    assert {name: visit.violations for name, visit in found.items() if visit.violations} == {}
    assert {name: visit.overflow_px for name, visit in found.items() if visit.overflow_px > 0} == {}
    assert [(visit.messages, visit.requests, visit.active) for visit in found.values()] == [([], [], 0)] * len(pages)
