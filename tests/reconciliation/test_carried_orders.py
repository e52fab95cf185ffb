"""What is carried beside a store is taken only where all of history would give the same."""

import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.assessment import carried_state, day_case
from deskgate.assessment.assessment import Assessment, assess
from deskgate.assessment.carried import CarriedOrders
from deskgate.case.case import Case
from deskgate.case.markets import Markets
from deskgate.config.desk import Desk
from deskgate.config.desk_file import load_desk
from deskgate.demo import write_demo
from deskgate.reconciliation.order_history import OrderHistory
from deskgate.schema import TABLES
from deskgate.store.desk_store import ingest_desk
from deskgate.store.tables import Store
from desks import DAY, END, INTERVALS, RISK, START, case, desk, frame, sources


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[OrderHistory]:
    """Return the histories that assessments have taken."""
    found: list[OrderHistory] = []
    take = CarriedOrders._live

    def live(self: CarriedOrders, history: OrderHistory, known: Markets) -> pl.DataFrame:
        found.append(history)
        return take(self, history, known)

    monkeypatch.setattr(CarriedOrders, "_live", live)
    return found


def order(number: int, hours: int, status: str = "cancelled", **values: Any) -> list[dict[str, Any]]:
    """Return an order of some hours after the day's start at the bot and the venue."""
    row = {
        "pair": "BTC-USDT",
        "order_id": f"o{number}",
        "exchange_order_id": f"x{number}",
        "ts": START + timedelta(hours=hours),
        "created_ts": START + timedelta(hours=hours),
        "status": status,
        "price": Decimal(1),
        "quantity": Decimal(1),
        "filled_quantity": Decimal(0),
        **values,
    }
    return [{**row, "leg": leg} for leg in ("local", "exchange")]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of a desk with orders of the day and of six days before."""
    made = Store.open(tmp_path / "store", "desk")
    rows = [row for n in range(7) for row in order(n, -24 * n + 1)]
    made.append(
        {"orders": frame("orders", *rows), "sources": frame("sources", *sources("local", "events", "exchange"))}
    )
    return made


def rows(store: Store, as_of: datetime = END) -> pl.DataFrame:
    """Return the orders that a day's checks read."""
    versions = store.pin()
    frames = {name: store.read(versions, as_of, (name,))[name] for name in TABLES}
    return CarriedOrders(store, versions, as_of).rows(Case(desk(), DAY, as_of, frames, {}, INTERVALS, RISK))


@pytest.mark.slow
def test_store_made_anew_takes_nothing_of_the_old_one(store: Store, used: list[OrderHistory]) -> None:
    rows(store)
    shutil.rmtree(store.location)
    again = Store.open(store.location, "desk")
    kept = [row for n in range(7) for row in order(n, -24 * n + 1, "open" if n == 5 else "cancelled")]
    again.append(
        {"orders": frame("orders", *kept), "sources": frame("sources", *sources("local", "events", "exchange"))}
    )
    assert again.pin() == store.pin()
    assert rows(again).filter(order_id="o5").height == 2
    assert used == []


def test_state_that_cannot_be_read_is_made_anew(store: Store, used: list[OrderHistory]) -> None:
    rows(store)
    for file in Path(f"{store.location}.carried").rglob("ids.parquet"):
        file.write_bytes(b"")
    assert rows(store).height == 14
    assert used == []


def test_second_assessment_reads_only_what_is_recent(store: Store, used: list[OrderHistory]) -> None:
    assert rows(store).height == 14
    assert used == []
    assert rows(store)["order_id"].unique().sort().to_list() == ["o0", "o1", "o2"]
    assert len(used) == 1


def test_late_row_voids_what_is_carried(store: Store, used: list[OrderHistory]) -> None:
    rows(store)
    store.append({"orders": frame("orders", *order(9, -100))})
    assert rows(store).height == 16
    assert used == []
    # It was made anew, with the late row.
    assert rows(store)["order_id"].unique().sort().to_list() == ["o0", "o1", "o2"]


def test_new_row_of_a_finished_order_brings_it_back(store: Store, used: list[OrderHistory]) -> None:
    rows(store)
    store.append({"orders": frame("orders", *order(5, 2, "open"))})
    assert rows(store).filter(pl.col("order_id") == "o5").height == 4
    assert len(used) == 1


@pytest.mark.slow
def test_row_that_was_not_visible_then_voids_what_is_carried(store: Store, used: list[OrderHistory]) -> None:
    late = order(9, -100, visible_at=END + timedelta(hours=1))
    store.append({"orders": frame("orders", *late)})
    rows(store)
    assert rows(store, END + timedelta(hours=2)).height == 16
    rows(store, END)
    # What was made with it is not taken for the instant before.
    assert all(history.venue_ids.len() == 4 for history in used)


@pytest.mark.slow
def test_other_pins_do_not_take_it(store: Store, used: list[OrderHistory]) -> None:
    before = store.pin()
    store.append({"orders": frame("orders", *order(9, 3))})
    rows(store)
    old = CarriedOrders(store, before, END)
    old.rows(case(orders=[row for n in range(7) for row in order(n, -24 * n + 1)]))
    assert used == []


def test_store_without_orders_carries_nothing(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", "desk")
    assert rows(store).is_empty()
    assert not Path(f"{store.location}.carried").exists()


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Store]:
    """The demo desk with all faults over six days, and its store."""
    folder = tmp_path_factory.mktemp("faulty")
    read = load_desk(write_demo(folder / "desk", days=6, faults="all").folder)
    return read, ingest_desk(read, folder / "out", lambda: datetime(2026, 4, 1, tzinfo=UTC))[0]


@pytest.fixture(params=[(0, 0), (1, 1), (3, 9)], ids=["each-midnight", "a-day-before", "one-early"])
def cuts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut so many days before a day, and move on after so many."""
    before, after = request.param
    monkeypatch.setattr(carried_state, "BEFORE_DAY", timedelta(days=before))
    monkeypatch.setattr(carried_state, "MOVES_AFTER", timedelta(days=after))
    # What another parameter has left is not taken.
    monkeypatch.setattr(carried_state, "SCHEMA_VERSION", f"{before}-{after}")


@pytest.mark.long
@pytest.mark.usefixtures("cuts")
def test_every_day_of_the_demo_is_what_all_of_history_gives(
    faulty: tuple[Desk, Store], used: list[OrderHistory], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, store = faulty

    def of(day: date) -> Assessment:
        return assess(
            read, store, day=day, as_of=datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        )

    days = [date(2026, 3, 2) + timedelta(days=n) for n in range(6)]
    found = [of(day) for day in [*days, *days]]
    assert len(used) > len(days)
    monkeypatch.setattr(day_case, "CarriedOrders", _All)
    for day, one, two in zip(days, found, found[6:], strict=False):
        whole = of(day)
        assert whole.metrics.equals(one.metrics)
        assert whole.breaks.equals(one.breaks)
        assert whole.metrics.equals(two.metrics)
        assert whole.breaks.equals(two.breaks)


class _All(CarriedOrders):
    """All orders, whatever is carried."""

    def rows(self, of: Any) -> pl.DataFrame:
        found: pl.DataFrame = of.frames["orders"]
        return found
