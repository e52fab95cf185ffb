import os
import signal
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from deskgate.config.errors import InputError, RunError
from deskgate.schema import TABLES, digest_rows
from deskgate.store.lock import lock
from deskgate.store.tables import SCHEMA_VERSION, Store
from deskgate.store.transaction import Transaction
from tiers import quick

from .children import start

NOON = datetime(2026, 2, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


def _mids(*minutes: int, lag_s: int = 0) -> pl.DataFrame:
    rows = [(NOON + timedelta(minutes=minute), Decimal(minute)) for minute in minutes]
    frame = pl.DataFrame(rows, schema={"ts": pl.Datetime("us", "UTC"), "mid": pl.Decimal(38, 18)}, orient="row")
    return _with_ids("mids", frame.with_columns(visible_at=pl.col("ts") + timedelta(seconds=lag_s)))


def _with_ids(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    fixed = {"bot": "bot1", "leg": "local", "path": "a.csv", "pair": "BTC-USDT"}
    schema = TABLES[table].create_empty().schema
    given = frame.with_columns(
        pl.lit(fixed.get(name), dtype=dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns
    )
    return given.with_columns(digest_rows(given)).select(schema.names())


def _minutes(frame: pl.DataFrame) -> list[int]:
    return [int(value) for value in frame["mid"]]


def test_appending_twice_adds_nothing(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", "desk")
    assert store.append({"mids": _mids(1, 2)}) == {"mids": 2}
    pinned = store.pin()
    assert store.append({"mids": _mids(1, 2)}) == {"mids": 0}
    assert store.append({"mids": _mids(1, 2, 3)}) == {"mids": 1}
    assert (pinned["mids"] + 1, list(store.pin())) == (store.pin()["mids"], ["mids"])


def test_row_given_twice_is_added_once(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "desk")
    assert store.append({"mids": pl.concat([_mids(1), _mids(1)])}) == {"mids": 1}


def test_tables_nobody_wrote_are_readable(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "desk")
    assert store.append({"fills": TABLES["fills"].create_empty()}) == {"fills": 0}
    frames = store.read(store.pin(), LATER)
    assert store.pin() == {}
    assert {name: frame.schema for name, frame in frames.items()} == {
        name: schema.create_empty().schema for name, schema in TABLES.items()
    }


def test_what_is_read_back_is_what_was_given(tmp_path: Path) -> None:
    mids = _mids(3, 1, 2)
    store = Store.open(tmp_path, "desk")
    store.append({"mids": mids})
    assert store.read(store.pin(), LATER)["mids"].equals(mids.sort("ts", "row_id"))


def test_pinned_versions_do_not_see_later_rows(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "desk")
    store.append({"mids": _mids(1)})
    pinned = store.pin()
    store.append({"mids": _mids(2), "sources": _source(None)})
    before, after = store.read(pinned, LATER), store.read(store.pin(), LATER)
    assert (_minutes(before["mids"]), before["sources"].height) == ([1], 0)
    assert (_minutes(after["mids"]), after["sources"].height) == ([1, 2], 1)


@pytest.mark.parametrize(
    ("as_of_s", "expected"), quick([(89, []), (90, [1]), (149, [1]), (150, [1, 2]), (10_000, [1, 2])], 2)
)
def test_as_of_counts_when_a_row_could_be_known(tmp_path: Path, as_of_s: int, expected: list[int]) -> None:
    store = Store.open(tmp_path, "desk")
    store.append({"mids": _mids(1, 2, lag_s=30)})
    assert _minutes(store.read(store.pin(), NOON + timedelta(seconds=as_of_s))["mids"]) == expected


def test_as_of_may_have_any_offset(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "desk")
    store.append({"mids": _mids(1)})
    as_of = datetime.fromisoformat("2026-02-22T14:00:59+02:00")
    assert [store.read(store.pin(), as_of + timedelta(seconds=s))["mids"].height for s in (0, 1)] == [0, 1]


def _source(visible_at: datetime | None) -> pl.DataFrame:
    row = {"kind": "positions", "sha256": "0", "bytes": 1, "rows": 0, "quarantined": 0, "derived": False}
    schema = {"visible_at": pl.Datetime("us", "UTC")}
    return _with_ids("sources", pl.DataFrame([row | {"visible_at": visible_at}], schema_overrides=schema))


@pytest.mark.parametrize(("visible_at", "expected"), [(None, 1), (NOON, 1), (LATER, 0)])
def test_undated_sources_are_always_visible(tmp_path: Path, visible_at: datetime | None, expected: int) -> None:
    store = Store.open(tmp_path, "desk")
    store.append({"sources": _source(visible_at)})
    assert store.read(store.pin(), NOON)["sources"].height == expected


@pytest.mark.parametrize(("effective_at", "expected"), [(NOON, 1), (LATER, 0)])
def test_baseline_speaks_from_its_effective_instant(tmp_path: Path, effective_at: datetime, expected: int) -> None:
    row = {"effective_at": effective_at, "recorded_at": LATER, "by": "me", "why": "because", "digests": "{}"}
    schema = dict.fromkeys(("effective_at", "recorded_at"), pl.Datetime("us", "UTC"))
    store = Store.open(tmp_path, "desk")
    store.append({"baselines": _with_ids("baselines", pl.DataFrame([row], schema_overrides=schema))})
    assert store.read(store.pin(), NOON)["baselines"].height == expected


def test_store_of_another_desk_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path, "fleet")
    with pytest.raises(
        InputError, match=r"the store of desk 'fleet', expected one of 'other'; choose another with --out"
    ):
        Store.open(tmp_path, "other")


@pytest.mark.parametrize(
    ("version", "mend"),
    [(SCHEMA_VERSION + 1, "update deskgate"), (SCHEMA_VERSION - 1, "make it anew with `deskgate store rebuild`")],
)
def test_store_of_another_schema_is_refused(tmp_path: Path, version: int, mend: str) -> None:
    write_deltalake(tmp_path / "about", pl.DataFrame({"desk": ["desk"], "schema_version": [version]}))
    with pytest.raises(InputError, match=f"a store of schema {version}, expected schema {SCHEMA_VERSION}; {mend}"):
        Store.open(tmp_path, "desk")


def test_place_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(InputError, match="no store can be kept there"):
        Store.open(tmp_path / "store", "desk")


def test_version_that_never_was_is_refused(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "desk")
    store.append({"mids": _mids(1)})
    with pytest.raises(InputError, match="no commit 99"):
        store.read({"mids": 99}, LATER)


def test_rows_cannot_be_deleted(tmp_path: Path) -> None:
    Store.open(tmp_path, "desk").append({"mids": _mids(1)})
    with pytest.raises(CommitFailedError, match="append-only"):
        DeltaTable(tmp_path / "mids").delete()


def test_busy_store_is_said_to_be_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deskgate.store.lock.LOCK_TIMEOUT_S", 0)
    store = Store.open(tmp_path, "desk")
    with lock(store.location), pytest.raises(RunError, match="busy"):
        store.append({"mids": _mids(1)})


def _append_in_steps(place: Path, first: int, last: int) -> None:
    for minute in range(first, last):
        Store.open(place, "desk").append({"mids": _mids(minute, minute + 1)})


@pytest.mark.slow
def test_two_processes_at_once_add_what_one_would(tmp_path: Path) -> None:
    runs = [start(_append_in_steps, tmp_path, first, first + 8) for first in (0, 4)]
    for run in runs:
        run.join()
    store = Store.open(tmp_path, "desk")
    assert [run.exitcode for run in runs] == [0, 0]
    assert _minutes(store.read(store.pin(), LATER)["mids"]) == list(range(13))


def _append_and_die(place: Path) -> None:
    store = Store.open(place, "desk")
    add = Transaction.add

    def killed_before_sources(self: Transaction, name: str, frame: pl.DataFrame) -> None:
        if name == "sources":
            os.kill(os.getpid(), signal.SIGKILL)
        add(self, name, frame)

    Transaction.add = killed_before_sources  # type: ignore[method-assign]
    store.append({"mids": _mids(1, 2), "sources": _source(None)})


def test_kill_between_two_tables_is_repaired_by_the_next_append(tmp_path: Path) -> None:
    run = start(_append_and_die, tmp_path)
    run.join()
    assert run.exitcode == -signal.SIGKILL
    store = Store.open(tmp_path, "desk")
    assert list(store.pin()) == ["mids"]
    assert store.append({"mids": _mids(1, 2), "sources": _source(None)}) == {"mids": 0, "sources": 1}


def _fill(price: int, trade_id: str | None = "t1") -> pl.DataFrame:
    schema = TABLES["fills"].create_empty().schema
    row = {"ts": NOON, "visible_at": NOON, "trade_id": trade_id, "order_id": "o1", "side": "BUY"}
    amounts = {"price": Decimal(price), "quantity": Decimal(1)}
    return _with_ids(
        "fills", pl.DataFrame([{**row, **amounts}], schema={name: schema[name] for name in (*row, *amounts)})
    )


def _prices(store: Store, versions: dict[str, int] | None = None) -> list[int]:
    return [int(price) for price in store.read(versions or store.pin(), LATER)["fills"]["price"]]


def test_record_that_changed_at_its_source_is_read_in_its_latest_version(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "desk")
    store.append({"fills": _fill(1)})
    first = store.pin()
    assert store.append({"fills": _fill(2)}) == {"fills": 1}
    assert (_prices(store), _prices(store, first)) == ([2], [1])


def test_record_that_changed_back_is_read_as_it_is_now(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "desk")
    for price in (1, 2, 1):
        assert store.append({"fills": _fill(price)}) == {"fills": 1}
    assert store.append({"fills": _fill(1)}) == {"fills": 0}
    assert _prices(store) == [1]


def test_records_of_one_reading_and_records_without_an_id_never_replace_each_other(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "desk")
    store.append({"fills": pl.concat([_fill(1), _fill(2)])})
    store.append({"fills": _fill(3, None)})
    store.append({"fills": _fill(4, None)})
    assert sorted(_prices(store)) == [1, 2, 3, 4]


def test_second_record_of_a_key_that_arrives_later_joins_the_first(tmp_path: Path) -> None:
    """Whether the day before was run decides nothing: the two rows of one key are read as in a fresh store."""
    store = Store.open(tmp_path, "desk")
    store.append({"fills": _fill(1)})
    assert store.append({"fills": pl.concat([_fill(1), _fill(2)])}) == {"fills": 2}
    assert sorted(_prices(store)) == [1, 2]
    assert store.append({"fills": pl.concat([_fill(1), _fill(2)])}) == {"fills": 0}


@pytest.mark.parametrize("name", quick(["with space", "\u00e9", "{b}", "h#x", "q?x"], 2))
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    store = Store.open(tmp_path / name / "store", "desk")
    assert store.append({"mids": _mids(1)}) == {"mids": 1}
    assert store.append({"mids": _mids(1, 2)}) == {"mids": 1}
    assert _minutes(Store.open(tmp_path / name / "store", "desk").read(store.pin(), LATER)["mids"]) == [1, 2]
    assert [folder.name for folder in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["br[1]", "per%20cent"])
def test_place_that_delta_cannot_use_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="choose a place without"):
        Store.open(tmp_path / name / "store", "desk")
    assert list(tmp_path.iterdir()) == []
