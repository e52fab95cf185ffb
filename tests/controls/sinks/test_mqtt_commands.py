"""A real mosquitto on loopback, and a bot that speaks Hummingbot's MQTT commands."""

from typing import Any

import pytest

from collector.conftest import Server, broker
from deskgate.config.actions import MqttCommands
from deskgate.config.errors import InputError
from deskgate.controls.sinks import Answer, Outcome
from deskgate.controls.sinks.mqtt_commands import MqttSink

from ..logs import acting_desk, command
from .bots import Reply, mqtt_bot, obeys, refuses

__all__ = ["broker"]

# Longer than any answer takes, and where none will come, no longer than a test should wait.
PATIENT_S, SHORT_S = 60.0, 0.2


def sink(broker: Server, control: dict[str, Any] | None = None, *, wait_s: float = PATIENT_S) -> MqttSink:
    settings = MqttCommands(url=f"mqtt://127.0.0.1:{broker.port}", answer_within_s=wait_s)
    return MqttSink(acting_desk(control), settings)


def send(broker: Server, action: str, reply: Reply, *, wait_s: float = PATIENT_S) -> tuple[Answer, list[Any]]:
    with mqtt_bot(broker.port, reply=reply) as bot:
        answer = sink(broker, {"controllers": ["pmm_1"]}, wait_s=wait_s).send(command(action))
    return answer, bot.heard


STOP = ("stop", {"skip_order_cancellation": False, "async_backend": True})
PAUSE = ("config", {"params": [["pmm_1.manual_kill_switch", True]]})


@pytest.mark.parametrize(
    ("action", "reply", "outcome", "detail", "heard"),
    [
        ("kill_switch", obeys, Outcome.ACKNOWLEDGED, "answered 200", [STOP]),
        ("soft_pause", obeys, Outcome.ACKNOWLEDGED, "answered 200", [PAUSE]),
        ("soft_pause", refuses, Outcome.REFUSED, "400 Invalid param key", [PAUSE]),
        ("soft_pause", lambda *_: {"status": 200}, Outcome.REFUSED, "without changing pmm_1.manual", [PAUSE]),
        ("kill_switch", lambda *_: {"nothing": 1}, Outcome.DELIVERED, "cannot be read", [STOP]),
        ("reduce", obeys, Outcome.REFUSED, "no MQTT command to reduce", []),
    ],
)
def test_answer_of_the_bot_decides(
    broker: Server, action: str, reply: Reply, outcome: Outcome, detail: str, heard: list[Any]
) -> None:
    answer, found = send(broker, action, reply)
    assert (answer.outcome, found) == (outcome, heard)
    assert detail in answer.detail


def test_bot_that_does_not_answer_has_acknowledged_nothing(broker: Server) -> None:
    answer, heard = send(broker, "kill_switch", lambda *_: None, wait_s=SHORT_S)
    assert (answer.outcome, heard) == (Outcome.DELIVERED, [STOP])
    assert "did not answer" in answer.detail


def test_command_that_nobody_hears_has_not_arrived(broker: Server) -> None:
    with mqtt_bot(broker.port, instance="another"):
        answer = sink(broker).send(command())
    assert (answer.outcome, "nobody listens" in answer.detail) == (Outcome.FAILED, True)


def test_dead_broker_is_an_answer(broker: Server) -> None:
    broker.stop()
    assert sink(broker).send(command()).outcome is Outcome.FAILED


def test_bot_with_several_deployments_has_to_name_the_running_one(broker: Server) -> None:
    desk = acting_desk()
    several = desk.bots["b1"].model_copy(update={"instances": ["b1-*"]})
    desk = desk.model_copy(update={"bots": {**desk.bots, "b1": several}})
    settings = MqttCommands(url=f"mqtt://127.0.0.1:{broker.port}")
    with pytest.raises(InputError, match=r"bots.b1 has instances b1-\* and no control.instance"):
        MqttSink(desk, settings).send(command())
    with mqtt_bot(broker.port, instance="b1-20260504") as bot:
        assert sink(broker, {"instance": "b1-20260504"}).send(command()).outcome is Outcome.ACKNOWLEDGED
    assert bot.heard == [STOP]
