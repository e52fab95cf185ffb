"""What is carried of finished fills gives what all of history gives, and is taken only then."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assessment.carried import PAIRS, TWO, Rows, add, at, case_of, keep, opened, same, trade
from deskgate.checks.registry import run_checks
from deskgate.config.bot import Opening
from deskgate.store.tables import Store
from desks import bot, desk, fill, sources
from tiers import quick


def test_second_assessment_neither_reads_nor_matches_what_is_finished(store: Store) -> None:
    case = same(store, 9)
    assert case.fill_history is not None
    assert case.fill_history.finished.collect().height == 14
    assert case.fills.filter(pl.col("ts") < at(7, 0)).is_empty()


BREAKS: dict[str, Callable[[int], list[dict[str, Any]]]] = {
    "price": lambda n: _one_leg(n, price=Decimal(101)),
    "fee": lambda n: _one_leg(n, fee_amount=Decimal(2)),
    "side": lambda n: _one_leg(n, side="SELL"),
    "order": lambda n: _one_leg(n, exchange_order_id="x-other"),
    "early": lambda n: _one_leg(n, ts=at(2, 720, -30)),
    "late": lambda n: _one_leg(n, ts=at(2, 760)),
    "missing": lambda n: _one_leg(n)[1:],
    "again": lambda n: [*_one_leg(n), *_one_leg(n, order_id="o-more")[:1]],
    "twice the id": lambda n: [*_one_leg(n), *trade(n, at(1, 5), pair=PAIRS[1])["fills"]],
    "again with a suffix": lambda n: [*_one_leg(n), {**_one_leg(n)[1], "trade_id": f"t{n}_1"}],
    "across the cut": lambda n: [{**row, "ts": at(7, 0, 2 * (row["leg"] == "local") - 1)} for row in _one_leg(n)],
}


def _one_leg(number: int, **values: Any) -> list[dict[str, Any]]:
    """Return a fill of which the database says something else."""
    return [{**row, **(values if row["leg"] == "local" else {})} for row in trade(number, at(2))["fills"]]


@pytest.mark.slow
def test_fills_with_a_break_are_never_finished(tmp_path: Path) -> None:
    made = opened(tmp_path)
    rows = {what: BREAKS[what](50 + 2 * n) for n, what in enumerate(BREAKS)}
    add(made, *[trade(n, at(n // 2, n)) for n in range(20)], *[{"fills": each} for each in rows.values()])
    keep(made, case_of(made, 9))
    case = same(made, 9)
    assert case.fill_history is not None
    finished = case.fill_history.finished.collect()
    assert finished["trade_id"].sort().to_list() == sorted(f"t{n}" for n in range(14))
    for what, each in rows.items():
        ids = {row["trade_id"] for row in each}
        assert case.fills.filter(pl.col("trade_id").is_in(ids)).height == len(each), what


VOIDS: dict[str, Callable[[], Rows]] = {
    "older row": lambda: trade(90, at(3, 5)),
    "an id again": lambda: trade(4, at(9, 800)),
    "an id again with a suffix": lambda: {"fills": [fill("local", "t4_1", ts=at(9, 800))]},
    "no id": lambda: {"fills": [fill("local", None, ts=at(9, 800))]},
    "another name of the order": lambda: {
        "orders": [{**trade(4, at(9))["orders"][1], "order_id": "a-other", "exchange_order_id": "x-t4"}]
    },
    "an account that is shared": lambda: {
        "fills": [fill("exchange", "t91", bot=name, ts=at(9, 800)) for name in ("b1", "b2")]
    },
    "contracts of another size": lambda: {
        "positions": [
            {
                "leg": "exchange",
                "ts": at(9, 900),
                "pair": PAIRS[0],
                "symbol": "BTC/USDT:USDT",
                "quantity": Decimal(1),
                "contract_size": Decimal(5),
            }
        ]
    },
    "a leg less": lambda: {"sources": [{**row, "derived": True} for row in sources("events")]},
}


@pytest.mark.parametrize("what", quick(VOIDS, 2))
def test_what_can_make_a_finished_fill_a_break_brings_all_back(store: Store, what: str) -> None:
    assert case_of(store, 9).fill_history is not None
    add(store, VOIDS[what]())
    assert case_of(store, 9).fill_history is None


@pytest.mark.slow
def test_row_that_was_not_visible_brings_all_back(tmp_path: Path) -> None:
    made = opened(tmp_path)
    late = trade(90, at(3, 5))
    late["fills"] = [{**row, "visible_at": at(10, 5)} for row in late["fills"]]
    add(made, *[trade(n, at(n // 2, n)) for n in range(20)], late)
    keep(made, case_of(made, 9))
    assert case_of(made, 9).fill_history is not None
    assert case_of(made, 10).fill_history is None


def test_other_desk_file_brings_all_back(store: Store) -> None:
    other = desk(bot(pairs=list(PAIRS), opening=Opening(at=at(1), balance={"USDT": Decimal(7)})), TWO.bots["b2"])
    assert case_of(store, 9, other).fill_history is None


@pytest.mark.slow
def test_ids_that_are_written_alike_for_the_first_time_make_breaks_of_all(tmp_path: Path) -> None:
    made = opened(tmp_path)

    def apart(n: int, ts: datetime, own: str) -> Rows:
        rows = [{**row, "exchange_order_id": None} for row in trade(n, ts)["fills"]]
        return {"fills": [{**row, "order_id": f"{own}{n}"} if row["leg"] == "exchange" else row for row in rows]}

    add(made, *[apart(n, at(n // 2, n), "venue-") for n in range(20)])
    keep(made, case_of(made, 9))
    assert case_of(made, 9).fill_history is not None
    add(made, apart(30, at(9, 900), "o-t"))
    assert same(made, 9).fill_history is None


def _early(number: int) -> Rows:
    rows = trade(number, at(2, 900 + number))["fills"]
    return {
        "fills": [{**row, "ts": row["ts"] - timedelta(seconds=30)} if row["leg"] != "exchange" else row for row in rows]
    }


def _claim() -> Rows:
    """Return a fill of a finished fill's order that the venue's trades lack and its order has."""
    ts, ids = at(19, 5), {"order_id": "o-t4", "exchange_order_id": "x-t4"}
    order = {**trade(4, ts)["orders"][1], "created_ts": at(2, 4), "filled_quantity": Decimal(2), "quantity": Decimal(2)}
    return {"fills": [fill(leg, "t60", ts=ts, **ids) for leg in ("local", "events")], "orders": [order]}


def _other_ids() -> Rows:
    rows = trade(60, at(19, 5))["fills"]
    return {"fills": [{**row, "trade_id": "v60"} if row["leg"] == "exchange" else row for row in rows]}


def _other_order() -> Rows:
    rows = trade(60, at(19, 5))["fills"]
    return {"fills": [{**row, "order_id": "o-x"} if row["leg"] == "exchange" else row for row in rows]}


# What depends on finished fills: rows of before and of the day, and a part of a break that they then make.
DEPENDS: dict[str, tuple[list[Rows], list[Rows], str]] = {
    "ids of orders that legs write alike": ([], [_other_order()], "order_id_mismatch"),
    "ids of trades that legs write alike": ([], [_other_ids()], "fill_missing_local"),
    "how many fills of a day are early": ([_early(n) for n in (50, 51, 52)], [], "fill_time_mismatch"),
    "what fills of an order add up to": ([], [_claim()], "its order filled 2 at the venue, as with it"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", DEPENDS)
def test_what_depends_on_finished_fills_is_as_with_all(tmp_path: Path, what: str) -> None:
    before, later, expected = DEPENDS[what]
    made = opened(tmp_path)
    add(made, *[trade(n, at(2, n)) for n in range(8)], *before)
    keep(made, case_of(made, 19))
    if later:
        add(made, *later)
    carried = same(made, 19)
    assert carried.fill_history is not None
    assert carried.fill_history.finished.collect().height == 8
    _, breaks = run_checks(carried, ["reconciliation"])
    assert any(expected in f"{kind} {detail}" for kind, detail in breaks.select("kind", "detail").rows())
