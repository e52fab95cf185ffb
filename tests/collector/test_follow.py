"""The running store against real servers: what it claims, counts, refuses and survives."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
import redis
from paho.mqtt import publish
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from deskgate.checks.accounting import by_source
from deskgate.collector import follow
from deskgate.collector.follower import last_sign
from deskgate.collector.messages import json_or_text
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.instances import unclaimed
from deskgate.store.ingest import Ingestor
from deskgate.store.tables import Store
from store.children import start
from store.conftest import TOML
from store.event_files import ids, lines, rows, unaccounted

from . import driver
from .conftest import STREAM, Server
from .test_kills import mqtt_path, numbered, wait_until

pytestmark = pytest.mark.xdist_group("kills")


@contextmanager
def following(root: Path, store: Store) -> Iterator[Any]:
    """Run a follower, and end it with SIGTERM."""
    process = start(driver.run_follower, root, Path(store.location), root.parent / "writing")
    try:
        yield process
    finally:
        process.terminate()
        process.join(timeout=30)
        if process.is_alive():
            process.kill()
    assert process.exitcode == 0


def heard(store: Store, desk: Desk, path: str) -> Callable[[], bool]:
    return lambda: Ingestor(store, desk, lambda: datetime.now(UTC)).cursor(path) is not None


def redis_path(server: Server) -> str:
    return f"redis://127.0.0.1:{server.port}/0/{STREAM}"


def entry(number: int) -> dict[str, str]:
    return {"payload": json.dumps(numbered("r", number))}


@pytest.mark.slow
def test_pending_of_a_dead_consumer_is_claimed(root: Path, listening: Desk, store: Store, redis_server: Server) -> None:
    client = redis.Redis(port=redis_server.port)
    client.xgroup_create(STREAM, "deskgate", id="0", mkstream=True)
    for number in (1, 2, 3):
        client.xadd(STREAM, entry(number))  # type: ignore[arg-type]
    client.xreadgroup("deskgate", "somebody else", {STREAM: ">"}, count=2)
    with following(root, store):
        wait_until(lambda: len(rows(store)) == 3)
        wait_until(lambda: last_sign(store.location) is not None)
        wait_until(lambda: client.xpending(STREAM, "deskgate")["pending"] == 0)
    assert ids(store) == ["r1", "r2", "r3"]
    assert unaccounted(store) == 0


@pytest.mark.slow
def test_entries_trimmed_before_they_were_read_are_missed(
    root: Path, listening: Desk, store: Store, redis_server: Server
) -> None:
    client, path = redis.Redis(port=redis_server.port), redis_path(redis_server)
    client.xadd(STREAM, entry(1))  # type: ignore[arg-type]
    with following(root, store):
        wait_until(lambda: len(rows(store)) == 1)
        wait_until(lambda: client.xpending(STREAM, "deskgate")["pending"] == 0)
    for number in range(2, 12):
        client.xadd(STREAM, entry(number))  # type: ignore[arg-type]
    client.xtrim(STREAM, maxlen=3, approximate=False)
    with following(root, store):
        wait_until(lambda: len(rows(store)) == 4)
    told = by_source(rows(store, "ledger")).filter(path=path).row(0, named=True)
    # An entry may be read again before it is acknowledged; then it is known.
    assert (told["missed"], told["unaccounted"], told["read"] - told["known"]) == (7, 7, 4)
    client.xtrim(STREAM, maxlen=0, approximate=False)  # what has been read may go
    client.xadd(STREAM, entry(12))  # type: ignore[arg-type]
    with following(root, store):
        wait_until(lambda: len(rows(store)) == 5)
    assert rows(store, "ledger")["missed"].sum() == 7


@pytest.mark.slow
def test_servers_that_go_away_and_come_back_cost_nothing(
    root: Path, listening: Desk, store: Store, broker: Server, redis_server: Server
) -> None:
    with following(root, store):
        wait_until(heard(store, listening, mqtt_path(broker)))
        send(broker, redis_server, 1)
        wait_until(lambda: len(rows(store)) == 2)
        for server in (broker, redis_server):
            server.stop()
        time.sleep(0.5)
        for server in (broker, redis_server):
            server.start()
        send(broker, redis_server, 2)
        wait_until(lambda: len(rows(store)) == 4)
    assert sorted(rows(store)["trade_id"].to_list()) == ["m1", "m2", "r1", "r2"]
    assert unaccounted(store) == 0


@pytest.mark.slow
def test_message_that_is_no_json_is_quarantined_with_its_stream_and_place(
    root: Path, listening: Desk, store: Store, broker: Server, redis_server: Server
) -> None:
    with following(root, store):
        wait_until(heard(store, listening, mqtt_path(broker)))
        publish.single("hbot/bot1/events", b"\xff no json", qos=1, hostname="127.0.0.1", port=broker.port)
        redis.Redis(port=redis_server.port).xadd(STREAM, {"payload": "{broken"})
        wait_until(lambda: len(rows(store, "quarantine")) == 2)
    found = rows(store, "quarantine").sort("path").select("path", "line", "bot").rows()
    assert found == [(mqtt_path(broker), 1, "bot1"), (redis_path(redis_server), 1, None)]
    assert unaccounted(store) == 0


@pytest.mark.slow
def test_quiet_streams_leave_signs_of_life_and_files_are_followed(
    root: Path, listening: Desk, store: Store, broker: Server, redis_server: Server
) -> None:
    with following(root, store):
        (root / "events.jsonl").write_text(lines(1))
        wait_until(lambda: len(rows(store)) == 1)
        (root / "events.jsonl").rename(root / "events.jsonl.1")
        (root / "events.jsonl").write_text(lines(2))
        wait_until(lambda: len(rows(store)) == 2)
        wait_until(lambda: beats(store).count(mqtt_path(broker)) >= 2)
    assert redis_path(redis_server) in beats(store)
    # A sign of life is no source of fills.
    assert set(rows(store, "sources")["path"]) == {"events.jsonl", "events.jsonl.1"}


def test_heartbeats_of_a_bot_are_taken_in(root: Path, listening: Desk, store: Store, broker: Server) -> None:
    beats = mqtt_path(broker).replace("/events", "/hb")
    with following(root, store):
        wait_until(heard(store, listening, beats))
        beat = json.dumps({"ts": 1_777_900_000_123_456_789})
        publish.single("hbot/bot1/hb", beat, qos=1, hostname="127.0.0.1", port=broker.port)
        wait_until(lambda: len(rows(store)) == 1)
    assert rows(store).select("event_type", "bot", "path").row(0) == ("heartbeat", "bot1", beats)
    # Heartbeats alone would be no evidence of what was filled.
    assert rows(store, "sources").select("kind", "path").row(0) == ("mqtt_heartbeats", beats)


@pytest.mark.slow
def test_topic_that_is_no_longer_wanted_is_taken_once_and_left(
    root: Path, listening: Desk, store: Store, broker: Server
) -> None:
    earlier = mqtt.Client(CallbackAPIVersion.VERSION2, "deskgate-desk", protocol=mqtt.MQTTv5)
    kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    kept.SessionExpiryInterval = 3_600
    earlier.connect("127.0.0.1", broker.port, clean_start=False, properties=kept)
    earlier.subscribe("hbot/gone/events", qos=1)
    wait_until(lambda: earlier.loop(0.1) == mqtt.MQTT_ERR_SUCCESS and earlier.is_connected())
    wait_until(lambda: earlier.loop(0.5) == mqtt.MQTT_ERR_SUCCESS)
    earlier.disconnect()

    def send_to(bot: str) -> None:
        publish.single(f"hbot/{bot}/events", "no event", qos=1, hostname="127.0.0.1", port=broker.port)

    send_to("gone")
    send_to("gone")
    with following(root, store):
        wait_until(lambda: len(rows(store, "quarantine")) == 2)
    send_to("gone")  # nobody asks for it any more
    with following(root, store):
        wait_until(heard(store, listening, mqtt_path(broker)))
        send_to("bot1")
        wait_until(lambda: len(rows(store, "quarantine")) == 3)
    reasons = rows(store, "quarantine").sort("path", "line")["reason"].to_list()
    assert reasons == ["the payload is not a JSON object", *[unclaimed("gone")] * 2]


@pytest.mark.slow
def test_instances_of_a_bot_are_heard_and_others_are_left(
    root: Path, listening: Desk, store: Store, broker: Server
) -> None:
    file = root / "desk.toml"
    file.write_text(file.read_text().replace("[bots.bot1]\n", '[bots.bot1]\ninstances = ["grid-*"]\n'))
    names = ("grid-20260318-000000", "grid-20260319-000000", "else-1", "else-1", "bot1")
    own = Ingestor(store, load_desk(root), lambda: datetime.now(UTC))

    def are_heard() -> bool:
        for number, name in enumerate(names):
            event = {"timestamp": 1_777_900_000, "type": "OrderCancelled", "data": {"order_id": f"{name}{number}"}}
            publish.single(f"hbot/{name}/events", json.dumps(event), qos=1, hostname="127.0.0.1", port=broker.port)
        return own.cursor(mqtt_path(broker)) is not None

    with following(root, store):
        wait_until(are_heard)
        wait_until(lambda: len(rows(store)) >= 3 and len(rows(store, "quarantine")) >= 1)
    assert set(rows(store)["bot"]) == {"bot1"}
    assert len({path.split("/")[-2] for path in rows(store)["path"]}) == 3
    assert rows(store, "quarantine")["reason"].to_list() == [unclaimed("else-1")]


def test_second_follower_is_refused(root: Path, listening: Desk, store: Store, broker: Server) -> None:
    with following(root, store):
        wait_until(heard(store, listening, mqtt_path(broker)))
        with pytest.raises(InputError, match="another follower is at work there"):
            follow(listening, store, now=lambda: datetime.now(UTC), say=print)


def test_nothing_to_follow_is_refused(root: Path, store: Store) -> None:
    (root / "desk.toml").write_text(TOML.replace('events = ["events*"]', ""))
    with pytest.raises(InputError, match=r"nothing to follow, expected \[stream\] mqtt or redis"):
        follow(load_desk(root), store, now=lambda: datetime.now(UTC), say=print)


def test_password_that_is_not_set_is_named_by_its_variable(root: Path, store: Store) -> None:
    os.environ.pop("NO_SUCH_PASSWORD", None)
    stream = '[stream]\nmqtt = { url = "mqtt://127.0.0.1", username = "me", password_env = "NO_SUCH_PASSWORD" }\n'
    (root / "desk.toml").write_text(TOML + stream)
    with pytest.raises(InputError, match="the environment has no NO_SUCH_PASSWORD"):
        follow(load_desk(root), store, now=lambda: datetime.now(UTC), say=print)


@pytest.mark.parametrize(
    "stream",
    [
        'mqtt = { url = "mqtt://me:secret@127.0.0.1" }',
        'redis = { url = "redis://:secret@127.0.0.1", streams = ["s"] }',
        'redis = { url = "redis://127.0.0.1", streams = [] }',
        'mqtt = { uri = "mqtt://127.0.0.1" }',
        "kafka = {}",
    ],
)
def test_wrong_stream_in_desk_file_is_refused(root: Path, stream: str) -> None:
    (root / "desk.toml").write_text(f"{TOML}[stream]\n{stream}\n")
    with pytest.raises(InputError, match="stream"):
        load_desk(root)


@pytest.mark.parametrize(
    ("raw", "line"), [(b'{"a":1}', b'{"a":1}'), (b"\xff", b'"\\ufffd"'), (b"{", b'"{"'), (b"[" * 100_000, None)]
)
def test_what_is_no_json_becomes_text(raw: bytes, line: bytes | None) -> None:
    made = json_or_text(raw)
    assert made == (line or json.dumps(raw.decode()).encode())
    assert json.loads(made) is not None


def beats(store: Store) -> list[str]:
    return rows(store, "ledger").filter(read=0)["path"].to_list()


def send(broker: Server, redis_server: Server, number: int) -> None:
    fill = {"order_id": f"m{number}", "trading_pair": "BTC-USDT", "trade_type": "TradeType.BUY", "price": 1.5}
    data = fill | {"amount": 1.0, "exchange_trade_id": f"m{number}"}
    message = json.dumps({"timestamp": 1_777_900_000 + number, "type": "OrderFilled", "data": data})
    publish.single("hbot/bot1/events", message, qos=1, hostname="127.0.0.1", port=broker.port)
    redis.Redis(port=redis_server.port).xadd(STREAM, entry(number))  # type: ignore[arg-type]
