"""What one record says and nothing confirms is booked apart, and nothing that is judged has it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.accounting.own_record import counted_from, own_fills, own_records
from deskgate.accounting.profits import profits
from deskgate.case.case import Case
from deskgate.config.accounting import Accounting
from deskgate.config.bot import Bot
from desks import NOON, START, bot, by_accounting, case, desk, fill, fills, sources

NO_FEE = {"fee_amount": Decimal(0), "fee_quote": None}


def _fill(n: int, side: str, quantity: str, price: str, leg: str = "local", **values: Any) -> dict[str, Any]:
    amounts = {"side": side, "quantity": Decimal(quantity), "price": Decimal(price)}
    return fill(leg, f"t{n}", **{"ts": NOON + n * timedelta(minutes=1)} | NO_FEE | amounts | values)


def _alone(*rows: dict[str, Any], leg: str = "local", of: Bot | None = None) -> Case:
    """Return a case of one leg, by default of a bot without an opening."""
    return case(desk(of or bot(opening=None)), fills=list(rows), sources=sources(leg))


@pytest.mark.parametrize(
    ("leg", "mark"),
    [
        ("local", "the bot's own record, nothing confirms it"),
        ("events", "the event stream alone, nothing confirms it"),
        ("exchange", "the venue's record alone, no record of the bot confirms it"),
    ],
)
def test_one_leg_is_booked_and_named(leg: str, mark: str) -> None:
    of = _alone(_fill(1, "BUY", "1", "100", leg), _fill(2, "SELL", "3", "110", leg), leg=leg)
    row = own_records(of).row(0, named=True)
    assert (row["mark"], row["is_shown"], row["agreed"], row["not_confirmed"]) == (mark, True, 0, 2)
    assert own_fills(of).select("position", "cost", "realized").rows() == [(1, 100, 0), (-2, -220, 10)]
    # Nothing of it is among what is agreed.
    assert profits(of).is_empty()


def test_first_in_first_out_where_desk_toml_says_so() -> None:
    of = _alone(_fill(1, "BUY", "1", "100"), _fill(2, "BUY", "1", "120"), _fill(3, "SELL", "1", "130"))
    assert own_fills(of)["realized"].to_list() == [0, 0, 20]
    assert own_fills(by_accounting(of, Accounting.FIFO))["realized"].to_list() == [0, 0, 30]


def test_counts_from_the_opening_and_not_from_fills_before_it() -> None:
    opened = bot()
    before = _fill(1, "BUY", "5", "1", ts=START - timedelta(hours=1))
    of = _alone(before, _fill(2, "BUY", "1", "100"), of=opened)
    assert counted_from(of, opened) == START
    assert own_fills(of)["trade_id"].to_list() == ["t2"]
    assert counted_from(_alone(), bot(opening=None)) is None


def test_confirmed_fills_are_in_no_own_record() -> None:
    of = case(fills=fills("local", "events", "exchange"))
    assert own_records(of).is_empty()
    assert own_fills(of).is_empty()
    assert profits(of).height == 1


def test_some_fills_confirmed_and_others_not_are_counted_alone() -> None:
    of = case(fills=[*fills("local", "events", "exchange"), _fill(2, "BUY", "1", "100")])
    row = own_records(of).row(0, named=True)
    assert (row["is_shown"], row["mark"], row["agreed"], row["not_confirmed"], row["not_confirmed_of_day"]) == (
        *(False, None),
        *(1, 1, 1),
    )
    assert own_fills(of).is_empty()


def test_legs_that_confirm_nothing_of_each_other() -> None:
    of = case(fills=[_fill(1, "BUY", "1", "100")])
    row = own_records(of).row(0, named=True)
    assert row["is_shown"]
    assert row["mark"] == "the bot's own record, its other legs confirm none of it"


def test_no_leg_at_all_is_no_record() -> None:
    assert own_records(case(sources=[])).is_empty()


def test_leg_without_a_fill_is_a_record_without_numbers() -> None:
    of = _alone()
    assert own_records(of)["not_confirmed"].to_list() == [0]
    assert own_fills(of).is_empty()


def test_fills_after_the_day_are_left_out() -> None:
    of = _alone(_fill(1, "BUY", "1", "100"), _fill(2, "BUY", "1", "100", ts=START + timedelta(days=1)))
    assert own_records(of)["not_confirmed"].to_list() == [1]


def test_inverse_contract_has_fills_and_no_pnl() -> None:
    inverse = bot(opening=None, pairs=["BTC-USD"], connector="bybit_perpetual")
    of = _alone(_fill(1, "BUY", "1", "100", pair="BTC-USD"), of=inverse)
    assert own_records(of)["not_booked"].item() is not None
    assert own_fills(of).select(pl.col("position", "cost", "realized").is_null().all()).row(0) == (True, True, True)


def test_amount_that_no_decimal_holds_has_no_pnl() -> None:
    of = _alone(_fill(1, "BUY", "1000000000000", "1000000000000"))
    assert "larger than an amount can be" in own_records(of)["not_booked"].item()
