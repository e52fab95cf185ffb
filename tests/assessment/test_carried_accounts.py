"""What is carried of positions, costs and profits gives what all agreed fills give, and is taken only then."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment import carried
from assessment.carried import DAY, PAIRS, TWO, Rows, add, at, case_of, keep, opened, snapshot, trade
from deskgate.accounting.amounts import amounts_at
from deskgate.accounting.books import books_since, fills_by_average
from deskgate.accounting.day_pnl import DayPnl, day_pnl
from deskgate.accounting.profits import profits, unaccounted, unknown_fees
from deskgate.accounting.starts import starts
from deskgate.case.case import Case
from deskgate.config.accounting import Accounting
from deskgate.config.bot import Opening
from deskgate.config.desk import Desk
from deskgate.measures.minutes import soak_minutes
from deskgate.measures.traded import traded
from deskgate.reconciliation.accounts.balances import rolled_balances
from deskgate.reconciliation.accounts.positions import rolled_positions
from deskgate.reconciliation.accounts.waterfall import balance_waterfall, position_waterfall
from deskgate.reconciliation.funding_due import funding_due
from deskgate.store.tables import Store
from desks import bot, by_accounting, desk, fill
from examples import few

LAST = 9


def accounts(case: Case) -> dict[str, Any]:
    """Return everything that is rolled forward or booked."""
    minutes = pl.Series([case.start - DAY, case.start, case.end], dtype=pl.Datetime("us", "UTC"))
    found: dict[str, Any] = {
        "profits": profits(case).rows(),
        "traded": traded(case).rows(),
        "starts": starts(case).rows(),
        "positions": rolled_positions(case).rows(),
        "balances": rolled_balances(case, rolled_positions(case)).rows(),
        "steps": (position_waterfall(case).rows(), balance_waterfall(case).rows()),
        "minutes": soak_minutes(case).select("bot", "pair").unique().sort(pl.all()).rows(),
    }
    for of in case.desk.judged:
        pnl = day_pnl(case, of)
        found[of.name] = [
            *(unaccounted(case, of.name), funding_due(case, of.name)),
            (pnl.series.rows(), pnl.start_equity_quote) if isinstance(pnl, DayPnl) else pnl,
        ]
        if unaccounted(case, of.name) is None:
            since = max(of.opening.at, minutes[0]) if of.opening else minutes[0]
            found[of.name] += [
                unknown_fees(case, of.name),
                amounts_at(case, of, minutes.filter(minutes >= since)).rows(),
            ]
    return found


def same_accounts(store: Store, day: int, of: Desk = TWO) -> Case:
    """Return the case of a day after what its accounts hold and earned was compared with all of history."""
    carried, whole = case_of(store, day, of), case_of(store, day, of, whole=True)
    assert accounts(carried) == accounts(whole)
    since = pl.col("ts") >= carried.start
    assert fills_by_average(carried).filter(since).collect().equals(fills_by_average(whole).filter(since).collect())
    return carried


def is_carried(case: Case) -> bool:
    return case.fill_history is not None and books_since(case, case.start).since == case.fill_history.cut


def quote(day: int, minute: int, mid: int) -> Rows:
    rows = [{"bot": name, "leg": "local", "ts": at(day, minute), "mid": Decimal(mid)} for name in ("b1", "b2")]
    return {"mids": [{**row, "pair": pair} for row in rows for pair in PAIRS]}


@pytest.fixture(scope="module")
def before(ten_days_folder: Path) -> dict[str, Any]:
    """The accounts of the last day of ten."""
    return accounts(case_of(Store.open(ten_days_folder / "store", "desk"), LAST))


def test_books_of_finished_days_are_not_made_again(store: Store) -> None:
    case = same_accounts(store, LAST)
    assert is_carried(case)
    books = books_since(case, case.start)
    assert books.fills.filter(pl.col("ts") < at(7, 0)).collect().is_empty()
    assert not books.held.filter(pl.col("position") != 0).is_empty()
    # A day that is looked at before the cut has them all.
    assert books_since(case, at(3, 0)).since is None


@pytest.mark.slow
def test_books_of_several_cuts_begin_at_the_last_before(store: Store) -> None:
    add(store, *[trade(n, at(n // 2, n)) for n in range(20, 40)])
    keep(store, case_of(store, 19))
    case = same_accounts(store, 19)
    assert is_carried(case)
    assert [books_since(case, at(day, 0)).since for day in (3, 7, 12, 17)] == [None, at(7, 0), at(7, 0), at(17, 0)]
    assert books_since(case, at(7, 0)).fills.collect().height < profits(case).height


LATE: dict[str, Callable[[], Rows]] = {
    "a fill that the venue alone has": lambda: {"fills": [fill("exchange", "t90", ts=at(9, 5))]},
    "a payment": lambda: {
        "funding": [{"leg": "exchange", "ts": at(3, 480), "pair": PAIRS[0], "amount": Decimal(5), "funding_id": "f"}]
    },
    "a snapshot between two fills": lambda: snapshot(at(2, 4, 30), 0),
    "an earlier first snapshot": lambda: snapshot(at(0, 1), 3),
    "a fill of before": lambda: trade(90, at(3, 5), pair=PAIRS[1]),
    "a side of a hedged market": lambda: {
        "positions": [
            {
                **snapshot(at(9, 900), 0)["positions"][0],
                "hedged": True,
                "long_quantity": Decimal(1),
                "short_quantity": Decimal(1),
            }
        ]
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("what", LATE)
def test_what_comes_late_gives_what_all_of_history_gives(store: Store, before: dict[str, Any], what: str) -> None:
    add(store, LATE[what]())
    assert accounts(same_accounts(store, LAST)) != before


FIFO = TWO.model_copy(update={"accounting": Accounting.FIFO})


def _lots(day: int, first: int) -> list[Rows]:
    """Return fills of three lots at three prices and a sale of one."""
    sides = [("BUY", 100), ("BUY", 110), ("BUY", 130), ("SELL", 120)]
    return [
        trade(first + n, at(day, 10 * n), side=side, price=Decimal(price), order_id=f"o-t{first + n}")
        for n, (side, price) in enumerate(sides)
    ]


@pytest.mark.slow
def test_lots_are_carried_from_cut_to_cut(tmp_path: Path) -> None:
    made = opened(tmp_path)
    add(made, *[row for day in range(10) for row in _lots(day, 4 * day)])
    keep(made, case_of(made, 9, FIFO))
    assert is_carried(same_accounts(made, 9, FIFO))
    add(made, *[row for day in range(10, 20) for row in _lots(day, 4 * day)])
    keep(made, case_of(made, 19, FIFO))
    case = same_accounts(made, 19, FIFO)
    assert is_carried(case)
    assert case.fill_history is not None
    assert case.fill_history.books is not None
    lots = case.fill_history.books.lots
    # Two of three lots of each day are left; by average cost they are one.
    assert dict(lots["accounting"].value_counts().iter_rows()) == {"fifo": 2 * 17, "average": 1}
    # The twentieth sale closes the twentieth lot, of 110; by average cost as on a desk of that method.
    assert profits(case)["realized"][-1] == 10
    average = profits(case_of(made, 19, whole=True))["realized"][-1]
    assert fills_by_average(case).collect()["realized"][-1] == average != 10


@pytest.mark.slow
def test_books_by_the_other_method_are_not_continued(store: Store) -> None:
    case = case_of(store, LAST)
    assert is_carried(case)
    # Also where the fills themselves are carried.
    other = by_accounting(case, Accounting.FIFO)
    assert other.fill_history is not None
    assert not is_carried(other)
    assert accounts(other) == accounts(case_of(store, LAST, FIFO, whole=True))
    # A desk file by the other method finds no state of this one.
    assert case_of(store, LAST, FIFO).fill_history is None


@pytest.mark.slow
def test_moved_opening_takes_no_book(store: Store) -> None:
    moved = desk(bot(pairs=list(PAIRS), opening=Opening(at=at(1), balance={"USDT": Decimal(7)})), TWO.bots["b2"])
    assert not is_carried(case_of(store, LAST, moved))
    assert accounts(case_of(store, LAST, moved)) == accounts(case_of(store, LAST, moved, whole=True))


@pytest.mark.slow
def test_start_that_a_late_snapshot_moves_takes_no_book(store: Store) -> None:
    add(store, quote(0, 0, 100), snapshot(at(0, 1), 3))
    case = same_accounts(store, LAST)
    assert case.fill_history is not None
    assert unaccounted(case, "b2") is None
    assert not is_carried(case)


@pytest.mark.slow
def test_claim_that_its_order_confirms_later_takes_no_book(tmp_path: Path) -> None:
    made, claim = opened(tmp_path), trade(70, at(2, 30))
    own = [row for row in claim["fills"] if row["leg"] != "exchange"]
    add(made, *[trade(n, at(n // 2, n)) for n in range(20)], {"fills": own}, snapshot(at(0, 0), 0))
    keep(made, case_of(made, LAST))
    assert is_carried(case_of(made, LAST))
    before = profits(case_of(made, LAST)).height
    add(made, {"orders": claim["orders"]})
    case = same_accounts(made, LAST)
    assert case.fill_history is not None
    assert not is_carried(case)
    assert profits(case).height == before + 1


@pytest.mark.slow
def test_snapshot_within_what_was_added_up_is_told_apart(store: Store) -> None:
    assert is_carried(case_of(store, LAST))
    # Between two fills of one bot, where nothing was when they were added up.
    add(store, snapshot(at(2, 4, 30), 1))
    rows = rolled_positions(same_accounts(store, LAST))
    assert rows.filter(pl.col("ts") == at(2, 4, 30), pl.col("bot") == "b1")["fills"].sum() == 3


@st.composite
def stories(draw: st.DrawFn) -> carried.Story:
    """Return rows with the day on which they are ingested: trades of two bots, hedged or not, payments and snapshots."""
    told: carried.Story = []
    hedged = draw(st.booleans())
    for number in range(draw(st.integers(6, 16))):
        day, side = draw(st.integers(0, LAST)), draw(st.sampled_from(["LONG", "SHORT"]))
        name, pair = draw(st.sampled_from(["b1", "b2"])), draw(st.sampled_from(PAIRS))
        price, fee = Decimal(draw(st.integers(90, 110))), draw(st.sampled_from(["USDT", "USDT", "BGB"]))
        rows = trade(
            number,
            at(day, draw(st.integers(0, 1439))),
            name=name,
            pair=pair,
            price=price,
            fee_token=fee,
            fee_quote=None,
        )
        fills = rows["fills"]
        if hedged:
            opens = "OPEN" if (fills[0]["side"] == "BUY") == (side == "LONG") else "CLOSE"
            fills = [{**row, "position": side if row["leg"] == "exchange" else opens} for row in fills]
        late = draw(st.sampled_from([0, 0, 0, 4]))
        how = draw(st.sampled_from(["whole", "whole", "whole", "venue alone", "bot alone", "corrected"]))
        if how == "venue alone":
            fills = [row for row in fills if row["leg"] == "exchange"]
        elif how == "bot alone":
            fills = [row for row in fills if row["leg"] != "exchange"]
        elif how == "corrected":
            told.append((day + 3, {"fills": [{**fills[-1], "quantity": Decimal(2), "path": "newer"}]}))
        told += [(day + late, {"fills": fills}), (day, {"orders": rows["orders"]})]
    for day in range(LAST + 1):
        if draw(st.booleans()):
            told.append((day + draw(st.sampled_from([0, 0, 3])), snapshot(at(day, 1400), draw(st.integers(-1, 1)))))
        if draw(st.booleans()):
            paid = {"ts": at(day, 480), "pair": PAIRS[0], "amount": Decimal("0.5"), "funding_id": f"f{day}"}
            told.append((day + draw(st.sampled_from([0, 4])), {"funding": [{**paid, "leg": "exchange"}]}))
        told.append((day, quote(day, 1439, 100 + day)))
    return told


@pytest.mark.slow
@pytest.mark.usefixtures("cut_a_day_before")
@few(is_shared=True)
@given(stories(), st.integers(4, LAST - 1), st.sampled_from([TWO, FIFO]))
def test_every_account_is_what_all_of_history_gives(told: carried.Story, day: int, of: Desk) -> None:
    with TemporaryDirectory() as folder:
        same_accounts(carried.kept_once(Path(folder), told, on=day, last=LAST, of=of), LAST, of)


@pytest.mark.long
@pytest.mark.usefixtures("cut_a_day_before")
@few(is_shared=True, one_in=10)
@given(stories(), st.lists(st.integers(3, LAST - 1), min_size=1, max_size=3, unique=True).map(sorted))
def test_every_account_is_so_on_every_day(told: carried.Story, days: list[int]) -> None:
    with TemporaryDirectory() as folder:
        made = opened(Path(folder))
        for day in carried.kept_on_each(made, told, [*days, LAST]):
            same_accounts(made, day)
