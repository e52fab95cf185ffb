"""A bot's own log: what its lines show, in which time zone, and what is none of its lines."""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskgate.config.errors import UnknownKindError
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.recognition import recognise

from ..desks import a_bot, a_source, read_all_lines

TRACKER = "hummingbot.connector.client_order_tracker"
FILLED = "The BUY order o1 amounting to 0.1/0.2 BTC has been filled at 73839.2 USDT."


def line(at: str, text: str, *, level: str = "INFO", process: int = 1) -> str:
    return f"{at} - {process} - {TRACKER} - {level} - {text}"


def read(tmp_path: Path, *lines: str, zone: str = "UTC", written: datetime | None = None) -> ParsedSource:
    file = tmp_path / "logs_conf.log"
    file.write_text("".join(f"{each}\n" for each in lines))
    at = (written or datetime(2027, 1, 1, tzinfo=UTC)).timestamp()
    os.utime(file, (at, at))
    return read_all_lines(a_source(file, a_bot().model_copy(update={"log_timezone": zone})))


def shown(parsed: ParsedSource) -> list[tuple[str, str]]:
    return [(what, f"{ts:%d %H:%M:%S}") for what, ts in parsed.frames["log_lines"].select("what", "ts").iter_rows()]


def test_first_line_of_each_minute_and_process_is_a_sign_of_life(tmp_path: Path) -> None:
    minute = [line("2026-03-18 00:00:30,200", "a"), line("2026-03-18 00:00:31,000", "b")]
    parsed = read(
        tmp_path, *minute, line("2026-03-18 00:00:40,000", "c", process=7), line("2026-03-18 00:01:00,000", "d")
    )
    rows = parsed.frames["log_lines"]
    assert rows.select("what", "process", "level", "zone", "leg", "local_time").unique().height == 2
    assert shown(parsed) == [("sign_of_life", at) for at in ("18 00:00:30", "18 00:00:40", "18 00:01:00")]
    assert (parsed.records.height, parsed.quarantine.height) == (4, 0)


@pytest.mark.parametrize(
    ("text", "level", "what"),
    [
        ("Creating the clock with tick size: 1.0", "INFO", ["clock_started"]),
        ("'pure_market_making' strategy execution started.", "INFO", ["strategy_started"]),
        (FILLED, "INFO", ["fill"]),
        ("Unexpected error.", "ERROR", ["error"]),
        ("Out of memory.", "CRITICAL", ["error"]),
        (
            "The order fill updates did not arrive on time for o1. The complete update will be processed",
            "WARNING",
            ["fills_late"],
        ),
        ("The order o1(x1) will be considered lost. Please check its status", "WARNING", ["order_lost"]),
        ("Error calculating fee in quote for o1", "ERROR", ["error", "fee_not_in_quote"]),
        ("Not enough funds.", "WARNING", []),
        ('{"event_name": "OrderFilledEvent"}', "EVENT_LOG", []),
    ],
)
def test_what_a_line_shows(tmp_path: Path, text: str, level: str, what: list[str]) -> None:
    rows = read(tmp_path, line("2026-03-18 00:00:30,200", text, level=level)).frames["log_lines"]
    assert rows["what"].to_list() == ["sign_of_life", *what]
    assert rows.filter(rows["order_id"] == "o1").height == (1 if text is FILLED else 0)


def test_traceback_belongs_to_its_line(tmp_path: Path) -> None:
    trace = [
        "Traceback (most recent call last):",
        '  File "/home/hummingbot/x.py", line 1',
        "",
        "ValueError: 2026-03-18 00:09",
    ]
    parsed = read(tmp_path, line("2026-03-18 00:00:30,200", "Failed.", level="ERROR"), *trace)
    assert shown(parsed) == [("sign_of_life", "18 00:00:30"), ("error", "18 00:00:30")]
    assert (parsed.records.height, parsed.quarantine.height) == (4, 0)


def test_torn_lines_show_nothing_and_a_time_that_is_none_is_in_quarantine(tmp_path: Path) -> None:
    torn = ["2026-03-18 00:00:1", "2026-03-18 00:00:12,000 - 1 - hummi", line("2026-13-18 00:00:13,000", "x")]
    parsed = read(tmp_path, line("2026-03-18 00:00:10,000", "a"), *torn, line("2026-03-18 00:05:00,000", "b"))
    assert shown(parsed) == [("sign_of_life", "18 00:00:10"), ("sign_of_life", "18 00:05:00")]
    (bad,) = parsed.quarantine.to_dicts()
    assert (bad["line"], bad["reason"]) == (4, "'2026-13-18 00:00:13,000' is not a time")
    assert bad["since"] <= bad["until"]


@pytest.mark.parametrize(
    ("zone", "at", "rows"),
    [
        ("Europe/Berlin", "2026-03-18 00:00:30,000", [("sign_of_life", "17 23:00:30")]),
        ("America/New_York", "2026-03-18 00:00:30,000", [("sign_of_life", "18 04:00:30")]),
        # The clocks go from 02:00 to 03:00, and in October back again.
        ("Europe/Berlin", "2026-03-29 02:30:00,000", [("impossible", "29 02:30:00")]),
        ("Europe/Berlin", "2026-10-25 02:30:00,000", [("ambiguous", "25 00:30:00")]),
        ("UTC", "2026-10-25 02:30:00,000", [("sign_of_life", "25 02:30:00")]),
    ],
)
def test_local_time_is_read_in_the_zone_of_desk_toml(
    tmp_path: Path, zone: str, at: str, rows: list[tuple[str, str]]
) -> None:
    assert shown(read(tmp_path, line(at, "a"), zone=zone)) == rows


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        ("2026-03-18T08:05", ["sign_of_life", "sign_of_life"]),
        ("2026-03-18T07:51", ["sign_of_life", "sign_of_life"]),
        ("2026-03-18T07:49", ["sign_of_life", "ahead"]),
        ("2026-03-18T00:05", ["sign_of_life", "ahead"]),
        # The stamp of a copy, that no zone explains.
        ("1980-01-01T00:00", ["sign_of_life", "sign_of_life"]),
    ],
)
def test_line_after_the_file_was_written_is_of_another_zone(tmp_path: Path, written: str, rows: list[str]) -> None:
    at = datetime.fromisoformat(written).replace(tzinfo=UTC)
    found = read(tmp_path, line("2026-03-18 00:00:00,000", "a"), line("2026-03-18 08:00:00,000", "b"), written=at)
    frame = found.frames["log_lines"]
    assert frame["what"].to_list() == rows
    if "ahead" in rows:
        assert frame.row(-1, named=True)["local_time"] == "2026-03-18 08:00:00,000"
        assert frame["ts"].max() == at


def test_log_is_recognised_by_its_lines(tmp_path: Path) -> None:
    plain, packed, torn, empty, foreign = (
        tmp_path / name for name in ("a", "b.gz", "c", "logs_x.log.2026-03-18", "d.log")
    )
    text = f"{line('2026-03-18 00:00:30,200', 'a')}\n"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    torn.write_text(f'[1, 2]\n  File "x"\n{text}')
    empty.write_text("")
    assert {recognise(file)[0].name for file in (plain, packed, torn, empty)} == {"hummingbot_log"}
    foreign.write_text(text.replace("hummingbot.", "another."))
    with pytest.raises(UnknownKindError):
        recognise(foreign)
