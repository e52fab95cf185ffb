"""The main numbers of two days, side by side."""

from pathlib import Path

import polars as pl
import pytest

from deskgate.reports.daily_report.numbers import in_percent, main_numbers, numbers_section
from verdicts import verdict

from .hand_made import a_break, money, pair, said


def _row(frame: pl.DataFrame, number: str, subject: str = "portfolio") -> tuple[float | None, ...] | None:
    found = frame.filter(pl.col("number") == number, pl.col("subject") == subject)
    return found.select("before", "now", "change").row(0) if found.height else None


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (900.0, 1000.0, (900.0, 1000.0, 100.0)),
        (1000.0, 1000.0, (1000.0, 1000.0, 0.0)),
        (1000.0, 1000.0 + 1e-12, (1000.0, 1000.0 + 1e-12, 0.0)),
        (900.0, None, (900.0, None, None)),
        (None, 1000.0, (None, 1000.0, None)),
        (None, None, None),
    ],
)
def test_number_before_now_and_change(
    tmp_path: Path, before: float | None, now: float | None, expected: tuple[float | None, ...] | None
) -> None:
    days = pair(tmp_path, {"views": {"risk_bots": money(before)}}, {"views": {"risk_bots": money(now)}})
    assert _row(main_numbers(days), "Equity") == expected
    assert _row(main_numbers(days), "Equity", "b1") == expected


def test_portfolio_has_no_equity_where_one_bot_of_the_book_has_none(tmp_path: Path) -> None:
    two = pl.concat([money(), money(None, bot="b2", because="no opening")])
    days = pair(tmp_path, None, {"views": {"risk_bots": two}})
    assert _row(main_numbers(days), "Equity") is None
    assert _row(main_numbers(days), "Equity", "b1") == (None, 1000.0, None)
    assert "b2 has no equity: no opening." in said(numbers_section(days))


def test_book_of_nobody_is_not_worth_0(tmp_path: Path) -> None:
    days = pair(tmp_path, None, {"views": {"risk_bots": money(in_the_book="no")}})
    assert _row(main_numbers(days), "Equity") is None


def test_open_breaks_leave_out_accepted_ones_and_bots_without_any(tmp_path: Path) -> None:
    now = {"breaks": [a_break("x"), a_break("y", status="accepted")]}
    frame = main_numbers(pair(tmp_path, {}, now))
    assert _row(frame, "Open breaks") == _row(frame, "Open breaks", "b1") == (0.0, 1.0, 1.0)
    assert _row(frame, "Value of open breaks") == (0.0, 100.0, 100.0)
    none = main_numbers(pair(tmp_path / "other", {}))
    assert _row(none, "Open breaks") == (0.0, 0.0, 0.0)
    assert _row(none, "Open breaks", "b1") is None


def test_breaks_of_unknown_value_are_not_worth_0(tmp_path: Path) -> None:
    now = {"breaks": [a_break("x", value_quote=""), a_break("y", value_quote="3")]}
    frame = main_numbers(pair(tmp_path, {}, now)).filter(pl.col("number") == "Value of open breaks")
    note = "now: at least 3.0, 1 of unknown value"
    assert frame.select("subject", "before", "now", "change", "note").rows() == [
        ("portfolio", 0.0, None, None, note),
        ("b1", 0.0, None, None, note),
    ]
    alone = main_numbers(pair(tmp_path / "alone", None, now)).filter(pl.col("number") == "Value of open breaks")
    assert alone["note"].to_list() == [note, note]


def test_judged_number_has_its_bound_and_a_day_by_another_version_has_no_money(tmp_path: Path) -> None:
    leverage = verdict(gate="portfolio_risk", check="leverage", title="Leverage", subject="portfolio", bound="<= 3")
    content = {"verdicts": [leverage], "views": {"risk_bots": pl.DataFrame({"bot": ["b1"]})}}
    days = pair(tmp_path, None, content)
    frame = main_numbers(days)
    assert frame.filter(pl.col("number") == "Leverage").select("now", "bound").row(0) == (1.0, "<= 3")
    assert _row(frame, "Equity") is None
    assert "kept no money of the bots" in said(numbers_section(days))


def test_quote_is_the_desks_currency(tmp_path: Path) -> None:
    days = pair(tmp_path, {}, {"settings": {"desk.toml": {"desk.quote": "USDT"}}})
    equity = main_numbers(days).filter(pl.col("number") == "Equity")
    assert set(equity["unit"]) == {"USDT"}


def test_shares_are_in_percent_with_their_bounds_and_multiples_of_the_equity_are_not() -> None:
    rows = [
        ("Drawdown", 0.0002589, 0.0006792, "of equity", "<= 0.1"),
        ("Leverage", 0.1349, 0.1318, "of equity", "<= 3"),
        ("Fill ratio", -0.04827, None, "share", "-0.15 .. 0.15"),
        ("Slippage", 0.3145, 0.9804, "bps", "-5 .. 5"),
        ("Equity", 501.04, 502.31, "USDT", None),
        ("Loss", 0.01, 0.02, "of equity", None),
    ]
    frame = pl.DataFrame(rows, schema=["number", "before", "now", "unit", "bound"], orient="row")
    found = in_percent(frame.with_columns(change=pl.col("now") - pl.col("before")))
    shown = found.select("number", pl.col("before", "now").round(6), "unit", "bound").rows()
    assert shown[0] == ("Drawdown", 0.02589, 0.06792, "% of equity", "<= 10")
    assert shown[2] == ("Fill ratio", -4.827, None, "%", "-15 .. 15")
    assert [shown[place] for place in (1, 3, 4, 5)] == [rows[place] for place in (1, 3, 4, 5)]
    assert found["change"].round(6).to_list()[:3] == [0.04203, -0.0031, None]
