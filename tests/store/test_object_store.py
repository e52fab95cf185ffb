"""A store on an object store: a server on the loopback that speaks S3."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from deltalake import DeltaTable, write_deltalake

from deskgate.collector.follower import follow
from deskgate.config.desk import Desk
from deskgate.config.errors import InputError, RunError
from deskgate.schema import TABLES
from deskgate.store.delta import DeltaTables
from deskgate.store.ingest import Ingestor
from deskgate.store.lease import lease, marked_alive
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction

if TYPE_CHECKING:
    from moto.server import ThreadedMotoServer

NOON = datetime(2026, 2, 22, 12, tzinfo=UTC)
LATER = datetime.max.replace(tzinfo=UTC)
_NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> "Iterator[ThreadedMotoServer]":
    """A server with the bucket `desks`, which the environment names."""
    moto = pytest.importorskip(
        "moto.server", reason="moto, a server that speaks S3, is not installed (uv sync --group s3)"
    )
    found = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    found.start()
    host, port = found.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        httpx.put(f"http://{host}:{port}/desks").raise_for_status()
        yield found
    found.stop()


@pytest.fixture
def remote(server: "ThreadedMotoServer") -> Store:
    """An empty store there."""
    assert server
    return Store.open(f"s3://desks/{next(_NUMBERS)}", "desk")


def _write_events(root: Path, *numbers: int) -> None:
    events = [
        {
            "event_id": f"e{number}",
            "event_type": "heartbeat",
            "ts_utc": f"2026-02-22T12:00:{number:02}Z",
            "instance_name": "bot1",
            "payload": {},
        }
        for number in numbers
    ]
    (root / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))


def _rows(store: Store, table: str) -> list[tuple[Any, ...]]:
    found = store.read(store.pin(), LATER, (table,))[table]
    return found.drop("arrived_at", "visible_at", "recorded_at", strict=False).sort("row_id").rows()


@pytest.mark.slow
def test_it_holds_what_a_local_store_holds(desk: Desk, root: Path, store: Store, remote: Store) -> None:
    _write_events(root, 1, 2, 3)
    for each in (store, remote):
        account = Ingestor(each, desk, lambda: NOON).ingest_files()
        assert account.total["stored"] == 3
    for table in ("events", "sources", "quarantine"):
        assert _rows(remote, table) == _rows(store, table), table
    assert len(_rows(remote, "events")) == 3
    # Nothing is new the second time.
    assert Ingestor(remote, desk, lambda: NOON).ingest_files().total["stored"] == 0


@pytest.mark.slow
def test_two_runs_at_once_store_each_record_once(desk: Desk, root: Path, remote: Store) -> None:
    _write_events(root, *range(20))
    stored: list[int] = []

    def run() -> None:
        mine = Store.open(remote.location, "desk")
        stored.append(Ingestor(mine, desk, lambda: NOON).ingest_files().total["stored"])

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(stored) == [0, 20]
    assert len(_rows(remote, "events")) == 20


@pytest.mark.slow
def test_rows_of_a_run_that_lost_its_lease_never_count(desk: Desk, root: Path, remote: Store) -> None:
    _write_events(root, 1)
    lost = Store.open(remote.location, "desk")
    event = _events_of(desk, root)
    with lease(remote.location, "writer", wait_s=0) as held:
        transaction = Transaction(lost.delta, lost.history, held)
        transaction.keep_account()
        transaction.add("events", event.with_columns(row_id="row_id" + event["row_id"]))
        # Cut off for long, it does not know that another run has taken its place.
    Ingestor(remote, desk, lambda: NOON).ingest_files()
    assert len(_rows(remote, "events")) == 1
    assert remote.pin()["ledger"] > transaction.commit_id


def _events_of(desk: Desk, root: Path) -> Any:
    local = Store.open(root.parent / "other", "desk")
    Ingestor(local, desk, lambda: NOON).ingest_files()
    return local.read(local.pin(), LATER, ("events",))["events"]


@pytest.mark.slow
def test_lease_that_was_lost_ends_the_commit(remote: Store) -> None:
    def work(transaction: Transaction) -> None:
        held = transaction._held
        assert held
        held._is_lost = True
        transaction.add("quarantine", TABLES["quarantine"].sample(1))

    with pytest.raises(RunError, match="the lease was lost"):
        remote.write(work)
    assert remote.pin() == {}


@pytest.mark.slow
def test_commit_of_a_run_that_lost_its_lease_is_a_conflict(remote: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    quarantine = TABLES["quarantine"].sample(3)
    remote.append({"quarantine": quarantine[:1]})
    look, looks = DeltaTables.table, list[str]()

    def and_somebody_is_faster(self: DeltaTables, name: str, upto: int | None = None) -> DeltaTable | None:
        table = look(self, name, upto)
        looks.extend([name] if name == "quarantine" else [])
        if name == "quarantine" and len(looks) == 1:
            other = Store(self.location, "desk")
            Transaction(other.delta, other.history).add_new("quarantine", quarantine[1:2])
        return table

    monkeypatch.setattr(DeltaTables, "table", and_somebody_is_faster)
    assert remote.append({"quarantine": quarantine[1:]}) == {"quarantine": 1}
    monkeypatch.undo()
    assert len(_rows(remote, "quarantine")) == 3


@pytest.mark.slow
@pytest.mark.parametrize("is_done", [True, False])
def test_request_without_an_answer_is_done_again(
    desk: Desk, root: Path, remote: Store, monkeypatch: pytest.MonkeyPatch, *, is_done: bool
) -> None:
    _write_events(root, 1, 2)
    lost = list[int]()

    def lose_an_answer(table: DeltaTable, *given: Any, **options: Any) -> None:
        if lost or not table.table_uri.rstrip("/").endswith("ledger"):
            write_deltalake(table, *given, **options)
            return
        lost.append(1)
        if is_done:
            write_deltalake(table, *given, **options)
        raise OSError(
            "Generic S3 error\n  \x1b[31m↳\x1b[0m Error performing PUT\n  \x1b[31m↳\x1b[0m operation timed out"
        )

    monkeypatch.setattr("deskgate.store.transaction.write_deltalake", lose_an_answer)
    Ingestor(remote, desk, lambda: NOON).ingest_files()
    assert lost
    assert len(_rows(remote, "events")) == 2
    assert len(set(remote.read(remote.pin(), LATER, ("ledger",))["ledger"]["path"])) == 1


@pytest.mark.slow
def test_object_store_that_stays_away_is_named(remote: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("Generic S3 error\n  \x1b[31m↳\x1b[0m operation timed out")

    monkeypatch.setattr("deskgate.store.transaction.write_deltalake", refuse)
    with pytest.raises(RunError, match=f"^{remote.location}: .* Generic S3 error operation timed out; make sure"):
        remote.append({"quarantine": TABLES["quarantine"].sample(1)})


@pytest.mark.slow
def test_short_outage_is_waited_for(desk: Desk, root: Path, server: "ThreadedMotoServer", remote: Store) -> None:
    _write_events(root, 1, 2)
    server._port = server.get_host_and_port()[1]
    server.stop()
    done: list[int] = []
    run = threading.Thread(
        target=lambda: done.append(Ingestor(remote, desk, lambda: NOON).ingest_files().total["stored"])
    )
    run.start()
    # Long enough for its first requests to be refused; it is right however long that takes.
    run.join(1.0)
    assert done == []
    server.start()
    run.join()
    assert done == [2]


def test_second_follower_is_refused(desk: Desk, root: Path, remote: Store) -> None:
    _write_events(root, 1)
    assert marked_alive(remote.location) is None
    with lease(remote.location, "follower", wait_s=0) as held:
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(0.2):
                held.renew()

        thread = threading.Thread(target=renew)
        thread.start()
        try:
            with pytest.raises(InputError, match=r"another follower is at work there"):
                follow(desk, remote, now=lambda: NOON, say=lambda _: None)
        finally:
            ended.set()
            thread.join()
