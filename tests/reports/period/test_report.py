"""What days add up to, by hand: sums over what is known, ratios of sums, a drawdown across days."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deskgate.config.errors import InputError
from deskgate.reports.daily_report.days import DayFiles
from deskgate.reports.period.days import read_period
from deskgate.reports.period.rendered import as_json, as_markdown
from deskgate.reports.period.report import PeriodReport, report_period
from deskgate.reports.period.tables import period_tables
from deskgate.reports.period.words import believe, finding
from period_days import FIRST, earned, measured, path, publish, split

DAY = timedelta(days=1)
PLACE: dict[str, Any] = dict.fromkeys(("pair", "side", "liquidity"), pl.String)
SECOND, THIRD = FIRST + DAY, FIRST + 2 * DAY


def report(out: Path, days: int = 3, bots: tuple[str, ...] = ()) -> PeriodReport:
    return report_period(read_period("fleet", out, FIRST, FIRST + (days - 1) * DAY), bots)


def one(frame: pl.DataFrame, **at: Any) -> dict[str, Any]:
    return frame.row(by_predicate=pl.all_horizontal(pl.col(name) == value for name, value in at.items()), named=True)


def shown(found: PeriodReport, name: str) -> pl.DataFrame:
    return next(each.rows for each in period_tables(found) if each.name == name)


def exactly(value: float) -> Any:
    return pytest.approx(value, abs=1e-8)


def test_parts_add_up_over_days_markets_and_bots(tmp_path: Path) -> None:
    costs: dict[str, Any] = {"fees_quote": 0.25, "funding_quote": -0.125, "unrealized_quote": 0.5}
    eth: dict[str, Any] = {"pair": "ETH-USDT", "turnover_quote": 50.0}
    publish(tmp_path, FIRST, earned(realized=1.1, **costs), earned(realized=-0.3, **eth))
    publish(tmp_path, SECOND, earned(realized=2.2, **costs), earned("b2", realized=7))
    found = report(tmp_path, days=2)
    b1 = one(found.by_bot, bot="b1")
    assert (b1["days"], b1["of"], b1["fills"], b1["turnover_quote"]) == (2, 2, 3, 250)
    # 1.1 + 2.2 - 0.3; 2 x (0.5 - 0.25 - 0.125) more.
    assert (b1["realized_quote"], b1["fees_quote"], b1["pnl_quote"]) == (exactly(3.0), exactly(0.5), exactly(3.25))
    # One that joins later is counted from then on.
    assert one(found.by_bot, bot="b2") | {"days": 1, "of": 1, "first": SECOND} == one(found.by_bot, bot="b2")
    assert one(found.by_market, pair="ETH-USDT")["pnl_quote"] == exactly(-0.3)
    days = found.by_day
    assert days["pnl_quote"].to_list() == [exactly(0.925), exactly(9.325)]
    assert days["cumulated_quote"].to_list() == [exactly(0.925), exactly(10.25)]
    assert found.by_weekday.select("weekday", "known", "of").rows() == [(1, 1, 1), (2, 2, 2)]


def test_day_without_a_value_is_in_no_sum_and_counted_as_missing(tmp_path: Path) -> None:
    unknown = earned(realized=100.0, unrealized_quote=None, because="no mid")
    publish(tmp_path, FIRST, earned(realized=1.0), earned("b2", realized=5.0))
    publish(tmp_path, SECOND, unknown, earned("b2", realized=6.0))
    found = report(tmp_path, days=2)
    b1 = one(found.by_bot, bot="b1")
    assert (b1["days"], b1["of"], b1["realized_quote"], b1["pnl_quote"], b1["because"]) == (1, 2, 1.0, 1.0, "no mid")
    assert one(found.by_day, date=SECOND) | {"bots": 2, "known": 1, "pnl_quote": 6.0} == one(found.by_day, date=SECOND)
    assert "That is 3 of 4 days of a bot" in finding(found)[0]


def test_bot_without_any_value_has_its_fills_and_fees_and_no_net(tmp_path: Path) -> None:
    row = earned(realized=3.0, unrealized_quote=None, fees_quote=1.0, because="no balance", mode="paper")
    publish(tmp_path, FIRST, row)
    publish(tmp_path, SECOND, row)
    found = report(tmp_path, days=2)
    b1 = one(found.by_bot, bot="b1")
    assert (b1["days"], b1["realized_quote"], b1["fees_quote"], b1["pnl_quote"]) == (2, 6.0, 2.0, None)
    assert finding(found) == ["What b1 (paper) earned is not known on any day: no balance."]
    assert shown(found, "bots")["why not all"].to_list() == ["no balance"]
    assert found.by_day["pnl_quote"].to_list() == [None, None]
    assert found.falls["drawdown_quote"].to_list() == [None]


def test_modes_and_quotes_are_never_added(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(realized=1.0), earned("b2", realized=10.0, mode="paper"))
    # b1 changes its quote.
    publish(
        tmp_path, SECOND, earned(realized=2.0, pair="BTC-USDC", quote="USDC"), earned("b2", realized=20.0, mode="paper")
    )
    found = report(tmp_path, days=2)
    sums = found.by_bot.select("bot", "mode", "quote", "days", "of", "pnl_quote").rows()
    assert sums == [
        ("b1", "live", "USDC", 1, 1, 2.0),
        ("b1", "live", "USDT", 1, 1, 1.0),
        ("b2", "paper", "USDT", 2, 2, 30.0),
    ]
    assert [line.split(" after")[0] for line in finding(found)] == [
        "b1 (live) earned 2 USDC",
        "b1 (live) earned 1 USDT",
        "b2 (paper) earned 30 USDT",
    ]


def test_rates_are_of_sums_and_no_mean_of_ratios(tmp_path: Path) -> None:
    # 1 bps of 1,000 and 10 bps of 9,000 quote: 9.1 bps, where the mean is 5.5.
    for day, num, den, rejected in ((FIRST, 0.1, 1000.0, 0), (SECOND, 9.0, 9000.0, 3)):
        rows = [
            measured("fees_bps", num, den),
            measured("reject_rate", rejected, 10.0),
            measured("maker_share", None, None),
        ]
        publish(tmp_path, day, earned(), trading=rows)
    (row,) = report(tmp_path, days=2).rates.to_dicts()
    assert (row["days counted"], row["fees (bps)"]) == ("2 of 2", exactly(9.1))
    assert row["rejected (% of orders)"] == exactly(15)
    assert row["as maker (% of turnover)"] is None


def test_rates_of_a_bot_that_changes_its_mode_are_apart(tmp_path: Path) -> None:
    for day, mode, num in ((FIRST, "paper", 1.0), (SECOND, "live", 9.0)):
        rows = [measured(name, num, 1000.0) for name in ("fees_bps", "markout_1m_bps")]
        publish(tmp_path, day, earned(mode=mode), trading=rows)
    found = report(tmp_path, days=2)
    rates = found.rates.select("bot", "mode", "days counted", "fees (bps)").rows()
    assert rates == [("b1", "live", "1 of 1", exactly(90)), ("b1", "paper", "1 of 1", exactly(10))]
    assert found.markouts.select("bot", "mode", "value").rows() == [
        ("b1", "live", exactly(90)),
        ("b1", "paper", exactly(10)),
    ]


def test_day_on_which_no_measure_is_known_is_not_counted(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(), trading=[measured("fees_bps", 1.0, 1000.0)])
    publish(tmp_path, SECOND, earned(), trading=[measured("fees_bps", None, None)])
    assert report(tmp_path, days=2).rates["days counted"].to_list() == ["1 of 2"]


@pytest.mark.parametrize(
    ("second", "share"),
    [
        # 1,000 of 1,000 and 100 of 1,000 are confirmed: 55 %, though only 100 of the second day are in the turnover.
        ((0.1, 1000.0), 55.0),
        ((None, 1000.0), None),
        ((0.1, None), None),
    ],
)
def test_confirmed_share_counts_by_what_all_fills_are_worth(
    tmp_path: Path, second: tuple[float | None, float | None], share: float | None
) -> None:
    for day, checked, turnover in ((FIRST, (1.0, 1000.0), 1000.0), (SECOND, second, 100.0)):
        schema = {"bot": pl.String, "of": pl.String, "share": pl.Float64, "notional_quote": pl.Float64}
        shares = pl.DataFrame([("b1", "notional", *checked)], schema=schema, orient="row")
        trading = pl.DataFrame([measured("fees_bps", 1.0, 1000.0)], schema_overrides=PLACE)
        views = {"pnl_split": split(earned(turnover_quote=turnover)), "checked_shares": shares, "trading": trading}
        publish(tmp_path, day, views=views)
    rates = report(tmp_path, days=2).rates["confirmed by a second leg (% of notional)"].to_list()
    assert rates == [share and exactly(share)]


def test_own_record_without_a_value_has_no_sum(tmp_path: Path) -> None:
    for day, volume in ((FIRST, 2.5), (SECOND, None)):
        rows = [("b1", "BTC-USDT", "Volume", "quote", volume), ("b1", "BTC-USDT", "Funding", "quote", None)]
        names = ("bot", "pair", "number", "unit")
        schema = {**dict.fromkeys(names, pl.String), "of_the_day": pl.Float64}
        own = pl.DataFrame(rows, schema=schema, orient="row")
        publish(tmp_path, day, views={"pnl_split": split(earned()), "own_record": own})
    found = report(tmp_path, days=2).own_record.select("number", "sum", "days", "of").rows()
    assert found == [("Volume", 2.5, 1, 2), ("Funding", None, 0, 2)]


def test_drawdown_follows_the_path_across_the_border_of_days(tmp_path: Path) -> None:
    # Up 4 and back to 3 on the first day; down 5 at noon of the second: 4 - (3 - 5) = 6 of an equity of 104.
    publish(tmp_path, FIRST, earned(realized=3.0), paths=path(FIRST, "b1", 100.0, 0.0, 4.0, 3.0))
    publish(tmp_path, SECOND, earned(realized=1.0), paths=path(SECOND, "b1", 103.0, 0.0, -5.0, 1.0))
    (fall,) = report(tmp_path, days=2).falls.to_dicts()
    assert (fall["drawdown_quote"], fall["drawdown_share"]) == (exactly(6), exactly(6 / 104))
    assert (f"{fall['peak_at']:%d %H}", f"{fall['lowest_at']:%d %H}") == ("04 12", "05 12")
    assert (fall["runs"], fall["days"], fall["of"]) == (1, 2, 2)
    assert (fall["equity_start"], fall["equity_end"]) == (100.0, 104.0)


def test_missing_day_ends_the_path(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(realized=3.0), paths=path(FIRST, "b1", 100.0, 0.0, 4.0, 3.0))
    publish(tmp_path, THIRD, earned(realized=-5.0), paths=path(THIRD, "b1", 103.0, 0.0, -2.0, 1.0))
    found = report(tmp_path)
    (fall,) = found.falls.to_dicts()
    assert (fall["drawdown_quote"], fall["runs"], fall["days"]) == (exactly(2), 2, 2)
    assert shown(found, "risk")["paid in, less paid out"].to_list() == [None]
    assert "2 of 3 days are counted" in believe(found)[0]


def test_largest_share_of_a_drawdown_is_not_said_to_be_of_the_largest_amount(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(realized=-10.0), paths=path(FIRST, "b1", 100.0, 0.0, -10.0))
    # Much was paid in: more is lost of more.
    publish(tmp_path, SECOND, earned(realized=-20.0), paths=path(SECOND, "b1", 9_990.0, 0.0, -20.0))
    (says,) = finding(report(tmp_path, days=2))
    assert "Largest drawdown: 30 USDT, lowest 2026-05-06 00:00 UTC; never more than 10.00% of" in says


def test_bot_that_joins_later_adds_its_equity_and_no_gain(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(realized=1.0), paths=path(FIRST, "b1", 100.0, 0.0, 1.0))
    both = [*path(SECOND, "b1", 101.0, 0.0, -2.0), *path(SECOND, "b2", 50.0, 0.0, -1.0)]
    publish(tmp_path, SECOND, earned(realized=-2.0), earned("b2", realized=-1.0), paths=both)
    found = report(tmp_path, days=2)
    (fall,) = found.falls.to_dicts()
    assert (fall["drawdown_quote"], fall["drawdown_share"]) == (exactly(3), exactly(3 / 151))
    risk = shown(found, "risk")
    assert risk["paid in, less paid out"].to_list() == [50.0]
    assert risk["net PnL (% of the equity at the start)"].to_list() == [None]


def test_day_of_which_one_bot_has_no_path_ends_the_path_of_all(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(), earned("b2"), paths=path(FIRST, "b1", 100.0, 0.0, -9.0))
    both = [*path(SECOND, "b1", 100.0, 0.0, -1.0), *path(SECOND, "b2", 100.0, 0.0, 0.5)]
    publish(tmp_path, SECOND, earned(), earned("b2"), paths=both)
    (fall,) = report(tmp_path, days=2).falls.to_dicts()
    assert (fall["drawdown_quote"], fall["days"], fall["of"]) == (exactly(0.5), 1, 2)


def test_fills_that_nothing_confirms_are_counted_beside_the_sums(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(realized=1.0, not_confirmed=3))
    publish(tmp_path, SECOND, earned(fills=None, turnover_quote=None, realized=None, not_confirmed=4, because="no leg"))
    found = report(tmp_path, days=2)
    b1 = one(found.by_bot, bot="b1")
    assert (b1["days"], b1["fills"], b1["not_confirmed"], b1["pnl_quote"]) == (1, 1, 7, 1.0)
    assert "7 fills are confirmed by nothing and in no number." in believe(found)


def test_count_that_one_day_does_not_have_is_unknown_and_not_zero(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(realized=1.0, not_confirmed=3))
    publish(tmp_path, SECOND, earned(realized=1.0, not_confirmed=None, fills=None))
    found = report(tmp_path, days=2)
    b1 = one(found.by_bot, bot="b1")
    assert (b1["days"], b1["fills"], b1["not_confirmed"]) == (2, None, None)
    assert "How many fills nothing confirms is not known: not all days say it." in believe(found)
    publish(tmp_path, THIRD, earned("b2", not_confirmed=1))
    assert "At least 1 fill is confirmed by nothing and in no number." in believe(report(tmp_path))


def test_breaks_are_compared_with_the_counted_day_before(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(), breaks=["a", "b"])
    publish(tmp_path, THIRD, earned(), breaks=["b", "c", "d"])
    rows = report(tmp_path).breaks.drop("quote").rows()
    assert rows == [(FIRST, None, None, 2, 5.0), (THIRD, 2, 1, 3, 7.5)]


def test_breaks_of_a_day_are_in_the_quote_of_that_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DayFiles, "quote", property(lambda day: "USDT" if day.date == FIRST else "USDC"))
    publish(tmp_path, FIRST, earned(), breaks=["a"])
    publish(tmp_path, SECOND, earned(), breaks=["b"])
    found = report(tmp_path, days=2)
    assert found.breaks["quote"].to_list() == ["USDT", "USDC"]
    assert "1 break is open on 2026-05-05, worth 2.5 USDC." in believe(found)


def test_only_the_bots_that_are_asked_for(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(realized=1.0), earned("b2", realized=5.0))
    assert report(tmp_path, 1, ("b2",)).by_bot["bot"].to_list() == ["b2"]
    with pytest.raises(InputError, match=r"--bots 'b3' is on none of the days .*expected one of b1, b2"):
        report(tmp_path, 1, ("b3",))


def test_json_and_markdown_have_the_same_numbers_and_escape_names(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>|"
    publish(tmp_path, FIRST, earned(name, realized=1.5))
    found = report(tmp_path, 2)
    content, text = as_json(found), as_markdown(found)
    assert content["by_bot"][0]["pnl_quote"] == 1.5
    assert content["left_out"] == {"not run": ["2026-05-05"]}
    assert text.count("<img") == text.count("\\<img") > 0
    assert "not counted: not run" in text
