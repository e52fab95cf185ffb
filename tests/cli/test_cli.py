"""The command line: every wrong input is one sentence and exit code 2 with nothing written; the run writes the files it promises."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
import rfc8785
from typer.testing import CliRunner, Result

import deskgate
from deskgate.assessment.artifacts import BREAK_COLUMNS
from deskgate.audit.marks import as_published
from deskgate.cli import app
from deskgate.config import paths
from deskgate.demo import DemoDesk

pytestmark = pytest.mark.usefixtures("judge_in_process")
DAY = "2026-03-05"
# The run takes seconds: the tests that look at it share one worker, and so one run.
ONE_RUN = pytest.mark.xdist_group("run")


@pytest.fixture
def small(one_day_demo: DemoDesk, tmp_path: Path) -> Path:
    """A one-day demo desk to be broken."""
    return shutil.copytree(one_day_demo.folder, tmp_path / "desk")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def refused(result: Result, out: Path, *messages: str, store: bool = False) -> None:
    """Assert exit code 2, one sentence with all of `messages`, and nothing written; `store`: but what was ingested."""
    lines = result.stderr.strip().splitlines()
    assert result.exit_code == 2, result.output
    assert len([line for line in lines if line.startswith("deskgate: ")]) == 1
    assert all(part in result.stderr for part in messages), result.stderr
    assert not out.exists() or store
    assert not list(out.glob("2*"))


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--date", "2026-3-5"], "expected YYYY-MM-DD"),
        (["--date", "2999-01-01"], "is in the future"),
        (["--date", "2020-01-01"], "first one is of 2026-03-02"),
        (["--date", "2026-03-02", "--as-of", "yesterday"], "expected ISO 8601"),
        (["--date", "2026-03-02", "--as-of", "2026-03-01T12:00:00Z"], "before the day"),
        (["--date", "2026-03-02", "--as-of", "2999-01-01T00:00:00Z"], "is in the future"),
    ],
)
def test_wrong_date_is_refused(small: Path, tmp_path: Path, options: list[str], message: str) -> None:
    result = run("daily", "--desk", small, "--out", tmp_path / "out", *options)
    refused(result, tmp_path / "out", message, store="2020-01-01" in options)


def test_missing_desk_is_refused(tmp_path: Path) -> None:
    refused(
        run("daily", "--desk", tmp_path / "nowhere", "--out", tmp_path / "out"),
        tmp_path / "out",
        "no desk there",
        "init",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('mode = "live"', 'mode = "life"', "bots.bot1.mode"),
        ('shadow = "bot3"', 'shadwo = "bot3"', "did you mean 'shadow'"),
        ('shadow = "bot3"', 'shadow = "bot7"', "expected another bot"),
        ('pairs = ["BTC-USDT"]', 'pairs = "BTC-USDT"', "valid list"),
        ("[desk]", "[desk", "not readable as TOML"),
    ],
)
def test_broken_desk_file_is_refused(small: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    replaced(small / "desk.toml", old, new)
    refused(
        run("daily", "--desk", small, "--date", "2026-03-02", "--out", tmp_path / "out"),
        tmp_path / "out",
        "desk.toml",
        message,
    )


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def scrambled(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:40960] = b"\xff" * (40960 - 4096)
    file.write_bytes(data)


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def without_tables(file: Path) -> None:
    file.unlink()
    sqlite3.connect(file).execute("CREATE TABLE other (x)").connection.close()


@pytest.mark.parametrize("harm", [truncated, scrambled, without_tables])
def test_corrupt_database_is_refused(small: Path, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    file = next((small / "bot1" / "data").glob("*.sqlite"))
    harm(file)
    result = run("daily", "--desk", small, "--date", "2026-03-02", "--out", tmp_path / "out")
    refused(result, tmp_path / "out", file.name, store=True)


def test_files_of_no_known_kind_are_passed_over_with_a_line_each(small: Path, tmp_path: Path) -> None:
    """The bot's own database is among them where it is empty: its leg is then absent, and blocks."""
    (small / "bot1" / "exchange" / "notes.json").write_text('{"hello": "world"}')
    database = next((small / "bot1" / "data").glob("*.sqlite"))
    emptied(database)
    result = run("ingest", "--desk", small, "--out", tmp_path / "out")
    assert result.exit_code == 0
    for name in ("notes.json", database.name):
        assert name in result.output


