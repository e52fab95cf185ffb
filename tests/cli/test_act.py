"""`deskgate act` on the last run's verdicts: dry unless armed, and it says which it was."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deskgate.audit.chain import Chain
from deskgate.checks.registry import GATES
from deskgate.cli import act as module
from deskgate.cli.app import app
from deskgate.config.paths import SUITES
from deskgate.gates.suites import load_suites
from deskgate.run import act as run_act
from whole_desks import IngestedDesk, publish_day

pytestmark = [
    pytest.mark.xdist_group("demo"),
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
]
DAY = date(2026, 3, 5)
AT = datetime(2026, 3, 6, 1, tzinfo=UTC)


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """The suites in use, none of whose entries calls for an action, but that one kills the book where a drill is old."""
    folder = tmp_path / "suites"
    folder.mkdir()
    for file in (SUITES / f"{gate}.json" for gate in GATES):
        content = json.loads(file.read_text())
        for entry in content["expectations"]:
            entry["meta"] |= {"action": None}
            if entry["meta"]["entry"] == "open_actions":
                entry["kwargs"] = {"metric": "open_actions", "max_value": -1}
                entry["meta"] |= {"action": "kill_switch", "applies_to": "book", "stop": True}
        (folder / file.name).write_text(json.dumps(content))
    return folder


@pytest.fixture
def out(ingested_demo: IngestedDesk, suites: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the demo's last day, judged by these suites, an hour after its end."""
    day = ingested_demo.assess(DAY)
    loaded = load_suites(suites)
    inputs = day.inputs.model_copy(update={"suites": {name: suite.sha256 for name, suite in loaded.items()}})
    publish_day(replace(day, suites=loaded, inputs=inputs), tmp_path / "out")
    monkeypatch.setattr(module, "clock", lambda: AT)
    return tmp_path / "out"


def act(demo: IngestedDesk, out: Path, suites: Path, *more: str) -> Result:
    given = ["act", "--desk", str(demo.desk.file), "--out", str(out), "--suites", str(suites), *more]
    return CliRunner().invoke(app, given)


def test_dry_run_says_what_would_be_sent_and_leaves_nothing(
    ingested_demo: IngestedDesk, out: Path, suites: Path
) -> None:
    made = act(ingested_demo, out, suites)
    assert (made.exit_code, "DRY RUN: nothing was sent" in made.output) == (1, True), made.output
    assert "kill_switch" in made.output
    found: dict[str, Any] = json.loads(act(ingested_demo, out, suites, "--json").output)
    live = [name for name, bot in ingested_demo.desk.bots.items() if bot.mode.value == "live"]
    assert (found["armed"], [each["bots"] for each in found["planned"]]) == (False, [live])
    assert not (out / "outbox.jsonl").exists()
    # The decision of the day, and nothing since.
    assert Chain.open(out, "demo").size == 1


def test_armed_run_sends_once_and_what_is_not_seen_stays_open(
    ingested_demo: IngestedDesk, out: Path, suites: Path
) -> None:
    made = act(ingested_demo, out, suites, "--arm", "--by", "ann")
    assert (made.exit_code, "ARMED" in made.output) == (1, True), made.output
    again = act(ingested_demo, out, suites, "--arm", "--by", "ann", "--json")
    events = [json.loads(line) for line in (out / "outbox.jsonl").read_text().splitlines()]
    assert {event["action"] for event in events} == {"kill_switch"}
    assert len(events) == len({event["instance_name"] for event in events}) > 0
    left = json.loads(again.output)["open"]
    assert len(left) == len(events)
    closed = act(
        ingested_demo, out, suites, "--override", left[0].partition(":")[0], "--by", "ann", "--why", "stopped by hand"
    )
    assert (closed.exit_code, "closed by the word of ann" in closed.output) == (0, True), closed.output
    assert json.loads(act(ingested_demo, out, suites, "--json").output)["open"] == []


def test_ctrl_c_while_sending_says_that_bots_may_have_been_told(
    ingested_demo: IngestedDesk, out: Path, suites: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_act, "act", interrupted)
    made = act(ingested_demo, out, suites, "--arm", "--by", "ann")
    assert (made.exit_code, "bots may have been told" in made.output) == (3, True), made.output


def test_armed_run_says_how_many_commands_were_taken(ingested_demo: IngestedDesk, out: Path, suites: Path) -> None:
    (out / "outbox.jsonl").mkdir()
    made = act(ingested_demo, out, suites, "--arm", "--by", "ann")
    live = [bot for bot in ingested_demo.desk.bots.values() if bot.mode.value == "live"]
    assert f"ARMED: 0 of {len(live)} commands were taken" in made.output


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (("--arm",), "--arm without --by"),
        (("--override", "x", "--by", "ann"), "--why is empty"),
        (("--override", "x", "--by", "ann", "--why", "w"), "action 'x' is unknown"),
    ],
)
def test_wrong_usage_is_one_sentence(
    ingested_demo: IngestedDesk, out: Path, suites: Path, more: tuple[str, ...], reason: str
) -> None:
    made = act(ingested_demo, out, suites, *more)
    assert (made.exit_code, reason in made.output) == (2, True), made.output
    assert not (out / "outbox.jsonl").exists()


def test_day_that_is_old_or_judged_otherwise_is_refused(
    ingested_demo: IngestedDesk, out: Path, suites: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "was judged by other suites" in act(ingested_demo, out, SUITES).output
    monkeypatch.setattr(module, "clock", lambda: AT + timedelta(hours=24))
    assert "expected an instant of the last 24 h" in act(ingested_demo, out, suites).output
    assert "no day there" in act(ingested_demo, out / "elsewhere", suites).output
