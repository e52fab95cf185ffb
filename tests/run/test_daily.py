"""The run when something goes wrong, and the folder of a day."""

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deskgate.assessment import assessment
from deskgate.assessment.evidence import Recorded, verify_day
from deskgate.audit.chain import Chain
from deskgate.audit.checkpoint import NO_KEY, UNRECORDED, find_checkpoints
from deskgate.audit.keys import ENVIRONMENT, make_key
from deskgate.audit.trail import Trail
from deskgate.cli.app import app
from deskgate.config import paths
from deskgate.config.desk import load_desk
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant, resolve_instant
from deskgate.controls.alerts import Delivery, open_channels
from deskgate.controls.audited_log import AuditedLog
from deskgate.demo import DemoDesk
from deskgate.run import daily
from deskgate.run.day_folder import DayFolder
from deskgate.run.freeze import anchor
from deskgate.run.probes import record_deliveries
from deskgate.store import desk_store
from deskgate.store.sums import SUMS
from deskgate.store.tables import Store
from report_inputs import write_notebook
from whole_desks import IngestedDesk

DAY = date(2026, 3, 2)
# Apprise imports a module that Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
NOW = datetime(2026, 5, 5, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "as_of", "expected"),
    [
        (None, None, ("2026-05-04", "2026-05-05T00:00:00+00:00")),
        ("2026-05-01", None, ("2026-05-01", "2026-05-02T00:00:00+00:00")),
        ("2026-05-05", None, ("2026-05-05", "2026-05-05T09:30:00+00:00")),
        (None, "2026-05-04T12:00:00+02:00", ("2026-05-04", "2026-05-04T10:00:00+00:00")),
        (None, "2026-05-04T00:00:00Z", ("2026-05-03", "2026-05-04T00:00:00+00:00")),
        ("2026-05-03", "2026-05-04T06:00:00Z", ("2026-05-03", "2026-05-04T06:00:00+00:00")),
    ],
)
def test_day_and_instant_are_in_utc_whatever_is_left_out(
    day: str | None, as_of: str | None, expected: tuple[str, str]
) -> None:
    on, instant = resolve_instant(day, as_of, NOW)
    assert (on.isoformat(), instant.isoformat()) == expected


@pytest.mark.parametrize("text", ["noon", "2026-13-01", ""])
def test_invalid_instant_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected ISO 8601"):
        parse_instant(text)


def test_day_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY)
    (folder.prepare() / "decision.json").write_text("first")
    assert not folder.target.exists()
    folder.publish()
    (folder.prepare() / "half").write_text("x")
    assert (folder.target / "decision.json").read_text() == "first"
    assert list(folder.prepare().iterdir()) == []


def test_day_set_aside_by_a_killed_run_comes_back(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY)
    (folder.prepare() / "decision.json").write_text("first")
    folder.publish()
    folder.target.rename(tmp_path / f".{DAY}.old")
    folder.prepare()
    assert (folder.target / "decision.json").read_text() == "first"


@pytest.fixture
def desk(one_day_demo: DemoDesk, tmp_path: Path) -> Path:
    """A one-day desk that may be changed."""
    return shutil.copytree(one_day_demo.folder, tmp_path / "desk")


@pytest.fixture
def out(ingested_one_day_demo: IngestedDesk, tmp_path: Path) -> Path:
    """A folder with the store of the one-day desk as it was made, for runs that have nothing to ingest."""
    return shutil.copytree(ingested_one_day_demo.out, tmp_path / "out")


def run(desk: Path, out: Path, *options: str) -> int:
    at = ["--desk", str(desk), "--date", str(DAY), "--out", str(out)]
    return CliRunner().invoke(app, ["daily", *at, *options]).exit_code


def decision(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / str(DAY) / "decision.json").read_text())
    return content


def subjects(out: Path) -> set[str]:
    return {item["subject"] for item in json.loads((out / str(DAY) / "verdicts.json").read_text())}


