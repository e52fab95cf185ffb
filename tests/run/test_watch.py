"""The watch: cycles that act once, failures that are heard of, and a loop that stops when it is told to."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deskgate.audit.chain import Chain
from deskgate.audit.trail import Trail
from deskgate.cli.app import app
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, RunError
from deskgate.controls.breaches import Breach
from deskgate.run import watch as module
from deskgate.run.act import Outcome
from deskgate.run.watch import Watch, watch
from deskgate.schema.operations import Anchors
from deskgate.store.tables import Store
from desks import NOON, frame
from store.conftest import desk, root

from .act_driver import BREACH, Clock, Venue

__all__ = ["desk", "root"]

# Where something is wrong it does not come, however long one waits.
PATIENT_S = 120.0


@pytest.fixture
def armed(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A watch of a desk whose loss is beyond its cap; its sink is the outbox."""
    monkeypatch.setattr(module, "breaches_now", lambda *_, **__: [BREACH])
    clock, store = Clock(), Store.open(tmp_path / "out" / "store", "desk")
    return Watch(desk, tmp_path / "out", store, "ann", clock.now, looks=Venue(clock))


def lines(of: Watch) -> list[str]:
    file = of.out / "outbox.jsonl"
    return file.read_text().splitlines() if file.exists() else []


def test_cycles_send_once_within_the_validity(armed: Watch) -> None:
    outcomes = [armed.run_once() for _ in range(3)]
    assert [len(each.planned) for each in outcomes if isinstance(each, Outcome)] == [1, 0, 0]
    assert len(lines(armed)) == 1


def test_dry_watch_sends_and_records_nothing(armed: Watch) -> None:
    armed.by = ""
    outcome = armed.run_once()
    assert isinstance(outcome, Outcome)
    assert (outcome.is_armed, len(outcome.planned)) == (False, 1)
    assert (lines(armed), Chain.open(armed.out, "desk").size) == ([], 0)


@dataclass
class Channel:
    """A channel that takes an alert from the n-th on."""

    key: str
    takes_from: int = 1
    heard: list[str] = field(default_factory=list)

    def notify(self, title: str, body: str, _checkpoint: object) -> bool:
        """Take an alert, or not."""
        self.heard.append(f"{title}: {body}")
        return len(self.heard) >= self.takes_from


def break_caps(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def broken(*_: object, **__: object) -> list[Breach]:
        raise error

    monkeypatch.setattr(module, "breaches_now", broken)


@pytest.mark.parametrize("error", [RunError("the store is busy"), ValueError("a defect")])
def test_cycle_that_fails_is_alerted_until_each_channel_took_it_and_the_next_one_comes(
    armed: Watch, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    mail, chat = Channel("mail"), Channel("chat", takes_from=2)
    with monkeypatch.context() as patch:
        patch.setattr(module, "open_channels", lambda _: [mail, chat])
        break_caps(patch, error)
        assert [armed.run_once() for _ in range(3)] == [f"{type(error).__name__}: {error}"] * 3
    assert mail.heard == [f"desk: the watch cannot judge the caps: {error}"]
    assert chat.heard == mail.heard * 2
    assert isinstance(armed.run_once(), Outcome)
    assert len(lines(armed)) == 1


def test_alert_that_cannot_be_sent_does_not_end_the_watch(armed: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_desk: Desk) -> list[Channel]:
        raise InputError("the environment has no URLS")

    mail = Channel("mail")
    with monkeypatch.context() as patch:
        break_caps(patch, RunError("the store is busy"))
        patch.setattr(module, "open_channels", broken)
        assert armed.run_once() == "RunError: the store is busy"
        patch.setattr(module, "open_channels", lambda _: [mail])
        armed.run_once()
    assert len(mail.heard) == 1


def test_key_that_is_spoilt_later_stops_no_cycle(armed: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt(*_: object) -> Trail:
        raise InputError("the key may be read by others")

    monkeypatch.setattr(Trail, "open", spoilt)
    assert isinstance(armed.run_once(), Outcome)
    assert len(lines(armed)) == 1


def test_store_that_cannot_be_asked_does_not_end_the_loop(armed: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_store: Store) -> dict[str, int]:
        raise OSError("the disk is gone")

    said, stopped = list[Outcome | str](), threading.Event()

    def say(outcome: Outcome | str) -> None:
        said.append(outcome)
        stopped.set()

    armed.by = ""
    with monkeypatch.context() as patch:
        patch.setattr(Store, "pin", gone)
        watch(armed, every=timedelta(hours=9), say=say, stopped=stopped)
    assert len(said) == 1


def test_watch_finds_a_key_that_is_not_there_when_it_begins(root: Path, tmp_path: Path) -> None:
    with (root / "desk.toml").open("a") as file:
        file.write(
            '[bots.bot1.control]\nvenue = { exchange = "bitget", api_key_env = "NO_KEY", secret_env = "NO_SECRET" }\n'
        )
    made = CliRunner().invoke(app, ["watch", "--desk", str(root), "--out", str(tmp_path / "out")])
    assert made.exit_code == 2
    assert "ccxt, which is not installed" in made.output or "the environment has no NO_KEY" in made.output


def test_loop_looks_again_at_what_is_new_and_stops_when_told(armed: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    said, stopped = threading.Semaphore(0), threading.Event()
    loop = threading.Thread(
        target=watch,
        args=(armed,),
        kwargs={"every": timedelta(hours=9), "say": lambda _: said.release(), "stopped": stopped},
        daemon=True,
    )
    loop.start()
    assert said.acquire(timeout=PATIENT_S)
    # What operators record is no news of the market; a fill is.
    anchors = frame("anchors", {"by": "ann", "why": "w", "effective_at": NOON, "recorded_at": NOON})
    armed.store.append({"anchors": Anchors.validate(anchors)})
    fill = {"ts": NOON, "pair": "BTC-USDT", "side": "BUY", "price": 1, "quantity": 1}
    armed.store.append({"fills": frame("fills", fill)})
    assert said.acquire(timeout=PATIENT_S)
    stopped.set()
    loop.join(timeout=PATIENT_S)
    assert not loop.is_alive()
    assert not said.acquire(blocking=False)
