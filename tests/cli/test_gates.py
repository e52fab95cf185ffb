"""`deskgate gates`: every exit code, every form, and that it leaves nothing of a day."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deskgate.audit.chain import Chain
from deskgate.cli import app
from deskgate.config import paths
from deskgate.gates.promotion import PROMOTION, check_gates
from whole_desks import IngestedDesk


def gates(desk: Path, out: Path, *options: str, day: str = "2026-03-02") -> Result:
    return CliRunner().invoke(app, ["gates", "--desk", str(desk), "--out", str(out), "--date", day, *options])


def by_name(result: Result) -> dict[str, dict[str, Any]]:
    return {gate["gate"]: gate for gate in json.loads(result.stdout)["gates"]}


@pytest.fixture
def out(ingested_one_bot_demo: IngestedDesk, tmp_path: Path) -> Path:
    """A folder with the store of the one-day desk: without a baseline, so that it is on HOLD."""
    return shutil.copytree(ingested_one_bot_demo.out, tmp_path / "out")


@pytest.mark.xdist_group("demo")
def test_go_day_exits_0_and_leaves_no_day(ingested_demo: IngestedDesk, tmp_path: Path) -> None:
    out = shutil.copytree(ingested_demo.out, tmp_path / "out")
    result = gates(ingested_demo.desk.root, out, day="2026-03-05")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    # A suite whose checks no promotion gate names comes after the list.
    names = dict.fromkeys([*(gate.name for gate in PROMOTION), *check_gates().values()])
    assert [line.split("\t")[0] for line in lines[1:-1]] == list(names)
    assert lines[-1].startswith("GO demo 2026-03-05: ")
    assert lines[-1].endswith("a look, `deskgate daily` makes the day's decision")
    assert not list(out.glob("2*"))
    assert not (out / "index.html").exists()
    assert "decision" not in {record.kind for record in Chain.open(out, "demo").records()}


@pytest.mark.slow
@pytest.mark.usefixtures("assessed_once")
def test_hold_exits_1_in_every_form(ingested_one_bot_demo: IngestedDesk, out: Path) -> None:
    desk = ingested_one_bot_demo.desk.root
    result = gates(desk, out, "--json")
    assert result.exit_code == 1
    baseline = by_name(result)["baseline"]
    assert (baseline["status"], baseline["blocks"]) == ("INSUFFICIENT", True)
    assert baseline["evidence"] == ["expectations/baseline.json#config_drift"]
    line = gates(desk, out, "--line")
    assert (line.exit_code, line.stdout.count("\n")) == (1, 1)
    assert "baseline INSUFFICIENT" in line.stdout
    markdown = gates(desk, out, "--markdown", "--provisional")
    assert markdown.exit_code == 1
    assert markdown.stdout.startswith("## HOLD (provisional) demo 2026-03-02")


def test_broken_suite_fails_the_preflight_and_exits_2(
    ingested_one_bot_demo: IngestedDesk, out: Path, tmp_path: Path
) -> None:
    suites = shutil.copytree(paths.SUITES, tmp_path / "suites")
    (suites / "soak.json").write_text("{")
    result = gates(ingested_one_bot_demo.desk.root, out, "--json", "--suites", str(suites))
    assert result.exit_code == 2
    assert "soak.json" in result.stderr
    found = by_name(result)
    assert "soak.json" in found["preflight"]["reason"]
    assert {(name, gate["status"]) for name, gate in found.items() if gate["blocks"]} == {
        (gate.name, "FAIL" if gate.name == "preflight" else "INSUFFICIENT") for gate in PROMOTION
    }


@pytest.mark.usefixtures("assessed_once")
def test_audit_trail_that_was_changed_exits_3(ingested_one_bot_demo: IngestedDesk, out: Path) -> None:
    desk = ingested_one_bot_demo.desk.root
    assert gates(desk, out, "--line").exit_code == 1
    file = Chain.open(out, "demo").file
    file.write_bytes(file.read_bytes().replace(b'"seq":1', b'"seq":2', 1))
    result = gates(desk, out, "--line")
    assert result.exit_code == 3
    assert result.stdout.startswith("HOLD demo 2026-03-02: preflight FAIL")


def test_two_forms_at_once_are_refused(ingested_one_bot_demo: IngestedDesk, out: Path) -> None:
    result = gates(ingested_one_bot_demo.desk.root, out, "--json", "--line")
    assert result.exit_code == 2
    assert "expected one of them" in result.stderr
