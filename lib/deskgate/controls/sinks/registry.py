"""The sinks of a desk, as [actions] in desk.toml chooses them; clients are imported where they are used."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deskgate.config.actions import Outbox
from deskgate.config.bot import Mode
from deskgate.config.desk import Desk
from deskgate.controls.sinks.instances import instance_of
from deskgate.controls.sinks.sink import Sink

__all__ = ["open_sinks"]

_OUTBOX = "outbox.jsonl"


@contextmanager
def open_sinks(desk: Desk, out: Path) -> Iterator[list[Sink]]:
    """Open the desk's sinks, and close them in the end; opening sends nothing.

    Raises
    ------
    InputError
        The environment lacks a password that desk.toml names, or it is not known which instance of a live bot runs.
    """
    for bot in desk.judged:
        if bot.mode is Mode.LIVE:
            instance_of(bot)
    with ExitStack() as opened:
        found = list(_sinks(desk, out))
        for sink in found:
            opened.callback(sink.close)
        yield found


def _sinks(desk: Desk, out: Path) -> Iterator[Sink]:
    chosen = desk.actions
    if chosen.redis:
        from deskgate.controls.sinks.redis_intents import RedisSink

        yield RedisSink(desk, chosen.redis)
    if chosen.mqtt:
        from deskgate.controls.sinks.mqtt_commands import MqttSink

        yield MqttSink(desk, chosen.mqtt)
    if chosen.hummingbot_api:
        from deskgate.controls.sinks.hummingbot_api import HummingbotApiSink

        yield HummingbotApiSink(desk, chosen.hummingbot_api)
    if chosen.outbox or not (chosen.redis or chosen.mqtt or chosen.hummingbot_api):
        from deskgate.controls.sinks.outbox import OutboxSink

        path = (chosen.outbox or Outbox()).path
        yield OutboxSink(desk, desk.root / path if path else out.resolve() / _OUTBOX)
