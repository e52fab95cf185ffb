"""Taking files in: what is new, once, with an account that adds up, whatever happens to the files."""

import gzip
import json
import os
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.sources.listing import source_files
from deskgate.store import parts as parts_module
from deskgate.store.ingest import Ingestor, read_desk
from deskgate.store.parts import file_parts
from deskgate.store.tables import Store

from .conftest import TOML
from .event_files import NOW, counts, envelope, expected, ids, ingest, lines, rows, unaccounted


def test_grown_file_is_read_from_where_it_ended(root: Path, desk: Desk, store: Store) -> None:
    file = root / "events.jsonl"
    file.write_text(lines(1, 2))
    assert counts(ingest(store, desk)) == (2, 2, 0, 0)
    assert counts(ingest(store, desk)) == (0, 0, 0, 0)
    with file.open("a") as end:
        end.write(lines(3))
    assert counts(ingest(store, desk)) == (1, 1, 0, 0)
    assert rows(store).sort("ts")["line"].to_list() == [1, 2, 3]
    assert rows(store, "fills").height == 3
    assert rows(store, "sources").select("rows", "quarantined").rows() == [(3, 0)]
    assert unaccounted(store) == 0


@pytest.mark.slow
def test_open_store_shows_what_another_process_has_ingested_since(root: Path, desk: Desk, store: Store) -> None:
    file = root / "events.jsonl"
    for number in (1, 2, 3):
        with file.open("a") as end:
            end.write(lines(number))
        ingest(store, desk)
        assert ids(store) == expected(*range(1, number + 1))


def test_last_line_without_its_end_waits_and_is_shown(root: Path, desk: Desk, store: Store) -> None:
    file, whole = root / "events.jsonl", lines(1, 2)
    file.write_text(whole[:-30])
    account = ingest(store, desk)
    assert (counts(account), account.unfinished) == ((1, 1, 0, 0), {"events.jsonl": len(lines(2)) - 30})
    assert rows(store, "sources").select("rows", "quarantined").rows() == [(1, 0)]
    file.write_text(whole)
    assert counts(ingest(store, desk)) == (1, 1, 0, 0)
    assert rows(store, "sources").select("rows", "quarantined", "note").rows() == [(2, 0, None)]
    assert ids(store) == expected(1, 2)


@pytest.mark.slow
def test_last_line_that_only_lacks_its_newline_is_read(root: Path, desk: Desk, store: Store) -> None:
    file = root / "events.jsonl"
    file.write_text(lines(1, 2).rstrip("\n"))
    assert counts(ingest(store, desk)) == (2, 2, 0, 0)
    file.write_text(lines(1, 2, 3))
    assert counts(ingest(store, desk)) == (1, 1, 0, 0)
    assert rows(store).sort("ts")["line"].to_list()[:2] == [1, 2]


def test_rotated_file_is_known_by_its_content(root: Path, desk: Desk, store: Store) -> None:
    file = root / "events.jsonl"
    file.write_text(lines(1, 2, 3))
    ingest(store, desk)
    file.rename(root / "events.jsonl.1")
    file.write_text(lines(4))
    account = ingest(store, desk)
    assert (counts(account), account.rewritten) == ((4, 1, 3, 0), ["events.jsonl"])
    assert (ids(store), unaccounted(store)) == (expected(1, 2, 3, 4), 0)


def test_rewritten_file_is_noticed_though_it_is_as_long(root: Path, desk: Desk, store: Store) -> None:
    file = root / "events.jsonl"
    file.write_text(lines(1, 2))
    ingest(store, desk)
    file.write_text(lines(2, 5))
    account = ingest(store, desk)
    assert (counts(account), account.rewritten) == ((2, 1, 1, 0), ["events.jsonl"])
    assert ids(store) == expected(1, 2, 5)


@pytest.mark.slow
def test_gzip_grows_too(root: Path, desk: Desk, store: Store) -> None:
    file = root / "events.jsonl.gz"
    file.write_bytes(gzip.compress(lines(1, 2).encode()))
    ingest(store, desk)
    with file.open("ab") as end:
        end.write(gzip.compress(lines(3).encode()))
    assert counts(ingest(store, desk)) == (1, 1, 0, 0)
    assert ids(store) == expected(1, 2, 3)


