"""Which desk and day a run judges, and what it says and leaves of them."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deskgate.cli.app import app
from deskgate.demo import DemoDesk
from deskgate.run import daily

from .day_runs import DAY, decision, invoke, run, subjects

# Apprise imports a module that Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.mark.slow
@pytest.mark.usefixtures("judge_in_process")
def test_gates_are_shown_before_the_pages_are_made(
    one_bot_demo: DemoDesk, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_pages(*_: object) -> None:
        raise AssertionError("no page is made here")

    monkeypatch.setattr(daily, "_execute", without_pages)
    monkeypatch.setattr(daily, "NOTEBOOKS", ())
    at = ["--desk", str(one_bot_demo.folder), "--date", str(DAY), "--out", str(out)]
    result = CliRunner().invoke(app, ["daily", *at])
    assert result.exit_code == 3
    assert "baseline\tINSUFFICIENT" in result.stderr
    assert "HOLD by the gates; the pages follow" in result.stderr
    assert not result.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_run_before_the_days_end_is_provisional_without_being_asked(one_bot_demo: DemoDesk, out: Path) -> None:
    assert run(one_bot_demo.folder, out, "--as-of", "2026-03-02T12:00:00Z") == 1
    assert decision(out)["provisional"] is True


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_day_says_what_would_be_sent_and_sends_nothing(one_bot_demo: DemoDesk, out: Path) -> None:
    run(one_bot_demo.folder, out)
    plan = json.loads((out / str(DAY) / "actions.json").read_text())
    assert (plan["armed"], plan["sent"], plan["open"]) == (False, [], [])
    live = [name for name, mode in decision(out)["bots"].items() if mode == "live"]
    assert {bot for intent in plan["planned"] for bot in intent["bots"]} <= set(live)
    assert bool(plan["planned"]) is any(breach["bots"] for breach in plan["breaches"])
    assert "actions.json" in {item["path"] for item in decision(out)["pages"]}
    assert not (out / "outbox.jsonl").exists()


@pytest.mark.usefixtures("without_notebooks")
def test_report_of_a_run_has_its_decision_and_the_incident_it_opened(one_bot_demo: DemoDesk, out: Path) -> None:
    done = invoke(one_bot_demo.folder, out, "--json")
    _assert_document(json.loads(done.stdout), out, done.exit_code)
    assert done.stderr == ""
    report = json.loads((out / str(DAY) / "daily_report.json").read_text())
    assert report["decision"] == decision(out)["decision"]
    pages = [(out / str(DAY) / name).read_text() for name in ("index.html", "changes.html")]
    (sentence,) = {found for page in pages for found in re.findall(r'<p class="first">(.*)</p>', page)}
    assert re.fullmatch(r"(\d+ stop conditions? holds?; )?\d+ causes? blocks? a GO.*", sentence)
    parts = {part["title"]: part for section in report["sections"] for part in section["parts"]}
    assert len(parts["Incidents"]["rows"] or []) == len(decision(out)["incidents"])
    assert (out / str(DAY) / "daily_report.md").read_text().startswith(f"# {report['decision']}: demo, {DAY}")


def _assert_document(document: dict[str, Any], out: Path, exit_code: int) -> None:
    decided, log = decision(out), (out / "logs" / "deskgate.log").read_text()
    names = ["decision", "as_of", "expires_at", "run_id", "counts", "failures"]
    names += ["waivers", "accepted", "incidents", "ladder"]
    assert {name: document[name] for name in names} == {name: decided[name] for name in names}
    assert (document["exit_code"], document["error"], len(document["blockers"])) == (1, None, len(decided["blockers"]))
    assert exit_code == 1
    assert [*document["seconds"]] == ["ingest", "checks", "notebooks", "decision"]
    assert {name: Path(path).name for name, path in document["paths"].items() if path} == {
        "folder": str(DAY),
        "page": "index.html",
        "decision": "decision.json",
        "report": "daily_report.md",
        "log": "deskgate.log",
        "metrics": "deskgate.prom",
    }
    assert f"run_id {decided['run_id']}" in log
    assert re.search(r"; ingest \d+\.\d s, checks \d+\.\d s, notebooks \d+\.\d s, decision \d+\.\d s", log)
    assert re.search(r"checks: done in \d+\.\d s", log)


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_desk_file_of_another_name_is_the_one_that_is_judged(desk: Path, tmp_path: Path) -> None:
    text = (desk / "desk.toml").read_text()
    (desk / "fleet.toml").write_text(text.replace('name = "demo"', 'name = "fleet"'))
    (desk / "desk.toml").write_text(text.replace("[bots.bot1]", "[bots.other]"))
    assert run(desk / "fleet.toml", tmp_path / "out") == 1
    decided = decision(tmp_path / "out")
    assert decided["desk"] == "fleet"
    assert "fleet.toml" in decided["inputs"]["config"]
    assert subjects(tmp_path / "out") == {"bot1", "portfolio"}


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_desk_of_one_paper_bot_can_be_run(one_day_demo: DemoDesk, tmp_path: Path) -> None:
    desk = shutil.copytree(one_day_demo.folder, tmp_path / "desk")
    text = (desk / "desk.toml").read_text()
    head, paper, rest = text[: text.index("[bots.bot1]")], text.index("[bots.bot3]"), text.index("[bots.bot4]")
    (desk / "desk.toml").write_text(head + text[paper:rest])
    assert run(desk, tmp_path / "out") == 1
    assert subjects(tmp_path / "out") == {"bot3", "portfolio"}


@pytest.mark.usefixtures("without_notebooks")
def test_wrong_config_glob_is_refused_before_anything_is_written(desk: Path, tmp_path: Path) -> None:
    text = (desk / "desk.toml").read_text()
    (desk / "desk.toml").write_text(text.replace('config = ["bot1/conf/controllers/*.yml"', 'config = ["/etc/*.yml"'))
    refused = invoke(desk, tmp_path / "out", "--json")
    document = json.loads(refused.stdout)
    assert (refused.exit_code, document["exit_code"], document["decision"]) == (2, 2, None)
    assert refused.stderr.endswith(f"deskgate: {document['error']}\n")
    assert not any(document["paths"].values())
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("without_notebooks")
def test_day_before_the_desks_first_record_is_no_run(one_bot_demo: DemoDesk, out: Path) -> None:
    at = ["--desk", str(one_bot_demo.folder), "--date", "2025-03-02", "--out", str(out)]
    assert CliRunner().invoke(app, ["daily", *at]).exit_code == 2
    assert "2025-03-02" not in (out / "index.html").read_text()
