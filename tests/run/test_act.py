"""Armed runs with a real broker on loopback, the desk's store and its audit trail."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.conftest import Server, broker
from controls.sinks.bots import MqttBot, mqtt_bot
from deskgate.assessment.assessment import case_now
from deskgate.audit.chain import Chain
from deskgate.audit.verify import verify_trail
from deskgate.checks import actions
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.instants import now
from deskgate.controls.sinks import Outcome
from deskgate.run.act import act_on, preview
from deskgate.store.desk_store import store_location
from deskgate.store.tables import Store
from store.children import barrier, start
from store.conftest import TOML

from .act_driver import BREACH, Clock, Venue, run_armed, run_at_barrier, run_killed

__all__ = ["broker"]

pytestmark = [
    pytest.mark.xdist_group("kills"),
    # Apprise looks for a module that a later Python no longer has.
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
]


@pytest.fixture
def root(tmp_path: Path, broker: Server) -> Path:
    """A desk whose sink is the broker; an answer is awaited for longer than any takes."""
    folder = tmp_path / "desk"
    folder.mkdir()
    sink = f'[actions]\nmqtt = {{ url = "mqtt://127.0.0.1:{broker.port}", answer_within_s = 60 }}\n'
    (folder / "desk.toml").write_text(TOML + sink)
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def bot(broker: Server) -> Iterator[MqttBot]:
    with mqtt_bot(broker.port, "bot1") as made:
        yield made


def open_actions(root: Path, out: Path) -> float | None:
    """Return the metric that a day's gate judges, from what the store holds."""
    desk = load_desk(root)
    store = Store.open(store_location(desk, out), desk.name)
    # Later than all that a run thinks that it slept.
    (found,) = actions.check(case_now(desk, store, now() + timedelta(hours=1))).metrics
    return found.value


def records(out: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return kind and content of what is in the audit trail about actions."""
    return [
        (record.kind, json.loads(row["content"]))
        for record in Chain.open(out, "desk").records()
        for row in record.body.get("rows", [])
    ]


def test_breach_arrives_once_and_its_receipt_closes_it(root: Path, out: Path, bot: MqttBot) -> None:
    made = run_armed(root, out)
    assert [sent.outcome for sent in made.sent] == [Outcome.ACKNOWLEDGED]
    assert [receipt.is_complete for receipt in made.receipts] == [True]
    again = run_armed(root, out)
    assert (again.planned, again.sent, again.left_open, again.alert) == ((), (), (), None)
    assert [word for word, _ in bot.heard] == ["stop"]
    kinds = [kind for kind, _ in records(out)]
    # The first of the two looks is on record as well.
    assert kinds == ["breach", "intent", "sent", "sent", "acknowledged", "receipt", "receipt", "alert"]
    receipt = records(out)[-2][1]
    assert (receipt["authorised_by"], receipt["acknowledged"], receipt["is_complete"]) == ("ann", True, True)
    assert open_actions(root, out) == 0
    # What is in the trail and what a day's checks read are the same, and nothing of it was changed.
    desk = load_desk(root)
    assert verify_trail(desk, out, Store.open(store_location(desk, out), desk.name)).findings == ()


@pytest.mark.slow
def test_bot_that_answers_and_keeps_an_order_open_gets_no_receipt(root: Path, out: Path, bot: MqttBot) -> None:
    made = run_armed(root, out, "x1")
    assert [sent.outcome for sent in made.sent] == [Outcome.ACKNOWLEDGED]
    assert (made.receipts[0].is_complete, made.receipts[0].residuals) == (False, ("open order x1",))
    assert made.left_open
    assert open_actions(root, out) == 1
    # It closes when the order is seen to be gone, without another command.
    assert run_armed(root, out, breach=None, later_s=600).left_open == ()
    assert open_actions(root, out) == 0
    assert len(bot.heard) == 1


@pytest.mark.slow
def test_dead_broker_ends_in_an_alert_and_an_open_action(root: Path, out: Path, broker: Server) -> None:
    broker.stop()
    made = run_armed(root, out)
    assert [sent.outcome for sent in made.sent] == [Outcome.FAILED]
    assert made.alert is not None
    (alert,) = [content for kind, content in records(out) if kind == "alert"]
    assert "kill_switch of bot1 for daily_loss: mqtt: it has not arrived" in alert["lines"][0]
    assert open_actions(root, out) == 1
    # A quiet account is no receipt of a command that nobody took; one of a later command is.
    broker.start()
    with mqtt_bot(broker.port, "bot1"):
        made = run_armed(root, out, later_s=600)
    assert [(receipt.is_complete, receipt.told_by) for receipt in made.receipts] == [
        (True, made.planned[0].event_id)
    ] * 2
    assert open_actions(root, out) == 0


@pytest.mark.slow
def test_two_runs_at_once_send_once(root: Path, out: Path, bot: MqttBot) -> None:
    Store.open(store_location(load_desk(root), out), "desk")
    together = barrier(2)
    runs = [start(run_at_barrier, root, out, together) for _ in range(2)]
    for process in runs:
        process.join(timeout=300)
    assert [process.exitcode for process in runs] == [0, 0]
    assert [word for word, _ in bot.heard] == ["stop"]
    assert [kind for kind, _ in records(out)].count("intent") == 1


def test_run_that_is_killed_after_sending_does_not_send_twice_and_it_is_told(
    root: Path, out: Path, bot: MqttBot
) -> None:
    process = start(run_killed, root, out)
    process.join(timeout=300)
    assert (process.exitcode, [word for word, _ in bot.heard]) == (9, ["stop"])
    made = run_armed(root, out, "x1")
    assert made.sent == ()
    assert len(bot.heard) == 1
    lines = [line for kind, content in records(out) if kind == "alert" for line in content["lines"]]
    assert any("a run was killed while it sent this" in line for line in lines)
    assert open_actions(root, out) == 1


def test_dry_run_leaves_nothing_behind(root: Path, out: Path, bot: MqttBot) -> None:
    made = preview(load_desk(root), out, [BREACH], now())
    assert (made.is_armed, [each.bots for each in made.planned]) == (False, [("bot1",)])
    assert (bot.heard, out.exists()) == ([], False)


def test_nobody_who_authorises_is_refused_before_anything_is_sent(root: Path, out: Path, bot: MqttBot) -> None:
    desk, clock = load_desk(root), Clock()
    store = Store.open(store_location(desk, out), desk.name)
    with pytest.raises(InputError, match="expected who authorises"):
        act_on(desk, out, store, [BREACH], by=" ", now=clock.now, sleep=clock.sleep, looks=Venue(clock))
    assert (bot.heard, records(out)) == ([], [])
