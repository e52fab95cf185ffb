"""Every file of a local store has its digest on record, and no damaged one is read, merged or taken for whole."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.store import upkeep
from deskgate.store.desk_store import ingest_desk
from deskgate.store.sums import SUMS, damaged_files, refuse_damaged, unlisted_files
from deskgate.store.tables import Store
from tiers import quick

from .conftest import TOML
from .event_files import NOW, expected, ids, ingest, lines


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk and its store of three commits."""
    place = tmp_path_factory.mktemp("sums")
    (place / "desk").mkdir()
    (place / "desk" / "desk.toml").write_text(TOML)
    for number in range(1, 4):
        (place / "desk" / f"events_{number}.jsonl").write_text(lines(number))
        ingest(Store.open(place / "store", "desk"), load_desk(place / "desk"))
    return place


@pytest.fixture
def folder(made: Path, root: Path, tmp_path: Path) -> Path:
    """A copy of the store, beside the desk of `root`."""
    shutil.copytree(made / "desk", root, dirs_exist_ok=True)
    return shutil.copytree(made / "store", tmp_path / "store")


def _damaged(folder: Path) -> list[str]:
    return [each.file for each in damaged_files(str(folder))]


def _flip(file: Path, byte: int, bit: int = 0) -> None:
    data = bytearray(file.read_bytes())
    data[byte] ^= 1 << bit
    file.write_bytes(data)


def _stored(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*/**/*") if file.is_file() and file.suffix in {".parquet", ".json"})


def test_list_names_every_file_and_no_other(folder: Path) -> None:
    listed = {line.split("  ", 1)[1] for line in (folder / SUMS).read_text().splitlines()}
    assert listed == {file.relative_to(folder).as_posix() for file in _stored(folder)}
    assert not _damaged(folder)


def test_any_flipped_bit_is_named(folder: Path) -> None:
    draw = Random(0)
    for file in _stored(folder):
        before = file.read_bytes()
        _flip(file, draw.randrange(len(before)), draw.randrange(8))
        assert _damaged(folder) == [file.relative_to(folder).as_posix()]
        file.write_bytes(before)


def _remove_data(folder: Path) -> str:
    file = next(folder.glob("events/*.parquet"))
    file.unlink()
    return file.relative_to(folder).as_posix()


def _cut_log(folder: Path) -> str:
    file = max(folder.glob("ledger/_delta_log/*.json"))
    file.unlink()
    return file.relative_to(folder).as_posix()


def _truncate(folder: Path) -> str:
    file = next(folder.glob("sources/*.parquet"))
    file.write_bytes(file.read_bytes()[:-1])
    return file.relative_to(folder).as_posix()


@pytest.mark.parametrize("change", [_remove_data, _cut_log, _truncate])
def test_change_of_files_is_named(folder: Path, change: Callable[[Path], str]) -> None:
    changed = change(folder)
    assert _damaged(folder) == [changed]


def test_removed_table_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "quarantine", ignore_errors=True)
    shutil.rmtree(folder / "events")
    assert _damaged(folder)
    assert all(name.startswith("events/_delta_log/") for name in _damaged(folder))


def test_file_that_nobody_listed_is_told_and_listed_by_the_next_write(root: Path, desk: Desk, folder: Path) -> None:
    place = str(folder)
    shutil.copy(next(folder.glob("events/*.parquet")), folder / "events" / "part-copied.parquet")
    assert (unlisted_files(place), damaged_files(place)) == (["events/part-copied.parquet"], [])
    (root / "events_9.jsonl").write_text(lines(9))
    ingest(Store.open(folder, "desk"), desk)
    assert not unlisted_files(place)


@pytest.mark.parametrize("content", quick([None, b""]))
def test_lost_list_is_damage_and_is_not_begun_again(
    root: Path, desk: Desk, folder: Path, content: bytes | None
) -> None:
    (folder / SUMS).unlink()
    if content is not None:
        (folder / SUMS).write_bytes(content)
    _flip(next(folder.glob("events/*.parquet")), 40)
    assert _damaged(folder) == [SUMS]
    with pytest.raises(InputError, match="SHA256SUMS: it is not there"):
        ingest_desk(desk, folder.parent, lambda: NOW)
    # Whoever writes without looking does not begin a list that vouches for what lies there.
    (root / "events_9.jsonl").write_text(lines(9))
    ingest(Store.open(folder, "desk"), desk)
    assert _damaged(folder) == [SUMS]


