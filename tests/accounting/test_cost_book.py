"""Cost and realised profit of one position, by hand and by property."""

from collections import deque
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.accounting.cost_book import Method, average_cost, book_fills, first_in_first_out
from deskgate.case.tolerances import MONEY

METHODS = [average_cost, first_in_first_out]
_FLAT = pl.DataFrame(schema={"pair": pl.String(), "position": MONEY, "cost": MONEY})


def _fills(*rows: tuple[str | Decimal | int, str | Decimal | int], pair: str = "p") -> pl.DataFrame:
    """Return fills of (base, price)."""
    exact = [(pair, Decimal(base), Decimal(base) * Decimal(price)) for base, price in rows]
    return pl.DataFrame(exact, schema={"pair": pl.String(), "base": MONEY, "value": MONEY}, orient="row")


def _held(position: int, cost: int) -> pl.DataFrame:
    return pl.DataFrame([("p", Decimal(position), Decimal(cost))], schema=_FLAT.schema, orient="row")


def _total(frame: pl.DataFrame, column: str) -> Decimal:
    return sum(frame[column].to_list(), Decimal(0))


def _booked(fills: pl.DataFrame, held: pl.DataFrame = _FLAT, method: Method = average_cost) -> list[tuple[Any, ...]]:
    return book_fills(fills, held, by=["pair"], method=method)[0].select("position", "cost", "realized").rows()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("fills", "expected"),
    [
        ([], []),
        ([("1", 100)], [(1, 100, 0)]),
        # Half of a long of 2 at 100 is sold at 110: (110 - 100) x 1.
        ([("2", 100), ("-1", 110)], [(2, 200, 0), (1, 100, 10)]),
        # 3 sold out of a long of 2: 2 x (120 - 100), and 1 is sold short at 120; bought back at 90: 120 - 90.
        ([("2", 100), ("-3", 120), ("1", 90)], [(2, 200, 0), (-1, -120, 40), (0, 0, 30)]),
        # The same from short to long: 2 x (100 - 90), then 1 long at 90.
        ([("-2", 100), ("3", 90)], [(-2, -200, 0), (1, 90, 20)]),
        ([("1", 100), ("-1", 95), ("-1", 95)], [(1, 100, 0), (0, 0, -5), (-1, -95, 0)]),
    ],
)
def test_position_by_hand(method: Method, fills: list[tuple[str, int]], expected: list[tuple[int, int, int]]) -> None:
    assert _booked(_fills(*fills), method=method) == expected


def test_fifo_closes_the_oldest_lot_where_average_takes_a_share() -> None:
    fills = _fills(("1", 100), ("1", 110), ("-1", 120), ("-1", 120))
    # Average cost 105: 15 and 15. First in first out: 120 - 100, then 120 - 110.
    assert [row[2] for row in _booked(fills)] == [0, 0, 15, 15]
    assert [row[2] for row in _booked(fills, method=first_in_first_out)] == [0, 0, 20, 10]


@pytest.mark.parametrize(
    ("held", "fills", "expected"),
    [
        # Lots of 2 at 100, 3 at 110 and 1 at 130. Sold at 120: 1 of the first; the other of it and 2 of the second; the rest of
        # both, 1 more than there is, which is short at 120.
        (
            [],
            [(2, 100), (3, 110), (1, 130), (-1, 120), (-3, 120), (-3, 120)],
            [(2, 200, 0), (5, 530, 0), (6, 660, 0), (5, 560, 20), (2, 240, 40), (-1, -120, 0)],
        ),
        # Shorts of 2 at 100 and 3 at 90, bought back at 80: 1 of the first; all that is left, and 1 long at 80.
        (
            [],
            [(-2, 100), (-3, 90), (1, 80), (5, 80)],
            [(-2, -200, 0), (-5, -470, 0), (-4, -370, 20), (1, 80, 50)],
        ),
        # What was carried in is the oldest lot: 2 at 90, then 2 at 110; 3 sold at 100.
        ([(2, 180)], [(2, 110), (-3, 100)], [(4, 400, 0), (1, 110, 10)]),
        ([(-2, -180)], [(-2, 110), (3, 100)], [(-4, -400, 0), (-1, -110, -10)]),
        # Two lots carried in stay two.
        ([(1, 90), (1, 110)], [(-1, 100), (-1, 100)], [(1, 110, 10), (0, 0, -10)]),
    ],
)
def test_lots_by_hand(
    held: list[tuple[int, int]], fills: list[tuple[int, int]], expected: list[tuple[int, int, int]]
) -> None:
    before = pl.concat([_FLAT, *(_held(*lot) for lot in held)])
    assert _booked(_fills(*fills), before, first_in_first_out) == expected


@pytest.mark.parametrize(
    ("position", "cost", "fill", "expected"),
    [
        (2, 180, ("-1", 100), (1, 90, 10)),
        (-2, -220, ("1", 100), (-1, -110, 10)),
        (2, 180, ("-3", 100), (-1, -100, 20)),
    ],
)
def test_position_carried_in(position: int, cost: int, fill: tuple[str, int], expected: tuple[int, int, int]) -> None:
    for method in METHODS:
        assert _booked(_fills(fill), _held(position, cost), method) == [expected]


def test_cost_that_does_not_divide_is_rounded_to_the_18th_place() -> None:
    # A third of 100 is taken off, half of the rest (33.3333333333333333335, to even), then what is left: nothing is lost.
    rows = _booked(_fills((1, 33), (2, "33.5"), (-1, 40), (-1, 40), (-1, 40)))
    third = Decimal("33.333333333333333333")
    assert [row[1] for row in rows] == [33, 100, 100 - third, third, 0]
    assert sum(row[2] for row in rows) == 20


