"""What a run looks at beside the desk's records, judged in its gates."""

import shutil
from collections.abc import Generator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from deskgate.assessment import assessment, closing, replay
from deskgate.audit.trail import Trail
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.monitoring import Monitoring
from deskgate.controls.alerts import Delivery, open_channels
from deskgate.gates.decision import Decision
from deskgate.gates.evaluation import Status
from deskgate.run.gates import Gated, run_gates
from deskgate.run.probes import record_deliveries
from deskgate.store.desk_store import store_location
from deskgate.store.tables import Store
from whole_desks import NOW, IngestedDesk

DAY, END = date(2026, 3, 2), datetime(2026, 3, 3, tzinfo=UTC)
HOOK = "json://127.0.0.1:9/hook"
# Apprise imports a module that Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def route() -> Generator[str]:
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/ready"
        server.shutdown()


def declaring(ingested: IngestedDesk, folder: Path, route: str, *lines: str) -> Desk:
    """Return a desk as the ingested one, at another place, that names a health route and an alert channel."""
    shutil.copytree(ingested.desk.root, folder)
    text = f'\n[alerts]\nurls = ["{HOOK}"]\n\n[monitoring.routes]\nloki = "{route}"\n' + "\n".join(lines)
    with (folder / "desk.toml").open("a") as file:
        file.write(text)
    return load_desk(folder)


def deliver(desk: Desk, out: Path, *, ok: bool) -> None:
    store, trail = Store.open(store_location(desk, out), desk.name), Trail.open(desk, out)
    made = Delivery.of((channel, ok) for channel in open_channels(desk))
    record_deliveries(store, trail, made, "an alert", effective_at=END - timedelta(hours=1), recorded_at=NOW)


def looked(
    desk: Desk, out: Path, now: datetime = NOW, as_of: datetime = END
) -> tuple[Gated, dict[str, tuple[Status, bool, bool]]]:
    gated = run_gates(desk, day=DAY, as_of=as_of, out=out, provisional=False, now=lambda: now)
    return gated, {gate.gate: (gate.status, gate.blocks, gate.stops) for gate in gated.gates}


@pytest.mark.slow
def test_what_works_passes(ingested_one_bot_demo: IngestedDesk, out: Path, tmp_path: Path, route: str) -> None:
    desk = declaring(ingested_one_bot_demo, tmp_path / "desk", route)
    deliver(desk, out, ok=True)
    gated, gates = looked(desk, out)
    for name in ("preflight", "alerting", "monitoring", "secrets", "replay"):
        assert gates[name] == (Status.PASS, False, False)
    assert gated.result is not Decision.STOP


@pytest.mark.usefixtures("assessed_once")
def test_what_fails_blocks_and_alerting_that_fails_stops(
    ingested_one_bot_demo: IngestedDesk, out: Path, tmp_path: Path
) -> None:
    secret = '# password = "' + "correct-horse-battery" + '"\n'
    desk = declaring(ingested_one_bot_demo, tmp_path / "desk", "http://127.0.0.1:9/ready", secret)
    deliver(desk, out, ok=False)
    gated, gates = looked(desk, out, NOW - timedelta(hours=1))
    assert gates["preflight"] == (Status.FAIL, True, False)
    assert gates["alerting"] == (Status.FAIL, True, True)
    assert gates["monitoring"] == (Status.FAIL, True, False)
    assert gates["secrets"] == (Status.FAIL, True, False)
    assert gated.result is Decision.STOP
    (found,) = [verdict for verdict in gated.assessment.verdicts if verdict.check == "secrets_in_clear"]
    assert "Secret Keyword in desk.toml line" in found.reason
    assert "horse" not in str(gated.assessment.verdicts)


@pytest.mark.slow
@pytest.mark.usefixtures("assessed_once")
def test_look_of_before_does_not_outrank_what_the_run_of_the_close_sees(
    ingested_one_bot_demo: IngestedDesk, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    desk = declaring(ingested_one_bot_demo, tmp_path / "desk", route)
    minute = timedelta(minutes=1)
    assert looked(desk, out, NOW - minute, END + minute)[1]["monitoring"] == (Status.PASS, False, False)
    down = desk.model_copy(update={"monitoring": Monitoring(routes={"loki": route}, timeout_s=1e-6)})
    # The last account was exported two minutes after the day's end.
    monkeypatch.setattr(closing, "closing_instant", lambda *_: END + 2 * minute)
    monkeypatch.setattr(assessment, "closing_instant", lambda *_: END + 2 * minute)
    assert looked(down, out)[1]["monitoring"] == (Status.FAIL, True, False)


@pytest.mark.slow
@pytest.mark.usefixtures("assessed_once")
def test_file_of_the_day_that_is_gone_is_named_and_blocks(
    ingested_one_bot_demo: IngestedDesk, out: Path, tmp_path: Path, route: str
) -> None:
    desk = declaring(ingested_one_bot_demo, tmp_path / "desk", route)
    deliver(desk, out, ok=True)
    assert looked(desk, out, NOW - timedelta(minutes=1))[1]["preflight"] == (Status.PASS, False, False)
    gone = next(desk.root.glob("bot1/**/*.sqlite"))
    gone.unlink()
    gated, gates = looked(desk, out)
    assert gates["preflight"] == (Status.FAIL, True, False)
    assert gated.result is Decision.HOLD
    (found,) = [verdict for verdict in gated.assessment.verdicts if verdict.check == "own_files_lost"]
    assert f"{gone.relative_to(desk.root)}: " in found.reason
    assert "records were read, it is no longer there" in found.reason


@pytest.mark.slow
@pytest.mark.usefixtures("assessed_once")
def test_what_is_declared_and_was_never_shown_blocks(
    ingested_one_bot_demo: IngestedDesk, out: Path, tmp_path: Path, route: str
) -> None:
    desk = declaring(ingested_one_bot_demo, tmp_path / "desk", route)
    _, gates = looked(desk, out)
    assert gates["alerting"] == (Status.INSUFFICIENT, True, False)


def test_day_that_does_not_replay_holds(
    ingested_one_bot_demo: IngestedDesk, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "replays", lambda *_: ["verdicts.json"])
    gated, gates = looked(ingested_one_bot_demo.desk, out)
    assert gates["replay"] == (Status.FAIL, True, False)
    assert [item["notebook"] for item in gated.failures] == ["replay"]
    assert "verdicts.json" in gated.failures[0]["error"]
