"""Reports are known by their keys; what cannot be read is named and passed over."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskgate.config.errors import InputError
from deskgate.foreign_gates.reports import read_reports

from .foreign_desks import HONEST, changed, write_desk


def test_each_report_is_known_wherever_it_lies(tmp_path: Path) -> None:
    files = {f"{n}.json": HONEST[name] for n, name in enumerate(HONEST) if name.endswith(".json")}
    found = read_reports(write_desk(tmp_path, files))
    assert len({report.kind for report in found.reports}) == len(found.reports) == len(files)
    assert (dict(found.unreadable), list(found.others)) == ({}, [])


@pytest.mark.parametrize("content", ["", '{"status": "pa', "\x00", "[" * 100_000])
def test_torn_file_is_named_and_passed_over(tmp_path: Path, content: str) -> None:
    found = read_reports(write_desk(tmp_path, changed(("parity/latest.json", content))))
    assert list(found.unreadable) == ["reports/parity/latest.json"]
    assert found.unreadable["reports/parity/latest.json"].startswith("not readable as JSON")
    assert len(found.reports) == len(HONEST) - 2


@pytest.mark.parametrize("content", ["[]", "3", "null", '{"weather": "fine"}'])
def test_other_json_is_no_report(tmp_path: Path, content: str) -> None:
    assert read_reports(write_desk(tmp_path, {"reports/x.json": content})).others == ["reports/x.json"]


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"\xff\xfe{}")
    assert list(read_reports(tmp_path).unreadable) == ["x.json"]


def test_file_of_another_machine_is_found_inside_the_desk_alone(tmp_path: Path) -> None:
    desk = read_reports(write_desk(tmp_path / "desk", changed()))
    (tmp_path / "secret.json").write_text("{}")
    assert desk.find("F:\\repo\\hbot\\reports\\parity\\latest.json") == "reports/parity/latest.json"
    assert desk.find("/workspace/hbot/reports/parity/latest.json") == "reports/parity/latest.json"
    assert [desk.find(path) for path in ("reports/none.json", "../secret.json", "/x/../secret.json", 3, "")] == [
        None
    ] * 5


def test_last_minute_is_the_newest_row_up_to_an_instant(tmp_path: Path) -> None:
    rows = "ts,x\n2026-05-04T01:00:00Z,1\n2026-05-04T03:00:00Z,1\ntorn\n2026-05-04T02:00:00Z,1\n"
    desk = read_reports(write_desk(tmp_path, {"data/b/logs/minute.csv": rows, "data/c/minute.csv": "", "x.json": "{}"}))
    until = datetime(2026, 5, 4, 2, 30, tzinfo=UTC)
    assert desk.last_minute("b", until) == ("data/b/logs/minute.csv", datetime(2026, 5, 4, 2, tzinfo=UTC))
    assert (desk.last_minute("c", until), desk.last_minute("none", until)) == (None, None)


@pytest.mark.parametrize("name", ["a**", "../../..", "..", ".", "", "a/b", "*", "[a", "x\0", "b" * 300])
def test_name_of_a_bot_is_no_pattern_and_no_path(tmp_path: Path, name: str) -> None:
    rows = "ts\n2026-05-04T01:00:00Z\n"
    files = {"desk/data/b/minute.csv": rows, "desk/a/minute.csv": rows, "minute.csv": rows, "desk/x.json": "{}"}
    desk = read_reports(write_desk(tmp_path, files) / "desk")
    assert desk.last_minute(name, datetime(2026, 5, 5, tzinfo=UTC)) is None
    assert desk.find(f"data/{name or '..'}/minute.csv") is None


def test_link_out_of_the_desk_is_not_followed(tmp_path: Path) -> None:
    write_desk(tmp_path, {"secret/minute.csv": "ts\n2026-05-04T01:00:00Z\n", "desk/data/c/x.json": "{}"})
    (tmp_path / "desk/data/b").symlink_to(tmp_path / "secret")
    desk = read_reports(tmp_path / "desk")
    assert desk.find("data/b/minute.csv") is None
    assert desk.last_minute("b", datetime(2026, 5, 5, tzinfo=UTC)) is None


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder there"):
        read_reports(tmp_path / "none")
