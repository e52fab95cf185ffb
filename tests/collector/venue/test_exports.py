"""The files of an account: a union, whole or not there."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.collector.venue.exports import ExportFolder, Head
from deskgate.config.errors import InputError

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
FIRST = 1_773_792_000_000


def head(at: datetime = NOON) -> Head:
    return Head("ccxt 4.5.90", "bitget_perpetual", "main", at)


def trade(number: int, at: int, **more: object) -> dict[str, object]:
    return {"id": str(number), "timestamp": at, **more}


def add(folder: ExportFolder, *items: dict[str, Any], at: datetime = NOON, whole: bool = True) -> int:
    return folder.add(
        "my_trades",
        "my_trades",
        items,
        head(at),
        key=lambda item: item["id"],
        time_of=lambda item: item["timestamp"],
        since=at - timedelta(days=1) if whole else None,
    )


def read(folder: Path, day: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"my_trades_{day}.json").read_text())
    return found


def test_records_are_in_the_files_of_their_days(tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path)
    assert add(folder, trade(1, FIRST), trade(2, FIRST - 1)) == 2
    today, yesterday = read(tmp_path, "2026-03-18"), read(tmp_path, "2026-03-17")
    assert [each["id"] for each in today["my_trades"]] == ["1"]
    assert today["exported_at"] == "2026-03-18T12:00:00Z"
    # A file of a day that is over says no more than that day.
    assert yesterday["exported_at"] == "2026-03-18T00:00:00Z"
    assert (today["client"], today["venue"], today["account"]) == ("ccxt 4.5.90", "bitget_perpetual", "main")


def test_nothing_that_was_listed_disappears_and_a_newer_version_counts(tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path)
    add(folder, trade(1, FIRST, status="open"), trade(2, FIRST))
    assert add(folder, trade(1, FIRST, status="closed"), trade(3, FIRST)) == 1
    assert [(each["id"], each.get("status")) for each in read(tmp_path, "2026-03-18")["my_trades"]] == [
        ("1", "closed"),
        ("2", None),
        ("3", None),
    ]


def test_a_quiet_day_has_an_empty_export(tmp_path: Path) -> None:
    add(ExportFolder(tmp_path))
    assert read(tmp_path, "2026-03-18")["my_trades"] == []


@pytest.mark.parametrize("content", ["", "{", '{"my_trades"', "[]", '{"my_trades": 3}'])
def test_a_torn_file_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    (tmp_path / "my_trades_2026-03-18.json").write_text(content)
    with pytest.raises(InputError, match="not readable as an export"):
        add(ExportFolder(tmp_path), trade(1, FIRST))
    assert (tmp_path / "my_trades_2026-03-18.json").read_text() == content


def test_a_second_snapshot_at_once_is_refused(tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path)
    with (
        folder.lock(),
        pytest.raises(InputError, match="another snapshot of this account"),
        ExportFolder(tmp_path).lock(),
    ):
        pass


def test_what_a_killed_snapshot_began_is_removed(tmp_path: Path) -> None:
    begun = tmp_path / "my_trades_2026-03-18.json.part"
    begun.write_text('{"my')
    with ExportFolder(tmp_path).lock():
        assert not begun.exists()


def test_the_newest_record_counts(tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path)
    assert folder.last_record(head(), "k") == {}
    folder.write_record({"n": 1}, head())
    folder.write_record({"n": 2}, head(datetime(2026, 4, 1, tzinfo=UTC)))
    assert folder.last_record(head(), "k") == {"n": 2}


def test_a_list_with_something_missing_makes_no_file_newer(tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path)
    add(folder, whole=False)
    assert not list(tmp_path.iterdir())
    add(folder, trade(1, FIRST))
    add(folder, trade(2, FIRST + 60_000), at=NOON + timedelta(hours=1), whole=False)
    found = read(tmp_path, "2026-03-18")
    assert (found["exported_at"], len(found["my_trades"])) == ("2026-03-18T12:00:00Z", 2)


def test_a_file_of_a_day_that_ended_is_of_its_end_when_nothing_more_came(tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path)
    add(folder, trade(1, FIRST))
    add(folder, at=NOON + timedelta(hours=12, minutes=5))
    assert read(tmp_path, "2026-03-18")["exported_at"] == "2026-03-19T00:00:00Z"
    assert read(tmp_path, "2026-03-19")["my_trades"] == []


def test_a_folder_of_another_venue_or_key_is_refused(tmp_path: Path) -> None:
    folder = ExportFolder(tmp_path)
    folder.write_record({"key_digest": "a"}, head())
    add(folder, trade(1, FIRST))
    with pytest.raises(InputError, match="another key or address"):
        folder.last_record(head(), "b")
    assert folder.last_record(head(), "b", accept_key=True) == {"key_digest": "a"}
    other = Head("ccxt 4.5.90", "bitget_perpetual_testnet", "main", NOON)
    with pytest.raises(InputError, match="one folder is of one venue; name another folder"):
        folder.last_record(other, "a")
    with pytest.raises(InputError, match="one folder is of one venue"):
        folder.add("my_trades", "my_trades", [], other, key=str, time_of=lambda _: 0, since=NOON)
