"""Every wrong input of a run is one sentence and exit code 2 with no day written."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from deskgate.config import paths
from tiers import quick

from .commands import refused, replaced, run

pytestmark = pytest.mark.usefixtures("judge_in_process")


@pytest.mark.parametrize(
    ("options", "message"),
    quick(
        [
            (["--date", "2026-3-5"], "expected YYYY-MM-DD"),
            (["--date", "2999-01-01"], "is in the future"),
            (["--date", "2020-01-01"], "first one is of 2026-03-02"),
            (["--date", "2026-03-02", "--as-of", "yesterday"], "expected ISO 8601"),
            (["--date", "2026-03-02", "--as-of", "2026-03-01T12:00:00Z"], "before the day"),
            (["--date", "2026-03-02", "--as-of", "2999-01-01T00:00:00Z"], "is in the future"),
        ],
        2,
    ),
)
def test_wrong_date_is_refused(small: Path, tmp_path: Path, options: list[str], message: str) -> None:
    result = run("daily", "--desk", small, "--out", tmp_path / "out", *options)
    refused(result, tmp_path / "out", message, store="2020-01-01" in options)


def test_missing_desk_is_refused(tmp_path: Path) -> None:
    refused(
        run("daily", "--desk", tmp_path / "nowhere", "--out", tmp_path / "out"),
        tmp_path / "out",
        "no desk there",
        "init",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('mode = "live"', 'mode = "life"', "bots.bot1.mode"),
        ('mode = "live"', 'mode = "live"\nshadwo = "bot3"', "did you mean 'shadow'"),
        ('mode = "live"', 'mode = "live"\nshadow = "bot7"', "expected another bot"),
        ('pairs = ["BTC-USDT"]', 'pairs = "BTC-USDT"', "valid list"),
        ("[desk]", "[desk", "not readable as TOML"),
    ],
)
def test_broken_desk_file_is_refused(small: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    replaced(small / "desk.toml", old, new)
    refused(
        run("daily", "--desk", small, "--date", "2026-03-02", "--out", tmp_path / "out"),
        tmp_path / "out",
        "desk.toml",
        message,
    )


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def scrambled(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:40960] = b"\xff" * (40960 - 4096)
    file.write_bytes(data)


def without_tables(file: Path) -> None:
    file.unlink()
    sqlite3.connect(file).execute("CREATE TABLE other (x)").connection.close()


@pytest.mark.parametrize("harm", quick([truncated, scrambled, without_tables], 1))
def test_corrupt_database_is_refused(small: Path, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    file = next((small / "bot1" / "data").glob("*.sqlite"))
    harm(file)
    result = run("daily", "--desk", small, "--date", "2026-03-02", "--out", tmp_path / "out")
    refused(result, tmp_path / "out", file.name, store=True)


def test_misspelt_suite_is_refused(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suites = shutil.copytree(paths.SUITES, tmp_path / "suites")
    replaced(suites / "soak.json", "expect_metric_within_bounds", "expect_metric_within_bound")
    monkeypatch.setattr(paths, "SUITES", suites)
    result = run("daily", "--desk", small, "--date", "2026-03-02", "--out", tmp_path / "out")
    refused(result, tmp_path / "out", "soak.json", "did you mean 'expect_metric_within_bounds'")


def test_store_of_another_desk_is_refused(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("baseline", "freeze", "--desk", small, "--out", out, "--by", "ann", "--why", "test").exit_code == 0
    replaced(small / "desk.toml", 'name = "demo"', 'name = "other"')
    result = run("daily", "--desk", small, "--date", "2026-03-02", "--out", out)
    assert result.exit_code == 2
    assert "the store of desk 'demo', expected one of 'other'" in result.stderr
    assert not (out / "2026-03-02").exists()


def test_second_run_at_once_is_refused(small: Path, tmp_path: Path) -> None:
    from deskgate.run.day_folder import locked

    with locked(tmp_path / "out"):
        result = run("daily", "--desk", small, "--date", "2026-03-02", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "another run is writing there" in result.stderr