def test_misspelt_suite_is_refused(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suites = shutil.copytree(paths.SUITES, tmp_path / "suites")
    replaced(suites / "soak.json", "expect_metric_within_bounds", "expect_metric_within_bound")
    monkeypatch.setattr(paths, "SUITES", suites)
    result = run("daily", "--desk", small, "--date", "2026-03-02", "--out", tmp_path / "out")
    refused(result, tmp_path / "out", "soak.json", "did you mean 'expect_metric_within_bounds'")


def test_store_of_another_desk_is_refused(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("baseline", "freeze", "--desk", small, "--out", out, "--by", "ann", "--why", "test").exit_code == 0
    replaced(small / "desk.toml", 'name = "demo"', 'name = "other"')
    result = run("daily", "--desk", small, "--date", "2026-03-02", "--out", out)
    assert result.exit_code == 2
    assert "the store of desk 'demo', expected one of 'other'" in result.stderr
    assert not (out / "2026-03-02").exists()


def test_second_run_at_once_is_refused(small: Path, tmp_path: Path) -> None:
    from deskgate.run.day_folder import locked

    with locked(tmp_path / "out"):
        result = run("daily", "--desk", small, "--date", "2026-03-02", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "another run is writing there" in result.stderr


@pytest.mark.parametrize(("by", "why"), [("", "x"), ("ann", " ")])
def test_freeze_needs_somebody_and_a_reason(small: Path, tmp_path: Path, by: str, why: str) -> None:
    refused(
        run("baseline", "freeze", "--desk", small, "--out", tmp_path / "out", "--by", by, "--why", why),
        tmp_path / "out",
    )


def test_baseline_shows_what_moved(small: Path, tmp_path: Path) -> None:
    at = ("--desk", small, "--out", tmp_path / "out")
    assert run("baseline", "show", *at).exit_code == 1
    assert run("baseline", "freeze", *at, "--by", "ann", "--why", "start").exit_code == 0
    assert "nothing changed since" in run("baseline", "freeze", *at, "--by", "ann", "--why", "again").output
    assert run("baseline", "show", *at).exit_code == 0
    replaced(next((small / "bot1" / "conf" / "controllers").glob("*.yml")), "id:", "id :")
    moved = run("baseline", "show", *at)
    assert moved.exit_code == 1
    assert "changed" in moved.output


def test_init_drafts_a_desk_once(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKGATE_AUDIT_KEY", str(tmp_path / "key.pem"))
    (small / "desk.toml").unlink()
    made = run("init", small)
    assert made.exit_code == 0, made.output
    assert "missing:" in made.output
    again = run("init", small)
    assert again.exit_code == 2
    assert "never overwrites" in again.stderr


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, deskgate.cli.app; print([m for m in ('polars', 'altair', 'papermill', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_only_entry_points_read_the_clock() -> None:
    package = Path(deskgate.__file__).parent
    texts = {file.relative_to(package).as_posix(): file.read_text() for file in package.rglob("*.py")}
    reads = {name for name, text in texts.items() if "datetime.now(" in text or "time.time(" in text}
    asks = {name for name, text in texts.items() if re.search(r"from deskgate.config.instants import .*\bnow\b", text)}
    named = (
        "act",
        "audit",
        "baseline",
        "breaks",
        "checklist",
        "daily",
        "drill",
        "gates",
        "incident",
        "sign",
        "status",
        "store",
        "watch",
    )
    commands = {f"cli/{name}.py" for name in named}
    assert (reads, asks) == ({"config/instants.py"}, {*commands, "reports/opening.py"})


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


@ONE_RUN
def test_demos_last_day_is_a_go(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    out, done = ran
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("GO")
    assert str(out / DAY / "index.html") in done.stdout


@ONE_RUN
def test_day_folder_holds_what_the_contract_says(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder = ran[0] / DAY
    notebooks = [file.stem for file in sorted(paths.NOTEBOOKS.glob("*.ipynb"))]
    assert sorted(file.stem for file in folder.glob("*.ipynb")) == notebooks
    assert sorted(file.stem for file in folder.glob("0*.html")) == notebooks
    assert (folder / "breaks.csv").read_text().strip() == ",".join(BREAK_COLUMNS)
    assert {file.stem for file in (folder / "metrics").iterdir()} == {file.stem for file in paths.SUITES.glob("*.json")}
    assert pl.read_parquet(folder / "metrics" / "soak.parquet").height > 0
    assert (ran[0] / "index.html").is_file()
    assert not list((ran[0] / ".staging").iterdir())


@ONE_RUN
def test_checklist_of_the_demos_last_day_is_done_by_its_evidence(
    demo: DemoDesk, ran: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    at = ("--desk", demo.folder, "--out", ran[0])
    shown = run("checklist", DAY, *at, "--json")
    assert shown.exit_code == 0, shown.output
    items = json.loads(shown.stdout)
    assert {each["status"] for each in items if each["critical"]} == {"DONE", "SKIPPED"}
    assert all(each["evidence"] for each in items if each["status"] != "SKIPPED")
    # Nobody ran a drill or named a channel, and no command says that somebody did.
    assert {each["id"] for each in items if each["status"] == "BLOCKED"} == {
        *("1.4", "1.5", "1.6", "1.go", "3.5", "3.go", "5.5", "5.7", "5.go", "s.4")
    }
    assert "- [ ] 1.6 Alerts are delivered: BLOCKED" in run("checklist", DAY, *at, "--markdown").output
    # Read today, the evidence of that day is months old.
    old = run("checklist", *at)
    assert (old.exit_code, "h old, expected at most 48 h" in old.output) == (1, True)
    assert f"demo {DAY}, as of now: 0 DONE" in old.output
    never = run("checklist", "2026-03-09", *at)
    assert (never.exit_code, "no such day" in never.stderr) == (2, True)


@ONE_RUN
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
    assert {"breaks.csv", "verdicts.json", "inputs.json", "suites.json", "metrics/soak.parquet"} <= evidence.keys()
    assert {"08_daily_report.ipynb", "08_daily_report.html", "index.html", "actions.json"} <= pages.keys()
    assert (decision["decision"], decision["blockers"], decision["previous"]) == ("GO", [], None)


@ONE_RUN
def test_breaks_are_listed_for_a_day_that_ran(
    ran: tuple[Path, subprocess.CompletedProcess[str]], demo: DemoDesk
) -> None:
    assert "no breaks" in run("breaks", "--desk", demo.folder, "--date", DAY, "--out", ran[0]).output
    assert run("breaks", "--date", "2026-03-04", "--out", ran[0]).exit_code == 2


def test_ingest_gives_an_account_that_adds_up(small: Path, tmp_path: Path) -> None:
    at = ("--desk", small, "--out", tmp_path / "out", "--json")
    preview, done, again = (run("ingest", *at, *more) for more in (["--dry-run"], [], []))
    assert [each.exit_code for each in (preview, done, again)] == [0, 0, 0]
    counts = json.loads(done.stdout)
    assert json.loads(preview.stdout) == counts
    total = counts["total"]
    assert total["read"] == total["stored"] + total["known"] + total["quarantined"] > 1000
    assert not any(json.loads(again.stdout)["total"].values())


def test_ingest_names_files_that_are_gone(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deskgate.cli.store.newest_days", lambda: {date(2026, 3, 2)})
    at = ("--desk", small, "--out", tmp_path / "out")
    assert "is no longer there" not in run("ingest", *at).output
    gone = next(small.glob("bot1/**/*.sqlite"))
    gone.unlink()
    path = gone.relative_to(small).as_posix()
    assert f"{path}: " in next(line for line in run("ingest", *at).output.splitlines() if "is no longer there" in line)
    (lost,) = json.loads(run("ingest", *at, "--json").stdout)["lost"]
    assert (lost["path"], lost["leg"]) == (path, "local")


def test_dry_run_makes_no_store(small: Path, tmp_path: Path) -> None:
    preview = run("ingest", "--desk", small, "--out", tmp_path / "out", "--dry-run")
    assert (preview.exit_code, "nothing was written" in preview.stdout) == (0, True)
    assert not (tmp_path / "out").exists()


def test_follow_is_no_dry_run(small: Path, tmp_path: Path) -> None:
    result = run("ingest", "--desk", small, "--out", tmp_path / "out", "--follow", "--dry-run")
    refused(result, tmp_path / "out", "expected one of them")


def test_store_commands_show_anchor_compact_and_rebuild(small: Path, tmp_path: Path) -> None:
    at = ("--desk", small, "--out", tmp_path / "out")
    assert run("ingest", *at).exit_code == 0
    account = json.loads(run("store", "account", *at, "--json").stdout)
    assert sum(row["stored"] for row in account) > 1000
    assert "order_filled" in run("store", "account", *at).stdout
    assert run("store", "anchor", *at, "--by", "ann", "--why", " ").exit_code == 2
    assert run("store", "anchor", *at, "--by", "ann", "--why", "x", "--as-of", "2999-01-01").exit_code == 2
    assert (
        "says ann: the bridge was down"
        in run("store", "anchor", *at, "--by", "ann", "--why", "the bridge was down").stdout
    )
    assert run("store", "compact", *at).exit_code == 0
    rebuilt = run("store", "rebuild", *at)
    assert (rebuilt.exit_code, "The store is new" in rebuilt.stdout) == (0, True)
    assert json.loads(run("store", "account", *at, "--json").stdout) == account


def test_rebuild_that_would_lose_rows_stops(small: Path, tmp_path: Path) -> None:
    at = ("--desk", small, "--out", tmp_path / "out")
    run("ingest", *at)
    next(small.rglob("events.jsonl*")).unlink()
    result = run("store", "rebuild", *at)
    assert (result.exit_code, "--accept-loss" in result.stdout) == (1, True)
    assert run("store", "rebuild", *at, "--accept-loss").exit_code == 0


def test_missing_store_is_reported(small: Path, tmp_path: Path) -> None:
    at = ("--desk", small, "--out", tmp_path / "out")
    refused(run("store", "rebuild", *at), tmp_path / "out", "no store there")
    assert run("store", "compact", *at).stdout.strip() == "nothing to merge"
    assert not (tmp_path / "out").exists()
