"""Bots in the desk's folder that no pattern of desk.toml names."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.sources import recognition
from deskgate.sources.discovery import search
from deskgate.sources.discovery.unnamed import unnamed_bots
from deskgate.sources.source_kind import SourceKind

from ..desks import a_desk
from ..samples import MINUTE_HEADER, MINUTE_ROW
from .test_discovery import _database

LOCAL = '"alpha/data/*.sqlite", "data/conf_pmm.sqlite"'


def unnamed(root: Path, *skipped: Path, local: str = LOCAL, ignore: str = "") -> dict[str, list[str]]:
    bots = {"alpha": f"local = [{local}]", "beta": ""}
    desk = load_desk(a_desk(root, bots, more=f"ignore = [{ignore}]", disabled=["beta"]))
    return {bot.name: files for bot, files in unnamed_bots(desk, skipped=skipped)}


def test_files_of_named_bots_are_no_news_whatever_else_lies_beside_them(tmp_path: Path) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    _database(tmp_path / "alpha/data/older/a.sqlite")
    _database(tmp_path / "data/conf_pmm.sqlite")
    (tmp_path / "alpha/logs/x").mkdir(parents=True)
    (tmp_path / "alpha/logs/x/minute.csv").write_text(f"{MINUTE_HEADER}\n{MINUTE_ROW}\n")
    assert unnamed(tmp_path) == {}


def test_bot_without_a_pattern_is_found_in_a_folder_of_its_own_and_among_others(tmp_path: Path) -> None:
    _database(tmp_path / "gamma/data/g.sqlite")
    _database(tmp_path / "data/conf_v2.sqlite")
    _database(tmp_path / "beta/data/b.sqlite")
    assert unnamed(tmp_path) == {
        "beta": ["beta/data/b.sqlite"],
        "conf_v2": ["data/conf_v2.sqlite"],
        "gamma": ["gamma/data/g.sqlite"],
    }


def test_database_beside_a_named_one_is_of_another_bot_and_a_copy_is_not(tmp_path: Path) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    _database(tmp_path / "alpha/backup/a.sqlite")
    _database(tmp_path / "alpha/backup/conf_b.sqlite")
    (tmp_path / "alpha/keys.sqlite").write_bytes(b"torn")
    local = '"alpha/data/a.sqlite"'
    assert unnamed(tmp_path, local=local) == {
        "conf_b": ["alpha/backup/conf_b.sqlite"],
        "keys": ["alpha/keys.sqlite"],
    }


def test_in_a_named_bots_folder_only_databases_of_other_names_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("alpha/data/a.sqlite", "alpha/backup/a.sqlite", "alpha/conf_b.sqlite"):
        _database(tmp_path / name)
    for name in ("alpha/events.jsonl", "alpha/exchange/my_trades.json", "alpha/minute.csv", "gamma/minute.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("[]")
    opened: list[str] = []

    def recognise(file: Path) -> tuple[SourceKind, object]:
        opened.append(file.relative_to(tmp_path).as_posix())
        return recognition.recognise(file)

    monkeypatch.setattr(search, "recognise", recognise)
    assert "conf_b" in unnamed(tmp_path, local='"alpha/data/a.sqlite"')
    assert sorted(opened) == ["alpha/conf_b.sqlite", "gamma/minute.csv"]


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("g.sqlite", b"garbage\n" * 50, True),
        ("g.sqlite", b"", False),
        ("events.jsonl.gz", b"\x1f\x8btorn", True),
        ("events.jsonl", b'{"event_id": \n{"ev', True),
        ("log.jsonl", b'{"level": "info"}\n{"level": "warn"}\n', False),
        ("notes.csv", b"a,b\n1,2\n", False),
        ("torn.json", b"{", False),
    ],
)
def test_torn_records_are_of_a_bot(tmp_path: Path, name: str, content: bytes, found: bool) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    (tmp_path / "gamma/data").mkdir(parents=True)
    (tmp_path / "gamma/data" / name).write_bytes(content)
    assert unnamed(tmp_path) == ({"gamma": [f"gamma/data/{name}"]} if found else {})


@pytest.mark.parametrize(
    ("name", "found"), [("notes.csv", False), ("minute.csv", True), ("log.jsonl", True), ("my_trades.json", False)]
)
def test_file_that_is_closed_is_of_a_bot_unless_it_is_a_csv_with_a_name_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, found: bool
) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    (tmp_path / "gamma").mkdir()
    (tmp_path / "gamma" / name).touch()
    is_open = Path.open

    def closed_to_others(file: Path, *args: Any, **options: Any) -> object:
        if file.parent.name == "gamma":
            raise PermissionError(13, "Permission denied", str(file))
        return is_open(file, *args, **options)

    monkeypatch.setattr(Path, "open", closed_to_others)
    assert unnamed(tmp_path) == ({"gamma": [f"gamma/{name}"]} if found else {})


@pytest.mark.parametrize("place", ["alpha/data/optuna.sqlite", "sidecar/optuna.sqlite"])
def test_database_of_another_program_is_of_no_bot(tmp_path: Path, place: str) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(tmp_path / place)) as database:
        database.execute("CREATE TABLE trials (id)")
        database.execute("CREATE TABLE Metadata (key)")
        assert unnamed(tmp_path, local='"alpha/data/a.sqlite"') == {}
        database.execute('CREATE TABLE "Order" (id)')
        assert len(unnamed(tmp_path, local='"alpha/data/a.sqlite"')) == 1


def test_folder_that_is_closed_is_of_a_bot_unless_it_is_in_a_named_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    for closed in ("alpha/conf", "gamma", "lost+found"):
        (tmp_path / closed).mkdir()
    scan = os.scandir

    def closed_to_others(place: str) -> object:
        if str(place).endswith(("conf", "gamma", "lost+found")):
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", closed_to_others)
    assert unnamed(tmp_path) == {"gamma": ["gamma"]}
    assert unnamed(tmp_path, ignore='"gamma"') == unnamed(tmp_path, ignore='"gam*"') == {}
    assert unnamed(tmp_path, ignore='"gamma/data"') == {"gamma": ["gamma"]}


def test_bot_in_an_ignored_folder_is_found(tmp_path: Path) -> None:
    _database(tmp_path / "gamma/data/g.sqlite")
    assert unnamed(tmp_path, ignore='"gamma"') == {"gamma": ["gamma/data/g.sqlite"]}
    (tmp_path / "gamma/data/g.sqlite").write_bytes(b"torn")
    assert unnamed(tmp_path, ignore='"gamma"') == {}


@pytest.mark.parametrize("pattern", ["alpha", "*", "**", "alpha/data", "*/data", "alpha/data/a.sqlite"])
def test_folder_of_a_named_bot_is_never_ignored(tmp_path: Path, pattern: str) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    with pytest.raises(InputError, match=r"desk\.ignore has '.*', in which alpha/data/a\.sqlite of a named bot lies"):
        unnamed(tmp_path, ignore=f'"{pattern}"')


def test_torn_database_in_a_named_bots_folder_is_never_ignored(tmp_path: Path) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    (tmp_path / "alpha/old").mkdir()
    (tmp_path / "alpha/old/k.sqlite").write_bytes(b"torn")
    assert unnamed(tmp_path, ignore='"alpha/old"') == {"k": ["alpha/old/k.sqlite"]}


@pytest.mark.parametrize("pattern", ["", ".", "/data", "../other", "a/../.."])
def test_ignored_folder_is_in_the_desk(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(InputError, match=r"desk\.ignore\.0: expected a folder"):
        unnamed(tmp_path, ignore=f'"{pattern}"')


def test_manifest_outside_of_a_days_folder_hides_nothing(tmp_path: Path) -> None:
    _database(tmp_path / "gamma/data/g.sqlite")
    for place in (tmp_path, tmp_path / "gamma"):
        (place / "artifacts.json").write_text("{}")
    assert unnamed(tmp_path) == {"gamma": ["gamma/data/g.sqlite"]}


def test_archives_reports_and_the_store_are_not_looked_into(tmp_path: Path) -> None:
    _database(tmp_path / "bots/archived/gone-20260101/data/a.sqlite")
    _database(tmp_path / "reports/2026-03-05/copy/data/a.sqlite")
    (tmp_path / "reports/2026-03-05/artifacts.json").write_text("{}")
    _database(tmp_path / "reports/store/x/a.sqlite")
    assert unnamed(tmp_path, tmp_path / "reports/store") == {}


def test_next_deployment_of_a_bot_that_desk_toml_names_is_the_same_bot(tmp_path: Path) -> None:
    _database(tmp_path / "alpha/data/a.sqlite")
    _database(tmp_path / "alpha-20260301-120000/data/a.sqlite")
    assert unnamed(tmp_path) == {}
