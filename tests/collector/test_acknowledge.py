"""What is acknowledged is on disk: a follower killed at any step loses nothing and stores nothing twice."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from deskgate.collector.follower import Pace, _Run
from deskgate.collector.messages import Inbox, Message
from deskgate.collector.redis_streams import Entry, RedisStream
from deskgate.config.desk import Desk, RedisStreams
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction
from store.conftest import desk
from store.event_files import envelope, expected, ids, rows, unaccounted
from store.kills import KilledError
from store.test_kills import TABLE_ORDER

__all__ = ["desk"]

PATH = "redis://localhost:6379/0/hb.events.v1"


class Sender:
    """A stream that sends what was not acknowledged again to whoever comes next."""

    def __init__(self) -> None:
        self.paths = {PATH: "event_envelopes"}
        self.pending: dict[int, Message] = {}
        self.dies_acknowledging = False

    def send(self, number: int) -> None:
        """Send one fill."""
        entry = {"stream": "hb", "entry_id": f"{number}-0", "received_at": "2026-05-04T00:00:00+00:00"}
        line = json.dumps(entry | {"event": envelope(number)}).encode()
        self.pending[number] = Message(PATH, "event_envelopes", line, token=number, cursor=f"{number}-0")

    def bot_of(self, _path: str) -> None:
        """Return nobody: an event says whose it is."""

    def connected(self) -> bool:
        """Return that it hears."""
        return True

    def start(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Forget what is on disk."""
        if self.dies_acknowledging:
            raise KilledError
        for message in messages:
            self.pending.pop(message.token)


def _follow_once(desk: Desk, store: Store, sender: Sender) -> None:
    """Take what is pending, as a new process would."""
    inbox = Inbox(100)
    run = _Run(desk, Store.open(store.location, desk.name), [sender], inbox, lambda: datetime.now(UTC), Pace())
    run.take(list(sender.pending.values()))


def test_follower_killed_at_any_step_loses_and_doubles_nothing(desk: Desk, store: Store) -> None:
    sender, add = Sender(), Transaction.add
    steps = ["before reading", "orders", "fills", "events", "sources", "ledger", "acknowledging"]
    assert set(steps[1:-1]) <= set(TABLE_ORDER)
    for number, step in enumerate(steps):
        sender.send(number)
        sender.dies_acknowledging = step == "acknowledging"

        def killed(self: Transaction, name: str, frame: object, step: str = step) -> None:
            if step == "before reading":
                raise KilledError
            add(self, name, frame)  # type: ignore[arg-type]
            if name == step:
                raise KilledError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Transaction, "add", killed)
            with pytest.raises(KilledError):
                _follow_once(desk, store, sender)
        assert len(sender.pending) == number + 1, step
    sender.dies_acknowledging = False
    _follow_once(desk, store, sender)
    assert not sender.pending
    assert ids(store) == expected(*range(len(steps)))
    assert rows(store, "fills").height == len(steps)
    assert unaccounted(store) == 0


@pytest.mark.slow
def test_entry_that_redis_gives_again_before_it_is_acknowledged_is_taken_once(desk: Desk) -> None:
    """As after a commit that took longer than the time after which Redis gives an entry to somebody else."""
    inbox = Inbox(9)
    stream = RedisStream(
        desk, RedisStreams(url="redis://127.0.0.1:1/0", streams=["s"]), inbox, claim_idle_s=1, say=lambda _: None
    )
    entries: list[Entry] = [(b"1-0", {b"payload": b"{broken"}), (b"2-0", {b"payload": b"{}"})]
    stream._put("s", entries[:1])
    stream._put("s", entries)
    first = inbox.left()
    assert [message.cursor for message in first] == ["1-0", "2-0"]
    # Redis is away: what could not be acknowledged comes again, and is taken again.
    stream.acknowledge(first)
    stream._put("s", entries[:1])
    assert [message.cursor for message in inbox.left()] == ["1-0"]
