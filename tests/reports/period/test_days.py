"""Which published days of a period count, and what is said of the others."""

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from deskgate.config.accounting import Accounting
from deskgate.config.errors import InputError
from deskgate.reports.period.days import Period, read_period
from period_days import FIRST, earned, publish

DAY = timedelta(days=1)


def read(out: Path, days: int = 3) -> Period:
    return read_period("fleet", out, FIRST, FIRST + (days - 1) * DAY)


def test_days_are_read_with_their_date_and_decision(tmp_path: Path) -> None:
    for n, word in enumerate(("GO", "HOLD", "STOP")):
        publish(tmp_path, FIRST + n * DAY, earned(realized=n), word=word)
    period = read(tmp_path)
    assert [day.word for day in period.days] == ["GO", "HOLD", "STOP"]
    assert period.views["pnl_split"].select("date", "pnl_quote").rows() == [(FIRST + n * DAY, n) for n in range(3)]
    assert (period.length, period.left_out) == (3, {})


def test_day_that_is_missing_in_the_middle_is_named(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned())
    publish(tmp_path, FIRST + 2 * DAY, earned())
    period = read(tmp_path)
    assert period.left_out == {"not run": [FIRST + DAY]}
    assert "Not counted, not run: 2026-05-05." in period.remarks


@pytest.mark.parametrize("file", ["artifacts.json", "decision.json"])
def test_torn_day_is_left_out_with_the_reason(tmp_path: Path, file: str) -> None:
    publish(tmp_path, FIRST, earned())
    (publish(tmp_path, FIRST + DAY, earned()) / file).write_text('{"inputs"')
    period = read(tmp_path, days=2)
    assert [day.date for day in period.days] == [FIRST]
    assert list(period.left_out.values()) == [[FIRST + DAY]]


def test_day_whose_run_has_not_ended_is_left_out(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned())
    publish(tmp_path, FIRST + DAY, earned())
    (tmp_path / ".runs").mkdir()
    (tmp_path / ".runs" / f"{FIRST}.json").write_text(json.dumps({"began_at": None, "problem": None}))
    (why,) = read(tmp_path, days=2).left_out
    assert "has not ended" in why


def test_day_of_another_method_is_left_out_and_the_last_day_decides_which(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned(), accounting=Accounting.FIFO)
    publish(tmp_path, FIRST + DAY, earned())
    period = read(tmp_path, days=2)
    assert period.accounting is Accounting.AVERAGE
    assert period.left_out == {"realised PnL is by FIFO there, and by average cost on the last of the days": [FIRST]}


def test_day_of_another_desk_is_left_out(tmp_path: Path) -> None:
    publish(tmp_path, FIRST, earned())
    publish(tmp_path, FIRST + DAY, earned(), desk="other")
    assert read(tmp_path, days=2).left_out == {"of the desk 'other'": [FIRST + DAY]}


def test_period_without_a_day_that_counts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no day from 2026-05-04 to 2026-05-06 can be counted \(not run: 2026-05-04 to"
    ):
        read(tmp_path)
    with pytest.raises(InputError, match="exchange them"):
        read_period("fleet", tmp_path, FIRST, date(2026, 5, 1))


def test_day_of_an_earlier_version_has_the_pnl_of_each_bot_and_says_what_it_lacks(tmp_path: Path) -> None:
    start, end = (pl.lit(f"2026-05-0{n}").str.to_datetime(time_unit="us", time_zone="UTC") for n in (4, 5))
    amounts = dict.fromkeys(("realized_quote", "unrealized_quote", "fees_quote", "funding_quote", "pnl_quote"), 0.0)
    later = {"realized_quote": 5.0, "unrealized_quote": 1.0, "fees_quote": 2.0, "funding_quote": -0.5, "pnl_quote": 3.5}
    series = pl.concat(
        pl.DataFrame([{"bot": "b1", **row}]).with_columns(ts=at) for row, at in ((amounts, start), (later, end))
    )
    bots = [("b1", "live", 503.5, 3.5, 40.0, None), ("b2", "paper", None, None, None, "no opening")]
    columns = {"bot": pl.String, "mode": pl.String, "equity": pl.Float64, "pnl": pl.Float64, "turnover": pl.Float64}
    risk = pl.DataFrame(bots, schema={**columns, "because": pl.String}, orient="row")
    publish(tmp_path, FIRST, views={"pnl": series, "risk_bots": risk})
    period = read(tmp_path, days=1)
    rows = period.views["pnl_split"].select("bot", "mode", "fills", "turnover_quote", "pnl_quote", "because").rows()
    assert rows == [("b1", "live", None, 40.0, 3.5, None), ("b2", "paper", None, None, None, "no opening")]
    assert period.views["equity_path"]["equity_quote"].to_list() == [500.0, 503.5]
    (note,) = period.notes
    assert note.startswith("Run by an earlier version, without PnL by market and the count of fills")


def test_view_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = publish(tmp_path, FIRST, earned())
    (folder / "views/pnl_split.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"2026-05-04: .*not readable as Parquet"):
        read(tmp_path, days=1)