def test_list_of_a_store_whose_making_was_killed_is_begun_by_the_next_run(
    root: Path, desk: Desk, tmp_path: Path
) -> None:
    place = Path(Store.open(tmp_path / "store", "desk").location)
    (place / SUMS).unlink()
    assert not _damaged(place)
    (root / "events_1.jsonl").write_text(lines(1))
    ingest_desk(desk, tmp_path, lambda: NOW)
    assert (unlisted_files(str(place)), _damaged(place)) == ([], [])


def test_line_that_a_kill_cut_off_is_written_again(root: Path, desk: Desk, folder: Path) -> None:
    whole = (folder / SUMS).read_bytes()
    (folder / SUMS).write_bytes(whole[:-30])
    assert (len(unlisted_files(str(folder))), _damaged(folder)) == (1, [])
    (root / "events_9.jsonl").write_text(lines(9))
    ingest(Store.open(folder, "desk"), desk)
    assert set(whole.splitlines()) < set((folder / SUMS).read_bytes().splitlines())
    assert (unlisted_files(str(folder)), _damaged(folder)) == ([], [])


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_list_is_what_sha256sum_checks(folder: Path) -> None:
    def run() -> int:
        return subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=folder, check=False).returncode

    assert run() == 0
    _flip(next(folder.glob("events/*.parquet")), 40)
    assert run() == 1


def test_damaged_store_is_not_ingested_into(root: Path, desk: Desk, tmp_path: Path) -> None:
    (root / "events_1.jsonl").write_text(lines(1))
    ingest_desk(desk, tmp_path, lambda: NOW)
    file = next((tmp_path / "store").glob("events/*.parquet"))
    _flip(file, 40)
    with pytest.raises(InputError, match=rf"damaged, events/{file.name}: its digest is .*store rebuild"):
        ingest_desk(desk, tmp_path, lambda: NOW)


@pytest.mark.slow
def test_merging_leaves_no_digest_behind_and_lacks_none(folder: Path) -> None:
    before = ids(Store.open(folder, "desk"))
    assert Store.open(folder, "desk").compact(files_max=1)["events"] > 0
    assert ids(Store.open(folder, "desk")) == before == expected(1, 2, 3)
    assert (unlisted_files(str(folder)), _damaged(folder)) == ([], [])


def test_damaged_file_is_not_merged(folder: Path) -> None:
    file = next(folder.glob("events/*.parquet"))
    _flip(file, 40)
    with pytest.raises(InputError, match=f"events/{file.name}: its digest is"):
        Store.open(folder, "desk").compact(files_max=1)
    assert _damaged(folder) == [f"events/{file.name}"]


def test_merging_forgets_no_file_that_was_lost(folder: Path) -> None:
    lost = max(folder.glob("events/_delta_log/*.json"))
    lost.unlink()
    with pytest.raises(InputError, match=f"{lost.name}: it is not there"):
        Store.open(folder, "desk").compact(files_max=1)
    # With nothing to merge nothing is taken from the list either.
    Store.open(folder, "desk").compact()
    assert _damaged(folder) == [f"events/_delta_log/{lost.name}"]


def test_damaged_checkpoint_is_not_read(root: Path, desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "CHECKPOINT_COMMITS", 1)
    Store.open(folder, "desk").compact()
    (place,) = (folder / "checkpoints").iterdir()
    (place / "events.hashes").write_bytes(b"")
    # Without the ids of before, a known record would be stored a second time.
    (root / "events_again.jsonl").write_text(lines(1))
    ingest(Store.open(folder, "desk"), desk)
    assert ids(Store.open(folder, "desk")) == expected(1, 2, 3)


def test_object_store_has_no_list() -> None:
    assert damaged_files("s3://bucket/store") == []
    refuse_damaged("s3://bucket/store")
