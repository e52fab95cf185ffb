import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from time import sleep

import pytest

from deskgate.config.errors import InputError, RunError
from deskgate.store import lease as module
from deskgate.store.lease import STILL_S, LeaseHeldError, lease, mark_alive, marked_alive

_NUMBERS = count()


def _nothing() -> None:
    """Nobody does anything."""


class _Clock:
    """A clock of which each look for a lease takes 20 s; `meanwhile` is what others do in that time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.meanwhile: Callable[[], None] = _nothing

    def sleep(self, _: float) -> None:
        self.now += 20
        self.meanwhile()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    """The clock of leases, which only moves while somebody waits for one."""
    found = _Clock()
    monkeypatch.setattr(module, "monotonic", lambda: found.now)
    monkeypatch.setattr(module, "sleep", found.sleep)
    return found


@pytest.fixture
def place() -> str:
    """An object store in memory, empty."""
    return f"memory:///{next(_NUMBERS)}"


def _abandon(place: str, commit_id: int) -> None:
    """Leave a lease behind as a process does that was killed."""
    import obstore

    obstore.put(
        module._opened(place),
        "writer",
        json.dumps({"owner": "gone", "holder": "process 1 on host", "commit_id": commit_id, "beat": ""}).encode(),
    )


def test_second_holder_waits_for_the_first(place: str) -> None:
    order = []

    def second() -> None:
        with lease(place, "writer", wait_s=60):
            order.append("second")

    with lease(place, "writer", wait_s=0):
        thread = threading.Thread(target=second)
        thread.start()
        sleep(0.7)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_leases_of_other_names_are_free(place: str) -> None:
    with lease(place, "writer", wait_s=0), lease(place, "follower", wait_s=0):
        pass


def test_who_holds_it_is_named(place: str) -> None:
    named = pytest.raises(LeaseHeldError, match=r"process \d+ on ")
    with lease(place, "writer", wait_s=0), named, lease(place, "writer", wait_s=0):
        pass


def test_holder_that_writes_on_keeps_it_longer_than_it_may_stand_still(place: str, clock: _Clock) -> None:
    with lease(place, "writer", wait_s=0) as held:
        clock.meanwhile = held.renew
        with pytest.raises(LeaseHeldError), lease(place, "writer", wait_s=5 * STILL_S):
            pass
        held.check()


def test_holder_that_is_alive_is_seen_before_the_wait_ends(place: str, clock: _Clock) -> None:
    with lease(place, "follower", wait_s=0) as held:
        clock.meanwhile = held.renew
        with pytest.raises(LeaseHeldError), lease(place, "follower", wait_s=5 * STILL_S, alone=True):
            pass
    assert clock.now < STILL_S


@pytest.mark.usefixtures("clock")
def test_abandoned_lease_is_taken_over_with_a_higher_commit(place: str) -> None:
    _abandon(place, commit_id=7)
    with lease(place, "writer", wait_s=2 * STILL_S, alone=True) as held:
        assert held.reserve(5) == 8


def test_no_commit_is_given_twice(place: str) -> None:
    with lease(place, "writer", wait_s=0) as held:
        assert [held.reserve(5), held.reserve(5), held.reserve(9)] == [5, 6, 9]
    with lease(place, "writer", wait_s=0) as held:
        assert held.reserve(1) == 10


def test_commit_that_the_lease_could_not_keep_is_not_taken(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with lease(place, "writer", wait_s=0) as held:
        with monkeypatch.context() as patch:
            patch.setattr(module, "_put", _refuse)
            with pytest.raises(RunError, match="the lease was lost"):
                held.reserve(5)
        # It is held all the same, and nobody has taken that one.
        held.check()
        assert held.reserve(5) == 5


def test_object_that_is_no_lease_is_refused(place: str) -> None:
    import obstore

    obstore.put(module._opened(place), "writer", b'{"owner": 7}')
    refused = pytest.raises(InputError, match=rf"{place}/.leases/writer: no lease, .*`int`.*remove it")
    with refused, lease(place, "writer", wait_s=0):
        pass


def test_sign_of_life_is_read_without_writing(place: str) -> None:
    import obstore

    assert marked_alive(place) is None
    assert list(obstore.list(module._opened(place))) == []


def test_lost_lease_refuses_to_go_on(place: str) -> None:
    with lease(place, "writer", wait_s=0) as held:
        _abandon(place, commit_id=0)
        with pytest.raises(RunError, match="the lease was lost"):
            held.reserve(1)
        with pytest.raises(RunError, match="the lease was lost"):
            held.check()
    # What another has taken is not given back by who lost it.
    with pytest.raises(LeaseHeldError, match="process 1 on host"), lease(place, "writer", wait_s=0):
        pass


def test_unreachable_store_loses_the_lease_in_time(place: str, clock: _Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    with lease(place, "writer", wait_s=0) as held:
        monkeypatch.setattr(module, "_put", _refuse)
        clock.now += STILL_S - 1
        held.renew()
        held.check()
        clock.now += 1
        with pytest.raises(RunError, match="out of reach for 45 s"):
            held.check()


def _refuse(*_: object) -> None:
    raise ConnectionError("refused")


def test_follower_leaves_signs_of_life(place: str) -> None:
    assert marked_alive(place) is None
    mark_alive(place)
    assert marked_alive(place) is not None


def test_unknown_kind_of_store() -> None:
    refused = pytest.raises(InputError, match=r"ftp://host/x: no object store that is known, .*s3://")
    with refused, lease("ftp://host/x", "writer", wait_s=0):
        pass


def test_object_store_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    _use_endpoint(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setattr(module, "_RETRY", {"max_retries": 0, "retry_timeout": timedelta(seconds=1)})
    refused = pytest.raises(RunError, match="s3://desk/unreachable: the object store is out of reach or refuses")
    with refused, lease("s3://desk/unreachable", "writer", wait_s=0):
        pass


@contextmanager
def _server(keeps: str | None) -> Iterator[str]:
    """Run an object store that keeps one condition alone, which nothing fulfils, and writes whatever else it is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(412 if keeps and self.headers[keeps] else 200)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("keeps", "lacks"), [(None, "If-Match"), ("If-None-Match", "If-Match"), ("If-Match", "If-None-Match")]
)
def test_object_store_that_ignores_a_condition_is_refused(
    keeps: str | None, lacks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _server(keeps) as address:
        _use_endpoint(monkeypatch, address)
        refused = pytest.raises(InputError, match=f"does not keep the condition {lacks},")
        with refused, lease(f"s3://desk/{keeps}", "writer", wait_s=0):
            pass


def _use_endpoint(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
