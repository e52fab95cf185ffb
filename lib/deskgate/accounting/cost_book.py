"""What a position cost, and what each fill that reduced it realised: average cost, or first in first out.

Exact: amounts are whole numbers of 1e-18. Of a cost that does not divide, what is taken off is rounded to 1e-18 (half to even)
and realised = proceeds - what was taken off, so that cost before + value of the fills + realised = cost after holds to the
last place, whatever was rounded. A position may change its sign in one fill: that fill closes the old one and opens another.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from deskgate.case.tolerances import MONEY
from deskgate.config.accounting import Accounting

__all__ = ["METHODS", "Lot", "Method", "average_cost", "book_fills", "first_in_first_out"]

_BOOKED = ("position", "cost", "realized")


class Lot(NamedTuple):
    """A part of a position: base and what it cost, both in units of 1e-18 and negative where it is short."""

    position: int
    cost: int


class _Booked(NamedTuple):
    """After each fill: the position, its cost, and what the fill realised; and the lots that are left at the end."""

    position: list[int]
    cost: list[int]
    realized: list[int]
    lots: list[Lot]


# Takes what each fill moved (base, and its value in quote: both positive when bought) and the lots held before.
Method = Callable[[Sequence[int], Sequence[int], Iterable[Lot]], _Booked]


def book_fills(
    fills: pl.DataFrame, held: pl.DataFrame, *, by: Sequence[str], method: Method | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the fills with what was held after each, and what is held after all of them.

    A later call that starts from what is held continues as if there had been one.

    Parameters
    ----------
    fills
        One row per fill, in the order in which they count: `by`, base (what the position changed by) and value (what that is
        worth in quote at the fill's price); both Decimal(38, 18), positive when bought.
    held
        What was held before: `by`, position (base) and cost (quote), both negative when short; a row per lot, the oldest
        first. None is flat.
    by
        The columns that name a position.
    method
        `average_cost` (the default) or `first_in_first_out`.

    Returns
    -------
    tuple
        The fills with position and cost after each and realized (quote, before fees); and what is held, as `held`: one lot a
        position by average cost. All Decimal(38, 18).
    """
    before: dict[tuple[object, ...], list[Lot]] = {}
    for row in _in_places(held, "position", "cost").select(*by, "position", "cost").iter_rows():
        before.setdefault(row[:-2], []).append(Lot(*row[-2:]))
    booked, after = [], dict(before)
    placed = _in_places(fills, "base", "value").with_row_index("_row")
    for key, rows in placed.partition_by(by, as_dict=True, maintain_order=True).items():
        found = (method or average_cost)(rows["base"].to_list(), rows["value"].to_list(), before.get(key, ()))
        booked.append(_frame(rows["_row"].to_list(), found))
        after[key] = found.lots
    of_fills = pl.concat(booked).sort("_row") if booked else _frame([], _Booked([], [], [], []))
    left = [(key, lot) for key, lots in after.items() for lot in lots if lot.position]
    names = {name: [key[place] for key, _ in left] for place, name in enumerate(by)}
    lots_left = names | {"position": [lot.position for _, lot in left], "cost": [lot.cost for _, lot in left]}
    schema = {name: held.schema[name] for name in by} | {"position": pl.Int128(), "cost": pl.Int128()}
    return (
        fills.with_columns(_money(of_fills)),
        pl.DataFrame(lots_left, schema=schema).with_columns(_as_money("position"), _as_money("cost")),
    )


def average_cost(bases: Sequence[int], values: Sequence[int], lots: Iterable[Lot] = ()) -> _Booked:
    """Book fills on one position whose every unit cost the same: a reduction takes off its share of the whole cost."""
    held = list(lots)
    position, cost = sum(lot.position for lot in held), sum(lot.cost for lot in held)
    booked = _Booked([], [], [], [])
    for base, value in zip(bases, values, strict=True):
        left = position + base
        if not position or not base or (position > 0) == (base > 0):
            realized = 0
            cost += value
        elif not left or (left > 0) == (position > 0):
            removed = _part(cost, abs(base), abs(position)) if left else cost
            realized = -value - removed
            cost -= removed
        else:
            closing = _part(value, abs(position), abs(base))
            realized = -closing - cost
            cost = value - closing
        position = left
        booked.position.append(position)
        booked.cost.append(cost)
        booked.realized.append(realized)
    return booked._replace(lots=[Lot(position, cost)] if position else [])


def first_in_first_out(bases: Sequence[int], values: Sequence[int], lots: Iterable[Lot] = ()) -> _Booked:
    """Book fills on the lots of one position: a reduction closes the oldest ones first, each at what it cost."""
    queue = deque((lot.position, lot.cost) for lot in lots)
    position, cost = sum(held for held, _ in queue), sum(paid for _, paid in queue)
    booked = _Booked([], [], [], [])
    for base, value in zip(bases, values, strict=True):
        realized, rest, worth = 0, base, value
        while rest and queue and (queue[0][0] > 0) != (rest > 0):
            size, paid = queue[0]
            left = size + rest
            if left and (left > 0) == (size > 0):
                removed = _part(paid, abs(rest), abs(size))
                queue[0] = left, paid - removed
                realized -= worth + removed
                rest = 0
            else:
                closing = _part(worth, abs(size), abs(rest)) if left else worth
                queue.popleft()
                realized -= closing + paid
                rest, worth = left, worth - closing
        if rest:
            queue.append((rest, worth))
        position += base
        cost += value + realized
        booked.position.append(position)
        booked.cost.append(cost)
        booked.realized.append(realized)
    return booked._replace(lots=[Lot(*lot) for lot in queue])


METHODS: Mapping[Accounting, Method] = {Accounting.AVERAGE: average_cost, Accounting.FIFO: first_in_first_out}


def _part(amount: int, part: int, whole: int) -> int:
    """Return amount * part / whole, rounded half to even; part and whole are positive."""
    if part == whole:
        return amount
    quotient, rest = divmod(amount * part, whole)
    return quotient + (2 * rest > whole or (2 * rest == whole and quotient & 1))


def _in_places(rows: pl.DataFrame, *names: str) -> pl.DataFrame:
    return rows.with_columns(pl.col(name).cast(MONEY).to_physical() for name in names)


def _frame(row: list[int], booked: _Booked) -> pl.DataFrame:
    columns = dict(zip(_BOOKED, booked, strict=False))
    return pl.DataFrame({"_row": row} | columns, schema={"_row": pl.UInt32} | dict.fromkeys(columns, pl.Int128))


def _money(booked: pl.DataFrame) -> pl.DataFrame:
    return booked.select(_as_money(name) for name in _BOOKED)


def _as_money(name: str) -> pl.Expr:
    """Return whole numbers of 1e-18 as the amounts that they are."""
    return (pl.col(name).cast(pl.Decimal(38, 0)) * pl.lit("0.000000000000000001").cast(MONEY)).cast(MONEY).alias(name)
