"""A real Redis on loopback: one entry a command, in the control plane's dialect, whatever is sent again."""

import json
from typing import Any

import pytest
import redis

from collector.conftest import Server, redis_server
from deskgate.config.actions import RedisIntents
from deskgate.config.errors import InputError
from deskgate.controls.sinks import Outcome
from deskgate.controls.sinks.redis_intents import RedisSink

from ..logs import acting_desk, command

__all__ = ["redis_server"]

STREAM = "hb.execution_intent.v1"


def sink(port: int) -> RedisSink:
    return RedisSink(acting_desk(), RedisIntents(url=f"redis://127.0.0.1:{port}/0"))


def events(port: int) -> list[dict[str, Any]]:
    """Return the events in the stream: the whole of each is in one field."""
    entries: Any = redis.Redis(port=port).xrange(STREAM)
    return [json.loads(fields[b"payload"]) for _, fields in entries]


def test_command_arrives_once_in_the_dialect_of_the_control_plane(redis_server: Server) -> None:
    answers = [sink(redis_server.port).send(command()) for _ in range(2)]
    assert [answer.outcome for answer in answers] == [Outcome.DELIVERED] * 2
    assert "already there" in answers[1].detail
    (event,) = events(redis_server.port)
    assert (event["event_type"], event["action"], event["instance_name"]) == ("execution_intent", "kill_switch", "b1")
    assert event["event_id"] == command().command_id
    # The action that Hummingbot has no command for is one of this dialect.
    sink(redis_server.port).send(command("reduce", event_id="e2"))
    assert [each["action"] for each in events(redis_server.port)] == ["kill_switch", "reduce"]


@pytest.mark.slow
def test_server_that_says_no_or_is_gone_is_an_answer(redis_server: Server) -> None:
    client = redis.Redis(port=redis_server.port)
    client.set(STREAM, "no stream")
    assert sink(redis_server.port).send(command()).outcome is Outcome.REFUSED
    client.delete(STREAM)
    client.config_set("requirepass", "another")
    refused = sink(redis_server.port).send(command())
    assert refused.outcome is Outcome.FAILED
    client = redis.Redis(port=redis_server.port, password="another")
    client.config_set("requirepass", "")
    assert sink(redis_server.port).send(command()).outcome is Outcome.DELIVERED
    redis_server.stop()
    gone = sink(redis_server.port).send(command(event_id="e2"))
    assert gone.outcome is Outcome.FAILED
    assert "refused" in gone.detail.lower()


def test_server_that_takes_no_writes_now_is_asked_again(redis_server: Server) -> None:
    client = redis.Redis(port=redis_server.port)
    client.config_set("maxmemory", "1")
    full = sink(redis_server.port).send(command())
    assert (full.outcome, "memory" in full.detail) == (Outcome.FAILED, True)
    client.config_set("maxmemory", "0")
    client.replicaof("127.0.0.1", "1")
    assert sink(redis_server.port).send(command()).outcome is Outcome.FAILED
    client.replicaof("NO", "ONE")
    assert events(redis_server.port) == []
    assert sink(redis_server.port).send(command()).outcome is Outcome.DELIVERED


def test_password_stands_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = RedisIntents(url="redis://127.0.0.1:1/0", password_env="NO_SUCH_PASSWORD")
    with pytest.raises(InputError, match="the environment has no NO_SUCH_PASSWORD"):
        RedisSink(acting_desk(), settings)
    monkeypatch.setenv("NO_SUCH_PASSWORD", "secret-of-mine")
    answer = RedisSink(acting_desk(), settings).send(command())
    assert "secret-of-mine" not in answer.detail
