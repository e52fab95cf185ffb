"""Redis Streams in the control plane's dialect: one entry a command, whose field `payload` is the event as JSON.

A command is added together with a mark of its id, in one step of the server, so that sending it again adds nothing. The
entry's id shows that the stream has it; nobody answers that a bot obeyed.
"""

import json
from urllib.parse import urlsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from deskgate.config.actions import RedisIntents
from deskgate.config.desk import Desk
from deskgate.config.servers import secret
from deskgate.controls.intents import Command
from deskgate.controls.sinks.execution_intent import execution_intent
from deskgate.controls.sinks.instances import instance_of
from deskgate.controls.sinks.sink import Answer, Outcome, as_stated

__all__ = ["RedisSink"]

_TIMEOUT_S = 5.0
# Longer than any validity in desk.toml.
_MARKED_S = 2 * 24 * 3600
# The server takes no writes now, and added nothing; another one, or a later one, may. Before Redis 7 the words alone say so.
_PASSING = (
    redis.exceptions.ReadOnlyError,
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.MasterDownError,
    redis.exceptions.ClusterDownError,
    redis.exceptions.TryAgainError,
)
_PASSING_WORDS = ("READONLY", "OOM ", "BUSY ", "MISCONF")
_ADD_ONCE = """
local entry = redis.call('GET', KEYS[2])
if entry then return {0, entry} end
entry = redis.call('XADD', KEYS[1], '*', 'payload', ARGV[1])
redis.call('SET', KEYS[2], entry, 'EX', ARGV[2])
return {1, entry}
"""


class RedisSink:
    """One stream of a Redis database."""

    name, idempotent = "redis", True

    def __init__(self, desk: Desk, settings: RedisIntents) -> None:
        self._desk, self._stream = desk, settings.stream
        where = urlsplit(settings.url)
        self._place = f"{where.scheme}://{where.hostname}:{where.port or 6379}{where.path or '/0'}/{settings.stream}"
        self._client = redis.Redis.from_url(
            settings.url,
            username=settings.username,
            password=secret(settings.password_env),
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            retry=Retry(ExponentialBackoff(cap=1, base=0.1), 2),
        )

    def send(self, command: Command) -> Answer:
        """Add the command to the stream, once whatever happens."""
        bot = self._desk.bots[command.bot]
        event = execution_intent(command, instance=instance_of(bot), controller="")
        mark = f"deskgate:sent:{command.command_id}"
        try:
            self._client.ping()
        except redis.RedisError as error:
            return Answer(Outcome.FAILED, f"{self._place}: {as_stated(error)}")
        try:
            added = self._client.eval(_ADD_ONCE, 2, self._stream, mark, json.dumps(event), str(_MARKED_S))
        except (redis.ConnectionError, redis.TimeoutError) as error:
            # A connection that broke in the middle may have carried the command.
            return Answer(Outcome.UNKNOWN, f"{self._place}: {as_stated(error)}")
        except redis.RedisError as error:
            passing = isinstance(error, _PASSING) or any(word in str(error) for word in _PASSING_WORDS)
            return Answer(Outcome.FAILED if passing else Outcome.REFUSED, f"{self._place}: {as_stated(error)}")
        is_new, entry = added
        return Answer(Outcome.DELIVERED, f"{self._place}: entry {entry.decode()}{'' if is_new else ', already there'}")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