_AMOUNTS = st.integers(-50, 50).filter(bool)
_FILLS = st.lists(st.tuples(_AMOUNTS, st.integers(1, 10**6).map(lambda cents: Decimal(cents) / 100)), max_size=30)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@given(fills=_FILLS, held=st.one_of(st.none(), st.tuples(_AMOUNTS, st.integers(1, 10**4))))
def test_cost_is_what_was_paid_and_realised(
    method: Method, fills: list[tuple[int, Decimal]], held: tuple[int, int] | None
) -> None:
    before = _held(held[0], held[0] * held[1]) if held else _FLAT
    frame = _fills(*fills)
    booked, after = book_fills(frame, before, by=["pair"], method=method)
    assert _total(after, "cost") == _total(before, "cost") + _total(frame, "value") + _total(booked, "realized")
    assert _total(after, "position") == _total(before, "position") + _total(frame, "base")
    if fills:
        assert booked.select("position", "cost").row(-1) == (_total(after, "position"), _total(after, "cost"))


@pytest.mark.parametrize("method", METHODS)
@given(fills=_FILLS, cut=st.integers(0, 30))
def test_books_go_on_from_what_is_held(method: Method, fills: list[tuple[int, Decimal]], cut: int) -> None:
    frame = _fills(*fills)
    whole, held = book_fills(frame, _FLAT, by=["pair"], method=method)
    first, between = book_fills(frame[:cut], _FLAT, by=["pair"], method=method)
    second, after = book_fills(frame[cut:], between, by=["pair"], method=method)
    assert pl.concat([first, second]).equals(whole)
    assert after.equals(held)


@pytest.mark.parametrize("method", METHODS)
@given(fills=_FILLS)
def test_ten_times_the_size_realises_ten_times_as_much(method: Method, fills: list[tuple[int, Decimal]]) -> None:
    once, ten = (_booked(_fills(*[(base * by, price) for base, price in fills]), method=method) for by in (1, 10))
    for small, large in zip(once, ten, strict=True):
        # What is rounded is rounded at the 18th place of each.
        assert all(abs(10 * a - b) < Decimal("1e-15") for a, b in zip(small, large, strict=True))


@pytest.mark.parametrize("method", METHODS)
@given(fills=_FILLS)
def test_splitting_a_fill_in_two_changes_nothing(method: Method, fills: list[tuple[int, Decimal]]) -> None:
    whole = _booked(_fills(*fills), method=method)
    halves = _booked(_fills(*[(Decimal(base) / 2, price) for base, price in fills for _ in "12"]), method=method)
    realized = [first[2] + second[2] for first, second in zip(halves[::2], halves[1::2], strict=True)]
    for row, (*end, _), both in zip(whole, halves[1::2], realized, strict=True):
        assert all(abs(a - b) < Decimal("1e-14") for a, b in zip(row, [*end, both], strict=True))


def _oracle(fills: list[tuple[int, Decimal]], held: tuple[int, int] | None) -> list[Fraction]:
    """Return what each fill realises, each unit of base a lot of its own."""
    size, price = held or (0, 0)
    lots = deque([(1 if size > 0 else -1, Fraction(price))] * abs(size))
    realized = []
    for base, paid in fills:
        sign, gain = (1 if base > 0 else -1), Fraction(0)
        for _ in range(abs(base)):
            if lots and lots[0][0] != sign:
                gain += sign * (lots.popleft()[1] - Fraction(paid))
            else:
                lots.append((sign, Fraction(paid)))
        realized.append(gain)
    return realized


_HELD = st.one_of(st.none(), st.tuples(_AMOUNTS, st.integers(1, 10**4)))


@given(fills=_FILLS, held=_HELD)
def test_fifo_is_that_of_single_units(fills: list[tuple[int, Decimal]], held: tuple[int, int] | None) -> None:
    before = _held(held[0], held[0] * held[1]) if held else _FLAT
    for row, expected in zip(_booked(_fills(*fills), before, first_in_first_out), _oracle(fills, held), strict=True):
        # What is rounded is rounded at the 18th place, once a lot.
        assert abs(Fraction(row[2]) - expected) < Fraction(1, 10**15)


@given(fills=_FILLS, held=_HELD, mark=st.integers(1, 10**4))
def test_both_methods_realise_the_same_in_all(
    fills: list[tuple[int, Decimal]], held: tuple[int, int] | None, mark: int
) -> None:
    before = _held(held[0], held[0] * held[1]) if held else _FLAT
    sums, closing = [], _total(before, "position") + sum((Decimal(base) for base, _ in fills), Decimal(0))
    for method in METHODS:
        booked, after = book_fills(_fills(*fills), before, by=["pair"], method=method)
        unrealized = _total(after, "position") * mark - _total(after, "cost")
        flat, left = book_fills(_fills(*fills, (-closing, mark)), before, by=["pair"], method=method)
        assert left.is_empty()
        sums.append((_total(booked, "realized") + unrealized, _total(flat, "realized")))
    assert sums[0] == sums[1]
    # Once all is flat nothing is unrealised.
    assert sums[0][0] == sums[0][1]


def test_positions_are_booked_apart_and_rows_keep_their_order() -> None:
    rows = [_fills(("1", 100)), _fills(("-1", 50), pair="q"), _fills(("-1", 101)), _fills(("1", 40), pair="q")]
    booked, held = book_fills(pl.concat(rows), _FLAT, by=["pair"])
    assert booked.select("pair", "realized").rows() == [("p", 0), ("q", 0), ("p", 1), ("q", 10)]
    assert held.is_empty()
