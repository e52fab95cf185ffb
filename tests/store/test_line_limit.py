"""Lines read piece by piece, and lines that are longer than a line may be."""

import gzip
from pathlib import Path

import pytest

from deskgate.config.desk import Desk
from deskgate.sources.lines import pieces
from deskgate.store.tables import Store
from tiers import quick

from .event_files import counts, expected, ids, ingest, lines, rows, unaccounted


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
