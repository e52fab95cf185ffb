"""Kills in the middle of writing: with real senders at work, every number is stored exactly once in the end."""

import json
import random
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
import redis
from paho.mqtt.enums import CallbackAPIVersion

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store
from store import children
from store.event_files import envelope, rows, unaccounted

from . import driver
from .conftest import STREAM, Server

FOLLOWER_HITS, BATCH_HITS = 40, 15
SEED = 11


class Sender(threading.Thread):
    """Sends numbered fills through MQTT at QoS 1, through Redis, and into a file, until told to stop."""

    def __init__(self, broker: Server, redis_server: Server, file: Path) -> None:
        super().__init__(daemon=True)
        self.stopped = threading.Event()
        self.sent = 0
        self._redis = redis.Redis(port=redis_server.port)
        self._file = file
        self._mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, "sender")
        self._mqtt.connect("127.0.0.1", broker.port)
        self._mqtt.loop_start()

    def run(self) -> None:
        while not self.stopped.is_set():
            self.send()
            time.sleep(0.02)  # a killed follower leaves more behind than it takes: the last one has to catch up
        self._mqtt.loop_stop()

    def send(self) -> None:
        """Send the next number three times over, each as another fill, and wait until its takers have it."""
        self.sent += 1
        fill = {"order_id": f"m{self.sent}", "trading_pair": "BTC-USDT", "trade_type": "TradeType.BUY", "price": 1.5}
        data = fill | {"amount": 1.0, "exchange_trade_id": f"m{self.sent}"}
        message = {"timestamp": 1_777_900_000 + self.sent, "type": "OrderFilled", "data": data}
        published = self._mqtt.publish("hbot/bot1/events", json.dumps(message), qos=1)
        self._redis.xadd(STREAM, {"payload": json.dumps(numbered("r", self.sent))})
        with self._file.open("a") as end:
            end.write(json.dumps(numbered("f", self.sent)) + "\n")
        published.wait_for_publish(10)

    def expected(self) -> list[str]:
        """Return the trade ids of everything sent."""
        return sorted(f"{where}{number}" for where in "mrf" for number in range(1, self.sent + 1))


def numbered(where: str, number: int) -> dict[str, Any]:
    body = {"order_id": f"{where}{number}", "trade_id": f"{where}{number}", "side": "buy", "price": 1.5, "amount": 1}
    return envelope(number, event_id=f"{where}{number}", payload=body)


def kill_in_writing(start: Callable[[], Any], marker: Path, chance: random.Random, hits: int) -> int:
    """Start a process again and again and kill it while it writes, `hits` times; return how many kills it took."""
    kills = found = 0
    while found < hits:
        process = start()
        until = time.monotonic() + 20
        while not marker.exists():
            assert process.is_alive(), f"it ended by itself with {process.exitcode}"
            assert time.monotonic() < until, "it never wrote"
            time.sleep(0.001)
        time.sleep(chance.random() * 0.04)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        # What stands after the kill shows that the kill came between two tables of one commit, or inside one.
        found += marker.exists()
        kills += 1
        marker.unlink(missing_ok=True)
    return kills


def starter(target: Callable[..., None], *given: object) -> Callable[[], Any]:
    """Return what starts `target` in a process of its own."""
    return lambda: children.start(target, *given)


def stored(store: Store) -> list[str]:
    return sorted(rows(store)["trade_id"].to_list())


@pytest.mark.long
@pytest.mark.xdist_group("kills")
def test_follower_killed_while_it_writes_loses_and_doubles_nothing(
    root: Path, listening: Desk, store: Store, broker: Server, redis_server: Server, tmp_path: Path
) -> None:
    marker, chance = tmp_path / "writing", random.Random(SEED)
    start = starter(driver.run_follower, root, Path(store.location), marker)
    first = start()  # the broker keeps messages for a session from its first subscription on
    wait_until(lambda: bool(Ingestor(store, listening, lambda: datetime.now(UTC)).cursor(mqtt_path(broker))))
    first.kill()
    first.join()
    marker.unlink(missing_ok=True)
    sender = Sender(broker, redis_server, root / "events.jsonl")
    sender.start()
    kills = kill_in_writing(start, marker, chance, FOLLOWER_HITS)
    sender.stopped.set()
    sender.join()
    last = start()
    wait_while_growing(lambda: len(stored(store)), 3 * sender.sent)
    time.sleep(1)  # whatever would come twice has come by then
    last.terminate()
    last.join()
    assert last.exitcode == 0
    assert stored(store) == sender.expected(), f"after {kills} kills with seed {SEED}"
    assert sorted(rows(store, "fills")["trade_id"].to_list()) == sender.expected()
    assert rows(store, "quarantine").is_empty()
    assert unaccounted(store) == 0
    assert rows(store, "ledger")["missed"].sum() == 0


@pytest.mark.long
@pytest.mark.xdist_group("kills")
def test_batch_ingest_killed_while_it_writes_loses_and_doubles_nothing(
    root: Path, store: Store, tmp_path: Path
) -> None:
    desk = load_desk(root)
    marker, chance, file = tmp_path / "writing", random.Random(SEED), root / "events.jsonl"
    stop, sent = threading.Event(), [0]

    def send() -> None:
        while not stop.is_set():
            sent[0] += 1
            with file.open("a") as end:
                end.write(json.dumps(numbered("f", sent[0])) + "\n")
            time.sleep(0.002)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    kills = kill_in_writing(starter(driver.run_batches, root, Path(store.location), marker), marker, chance, BATCH_HITS)
    stop.set()
    sender.join()
    Ingestor(Store.open(store.location, "desk"), desk, lambda: datetime.now(UTC)).ingest_files()
    expected = sorted(f"f{number}" for number in range(1, sent[0] + 1))
    assert stored(store) == expected, f"after {kills} kills with seed {SEED}"
    assert sorted(rows(store, "fills")["trade_id"].to_list()) == expected
    assert unaccounted(store) == 0


def mqtt_path(broker: Server) -> str:
    return f"mqtt://127.0.0.1:{broker.port}/hbot/bot1/events"


def wait_while_growing(size: Callable[[], int], wanted: int) -> None:
    """Wait until there are so many, as long as there are ever more: how fast it goes is the machine's affair."""
    while (before := size()) < wanted:
        wait_until(lambda: size() > before)


def wait_until(true: Callable[[], bool], seconds: float = 180) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.1)