@pytest.mark.usefixtures("judge_in_process")
def test_gates_are_shown_before_the_pages_are_made(
    one_day_demo: DemoDesk, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_pages(*_: object) -> None:
        raise AssertionError("no page is made here")

    monkeypatch.setattr(daily, "_execute", without_pages)
    at = ["--desk", str(one_day_demo.folder), "--date", str(DAY), "--out", str(out)]
    result = CliRunner().invoke(app, ["daily", *at])
    assert result.exit_code == 3
    assert "baseline\tINSUFFICIENT" in result.stderr
    assert "HOLD by the gates; the pages follow" in result.stderr
    assert not result.stdout


@pytest.mark.usefixtures("judge_in_process")
def test_stop_stays_one_where_a_later_step_fails(desk: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (desk / "desk.toml").open("a") as file:
        file.write('\n[alerts]\nurls = ["json://127.0.0.1:9/hook"]\n')
    where = load_desk(desk)
    store, trail = Store.open(out / "store", where.name), Trail.open(where, out)
    failed = Delivery.of((channel, False) for channel in open_channels(where))
    at = datetime(2026, 3, 2, 21, tzinfo=UTC)
    record_deliveries(store, trail, failed, "an alert", effective_at=at, recorded_at=NOW)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(daily, "_execute", full)
    assert run(desk, out) == 3
    decided = decision(out)
    assert (decided["decision"], decided["failures"]) == (
        "STOP",
        [{"notebook": "notebooks", "error": "OSError: no space left"}],
    )
    assert decided["blockers"][0]["check"] == "channels_failing"
    page = (out / str(DAY) / "index.html").read_text()
    assert "Stand down" in page
    assert "No verdicts" not in page
    assert verify_day(out / str(DAY), Recorded.read(out)) == []


@pytest.mark.usefixtures("judge_in_process", "patient_kernels")
def test_failing_notebook_is_kept_and_linked_and_the_day_holds(
    one_day_demo: DemoDesk, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    parameters = "\n".join(f'{name} = ""' for name in ("desk", "date", "as_of", "out", "folder"))
    write_notebook(folder / "01_baseline.ipynb", "1", parameters=parameters)
    write_notebook(folder / "04_parity.ipynb", "1 / 0", parameters=parameters)
    monkeypatch.setattr(paths, "NOTEBOOKS", folder)
    monkeypatch.setattr(daily, "NOTEBOOKS", ("01_baseline", "04_parity"))
    monkeypatch.setattr(daily, "PRELOAD", "")
    assert run(one_day_demo.folder, out) == 3
    decided = decision(out)
    assert decided["decision"] == "HOLD"
    assert [item["notebook"] for item in decided["failures"]] == ["04_parity"]
    written = out / str(DAY)
    assert "ZeroDivisionError" in (written / "04_parity.ipynb").read_text()
    assert "ZeroDivisionError" not in (written / "01_baseline.ipynb").read_text()
    assert "04_parity.html" in (written / "index.html").read_text()


@pytest.mark.usefixtures("without_notebooks")
def test_failed_step_leaves_a_hold_that_names_it(
    one_day_demo: DemoDesk, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(one_day_demo.folder, out) == 1
    before = decision(out)["run_id"]

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no such luck")

    monkeypatch.setattr(assessment, "assess", broken)
    assert run(one_day_demo.folder, out) == 3
    decided = decision(out)
    assert (decided["decision"], decided["previous"]) == ("HOLD", before)
    assert decided["failures"] == [{"notebook": "checks", "error": "ZeroDivisionError: no such luck"}]


@pytest.mark.usefixtures("without_notebooks")
def test_run_before_the_days_end_is_provisional_without_being_asked(one_day_demo: DemoDesk, out: Path) -> None:
    assert run(one_day_demo.folder, out, "--as-of", "2026-03-02T12:00:00Z") == 1
    assert decision(out)["provisional"] is True


@pytest.mark.usefixtures("without_notebooks")
def test_day_says_what_would_be_sent_and_sends_nothing(one_day_demo: DemoDesk, out: Path) -> None:
    run(one_day_demo.folder, out)
    plan = json.loads((out / str(DAY) / "actions.json").read_text())
    assert (plan["armed"], plan["sent"], plan["open"]) == (False, [], [])
    live = [name for name, mode in decision(out)["bots"].items() if mode == "live"]
    assert {bot for intent in plan["planned"] for bot in intent["bots"]} <= set(live)
    assert bool(plan["planned"]) is any(breach["bots"] for breach in plan["breaches"])
    assert "actions.json" in {item["path"] for item in decision(out)["pages"]}
    assert not (out / "outbox.jsonl").exists()


@pytest.mark.usefixtures("without_notebooks")
def test_desk_file_of_another_name_is_the_one_that_is_judged(desk: Path, tmp_path: Path) -> None:
    text = (desk / "desk.toml").read_text()
    (desk / "fleet.toml").write_text(text.replace('name = "demo"', 'name = "fleet"'))
    (desk / "desk.toml").write_text(text[: text.index("[bots.bot4]")])
    assert run(desk / "fleet.toml", tmp_path / "out") == 1
    decided = decision(tmp_path / "out")
    assert decided["desk"] == "fleet"
    assert "fleet.toml" in decided["inputs"]["config"]
    assert "bot4" in subjects(tmp_path / "out")


@pytest.mark.usefixtures("without_notebooks")
def test_desk_of_one_paper_bot_can_be_run(desk: Path, tmp_path: Path) -> None:
    text = (desk / "desk.toml").read_text()
    head, paper, rest = text[: text.index("[bots.bot1]")], text.index("[bots.bot3]"), text.index("[bots.bot4]")
    (desk / "desk.toml").write_text(head + text[paper:rest])
    assert run(desk, tmp_path / "out") == 1
    assert subjects(tmp_path / "out") == {"bot3", "portfolio"}


@pytest.mark.usefixtures("without_notebooks")
def test_wrong_config_glob_is_refused_before_anything_is_written(desk: Path, tmp_path: Path) -> None:
    text = (desk / "desk.toml").read_text()
    (desk / "desk.toml").write_text(text.replace('config = ["bot1/conf/controllers/*.yml"', 'config = ["/etc/*.yml"'))
    assert run(desk, tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()


# The audit trail --------------------------------------------------------------------------------------------------------


def verified(desk: Path, out: Path, *options: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["verify", "--audit", "--desk", str(desk), "--out", str(out), "--json", *options])
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.usefixtures("without_notebooks")
def test_decision_is_recorded_with_a_signed_checkpoint_of_the_trail_before_it(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "key.pem"))
    key, _ = make_key(tmp_path / "key.pem", [])
    out = tmp_path / "out"
    assert run(desk, out) == 1
    first = decision(out)
    trail = list(Chain.open(out, "demo").records())
    held = find_checkpoints(json.dumps(first))[0]
    assert held.is_signed_by(key.public_key)
    assert (trail[held.size - 1].hash, trail[held.size].kind) == (held.head, "decision")
    assert (trail[held.size].body["bundle_id"], trail[held.size].body["run_id"]) == (
        first["bundle_id"],
        first["run_id"],
    )
    assert [record.kind for record in trail[:2]] == ["adopted", "key"]
    assert {record.kind for record in trail[held.size + 1 :]} <= {"break_sighting"}
    for page in (out / "index.html", out / str(DAY) / "index.html"):
        assert find_checkpoints(page.read_text()) == [held]
    assert verified(desk, out)[0] == 0
    # The same inputs again: the same evidence; another run, for the trail has gone on.
    assert run(desk, out) == 1
    again = decision(out)
    assert (again["previous"], again["bundle_id"]) == (first["run_id"], first["bundle_id"])
    assert {name for name in first if first[name] != again[name]} == {
        *("previous", "checkpoint", "store", "pages", "run_id")
    }
    assert verified(desk, out)[0] == 0
    Chain.open(out, "demo").file.unlink()
    code, found = verified(desk, out)
    assert (code, found["findings"][0]["how"], found["findings"][0]["seq"]) == (1, "cut off", 1)
    # Not begun anew, however often the day is run: the HOLD keeps what the decision before it knew.
    for _ in range(2):
        assert run(desk, out) == 3
        held_day = decision(out)
        assert (held_day["decision"], held_day["checkpoint"]["size"]) == ("HOLD", again["checkpoint"]["size"])
        assert "knows of" in held_day["failures"][0]["error"]
        assert not Chain.open(out, "demo").file.exists()


@pytest.mark.usefixtures("without_notebooks")
def test_rows_that_are_gone_from_the_store_hold_the_day(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    trail = Trail(Chain.open(out, "demo"))
    log = AuditedLog(trail, Store.open(str(out / "store"), "demo"))
    for kind in ("breach", "intent"):
        log.append(kind, {"event_id": kind}, datetime(2026, 3, 2, 12, tzinfo=UTC))
    anchor(
        Store.open(str(out / "store"), "demo"),
        trail,
        by="ann",
        why="moved",
        effective_at=datetime(2026, 3, 2, tzinfo=UTC),
        recorded_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
    )
    shutil.rmtree(out / "store" / "actions")
    # Whoever takes rows away may take their digests away as well.
    listed = (out / "store" / SUMS).read_text().splitlines(keepends=True)
    (out / "store" / SUMS).write_text("".join(line for line in listed if "  actions/" not in line))
    assert run(desk, out) == 3
    assert decision(out)["decision"] == "HOLD"
    assert "of the table actions, which record 2 holds, is not in the store" in decision(out)["failures"][0]["error"]
    assert next(Chain.open(out, "demo").records()).kind == "adopted"


@pytest.mark.usefixtures("without_notebooks")
def test_run_without_a_key_is_unsigned_and_says_so(one_day_demo: DemoDesk, out: Path) -> None:
    assert run(one_day_demo.folder, out) == 1
    held = decision(out)["checkpoint"]
    assert (held["signed_by"], held["signature"], held["statement"]) == (None, None, NO_KEY)
    assert "unsigned, this desk has no key" in (out / str(DAY) / "index.html").read_text()
    code, found = verified(one_day_demo.folder, out)
    assert (code, any("lies elsewhere" in note for note in found["notes"])) == (0, True)


@pytest.mark.usefixtures("without_notebooks")
def test_trail_that_cannot_be_written_holds_the_day(one_day_demo: DemoDesk, out: Path) -> None:
    desk = one_day_demo.folder
    assert run(desk, out) == 1
    file = Chain.open(out, "demo").file
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b'"decision"', b'"decisiom"').replace(b"break_sighting", b"break_sightinh"))
    assert run(desk, out) == 3
    decided = decision(out)
    assert (decided["decision"], decided["failures"][0]["notebook"]) == ("HOLD", "checks")
    assert "deskgate verify --audit" in decided["failures"][0]["error"]
    assert decided["checkpoint"]["statement"] == UNRECORDED
    file.write_bytes(whole)
    code, found = verified(desk, out)
    assert (code, any("could not be recorded" in note for note in found["notes"])) == (0, True)
    assert run(desk, out) == 1
    assert verified(desk, out)[0] == 0


# A run that did not end ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_notebooks")
def test_run_that_stopped_stands_over_the_decision_before_it_until_one_ends(
    one_day_demo: DemoDesk, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(one_day_demo.folder, out) == 1
    before = decision(out)

    def stop(*_: object, **__: object) -> None:
        raise InputError("bot1/fills.csv: not readable")

    with monkeypatch.context() as patched:
        patched.setattr(desk_store, "ingest_desk", stop)
        assert run(one_day_demo.folder, out) == 2
    pages = [out / "index.html", out / str(DAY) / "index.html"]
    assert all("has not ended: bot1/fills.csv: not readable" in page.read_text() for page in pages)
    assert (decision(out), verify_day(out / str(DAY), Recorded.read(out))) == (before, [])
    assert run(one_day_demo.folder, out) == 1
    assert not any("has not ended" in page.read_text() for page in pages)


@pytest.mark.usefixtures("without_notebooks")
def test_day_before_the_desks_first_record_is_no_run(one_day_demo: DemoDesk, out: Path) -> None:
    at = ["--desk", str(one_day_demo.folder), "--date", "2025-03-02", "--out", str(out)]
    assert CliRunner().invoke(app, ["daily", *at]).exit_code == 2
    assert "2025-03-02" not in (out / "index.html").read_text()
