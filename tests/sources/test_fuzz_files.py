"""Files that nobody meant: whatever is in them, each record is kept or in quarantine, or the file is refused by name."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.instants import resolve_instant
from deskgate.sources import lines
from deskgate.sources.exact_json import JsonError, compact, parse
from deskgate.sources.listing import source_files
from deskgate.sources.reader import read_source

from .desks import a_desk, a_source
from .samples import FILL_HEADER, FILL_ROW, MINUTE_HEADER, MINUTE_ROW, VENUE_ORDER, VENUE_TRADE

FUNDING = {"id": "f1", "symbol": "ETH/USDT:USDT", "code": "USDT", "timestamp": 1773820800000, "amount": -0.0005}
TOML = """[desk]
name = "test"
[bots.bot1]
mode = "live"
connector = "bitget_perpetual"
pairs = ["BTC-USDT"]
local = ["*.csv"]
opening = { at = 2026-03-18T00:00:00Z, balance = { USDT = 5 } }
"""
FILES = {
    "minute.csv": "\n".join([MINUTE_HEADER, *[MINUTE_ROW] * 4]) + "\n",
    "fills.csv": "\n".join([FILL_HEADER, *[FILL_ROW] * 4]) + "\n",
    "my_trades.json": json.dumps([VENUE_TRADE] * 4),
    "closed_orders.json": json.dumps([VENUE_ORDER] * 4),
    "funding_history.json": json.dumps([FUNDING] * 4),
}
BYTES = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b",",
        b'"',
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"{",
        b"[" * 70,
        b"]",
        b"NaN",
        b"1e400",
        b"-",
        b"9" * 60,
    ]
)


@st.composite
def _mutated(draw: st.DrawFn, content: bytes) -> bytes:
    """Return the content with some of it cut out, doubled, swapped or replaced."""
    for _ in range(draw(st.integers(1, 3))):
        first = draw(st.integers(0, len(content)))
        last = draw(st.integers(first, min(len(content), first + 200)))
        middle = content[first:last]
        new = draw(st.sampled_from([b"", middle * 2, middle[::-1]]) | BYTES | st.binary(max_size=8))
        content = content[:first] + new + content[last:]
    return content


def _read(folder: Path, name: str, content: bytes) -> None:
    """Read a file and check that no record is lost, or that it is refused by its name."""
    file = folder / name
    file.write_bytes(content)
    try:
        parsed, refused = read_source(a_source(file)), None
    except InputError as error:
        parsed, refused = None, str(error)
    if parsed is None:
        assert name in str(refused)
        return
    kept = parsed.kept.total()
    assert kept + parsed.quarantine["record"].n_unique() == parsed.records.height
    assert all(parsed.quarantine["reason"].str.len_chars() > 0)
    if name.endswith(".csv"):
        text = [line for line in content.split(b"\n") if line.strip(b"\r\n \t\x0b\x0c")]
        held = parsed.records.height + bool(parsed.unfinished)
        assert held >= len(text) - 1


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
def test_no_record_of_a_mutated_file_is_lost(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    _read(tmp_path_factory.mktemp("fuzz"), name, data.draw(_mutated(FILES[name].encode())))


@given(content=_mutated(TOML.encode()))
def test_mutated_configuration_is_read_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    root = tmp_path_factory.mktemp("desk")
    (root / "desk.toml").write_bytes(content)
    refused = "desk.toml"
    try:
        source_files(load_desk(root))
    except InputError as error:
        refused = str(error)
    assert "desk.toml" in refused


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("part", range(4))
@given(data=st.data())
def test_no_record_of_many_mutated_files_is_lost(
    tmp_path_factory: pytest.TempPathFactory, name: str, part: int, data: st.DataObject
) -> None:
    _read(tmp_path_factory.mktemp(f"fuzz{part}"), name, data.draw(_mutated(FILES[name].encode())))


@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a": ', "}")])
@pytest.mark.parametrize("depth", [70, 900, 5000])
def test_deep_nesting_is_a_sentence(tmp_path: Path, begin: str, end: str, depth: int) -> None:
    text = begin * depth + "0" + end * depth
    with pytest.raises(JsonError, match="nested more than 64 levels"):
        parse(text)
    (tmp_path / "my_trades.json").write_text(f'[{json.dumps(VENUE_TRADE)[:-1]}, "deep": {text}}}]')
    with pytest.raises(InputError, match=r"my_trades\.json: not JSON, nested"):
        a_source(tmp_path / "my_trades.json")


def test_usual_nesting_is_read_and_written() -> None:
    text = "[" * 60 + "]" * 60
    assert compact(parse(text)) == text
    assert len(str(parse(json.dumps([[[]]] * 100)))) > 100


@pytest.mark.parametrize("name", ["my_trades.json", "my_trades.json.gz"])
def test_document_beyond_the_limit_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(lines, "DOCUMENT_LIMIT", 1 << 20)
    content = (" " * (2 << 20) + "[]").encode()
    write: Callable[[bytes], bytes] = gzip.compress if name.endswith(".gz") else bytes
    (tmp_path / name).write_bytes(b"[" + write(content) if not name.endswith(".gz") else write(b"[" + content))
    found = "more than 1 MiB unpacked, from 0 MiB" if name.endswith(".gz") else "2 MiB"
    with pytest.raises(InputError, match=f"{name}: a JSON document of {found}, expected at most 1 MiB.*; export it"):
        a_source(tmp_path / name)


@pytest.mark.parametrize("name", ["minute.csv", "minute.csv.gz"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_beyond_the_limit_is_one_record_in_quarantine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, end: str
) -> None:
    monkeypatch.setattr(lines, "LINE_LIMIT", 1000)
    monkeypatch.setattr(lines, "_CHUNK", 700)
    written = [MINUTE_HEADER, MINUTE_ROW, "x" * 2500, " " * 2500, MINUTE_ROW, "y" * 1001, MINUTE_ROW + "," * 900]
    content = (end.join(written) + end).encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    parsed = read_source(a_source(tmp_path / name))
    assert parsed.quarantine.select("line", "raw").rows()[:2] == [(3, "x" * 500), (6, "y" * 500)]
    assert [reason[:25] for reason in parsed.quarantine["reason"]] == [
        f"the line has {2500 + len(end) - 1:,} bytes,",
        f"the line has {1001 + len(end) - 1:,} bytes,",
        "910 fields, expected 10 a",
    ]
    assert (parsed.kept.total(), parsed.records["line"].to_list()) == (2, [2, 3, 5, 6, 7])


def test_line_beyond_the_limit_that_is_being_written_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINE_LIMIT", 1000)
    file = tmp_path / "minute.csv"
    # Its beginning would pass for a row.
    file.write_text("\n".join([MINUTE_HEADER, MINUTE_ROW, MINUTE_ROW + " " * 2500]))
    parsed = read_source(a_source(file))
    assert (parsed.quarantine.height, parsed.kept.total()) == (0, 1)
    assert parsed.unfinished == len(MINUTE_ROW) + 2500


@pytest.mark.parametrize(
    ("date", "as_of"),
    [(None, "0001-01-01"), (None, "0001-01-01T00:00:00+14:00"), ("0001-01-01", None), ("2026-03-18", "0001-01-01")],
)
def test_instant_before_every_desk_is_a_sentence(date: str | None, as_of: str | None) -> None:
    with pytest.raises(InputError, match="of the year 1, expected"):
        resolve_instant(date, as_of, datetime(2026, 3, 20, tzinfo=UTC))


def test_configuration_glob_of_the_folder_itself_is_a_sentence(tmp_path: Path) -> None:
    from deskgate.config.digests import digest_configuration

    desk = load_desk(a_desk(tmp_path, {"bot1": 'config = ["."]'}))
    with pytest.raises(InputError, match="expected a pattern relative to"):
        digest_configuration(desk, tmp_path)
