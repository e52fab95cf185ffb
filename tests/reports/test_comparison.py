"""One measure of one bot beside its reference, in whole and in part."""

from functools import cache
from random import Random

import polars as pl
import pytest

from deskgate.case.case import Case
from deskgate.config.errors import InputError
from deskgate.measures.measure import value
from deskgate.measures.slippage import SLIPPAGE
from deskgate.parity.deltas import Span, deltas
from deskgate.reports.comparison import Compared, compare_part, no_comparison
from deskgate.reports.selection import Selection
from parity.trading_days import day, shadowed, trading
from parity_views import deltas as view

KNOWN = view({"measure": "slippage_bps", "unit": "bps"}, {"measure": "slippage_bps", "unit": "bps", "span": "soak"})


@cache
def _day() -> Case:
    # In an order that does not repeat within the day, so that the difference has an interval.
    chance = Random(7)
    live, shadow = ([chance.choice(costs) for _ in range(288)] for costs in ((-10, -4, 3), (-4, 1)))
    return day(*shadowed(), rows=[trading("b1", costs_bps=live), trading("b2", costs_bps=shadow, late_s=2)])


def _of(span: str = "day", **part: str) -> Compared:
    return compare_part(_day(), KNOWN, Selection("b1", "slippage_bps", span, part=part))


@pytest.mark.parametrize("span", ["day", "soak"])
def test_whole_is_what_the_day_says(span: str) -> None:
    wanted = (SLIPPAGE, Span(span))
    expected = next(each for each in deltas(_day()) if (each.measure, each.span) == wanted)
    found = _of(span).deltas.row(0, named=True)
    assert (found["live"], found["reference_value"]) == (expected.live_value, expected.reference_value)
    assert expected.interval is not None
    assert (found["low"], found["high"]) == (expected.interval.low, expected.interval.high)


def test_part_is_what_its_rows_are_and_keeps_the_margins() -> None:
    found, rows = _of(side="BUY"), SLIPPAGE.rows(_day()).filter(bot="b1", side="BUY")
    row = found.deltas.row(0, named=True)
    assert row["live"] == pytest.approx(value(SLIPPAGE, rows))
    assert (row["live_rows"], row["margin_high"]) == (rows.height, 0.15)
    assert found.title == "b1, slippage_bps, the day, side BUY: b2"


def test_buckets_are_the_parts() -> None:
    sides = _of().buckets.filter(dimension="side")
    assert sides["bucket"].to_list() == ["BUY", "SELL"]
    assert sides["live"][0] == pytest.approx(_of(side="BUY").deltas["live"][0])
    assert sides["live_rows"].sum() == _of().deltas["live_rows"][0]


def test_row_that_moves_the_value_most_is_first() -> None:
    first = _of().rows.filter(role="live").row(0, named=True)
    rows = SLIPPAGE.rows(_day()).filter(bot="b1")
    rest = rows.filter(pl.col("id") != first["id"])
    with_it, without_it = value(SLIPPAGE, rows), value(SLIPPAGE, rest)
    assert with_it is not None
    assert without_it is not None
    assert first["moves"] == pytest.approx(with_it - without_it)
    assert _of().rows["moves"].abs().is_sorted(descending=True)


def test_sequence_is_of_the_soak_with_the_margins() -> None:
    sequence = _of().sequence
    assert sequence.height > 0
    assert sequence["at"].is_sorted()
    assert sequence["margin_low"].unique().to_list() == [-0.15]


def test_value_that_no_row_has_is_refused() -> None:
    with pytest.raises(InputError, match="'LONG', expected one of BUY, SELL"):
        _of(side="LONG")


def test_bot_with_nothing_beside_it_says_why_and_shows_no_rows() -> None:
    bot = _day().desk.bots["b1"].model_copy(update={"shadow": None})
    case = day(bot, rows=[trading("b1")])
    found = compare_part(case, KNOWN, Selection("b1", "slippage_bps"))
    assert "b1 has neither" in found.deltas["why"][0]
    assert found.rows.is_empty()
    assert found.buckets.is_empty()


def test_day_on_which_nothing_is_compared_has_the_same_columns() -> None:
    found, none = _of(), no_comparison("Nothing")
    for name in ("sequence", "buckets", "rows"):
        assert getattr(none, name).schema == getattr(found, name).schema, name
