"""Files that are not opened because they are as they were: only where they have been read, as they are, for every bot."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.sources import listing
from deskgate.sources.listing import source_files
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.source_file import SourceFile
from deskgate.store import ingest as ingest_module
from deskgate.store import reading
from deskgate.store.ingest import Ingestor
from deskgate.store.offsets import Cursor
from deskgate.store.parts import Part, context_of, file_parts
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction
from tiers import quick

from .conftest import TOML
from .event_files import NOW, START, ingest, lines, rows, unaccounted
from .test_history import trades

LISTED = TOML + 'exchange = ["account*.json"]\n'
OTHER_PAIR = LISTED.replace('["BTC-USDT"]', '["BTC-USDT", "ETH-USDT"]')
TWO_BOTS = LISTED + LISTED[LISTED.index("[bots.bot1]") :].replace("bot1", "bot2").replace(
    '"events*"', '"none*"'
).replace('local = ["*.csv", "*.sqlite"]\n', "")


def _balance(usdt: int) -> str:
    return json.dumps(
        {
            "exported_at": START.isoformat(),
            "balance": {"info": {"accountEquity": str(usdt)}, "total": {"USDT": usdt, "BTC": 1}},
        }
    )


SNAPSHOT = {
    "ts_utc": START.isoformat(),
    "mode": "live",
    "bots": {name: {"source": "ccxt", "balances": {"USDT": 7}} for name in ("bot1", "bot2")},
}


def _desk(root: Path, text: str) -> Desk:
    (root / "desk.toml").write_text(text)
    return load_desk(root)


def _exports(root: Path) -> None:
    """Write an export that may grow and one that is always read whole."""
    (root / "account_trades.json").write_text(json.dumps(trades(0, 22)))
    (root / "account_balance.json").write_text(_balance(5))


def _of_bots(store: Store, table: str) -> dict[str, int]:
    return dict(rows(store, table).group_by("bot").len().sort("bot").rows())


@pytest.mark.parametrize(
    ("changed", "expected"),
    quick([(OTHER_PAIR, {"bot1": 22}), (TWO_BOTS, {"bot1": 22, "bot2": 22})]),
    ids=["pair", "bot"],
)
def test_changed_desk_reads_quiet_documents_anew(
    root: Path, store: Store, changed: str, expected: dict[str, int]
) -> None:
    _exports(root)
    ingest(store, _desk(root, LISTED))
    balances = _of_bots(store, "balances")["bot1"]
    account = ingest(store, _desk(root, changed))
    assert account.sources["account_trades.json"]["read"] == 22 * len(expected)
    assert account.sources["account_balance.json"]["read"] > 0
    assert _of_bots(store, "fills") == expected
    assert _of_bots(store, "balances") == dict.fromkeys(expected, balances)
    assert unaccounted(store) == 0


def test_kill_between_the_commits_of_two_bots_leaves_neither_without_the_file(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _exports(root)
    desk, add, commits = _desk(root, TWO_BOTS), Transaction.add, [0]

    def killed(self: Transaction, name: str, frame: pl.DataFrame) -> None:
        commits[0] += name == "ledger"
        if commits[0] == 2:
            raise KeyboardInterrupt
        add(self, name, frame)

    with monkeypatch.context() as patch:
        patch.setattr(ingest_module, "GROUP_RECORDS", 1)
        patch.setattr(Transaction, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            ingest(store, desk)
    assert rows(store, "ledger")["path"].to_list() == ["account_balance.json"]
    ingest(store, desk)
    balances = _of_bots(store, "balances")
    assert balances == dict.fromkeys(("bot1", "bot2"), balances["bot1"])


def test_reading_of_a_file_that_was_not_opened_is_refused(root: Path) -> None:
    _exports(root)
    source = replace(source_files(_desk(root, LISTED))[0], sha256="", document=None)
    with pytest.raises(ValueError, match=r"account_balance\.json was listed without being opened"):
        list(file_parts(source, None))


def test_store_that_noted_unopened_files_as_read_reads_them(root: Path, store: Store) -> None:
    _exports(root)
    desk = _desk(root, LISTED)
    noted = [
        Part(source, ParsedSource(), read=0, context=context_of(source), sha256="", stat=source.stat)
        for source in source_files(desk, looked_at=NOW)
    ]
    Ingestor(store, desk, lambda: NOW).commit(noted)
    account = ingest(store, desk)
    assert account.sources["account_trades.json"]["read"] == 22
    assert rows(store, "balances").height
    assert ingest(store, desk).total["read"] == 0


@pytest.mark.slow
def test_file_that_became_another_kind_is_read_for_all_its_bots(root: Path, store: Store) -> None:
    _exports(root)
    desk = _desk(root, TWO_BOTS)
    ingest(store, desk)
    (root / "account_trades.json").write_text(json.dumps(SNAPSHOT))
    account = ingest(store, desk)
    assert account.sources["account_trades.json"]["read"] > 0
    of_file = rows(store, "balances").filter(pl.col("path") == "account_trades.json")
    assert set(of_file["bot"]) == {"bot1", "bot2"}


def _changed_after(function: Callable[..., Any], file: Path, text: str) -> Callable[..., Any]:
    """Return `function`, after whose first call `file` has another content."""
    contents: Iterator[str] = iter([text])

    def call(*args: Any, **given: Any) -> Any:
        found = function(*args, **given)
        for content in contents:
            file.write_text(content)
        return found

    return call


@pytest.mark.parametrize("moment", ["listed", "parsed"])
def test_file_that_changes_while_a_desk_is_read_is_read_again(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    desk = _desk(root, LISTED)
    _exports(root)
    (root / "account_trades.json").unlink()
    file, text = root / "account_balance.json", _balance(8_000)
    with monkeypatch.context() as patch:
        where, name = (reading, "source_files") if moment == "listed" else (listing, "recognise")
        patch.setattr(where, name, _changed_after(getattr(where, name), file, text))
        ingest(store, desk)
    ingest(store, desk)
    assert 8_000 in rows(store, "balances")["total"].to_list()


def test_rewrite_in_one_tick_of_a_coarse_clock_is_read(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit comes long after the look at the file, which still was in the tick of its last change."""
    written = datetime(2026, 5, 4, tzinfo=UTC)
    stat = Path.stat

    def coarse(self: Path, **given: Any) -> Any:
        found = stat(self, **given)
        tick = int(written.timestamp()) * 1_000_000_000
        return SimpleNamespace(
            st_mode=found.st_mode, st_ino=1, st_size=found.st_size, st_mtime_ns=tick, st_ctime_ns=tick
        )

    clock = [written + timedelta(seconds=1)]

    def slowly(source: SourceFile, cursor: Cursor | None) -> Iterator[Part]:
        clock[0] += timedelta(minutes=1)
        yield from file_parts(source, cursor)

    desk, file = _desk(root, TOML), root / "events.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", coarse)
        patch.setattr(reading, "file_parts", slowly)
        for number in (1, 2):
            file.write_text(lines(number))
            Ingestor(store, desk, lambda: clock[0]).ingest_files()
    assert rows(store)["event_id"].to_list() == ["e1", "e2"]


def test_unopened_sources_say_when_they_were_looked_at(root: Path) -> None:
    _exports(root)
    found: list[SourceFile] = source_files(_desk(root, LISTED), looked_at=NOW)
    assert {str(source.stat).split()[-1] for source in found} == {str(int(NOW.timestamp()) * 1_000_000_000)}
