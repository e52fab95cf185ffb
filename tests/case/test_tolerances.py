"""What the database's storage explains: it cuts towards zero, and of a float-born decimal a whole step."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.case import tolerances
from deskgate.reconciliation.fills.check import check
from desks import case, fill
from tiers import quick

VALUES = (("price", "price_mismatch"), ("quantity", "quantity_mismatch"), ("fee_amount", "fee_mismatch"))


def _stored(value: Decimal) -> Decimal:
    """Hummingbot's SqliteDecimal(6)."""
    return Decimal(int(value * 10**6)).scaleb(-6)


def _kinds(column: str, local: str, exact: str, *legs: str, by_percentage: bool = True) -> list[str]:
    (kinds,) = _kinds_of_each(column, [(local, exact)], *legs, by_percentage=by_percentage).values()
    return kinds


def _kinds_of_each(
    column: str, values: Sequence[tuple[str, str]], *legs: str, by_percentage: bool = True
) -> dict[tuple[str, str], list[str]]:
    """Return the kinds of breaks of fills of one day, each with one of `values` in the database and in the other legs."""
    rows: list[dict[str, Any]] = []
    for number, (local, exact) in enumerate(values):
        mine: dict[str, Any] = {column: Decimal(local)}
        if column == "fee_amount":
            mine["fee_quote"] = mine[column] if by_percentage else Decimal(0)
        rows += [fill("local", f"t{number}", **mine)]
        rows += [fill(leg, f"t{number}", **{column: Decimal(exact)}) for leg in legs]
    breaks = check(case(fills=rows)).breaks.filter(~pl.col("kind").str.starts_with("fill_missing"))
    return {value: breaks.filter(trade_id=f"t{number}")["kind"].to_list() for number, value in enumerate(values)}


@pytest.mark.parametrize(("column", "kind"), quick(VALUES, 4))
@pytest.mark.parametrize("legs", [("events", "exchange"), ("exchange",), ("events",)])
def test_step_is_storage_and_more_is_not(column: str, kind: str, legs: tuple[str, ...]) -> None:
    values = [
        ("2.298100", "2.2981", False),
        ("2.298099", "2.2981", False),  # exactly the step
        ("2.298098", "2.2981", True),
        ("2.298099", "2.29810001", True),  # just over it
        ("2.298099", "2.29809999", False),  # just under it
        ("2.298101", "2.2981", True),  # above: nothing cuts upwards
        ("2.298100", "2.298099999", False),  # above by less than a venue's own digits
        ("2.298100", "2.29809995", True),
        ("0", "0.000001", False),
        ("0.000001", "0", True),
    ]
    found = _kinds_of_each(column, [(local, exact) for local, exact, _ in values], *legs)
    assert found == {(local, exact): [kind] if differs else [] for local, exact, differs in values}


def test_step_of_a_rebate_is_towards_zero() -> None:
    values = [
        ("-0.000001", "-0.000002", False),  # a rebate is cut towards zero too
        ("-0.000001", "-0.00000199", False),
        ("-0.000002", "-0.000001", True),
        ("-0.000001", "0.000001", True),
        ("0.000001", "-0.000001", True),
    ]
    found = _kinds_of_each("fee_amount", [(local, exact) for local, exact, _ in values], "events", "exchange")
    assert {value: bool(kinds) for value, kinds in found.items()} == {
        (local, exact): differs for local, exact, differs in values
    }


def test_flat_fee_is_kept_exact_and_has_no_step() -> None:
    assert _kinds("fee_amount", "0.099999", "0.1", "exchange", by_percentage=False) == ["fee_mismatch"]
    assert _kinds("fee_amount", "0.09999999", "0.1", "exchange", by_percentage=False) == ["fee_mismatch"]
    assert _kinds("fee_amount", "0.099999995", "0.1", "exchange", by_percentage=False) == []


def test_row_of_a_csv_with_finer_digits_has_no_step() -> None:
    assert _kinds("price", "2.2980999", "2.2981", "exchange") == []
    assert _kinds("price", "2.2980985", "2.2981", "exchange") == ["price_mismatch"]
    assert _kinds("price", "2.2981005", "2.2981", "exchange") == []


@given(st.decimals("0.000001", "9999999", places=6), st.sampled_from(["price", "quantity"]))
def test_float_born_decimal_is_never_a_mismatch(value: Decimal, column: str) -> None:
    stored = _stored(Decimal(float(value)))
    row = {f"{column}_local": stored, f"{column}_exchange": value}
    frame = pl.DataFrame([row], schema=dict.fromkeys(row, tolerances.MONEY))
    differs = {"price": tolerances.price_differs, "quantity": tolerances.quantity_differs}[column]
    assert not frame.select(differs("local", "exchange")).item()


@given(st.decimals("0", "99999999", places=6))
def test_value_and_what_is_cut_of_it_share_a_pair_of_steps(value: Decimal) -> None:
    frame = pl.DataFrame({"p": [value, value - tolerances.LOCAL_STEP]}, schema={"p": tolerances.MONEY})
    ways = frame.select(tolerances.step_pairs("p", way).n_unique().alias(str(way)) for way in (0, 1))
    assert 1 in ways.row(0)


def test_fills_of_one_order_a_step_apart_are_paired_by_value() -> None:
    local = [
        fill("local", None, order_id="o1", price=Decimal("2.298099"), quantity=Decimal(quantity))
        for quantity in ("2.989999", "1.099999")
    ]
    venue = [
        fill("exchange", f"t{n}", order_id="o1", price=Decimal("2.2981"), quantity=Decimal(quantity))
        for n, quantity in enumerate(("1.1", "2.99"))
    ]
    assert not check(case(fills=[*local, *venue])).breaks["kind"].str.contains("mismatch").any()
