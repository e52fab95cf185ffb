"""Taking files in: what is new, once, with an account that adds up, whatever happens to the files and to the run."""

import gzip
import json
import os
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.sources.lines import pieces
from deskgate.sources.listing import source_files
from deskgate.store import parts as parts_module
from deskgate.store.ingest import Account, Ingestor, read_desk
from deskgate.store.parts import file_parts
from deskgate.store.tables import Store
from tiers import quick

from .conftest import TOML

NOW = datetime(2090, 5, 10, tzinfo=UTC)
START = datetime(2026, 5, 4, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def envelope(number: int, **values: Any) -> dict[str, Any]:
    """Return one order_filled event; every number is another fill, a minute later."""
    return {
        "event_id": f"e{number}",
        "event_type": "order_filled",
        "event_version": "v1",
        "ts_utc": (START + timedelta(minutes=number)).isoformat(),
        "instance_name": "bot1",
        "connector_name": "bitget_perpetual",
        "trading_pair": "BTC-USDT",
        "correlation_id": f"e{number}",
        "payload": {"order_id": f"o{number}", "trade_id": f"t{number}", "side": "buy", "price": 100, "amount": 1},
        **values,
    }


def lines(*numbers: int) -> str:
    return "".join(json.dumps(envelope(number)) + "\n" for number in numbers)


def ingest(store: Store, desk: Desk) -> Account:
    """Take in what is new, as another process would: nothing is remembered from before."""
    return Ingestor(Store.open(store.location, desk.name), desk, lambda: NOW).ingest_files()


def counts(account: Account) -> tuple[int, int, int, int]:
    total = account.total
    return total["read"], total["stored"], total["known"], total["quarantined"]


def rows(store: Store, table: str = "events") -> pl.DataFrame:
    return store.read(store.pin(), LATER, [table])[table]


def ids(store: Store) -> list[str]:
    return sorted(rows(store)["event_id"].to_list(), key=lambda text: int(text[1:]))


def expected(*numbers: int) -> list[str]:
    return [f"e{number}" for number in numbers]


def unaccounted(store: Store) -> int:
    """Return what the ledger cannot account for: records read that went nowhere, rows that came from nowhere."""
    ledger = rows(store, "ledger")
    tally = ledger.select(pl.col("tally").explode(empty_as_null=False).struct.unnest())
    went = tally.select(pl.sum_horizontal("stored", "known", "quarantined").sum()).item()
    stored = ledger.filter(pl.col("leg") == "events").select(
        pl.col("tally").explode(empty_as_null=False).struct.field("stored").sum()
    )
    return int(abs(ledger["read"].sum() - went) + abs(stored.item() - rows(store).height))


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


def test_same_event_in_two_files_is_one(root: Path, desk: Desk, store: Store) -> None:
    (root / "events_a.jsonl").write_text(lines(1, 2))
    (root / "events_b.jsonl").write_text(lines(2, 3, 3))
    account = ingest(store, desk)
    assert counts(account) == (5, 3, 2, 0)
    assert (ids(store), rows(store, "fills").height) == (expected(1, 2, 3), 3)


@pytest.mark.parametrize("together", quick([True, False], 1))
def test_same_id_with_other_content_is_a_conflict(root: Path, desk: Desk, store: Store, together: bool) -> None:
    file, other = root / "events.jsonl", json.dumps(envelope(1, trading_pair="ETH-USDT"))
    file.write_text(lines(1) + (other + "\n" if together else ""))
    account = ingest(store, desk)
    if not together:
        with file.open("a") as end:
            end.write(other + "\n")
        account = ingest(store, desk)
    assert (account.total["quarantined"], account.total["conflicts"]) == (1, 1)
    line, reason, raw = rows(store, "quarantine").select("line", "reason", "raw").row(0)
    assert (line, raw) == (2, other)
    assert reason == "a conflict: event_id 'e1' is already stored with other content, from events.jsonl:1"
    assert rows(store)["pair"].to_list() == ["BTC-USDT"]
    assert rows(store, "fills")["pair"].to_list() == ["BTC-USDT"]
    assert rows(store, "sources")["quarantined"].to_list() == [1]


def test_other_spacing_order_and_arrival_are_no_conflict(root: Path, desk: Desk, store: Store) -> None:
    said = envelope(1)
    again = json.dumps(dict(reversed(said.items())) | {"ingest_ts_utc": NOW.isoformat()}, separators=(",", ":"))
    (root / "events.jsonl").write_text(json.dumps(said) + "\n" + again + "\n")
    assert counts(ingest(store, desk)) == (2, 1, 1, 0)


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


def test_pieces_of_any_size_give_the_same_lines(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"\xef\xbb\xbfone\n\n\xff\xfe\nlonger than all the others\r\nlast")
    whole = [line for piece in pieces(file) for line in piece.lines]
    for size in range(1, 30):
        found = list(pieces(file, size=size))
        assert [line for piece in found for line in piece.lines] == whole
        assert [piece.first for piece in found] == [
            1 + sum(len(before.lines) for before in found[:place]) for place in range(len(found))
        ]
        assert [piece.unfinished for piece in found] == [False] * (len(found) - 1) + [True]
        assert (found[0].start, found[-1].end) == (0, file.stat().st_size)


def _limit_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deskgate.sources.lines.LINE_LIMIT", 1000)
    monkeypatch.setattr(pieces, "__kwdefaults__", {**(pieces.__kwdefaults__ or {}), "size": 700})


@pytest.mark.parametrize("name", quick(["events.jsonl", "events.jsonl.gz"]))
@pytest.mark.parametrize("long", ["x" * 5_000, lines(3)[:-1] + " " * 1_000, " " * 1_500 + "x" * 3_500])
def test_line_beyond_the_limit_is_one_record_in_quarantine(
    root: Path, desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch, name: str, long: str
) -> None:
    _limit_lines(monkeypatch)
    content = (lines(1) + long + "\n" + lines(2)).encode()
    (root / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    account = ingest(store, desk)
    assert counts(account) == (3, 2, 0, 1)
    quarantine = rows(store, "quarantine")
    assert quarantine.select("line", "raw").rows() == [(2, long.lstrip()[:500])]
    assert f"the line has {len(long):,} bytes" in quarantine["reason"].item()
    assert (ids(store), unaccounted(store)) == (expected(1, 2), 0)


def test_line_beyond_the_limit_may_be_the_first(
    root: Path, desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _limit_lines(monkeypatch)
    (root / "events.jsonl").write_text("{" * 70_000 + "\n" + lines(1))
    assert counts(ingest(store, desk)) == (2, 1, 0, 1)
    assert (ids(store), unaccounted(store)) == (expected(1), 0)


@pytest.mark.slow
def test_line_beyond_the_limit_grows_without_being_lost(
    root: Path, desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _limit_lines(monkeypatch)
    file, text = root / "events.jsonl", lines(1)
    for more in ["x" * 900, "x" * 900, "x" * 900]:
        text += more
        file.write_text(text)
        account = ingest(store, desk)
        assert list(account.unfinished.values()) == [len(text) - len(lines(1))]
    file.write_text(text + "\n" + lines(2))
    assert counts(ingest(store, desk)) == (2, 1, 0, 1)
    assert rows(store, "quarantine")["line"].to_list() == [2]
    assert (ids(store), unaccounted(store)) == (expected(1, 2), 0)


def test_line_beyond_the_limit_at_the_end_of_a_gzip_is_a_record(
    root: Path, desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _limit_lines(monkeypatch)
    (root / "events.jsonl.gz").write_bytes(gzip.compress((lines(1) + "x" * 3_000).encode()))
    assert counts(ingest(store, desk)) == (2, 1, 0, 1)


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
