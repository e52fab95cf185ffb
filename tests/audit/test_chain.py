"""The chain's file: writers at once, kills, a full disk; a record that was returned is never lost."""

import os
import resource
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deskgate.audit import chain as module
from deskgate.audit.chain import Chain
from deskgate.audit.record import FIRST, Record
from deskgate.config.errors import RunError
from store.children import barrier, start

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain.open(tmp_path, "desk")


def links(chain: Chain) -> list[Record]:
    """Return the records, after asserting that each holds the one before."""
    found = list(chain.records())
    assert [each.seq for each in found] == list(range(1, len(found) + 1))
    assert [each.previous for each in found] == [FIRST, *(each.hash for each in found[:-1])][: len(found)]
    return found


def test_chain_is_not_there_before_its_first_record(chain: Chain, tmp_path: Path) -> None:
    assert (chain.head, chain.size, list(chain.records())) == (None, 0, [])
    assert list(tmp_path.iterdir()) == []


def test_records_are_appended_and_read_back(chain: Chain) -> None:
    made = [chain.append("drill", {"number": str(number), "fill": "x" * 300_000}, AT) for number in range(3)]
    assert links(chain) == made
    assert (chain.head, chain.size) == (made[-1], 3)
    assert chain.last(lambda record: record.body["number"] == "0") == made[0]
    assert chain.last(lambda record: record.kind == "key") is None


def test_write_cut_anywhere_loses_no_whole_record_and_is_told(chain: Chain) -> None:
    first, last = (chain.append("drill", {"number": number}, AT) for number in (1, 2))
    whole = chain.file.read_bytes()
    for place in range(len(first.line), len(whole)):
        chain.file.write_bytes(whole[:place])
        is_whole, torn = place == len(whole) - 1, place - len(first.line)
        assert chain.size == (2 if is_whole else 1)
        chain.append("freeze", {}, AT)
        found = links(chain)
        expected = ["drill", "drill", "freeze"] if is_whole else ["drill", *(["repair"] if torn else []), "freeze"]
        assert [each.kind for each in found] == expected
        assert found[0] == first
        if is_whole:
            assert found[1] == last
        elif torn:
            assert (found[1].body["bytes"], found[1].body["text"]) == (torn, last.line[:torn].decode())


def test_damaged_last_line_is_refused_and_left_as_it_is(chain: Chain) -> None:
    chain.append("drill", {}, AT)
    chain.file.write_bytes(chain.file.read_bytes().replace(b"drill", b"drilt"))
    before = chain.file.read_bytes()
    for attempt in (lambda: chain.append("drill", {}, AT), lambda: chain.head, lambda: list(chain.records())):
        with pytest.raises(RunError, match="deskgate verify --audit"):
            attempt()
    assert chain.file.read_bytes() == before


def _append_many(out: Path, name: str, gate: Any) -> None:
    gate.wait()
    for number in range(10):
        Chain.open(out, "desk").append("sent", {"by": name, "number": number}, AT)


def test_two_writers_at_once_make_one_chain(chain: Chain, tmp_path: Path) -> None:
    gate = barrier(2)
    writers = [start(_append_many, tmp_path, name, gate) for name in "ab"]
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    found = links(chain)
    assert sorted((each.body["by"], each.body["number"]) for each in found) == [(n, i) for n in "ab" for i in range(10)]


def _append_and_die(out: Path) -> None:
    def killed(_: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", killed)
        Chain.open(out, "desk").append("sent", {"number": 2}, AT)


def test_kill_between_write_and_sync_keeps_the_record_and_frees_the_chain(chain: Chain, tmp_path: Path) -> None:
    chain.append("sent", {"number": 1}, AT)
    killed = start(_append_and_die, tmp_path)
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    chain.append("sent", {"number": 3}, AT)
    assert [each.body["number"] for each in links(chain)] == [1, 2, 3]


def _append_on_a_full_disk(out: Path, room: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        Chain.open(out, "desk").append("sent", {"number": 2}, AT)
    except RunError as error:
        raise SystemExit(0 if "cannot be written" in str(error) else 1) from error
    raise SystemExit(2)


@pytest.mark.parametrize("tail", [b"", b'{"at":', b"whole"])
def test_full_disk_is_told_and_leaves_whole_records(chain: Chain, tmp_path: Path, tail: bytes) -> None:
    first = chain.append("sent", {"number": 1}, AT)
    if tail == b"whole":
        chain.file.write_bytes(first.line.removesuffix(b"\n"))
    else:
        chain.file.write_bytes(first.line + tail)
    child = start(_append_on_a_full_disk, tmp_path, len(first.line) + 100)
    child.join()
    assert child.exitcode == 0
    assert links(chain) == [first]
    chain.append("sent", {"number": 3}, AT)
    assert [each.body["number"] for each in links(chain)] == [1, 3]


def test_busy_chain_is_told(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_TIMEOUT_S", 0.0)
    with chain.lock(), pytest.raises(RunError, match="busy"):
        Chain(chain.file, "desk").append("drill", {}, AT)
    Chain(chain.file, "desk").append("drill", {}, AT)


def test_unwritable_place_is_told(chain: Chain, tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("in the way")
    with pytest.raises(RunError, match="cannot be written"):
        chain.append("drill", {}, AT)
