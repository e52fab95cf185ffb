"""A day's case from a store at pinned commits: what is carried from earlier days is taken, and carried on."""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime, time
from typing import TypeVar

import polars as pl

from deskgate.assessment.artifacts import DayInputs
from deskgate.assessment.carried import CarriedOrders
from deskgate.assessment.carried_fills import CarriedFills
from deskgate.assessment.openings import with_openings
from deskgate.case.case import Case
from deskgate.case.fill_history import FillHistory
from deskgate.case.frames import StoredFrames
from deskgate.checks.registry import GATES
from deskgate.config.desk import Desk
from deskgate.reconciliation.finished_fills import still_holds
from deskgate.schema import TABLES
from deskgate.store.tables import Store

__all__ = ["measure_case", "read_case"]

T = TypeVar("T")


def measure_case(
    desk: Desk, store: Store, inputs: DayInputs, gates: Collection[str], measure: Callable[[Case], T]
) -> tuple[Case, T]:
    """Return a day's case, and what `measure` gives for it.

    Parameters
    ----------
    gates
        Those that it is measured for; only where they are all is what it says is finished kept for later days.
    """
    case = read_case(desk, store, inputs)
    try:
        found = measure(case)
    except (OSError, pl.exceptions.PolarsError):
        if case.fill_history is None:
            raise
        # What is carried may be deleted at any time.
        case = _case(case.desk, store, inputs, None)
        found = measure(case)
    if set(gates) == set(GATES):
        # Where what is carried has been deleted meanwhile, the next day only takes longer.
        with suppress(OSError, pl.exceptions.PolarsError):
            CarriedFills(store, inputs.store.versions, inputs.as_of, case.desk).keep(case)
    return case, found


def read_case(desk: Desk, store: Store, inputs: DayInputs) -> Case:
    """Return a day's case, whose frames are read from the store, at the commits that `inputs` pins, as far as they are needed.

    Its desk has the openings that the desk's accounts show: `opening = "first_snapshot"`.
    """
    desk = with_openings(desk, store, inputs)
    carried = CarriedFills(store, inputs.store.versions, inputs.as_of, desk)
    history = carried.newest(datetime.combine(inputs.date, time(), UTC))
    if history:
        case = _case(desk, store, inputs, history)
        with suppress(OSError, pl.exceptions.PolarsError):
            if still_holds(case):
                return case
    return _case(desk, store, inputs, None)


def _case(desk: Desk, store: Store, inputs: DayInputs, history: FillHistory | None) -> Case:
    versions, as_of = inputs.store.versions, inputs.as_of
    carried = CarriedFills(store, versions, as_of, desk)
    frames = StoredFrames(
        tuple(TABLES),
        read=lambda name: store.read(versions, as_of, (name,))[name],
        scan=lambda name: store.lazy(name, versions, as_of),
        live_orders=CarriedOrders(store, versions, as_of).rows,
        fills=(history, lambda: carried.rows(history)) if history else None,
    )
    return Case(desk, inputs.date, as_of, frames, inputs.config, inputs.intervals, inputs.risk, inputs.policy)
