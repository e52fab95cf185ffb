"""The numbers of fills that nothing confirms, by hand, and how pages mark them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.reports.charts.lines import own_record_lines as chart
from deskgate.reports.own_record_lines import own_record_lines
from deskgate.reports.tables import table
from deskgate.reports.views import own_record as views
from desks import END, NOON, START, bot, case, desk, fill, fills, sources
from reports.views.test_portfolio_risk import assessed

MINUTE = timedelta(minutes=1)


def _mid(price: str) -> dict[str, Any]:
    return {"bot": "b1", "ts": END - MINUTE, "pair": "BTC-USDT", "mid": Decimal(price)}


def _case(**rows: Any) -> Case:
    """Return a bot's database alone: 2 bought at 100 the day before, 1 sold at 110 on the day, each with a fee of 0.1."""
    bought = fill(trade_id="t1", quantity=Decimal(2), ts=START - MINUTE)
    sold = fill(trade_id="t2", side="SELL", price=Decimal(110))
    return case(desk(bot(opening=None)), **{"fills": [bought, sold], "sources": sources("local"), **rows})


def _numbers(of: Case) -> dict[str, Any]:
    rows = views.own_record(assessed(of))
    assert set(rows["confirmed_by"]) == {"nothing"}
    return {
        name: (day, since)
        for name, day, since in rows.select("number", "of_the_day", "since_the_first_fill").iter_rows()
    }


def test_numbers_of_the_day_and_since_the_first_fill() -> None:
    paid = {"ts": NOON, "pair": "BTC-USDT", "funding_id": "f", "amount": Decimal("-0.5")}
    found = _numbers(_case(mids=[_mid("120")], funding=[paid]))
    assert found["Fills"] == (1, 2)
    assert (found["Buys"], found["Sells"]) == ((0, 1), (1, 1))
    assert found["Volume"] == (110, 310)
    assert found["Fees paid"] == pytest.approx((0.1, 0.2))
    assert found["Realised PnL, before fees"] == (10, 10)
    assert found["Funding"] == (-0.5, -0.5)
    assert found["Position at the day's end"] == (None, 1)
    assert found["Unrealised PnL"] == (None, 20)
    assert found["PnL"][1] == pytest.approx(10 - 0.2 + 20 - 0.5)


def test_no_mid_leaves_unrealised_pnl_unknown() -> None:
    found = _numbers(_case())
    assert {found["Unrealised PnL"], found["PnL"]} == {(None, None)}
    assert found["Realised PnL, before fees"] == (10, 10)


def test_unknown_fee_is_counted_and_leaves_pnl_unknown() -> None:
    bought = fill(trade_id="t1", fee_amount=Decimal(1), fee_token="BNB", fee_quote=None)
    found = _numbers(_case(fills=[bought], mids=[_mid("120")]))
    assert found["Fills of unknown fee"] == (1, 1)
    assert found["PnL"][1] is None


def test_orders_by_their_last_state() -> None:
    def order(number: int, status: str, **values: Any) -> dict[str, Any]:
        return {"ts": NOON, "created_ts": NOON, "pair": "BTC-USDT", "order_id": f"o{number}", "status": status} | values

    # A fill that comes after the end leaves the order finished.
    states = [order(1, "cancelled"), order(1, "open", ts=NOON + MINUTE), order(2, "open", created_ts=START - MINUTE)]
    rows = views.own_record_orders(assessed(_case(orders=states)))
    assert rows.select("state", "orders", "made_on_the_day").rows() == [("cancelled", 1, 1), ("open", 1, 0)]


def test_newest_fill_first_and_pnl_ends_at_realised_less_fees() -> None:
    day = assessed(_case())
    assert views.own_record_fills(day)["trade_id"].to_list() == ["t2", "t1"]
    assert views.own_record_pnl(day)["pnl_quote"].to_list() == pytest.approx([-0.1, 9.8])


def test_all_views_are_empty_where_every_fill_is_confirmed() -> None:
    day = assessed(case(fills=fills("local", "events", "exchange")))
    assert all(getattr(views, name)(day).is_empty() for name in views.__all__)


def test_every_place_says_that_nothing_confirms_it() -> None:
    day = assessed(_case())
    (line,) = own_record_lines(views.own_record_bots(day))
    assert line.startswith("b1: the bot's own record, nothing confirms it: 2 fills.")
    assert (
        '<span class="status insufficient"><span aria-hidden="true">?</span> nothing</span>'
        in table(views.own_record(day)).html
    )
    assert "nothing confirms it" in chart(views.own_record_pnl(day)).to_dict()["title"]["text"]
    assert "so nothing to show" in chart(views.own_record_pnl(assessed(case()))).to_dict()["description"]


def test_fills_that_are_not_confirmed_beside_agreed_ones_are_counted() -> None:
    rows = [*fills("local", "events", "exchange"), fill(trade_id="t2")]
    (line,) = own_record_lines(views.own_record_bots(assessed(case(fills=rows))))
    assert line == (
        "b1: 1 of its fills are not confirmed, 1 are. Only what is confirmed counts; notebook 03 lists the breaks."
    )
