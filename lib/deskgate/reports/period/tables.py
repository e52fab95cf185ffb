"""The tables of a period: the same on its page, in Markdown and in the terminal."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from deskgate.reports.pages.wording import shown
from deskgate.reports.period.report import PeriodReport
from deskgate.reports.period.sums import WEEKDAYS
from deskgate.reports.text_table import TextTable

__all__ = ["PeriodTable", "period_tables"]

_OF = pl.format("{} of {}", "days", "of").alias("days counted")
_NET = pl.col("pnl_quote").alias("net PnL")
_PARTS = {
    "realized_quote": "realised, before fees",
    "unrealized_quote": "change of unrealised",
    "fees_quote": "fees",
    "funding_quote": "funding",
    "turnover_quote": "turnover",
    "fills": "fills",
}
_MONEY = [pl.col(name).alias(heading) for name, heading in _PARTS.items()]


@dataclass(frozen=True)
class PeriodTable:
    """A table under its question; `name` is its key in JSON and its anchor on the page."""

    name: str
    title: str
    rows: pl.DataFrame

    def as_text(self) -> TextTable:
        """Return it as text."""
        cells = [
            [shown(value, column).text for column, value in zip(self.rows.columns, row, strict=True)]
            for row in self.rows.iter_rows()
        ]
        return TextTable(self.title, list(self.rows.columns), cells)


def period_tables(report: PeriodReport) -> list[PeriodTable]:
    """Return the tables that have rows, in the order to show."""
    found = [
        PeriodTable("bots", "With which bot?", _bots(report)),
        PeriodTable("risk", "At what risk?", _risk(report)),
        PeriodTable("days", "On which days?", _days(report)),
        PeriodTable("markets", "In which market?", _markets(report)),
        PeriodTable("rates", "How well did it trade?", report.rates),
        PeriodTable("weekdays", "On which weekday?", _weekdays(report)),
        PeriodTable("hours", "At what hour (UTC)?", _hours(report)),
        PeriodTable("breaks", "Which breaks came and went?", _breaks(report)),
        PeriodTable("own_record", "What does a bot's own record say that nothing confirms?", _own_record(report)),
    ]
    return [each for each in found if each.rows.height]


def _bots(report: PeriodReport) -> pl.DataFrame:
    is_partial = (pl.col("days") < pl.col("of")) | pl.col("pnl_quote").is_null()
    why = pl.when(is_partial).then("because").alias("why not all")
    alone = pl.col("not_confirmed").alias("fills that nothing confirms")
    return report.by_bot.select("bot", "mode", _NET, "quote", _OF, *_MONEY, alone, why)


def _markets(report: PeriodReport) -> pl.DataFrame:
    return report.by_market.select("bot", "mode", "pair", _NET, "quote", _OF, *_MONEY)


def _risk(report: PeriodReport) -> pl.DataFrame:
    """Return equity and drawdown; what was paid in and the return only where the path has all days in one run."""
    path = report.path
    ends = path.group_by("mode", "quote").agg(net=pl.col("pnl").last()) if path.columns else None
    falls = report.falls
    # Of a money without any value the table of bots says why.
    falls = falls.filter(pl.col("days") > 0)
    joined = (
        falls.join(ends, on=["mode", "quote"], how="left", maintain_order="left")
        if ends is not None
        else falls.with_columns(net=pl.lit(None, pl.Float64))
    )
    is_whole = (pl.col("runs") == 1) & (pl.col("days") == pl.col("of"))
    paid = (pl.col("equity_end") - pl.col("equity_start") - pl.col("net")).round(8) + 0.0
    return joined.with_columns(paid=pl.when(is_whole).then(paid)).select(
        "mode",
        _OF,
        *(pl.col(f"equity_{name}").alias(f"equity at the {name}") for name in ("start", "end")),
        pl.col("paid").alias("paid in, less paid out"),
        pl.when((pl.col("paid") == 0) & (pl.col("equity_start") > 0))
        .then(100 * pl.col("net") / pl.col("equity_start"))
        .alias("net PnL (% of the equity at the start)"),
        pl.col("drawdown_quote").alias("largest drawdown"),
        (100 * pl.col("drawdown_share")).alias("largest drawdown (% of equity)"),
        pl.col("peak_at").alias("from"),
        pl.col("lowest_at").alias("to"),
        "quote",
    )


def _days(report: PeriodReport) -> pl.DataFrame:
    decided = [(day.date, day.word) for day in report.period.days]
    words = pl.DataFrame(decided, schema={"date": pl.Date, "decision": pl.String}, orient="row")
    # Of a money without any value the table of bots says why.
    valued = report.by_day.filter((pl.col("known") > 0).any().over("mode", "quote"))
    counted = valued.join(words, on="date", how="left").select(
        "date",
        "decision",
        "mode",
        _NET,
        pl.col("cumulated_quote").alias("net PnL so far"),
        "quote",
        pl.format("{} of {}", "known", "bots").alias("bots counted"),
        *_MONEY,
    )
    out = [(day, f"not counted: {why}") for why, days in report.period.left_out.items() for day in days]
    missing = pl.DataFrame(out, schema={"date": pl.Date, "decision": pl.String}, orient="row")
    return pl.concat([counted, missing], how="diagonal").sort("date", maintain_order=True)


def _weekdays(report: PeriodReport) -> pl.DataFrame:
    name = pl.col("weekday").replace_strict(dict(enumerate(WEEKDAYS, 1)), return_dtype=pl.String)
    return report.by_weekday.select("mode", name, *_of_time("days of a bot with a value"))


def _hours(report: PeriodReport) -> pl.DataFrame:
    if not report.by_hour.columns:
        return report.by_hour
    return report.by_hour.select("mode", pl.format("{}:00", "hour").alias("hour"), *_of_time("hours with a value"))


def _of_time(heading: str) -> Iterator[pl.Expr]:
    yield pl.format("{} of {}", "known", "of").alias(heading)
    yield pl.col("turnover_quote").alias("turnover")
    yield pl.col("pnl_quote").alias("net PnL")
    yield pl.col("quote")


def _breaks(report: PeriodReport) -> pl.DataFrame:
    return report.breaks.rename({"value_quote": "value"})


def _own_record(report: PeriodReport) -> pl.DataFrame:
    rows = report.own_record
    return rows.select("bot", "mode", "pair", "number", "unit", "sum", _OF) if rows.columns else rows
