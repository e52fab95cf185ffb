"""What is connected, what is stale, and what a GO still lacks."""

import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskgate.collector.follower import SIGN
from deskgate.config.desk_file import load_desk
from deskgate.demo import DemoDesk
from deskgate.run.doctor import Examined, State, examine

# Apprise imports a module that Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
# Ten minutes after the one day of the demo desk.
NOW = datetime(2026, 3, 3, 0, 10, tzinfo=UTC)
ABOUT = """
[stream]
mqtt = {{ url = "mqtt://127.0.0.1:{port}" }}
[alerts]
urls_env = "DESKGATE_TEST_ALERTS"
[monitoring.routes]
health = "http://127.0.0.1:{port}/"
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A port at which something listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.fixture(scope="module")
def folder(one_day_demo: DemoDesk, port: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("doctor") / "desk"
    shutil.copytree(one_day_demo.folder, root)
    text = (root / "desk.toml").read_text().replace('events = ["bot4/events.jsonl*"]', "events = []")
    (root / "desk.toml").write_text(
        text
        + ABOUT.format(port=port).replace("[monitoring.routes]", "[monitoring]\ntimeout_s = 0.2\n[monitoring.routes]")
    )
    return root


def looked(found: Examined) -> dict[str, tuple[State, str]]:
    return {look.what: (look.state, look.says) for look in found.looks}


@pytest.fixture
def empty_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESKGATE_TEST_ALERTS", raising=False)


@pytest.mark.usefixtures("empty_variable")
def test_a_day_with_something_of_everything(folder: Path, port: int) -> None:
    out = folder.parent / "out"
    found = examine(load_desk(folder), out, lambda: NOW)
    seen = looked(found)
    states = {what: state for what, (state, _) in seen.items()}
    assert states | {"bot1 local": State.OK, "bot1 events": State.OK, "bot1 exchange": State.OK} == states
    assert seen["bot4 events"] == (State.MISSING, "no record")
    assert seen["variables"] == (State.MISSING, "the environment has no DESKGATE_TEST_ALERTS")
    assert seen["mqtt"] == (State.OK, f"127.0.0.1:{port} answers")
    assert states["health"] is State.FAILED
    assert states["alerts"] is State.FAILED
    assert seen["follower"] == (State.MISSING, "never gave a sign of life")
    assert seen["baseline"] == (State.MISSING, "none is frozen")
    assert seen["decision"] == (State.MISSING, "no day is decided")
    assert all(bool(look.todo) is (look.state is not State.OK) for look in found.looks)
    # Without its alert channel the day cannot be judged, and the sentence says so.
    assert "DESKGATE_TEST_ALERTS" in found.unjudged
    assert not found.is_well


@pytest.mark.slow
def test_what_a_go_lacks_and_what_is_stale(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKGATE_TEST_ALERTS", "json://127.0.0.1:9/")
    out = folder.parent / "out2"
    (out / "store").mkdir(parents=True)
    found = examine(load_desk(folder), out, lambda: NOW)
    (out / "store" / SIGN).touch()
    assert found.unjudged == ""
    assert any("frozen baseline" in cause.cause for cause in found.causes)
    monkeypatch.setenv("DESKGATE_TEST_ALERTS", " ")  # the day is not judged once more
    later = looked(examine(load_desk(folder), out, lambda: NOW + timedelta(hours=3)))
    assert later["bot1 local"] == (State.STALE, "its newest record is 3 h old, expected at most 15 min")
    assert later["follower"][0] is State.OK
    assert later["variables"] == (State.MISSING, "the environment has no DESKGATE_TEST_ALERTS")
