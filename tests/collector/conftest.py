"""A real mosquitto and a real redis-server on loopback, and a desk that listens to both."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from store.conftest import root, store

__all__ = ["root", "store"]

STREAM = "hb.events.v1"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@dataclass
class Server:
    """A server process that a test may stop and start again."""

    command: list[str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while not answers(self.port):
            assert time.monotonic() < until, f"{self.command[0]} does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        """End it and wait until it is gone."""
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process = None


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    port, folder = free_port(), tmp_path / "mosquitto"
    folder.mkdir()
    (folder / "conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
        "max_queued_messages 0\nmax_inflight_messages 0\nuser root\nautosave_interval 1\n"
    )
    server = Server([program("mosquitto"), "-c", str(folder / "conf")], port)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Server]:
    port, folder = free_port(), tmp_path / "redis"
    folder.mkdir()
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    server = Server([*command, "--appendonly", "yes", "--save", ""], port)
    server.start()
    version = redis.Redis(port=port).info("server")["redis_version"]
    if int(version.split(".")[0]) < 7:
        server.stop()
        pytest.skip(f"Redis {version} does not count what it removes; 7 or newer is needed")
    yield server
    server.stop()


@pytest.fixture
def listening(root: Path, broker: Server, redis_server: Server) -> Desk:
    """The desk of the other tests, with both streams."""
    text = (root / "desk.toml").read_text()
    streams = (
        f'[stream]\nmqtt = {{ url = "mqtt://127.0.0.1:{broker.port}" }}\n'
        f'redis = {{ url = "redis://127.0.0.1:{redis_server.port}/0", streams = ["{STREAM}"] }}\n'
    )
    (root / "desk.toml").write_text(text + streams)
    return load_desk(root)
