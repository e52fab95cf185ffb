import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from deskgate.config.errors import InputError
from deskgate.sources.lines import digest_of, line_batches, whole_text


def test_lines_are_numbered_and_blank_ones_left_out(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"\xef\xbb\xbfts,mid\r\n\r\n1,2\n3,\xff\n4,5")
    lines = [line[:3] for batch in line_batches(file, digest_of(file)[0], batch=2) for line in batch]
    assert lines == [(1, "ts,mid", True), (3, "1,2", True), (4, "3,\ufffd", False), (5, "4,5", True)]


def test_lines_come_in_batches(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a\nb\nc\n")
    assert [len(batch) for batch in line_batches(file, 6, batch=2)] == [2, 1]


def test_bytes_appended_while_reading_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("one\ntwo\n")
    size, sha256 = digest_of(file)
    file.write_text("one\ntwo\nthree\n")
    assert [line.text for batch in line_batches(file, size) for line in batch] == ["one", "two"]
    assert (size, sha256) == (8, hashlib.sha256(b"one\ntwo\n").hexdigest())


def test_gzip_is_recognised_by_content(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(gzip.compress(b"one\ntwo\n"))
    assert [line.text for batch in line_batches(file, 3) for line in batch] == ["one", "two"]


@pytest.mark.parametrize("spoil", [lambda data: data[:-6], lambda data: data[:20] + b"\x00" * 8 + data[28:]])
def test_broken_gzip_names_the_file(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "trades.json.gz"
    file.write_bytes(spoil(gzip.compress(bytes(range(256)) * 8)))
    with pytest.raises(InputError, match=r"trades\.json\.gz: broken gzip"):
        whole_text(file)


def test_invalid_utf8_names_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "trades.json"
    file.write_bytes(b'["\xff"]')
    with pytest.raises(InputError, match="byte 3 is not UTF-8"):
        whole_text(file)
