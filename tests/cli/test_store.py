"""`deskgate ingest` and `deskgate store`: an account that adds up, and no row lost."""

import json
from datetime import date
from pathlib import Path

import pytest

from .commands import refused, replaced, run


def test_ingest_gives_an_account_that_adds_up(small: Path, tmp_path: Path) -> None:
    at = ("--desk", small, "--out", tmp_path / "out", "--json")
    preview, done, again = (run("ingest", *at, *more) for more in (["--dry-run"], [], []))
    assert [each.exit_code for each in (preview, done, again)] == [0, 0, 0]
    counts = json.loads(done.stdout)
    assert json.loads(preview.stdout) == counts
    total = counts["total"]
    assert total["read"] == total["stored"] + total["known"] + total["quarantined"] > 1000
    assert not any(json.loads(again.stdout)["total"].values())


@pytest.mark.slow
def test_files_of_no_known_kind_are_passed_over_with_a_line_each(small: Path, tmp_path: Path) -> None:
    """The bot's own database is among them where it is empty: its leg is then absent, and blocks."""
    (small / "bot1" / "exchange" / "notes.json").write_text('{"hello": "world"}')
    database = next((small / "bot1" / "data").glob("*.sqlite"))
    database.write_bytes(b"")
    result = run("ingest", "--desk", small, "--out", tmp_path / "out")
    assert result.exit_code == 0
    for name in ("notes.json", database.name):
        assert name in result.output


@pytest.mark.slow
def test_ingest_names_files_that_are_gone(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deskgate.cli.store.newest_days", lambda: {date(2026, 3, 2)})
    at = ("--desk", small, "--out", tmp_path / "out")
    assert "is no longer there" not in run("ingest", *at).output
    gone = next(small.glob("bot1/**/*.sqlite"))
    gone.unlink()
    path = gone.relative_to(small).as_posix()
    assert f"{path}: " in next(line for line in run("ingest", *at).output.splitlines() if "is no longer there" in line)
    (lost,) = json.loads(run("ingest", *at, "--json").stdout)["lost"]
    assert (lost["path"], lost["leg"]) == (path, "local")


def test_dry_run_makes_no_store(small: Path, tmp_path: Path) -> None:
    preview = run("ingest", "--desk", small, "--out", tmp_path / "out", "--dry-run")
    assert (preview.exit_code, "nothing was written" in preview.stdout) == (0, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_mistyped_pattern_is_told_at_once(small: Path, tmp_path: Path) -> None:
    replaced(small / "desk.toml", "/data/*.sqlite", "/data/*.sqlit")
    at = ("--desk", small, "--out", tmp_path / "out")
    preview = run("ingest", *at, "--dry-run")
    refused(preview, tmp_path / "out", "1 of its patterns match nothing", "*.sqlit'", ".sqlite")
    # The leg may be there only later: what is there is ingested.
    done = run("ingest", *at)
    assert done.exit_code == 0
    assert done.stderr.count("which matches nothing") == 1


@pytest.mark.parametrize("command", [("ingest",), ("daily",), ("gates",), ("baseline", "freeze", "--by=a", "--why=b")])
def test_desk_without_any_file_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    lines = '[desk]\nname = "x"\n[bots.a]\nmode = "live"\nconnector = "okx"\npairs = ["A-USDT"]\nlocal = ["data/*.sqlite"]\n'
    (tmp_path / "desk.toml").write_text(lines)
    result = run(*command, "--desk", tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "none of its 1 patterns matches a file" in result.stderr
    assert not (tmp_path / "out/store").exists()


def test_follow_is_no_dry_run(small: Path, tmp_path: Path) -> None:
    result = run("ingest", "--desk", small, "--out", tmp_path / "out", "--follow", "--dry-run")
    refused(result, tmp_path / "out", "expected one of them")


@pytest.mark.slow
def test_store_commands_show_anchor_compact_and_rebuild(small: Path, tmp_path: Path) -> None:
    at = ("--desk", small, "--out", tmp_path / "out")
    assert run("ingest", *at).exit_code == 0
    account = json.loads(run("store", "account", *at, "--json").stdout)
    assert sum(row["stored"] for row in account) > 1000
    assert "order_filled" in run("store", "account", *at).stdout
    assert run("store", "anchor", *at, "--by", "ann", "--why", " ").exit_code == 2
    assert run("store", "anchor", *at, "--by", "ann", "--why", "x", "--as-of", "2999-01-01").exit_code == 2
    assert (
        "says ann: the bridge was down"
        in run("store", "anchor", *at, "--by", "ann", "--why", "the bridge was down").stdout
    )
    assert run("store", "compact", *at).exit_code == 0
    rebuilt = run("store", "rebuild", *at)
    assert (rebuilt.exit_code, "The store is new" in rebuilt.stdout) == (0, True)
    assert json.loads(run("store", "account", *at, "--json").stdout) == account


@pytest.mark.slow
def test_rebuild_that_would_lose_rows_stops(small: Path, tmp_path: Path) -> None:
    at = ("--desk", small, "--out", tmp_path / "out")
    run("ingest", *at)
    next(small.rglob("events.jsonl*")).unlink()
    result = run("store", "rebuild", *at)
    assert (result.exit_code, "--accept-loss" in result.stdout) == (1, True)
    assert run("store", "rebuild", *at, "--accept-loss").exit_code == 0


def test_missing_store_is_reported(small: Path, tmp_path: Path) -> None:
    at = ("--desk", small, "--out", tmp_path / "out")
    refused(run("store", "rebuild", *at), tmp_path / "out", "no store there")
    assert run("store", "compact", *at).stdout.strip() == "nothing to merge"
    assert not (tmp_path / "out").exists()
