"""A run of which a step fails: a HOLD, or the STOP that it was, that names the step; and a run that did not end."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskgate.assessment import accounts, assessment
from deskgate.assessment.evidence import Recorded, verify_day
from deskgate.audit.trail import Trail
from deskgate.config import paths
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError, RunError
from deskgate.controls.alerts import Delivery, open_channels
from deskgate.demo import DemoDesk
from deskgate.run import daily
from deskgate.run.probes import record_deliveries
from deskgate.store import desk_store
from deskgate.store.tables import Store
from report_inputs import write_notebook
from whole_desks import NOW

from .day_runs import DAY, decision, invoke, run

# Apprise imports a module that Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.mark.usefixtures("judge_in_process", "assessed_once")
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
    monkeypatch.setattr(daily, "NOTEBOOKS", ())
    assert run(desk, out) == 3
    decided = decision(out)
    assert (decided["decision"], decided["failures"]) == (
        "STOP",
        [{"notebook": "notebooks", "error": "OSError: no space left"}],
    )
    assert decided["blockers"][0]["check"] == "channels_failing"
    # The incident that the run opened before the step that failed.
    assert [each["title"].startswith(f"STOP on {DAY}") for each in decided["incidents"]] == [True]
    page = (out / str(DAY) / "index.html").read_text()
    assert "Stand down" in page
    assert "No verdicts" not in page
    assert verify_day(out / str(DAY), Recorded.read(out)) == []


@pytest.mark.usefixtures("judge_in_process")
def test_engine_that_is_lost_leaves_a_hold(one_bot_demo: DemoDesk, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise RunError("the Dask scheduler was lost")

    monkeypatch.setattr(accounts, "run_tasks", lost)
    monkeypatch.setattr(daily, "NOTEBOOKS", ())
    done = invoke(one_bot_demo.folder, out, "--quiet", "--workers", "2")
    assert done.exit_code == 3
    decided = decision(out)
    assert (decided["decision"], decided["failures"]) == (
        "HOLD",
        [{"notebook": "checks", "error": "RunError: the Dask scheduler was lost"}],
    )
    assert verify_day(out / str(DAY), Recorded.read(out)) == []


@pytest.mark.usefixtures("judge_in_process", "assessed_once", "patient_kernels")
def test_failing_notebook_is_kept_and_linked_and_the_day_holds(
    one_bot_demo: DemoDesk, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    parameters = "\n".join(f'{name} = ""' for name in ("desk", "date", "as_of", "out", "folder"))
    shutil.copy(paths.NOTEBOOKS / "01_baseline.ipynb", folder)
    write_notebook(folder / "04_parity.ipynb", "1 / 0", parameters=parameters)
    # Remembered by this process: it is to be of the notebooks that others run too.
    paths.code_digest()
    monkeypatch.setattr(paths, "NOTEBOOKS", folder)
    monkeypatch.setattr(daily, "NOTEBOOKS", ("01_baseline", "04_parity"))
    monkeypatch.setattr(daily, "PRELOAD", "")
    done = invoke(one_bot_demo.folder, out, "--quiet")
    decided, page = decision(out), (out / str(DAY) / "04_parity.html").resolve()
    assert (done.exit_code, len(done.stdout.splitlines())) == (3, 1)
    assert done.stdout.startswith("HOLD")
    stopped = "stopped in code cell 3, `1 / 0`: ZeroDivisionError: division by zero"
    assert f"04_parity failed: {stopped}; see {page}" in done.stderr
    assert decided["decision"] == "HOLD"
    assert [item["notebook"] for item in decided["failures"]] == ["04_parity"]
    written = out / str(DAY)
    assert "ZeroDivisionError" in (written / "04_parity.ipynb").read_text()
    shown = (written / "01_baseline.html").read_text()
    assert "ZeroDivisionError" not in shown
    assert "no baseline is frozen" in shown
    assert "04_parity.html" in (written / "index.html").read_text()


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_failed_step_leaves_a_hold_that_names_it(
    one_bot_demo: DemoDesk, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(one_bot_demo.folder, out) == 1
    before = decision(out)["run_id"]

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no such luck")

    monkeypatch.setattr(assessment, "assess", broken)
    done = invoke(one_bot_demo.folder, out, "--json")
    document, decided = json.loads(done.stdout), decision(out)
    assert (done.exit_code, document["exit_code"], document["decision"]) == (3, 3, "HOLD")
    assert "the step checks failed, ZeroDivisionError: no such luck" in document["error"]
    assert (document["run_id"], document["failures"]) == (decided["run_id"], decided["failures"])
    assert {"ingest", "checks"} == set(document["seconds"])
    assert (decided["decision"], decided["previous"]) == ("HOLD", before)
    assert decided["failures"] == [{"notebook": "checks", "error": "ZeroDivisionError: no such luck"}]


@pytest.mark.slow
@pytest.mark.usefixtures("without_notebooks")
def test_run_that_stopped_stands_over_the_decision_before_it_until_one_ends(
    one_bot_demo: DemoDesk, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(one_bot_demo.folder, out) == 1
    before = decision(out)

    def stop(*_: object, **__: object) -> None:
        raise InputError("bot1/fills.csv: not readable")

    with monkeypatch.context() as patched:
        patched.setattr(desk_store, "ingest_desk", stop)
        assert run(one_bot_demo.folder, out) == 2
    pages = [out / "index.html", out / str(DAY) / "index.html"]
    assert all("has not ended: bot1/fills.csv: not readable" in page.read_text() for page in pages)
    assert (decision(out), verify_day(out / str(DAY), Recorded.read(out))) == (before, [])
    assert run(one_bot_demo.folder, out) == 1
    assert not any("has not ended" in page.read_text() for page in pages)
