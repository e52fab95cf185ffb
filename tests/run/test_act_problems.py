"""What goes wrong after commands were sent is shown and alerted, with what was sent."""

from pathlib import Path
from typing import Any

import pytest

from deskgate.config.desk import Desk
from deskgate.controls.act import act as whole_act
from deskgate.controls.ledger import read_ledger
from deskgate.run import act as module
from deskgate.run.act import Outcome, act_on
from deskgate.store.tables import Store
from store.conftest import desk, root

from .act_driver import BREACH, Clock, Venue

__all__ = ["desk", "root"]


@pytest.fixture
def alerted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many commands were on record at each alert."""
    found: list[int] = []

    def alert(_desk: Desk, _out: Path, log: Any, *_: object) -> None:
        found.append(sum(len(action.sent) for action in read_ledger(log).actions.values()))

    monkeypatch.setattr(module, "alert_open", alert)
    return found


def run(desk: Desk, out: Path) -> Outcome:
    clock, store = Clock(), Store.open(out / "store", "desk")
    return act_on(desk, out, store, [BREACH], by="ann", now=clock.now, sleep=clock.sleep, looks=Venue(clock))


@pytest.mark.parametrize("error", [OSError("the disk is full"), KeyboardInterrupt()])
def test_error_while_waiting_is_a_problem_beside_what_was_sent(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alerted: list[int], error: BaseException
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(module, "await_receipts", broken)
    made = run(desk, tmp_path / "out")
    assert [sent.bot for sent in made.sent] == ["bot1"]
    assert made.problems == (f"the effects were not awaited: {str(error) or 'interrupted'}",)
    assert (alerted, made.is_quiet, len(made.left_open)) == ([1], False, 1)


@pytest.mark.parametrize("error", [OSError("the disk is full"), KeyboardInterrupt()])
def test_error_while_sending_is_raised_after_the_alert(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alerted: list[int], error: BaseException
) -> None:

    def broken(*given: Any, **more: Any) -> None:
        whole_act(*given, **more)
        raise error

    monkeypatch.setattr(module, "act", broken)
    with pytest.raises(type(error)):
        run(desk, tmp_path / "out")
    assert alerted == [1]


def test_alert_that_cannot_be_sent_is_a_problem(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(module, "alert_open", broken)
    made = run(desk, tmp_path / "out")
    assert ([sent.bot for sent in made.sent], made.problems) == (["bot1"], ("not every alert was sent: no route",))
