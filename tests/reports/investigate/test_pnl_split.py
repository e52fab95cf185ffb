"""Where PnL came from: the market's part and the fills' part of the amounts of `pnl_rows`, by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from deskgate.case.case import Case
from deskgate.config.bot import Mode
from deskgate.config.errors import InputError
from deskgate.reports.investigate.pnl_split import pnl_split
from deskgate.reports.views.pnl_rows import pnl_rows
from desks import NOON, bot, desk, fills
from portfolio.books import MINUTE, day, joined, mids, opened, trade

HOUR = timedelta(hours=1)


def one_market(*, unseen: tuple[int, int] = (0, 0)) -> Case:
    """Bought 2 for 99 each at noon, where the mid is 100, 1 sold for 111 at 14:00, where it is 110 since 13:00; fees 0.5 each.

    Minutes of the day from the first up to the second of `unseen` have no mid.
    """
    fee: dict[str, Any] = {"fee_amount": Decimal("0.5"), "fee_quote": Decimal("0.5"), "fee_token": "USDT"}
    traded = joined(trade("2", "99", **fee), trade("-1", "111", at=NOON + 2 * HOUR, **fee))
    prices = mids(lambda minute: "110" if minute >= 13 * 60 else "100")
    start = NOON - 12 * HOUR
    seen = [row for row in prices if not unseen[0] <= (row["ts"] - start) // MINUTE < unseen[1]]
    funding = [{"bot": "b1", "leg": "exchange", "ts": NOON + 3 * HOUR, "pair": "BTC-USDT", "amount": Decimal("-0.25")}]
    return day(desk(opened()), fills=traded, mids=seen, funding=funding)


def parts(rows: pl.DataFrame) -> list[float]:
    names = ("price_quote", "spread_quote", "fees_quote", "funding_quote", "pnl_quote")
    return [float(rows[name].item()) for name in names]


def test_fills_earned_the_spread_and_the_market_the_rest() -> None:
    found = pnl_split(one_market())
    # 1 below the mid of each of the two bought, 1 above it of the one sold; both of them gained 10 from the mid on.
    assert parts(found.pairs) == pytest.approx([20, 3, 1, -0.25, 21.75], abs=1e-6)
    assert found.by().select("bot", "fills", "without_mid").rows() == [("b1", 2, 0)]
    assert found.fills["spread_quote"].cast(pl.Float64).to_list() == pytest.approx([2, 1], abs=1e-6)
    assert found.why.is_empty()


def test_hours_say_when_and_add_up_to_the_views_own_amounts() -> None:
    of = one_market()
    found = pnl_split(of)
    assert parts(found.hours.filter(hour=NOON)) == pytest.approx([20, 2, 0.5, 0, 21.5], abs=1e-6)
    assert found.by("bot", "hour").height == 24
    hours, whole = pnl_rows(of)
    assert found.pairs["pnl_quote"].to_list() == whole["pnl_quote"].to_list()
    assert found.hours["pnl_quote"].to_list() == hours["pnl_quote"].to_list()
    assert found.hours["pnl_quote"].sum() == whole["pnl_quote"].item()


def test_fill_without_a_mid_has_no_spread_and_the_day_is_known_all_the_same() -> None:
    found = pnl_split(one_market(unseen=(11 * 60 + 50, 12 * 60 + 10)))
    assert found.pairs.select("fills", "without_mid").row(0) == (2, 1)
    assert parts(found.pairs) == pytest.approx([22, 1, 1, -0.25, 21.75], abs=1e-6)


def test_hour_that_nothing_values_is_unknown_and_the_day_is_not() -> None:
    found = pnl_split(one_market(unseen=(12 * 60 + 50, 13 * 60 + 5)))
    unknown = found.hours.filter(pl.col("pnl_quote").is_null())["hour"].to_list()
    assert unknown == [NOON, NOON + HOUR]
    assert parts(found.by("bot", "pair")) == pytest.approx([20, 3, 1, -0.25, 21.75], abs=1e-6)


def test_bot_that_cannot_be_valued_says_why_and_has_no_sum() -> None:
    bots = [opened(), bot("b2", opening=None), bot("b3", Mode.DISABLED)]
    rows = joined(trade("1"), fills("local", bot="b2", trade_id="t2"))
    of = day(desk(*bots), fills=rows, mids=mids("100"))
    found = pnl_split(of)
    assert found.why["bot"].to_list() == ["b2", "b3"]
    assert found.why["summary"][1] == "disabled in desk.toml"
    assert found.by("bot").filter(bot="b2").select("pnl_quote", "price_quote", "fills").row(0) == (None, None, None)
    assert set(pnl_split(of, "b1").pairs["bot"]) == {"b1"}
    assert pnl_split(of, "b1").why.is_empty()
    assert pnl_split(of, "b3").hours.is_empty()


def test_sum_by_an_unknown_column_is_refused() -> None:
    with pytest.raises(InputError, match=r"no column to add up by is called 'bots' \(did you mean 'bot'\?\)"):
        pnl_split(one_market()).by("pair", "bots")
