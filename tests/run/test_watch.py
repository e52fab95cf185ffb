"""The watch: cycles that act once, failures that are heard of, and a loop that stops when it is told to."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from deskgate.audit.chain import Chain
from deskgate.config.desk import Desk
from deskgate.config.errors import RunError
from deskgate.controls.alerts import Delivery
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


@pytest.mark.parametrize("error", [RunError("the store is busy"), ValueError("a defect")])
def test_cycle_that_fails_is_alerted_once_and_the_next_one_comes(
    armed: Watch, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    heard: list[str] = []

    def hear(_desk: Desk, title: str, body: str, _checkpoint: object) -> Delivery:
        heard.append(f"{title}: {body}")
        return Delivery((), ())

    def broken(*_: object, **__: object) -> list[Breach]:
        raise error

    monkeypatch.setattr(module, "send", hear)
    with monkeypatch.context() as patch:
        patch.setattr(module, "breaches_now", broken)
        assert [armed.run_once() for _ in range(2)] == [f"{type(error).__name__}: {error}"] * 2
    assert heard == [f"desk: the watch cannot judge the caps: {error}"]
    assert isinstance(armed.run_once(), Outcome)
    assert len(lines(armed)) == 1


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