def test_file_that_only_was_touched_is_not_read_again(root: Path, desk: Desk, store: Store, monkeypatch: Any) -> None:
    file = root / "events.jsonl"
    file.write_text(lines(1))
    ingest(store, desk)
    os.utime(file, (1, 1))
    assert counts(ingest(store, desk)) == (0, 0, 0, 0)
    monkeypatch.setattr(parts_module, "pieces", lambda *_args, **_given: pytest.fail("it was read"))
    assert counts(ingest(store, desk)) == (0, 0, 0, 0)


@pytest.mark.slow
def test_file_written_in_the_last_moment_is_not_trusted_by_its_times(root: Path, desk: Desk, store: Store) -> None:
    file = root / "events.jsonl"
    file.write_text(lines(1))
    at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    Ingestor(store, desk, lambda: at).ingest_files()
    written, other = file.stat(), lines(2)
    assert written.st_size == len(other)
    file.write_text(other)
    os.utime(file, ns=(written.st_atime_ns, written.st_mtime_ns))
    assert counts(ingest(store, desk)) == (1, 1, 0, 0)


@pytest.mark.slow
def test_changed_desk_reads_the_same_bytes_anew(root: Path, desk: Desk, store: Store) -> None:
    (root / "events.jsonl").write_text(lines(1) + json.dumps(envelope(2, instance_name="bot2")) + "\n")
    assert counts(ingest(store, desk)) == (2, 1, 0, 1)
    (root / "desk.toml").write_text(TOML + TOML[TOML.index("[bots.bot1]") :].replace("bot1", "bot2"))
    assert counts(ingest(store, load_desk(root))) == (2, 1, 1, 0)
    assert rows(store)["bot"].sort().to_list() == ["bot1", "bot2"]
    assert rows(store, "sources").sort("bot")["quarantined"].to_list() == [0, 0]


def test_database_with_a_write_ahead_log_is_read_when_only_the_log_grows(root: Path, desk: Desk, store: Store) -> None:
    from deskgate.demo.hummingbot_schema import statements

    with closing(sqlite3.connect(root / "bot.sqlite")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        for statement in statements():
            database.execute(statement)
        database.commit()
        ingest(store, desk)
        database.execute("INSERT INTO Metadata VALUES ('local_db_version', '20230516')")
        database.execute(
            "INSERT INTO FundingPayment (timestamp, config_file_path, market, rate, symbol, amount)"
            " VALUES (1777852800, 'c', 'm', 0.0001, 'BTC-USDT', -0.5)"
        )
        database.commit()
        ingest(store, desk)
    assert rows(store, "funding").height == 1


def test_preview_says_what_would_happen_and_writes_nothing(root: Path, desk: Desk, store: Store) -> None:
    (root / "events_a.jsonl").write_text(lines(1, 2))
    (root / "events_b.jsonl").write_text(lines(2) + "no json\n")
    said = Ingestor(store, desk, lambda: NOW).preview()
    assert store.pin() == {}
    assert said.as_json() == ingest(store, desk).as_json()


@pytest.mark.slow
def test_any_growth_in_any_pieces_gives_the_same_store(tmp_path: Path, root: Path, desk: Desk) -> None:
    chance = random.Random(4)
    text = (lines(*range(1, 30)) + lines(5) + "no json\n").encode()
    whole = Store.open(tmp_path / "whole", "desk")
    (root / "events.jsonl").write_bytes(text)
    ingest(whole, desk)
    for attempt in range(2):
        store = Store.open(tmp_path / f"grown{attempt}", "desk")
        for end in [*sorted(chance.sample(range(len(text)), 4)), len(text)]:
            (root / "events.jsonl").write_bytes(text[:end])
            ingest(store, desk)
        for table in ("events", "fills", "orders", "quarantine"):
            assert rows(store, table).equals(rows(whole, table)), table
        assert unaccounted(store) == 0


@pytest.mark.slow
def test_follower_s_commit_of_parts_is_what_a_file_s_is(root: Path, desk: Desk, store: Store) -> None:
    (root / "events.jsonl").write_text(lines(1, 2))
    account = Ingestor(store, desk, lambda: NOW).commit(
        [part for source in source_files(desk) for part in file_parts(source, None)]
    )
    assert counts(account) == (2, 2, 0, 0)
    assert counts(ingest(store, desk)) == (0, 0, 0, 0)


def test_memory_reads_what_a_store_would_hold(root: Path, desk: Desk, store: Store) -> None:
    (root / "events.jsonl").write_text(lines(1, 2, 2))
    ingest(store, desk)
    held = read_desk(desk)
    assert held["events"].sort("ts").equals(rows(store).sort("ts"))
