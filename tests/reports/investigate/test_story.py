"""Looking into one fill: whichever of its ids is given, all that the legs say of it is found, and what happened around it."""

from datetime import timedelta
from decimal import Decimal
from functools import cache

import polars as pl
import pytest

from deskgate.case.case import Case
from deskgate.checks.registry import run_checks
from deskgate.config.errors import InputError
from deskgate.reports.investigate.story import Story, tell_story
from desks import NOON, case, fill, fills

ALL = ("local", "events", "exchange")
OTHER = fills(*ALL, trade_id="t9", ts=NOON + timedelta(hours=3))
WRONG = [fill("local", price=Decimal(150)), *fills("events", "exchange"), *OTHER]
ORDERS = [
    {"leg": leg, "ts": NOON, "pair": "BTC-USDT", "order_id": "o-t1", "exchange_order_id": "x-t1", "status": "open"}
    for leg in ("local", "exchange")
]
FUNDING = [
    {"leg": "exchange", "ts": NOON + timedelta(minutes=n), "pair": "BTC-USDT", "amount": Decimal(1)} for n in (10, 90)
]


@cache
def checked() -> tuple[Case, pl.DataFrame]:
    of = case(fills=WRONG, orders=ORDERS, funding=FUNDING)
    return of, run_checks(of, ["reconciliation"])[1].with_columns(severity=pl.lit("warning"), status=pl.lit("open"))


def story(what: str) -> Story:
    return tell_story(*checked(), what)


@pytest.mark.parametrize("what", ["t1", "o-t1", "x-t1", "", "a break"])
def test_any_id_leads_to_the_whole_story(what: str) -> None:
    if what == "a break":
        what = str(story("").breaks["break_id"].item())
    found = story(what)
    assert found.fills["leg"].to_list() == ["events", "exchange", "local"]
    assert set(found.fills["trade_id"]) == {"t1"}
    assert (found.states.height, found.breaks["kind"].to_list()) == (2, ["price_mismatch"])
    assert found.funding["ts"].to_list() == [NOON + timedelta(minutes=10)]


def test_unknown_id_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match=r"no break, fill or order has the id 'o-t11' \(did you mean 'o-t1'\?\)"):
        story("o-t11")


def test_beginning_of_a_break_s_id_is_enough() -> None:
    whole = str(story("").breaks["break_id"].item())
    assert story(whole[:4]).title.startswith(whole)


def test_text_says_which_leg_has_it_and_what_happened_in_order() -> None:
    found = story("t1")
    assert "Fill t1 of b1: local, events, exchange have it." in found.text
    assert found.frame["what"].to_list() == ["fill", "fill", "fill", "order", "order", "funding"]
    assert found.frame["says"][0] == "filled BUY 1 at 100, fee 0.1 USDT"


def test_text_names_the_legs_without_the_fill() -> None:
    it = case(fills=fills("exchange"))
    breaks = run_checks(it, ["reconciliation"])[1].with_columns(severity=pl.lit("critical"), status=pl.lit("open"))
    assert (
        "Fill t1 of b1: exchange has it, local and events have no row under that id."
        in tell_story(it, breaks, "t1").text
    )


def test_day_without_anything_is_an_empty_story() -> None:
    it = case()
    breaks = run_checks(it, ["reconciliation"])[1].with_columns(severity=pl.lit(""), status=pl.lit(""))
    assert tell_story(it, breaks, "").fills.is_empty()
