"""What was earned over many days: by day and so far, by weekday, by hour."""

from typing import Literal

import altair as alt
import polars as pl

from deskgate.reports.charts.marks import GAIN
from deskgate.reports.charts.theme import DAY_LABEL, WIDTH, Drawing, ink, listed, no_data, nothing_to_draw, panels, rows
from deskgate.reports.period.sums import WEEKDAYS

__all__ = ["pnl_by_time", "pnl_days"]

# Over more days than these each has no label of its own.
MOST_LABELS = 14


def pnl_days(days: pl.DataFrame, length: int) -> Drawing:
    """Draw the net PnL of each day as a bar, and of all days so far as a line; a day without a value has neither: the line ends before it.

    Parameters
    ----------
    days
        One row per money and day: `mode`, `quote`, `date`, `pnl_quote`, `cumulated_quote`.
    length
        How many days the period has.
    """
    title = "Net PnL by day, and so far"
    if none := nothing_to_draw(days, title, "No day is counted"):
        return none
    known = days.filter(pl.col("pnl_quote").is_not_null())
    if known.is_empty():
        return no_data(title, "No bot can be valued on any of the days; the table of bots says why")
    shown = known.select(
        series=_money(),
        ts=pl.col("date").cast(pl.Datetime("us", "UTC")),
        until=pl.col("date").cast(pl.Datetime("us", "UTC")).dt.offset_by("21h"),
        amount="pnl_quote",
        so_far="cumulated_quote",
        stretch=_stretch(),
    )
    axis = alt.Axis(tickCount=min(length, MOST_LABELS), labelExpr=DAY_LABEL, title=None)
    base = (
        alt.Chart(rows(shown))
        .transform_calculate(zero="0")
        .encode(x=alt.X("ts:T", scale=alt.Scale(type="utc"), axis=axis))
    )
    bars = base.mark_bar().encode(
        x2=alt.X2("until:T"),
        y=alt.Y("amount:Q", axis=alt.Axis(tickCount=5)).title("net PnL (quote)"),
        y2=alt.Y2("zero:Q"),
        color=GAIN,
    )
    zero = base.mark_rule(color=ink("muted")).encode(y=alt.Y("zero:Q"))
    line = base.mark_line(
        interpolate="linear", strokeWidth=1.6, color=ink("ink"), point=alt.OverlayMarkDef(size=22, color=ink("ink"))
    ).encode(y=alt.Y("so_far:Q"), detail=alt.Detail("stretch:N"))
    ends = known.group_by("mode", "quote", maintain_order=True).agg(pl.col("cumulated_quote").last())
    words = ", ".join(f"{mode} {so_far:,.4f} {quote}" for mode, quote, so_far in ends.iter_rows())
    chart: Drawing = (
        alt.layer(bars, zero, line)
        .properties(width=WIDTH, height=150)
        .facet(facet=panels("series:N", shown["series"].unique(maintain_order=True).to_list()), columns=1)
        .resolve_scale(y="independent")
        .properties(
            title=alt.Title(title, subtitle="bars: the day; line: all days so far; a day without a value has neither"),
            description=f"Bars of net PnL by day and a line of all days so far; at the end: {words}.",
        )
    )
    return chart


def pnl_by_time(sums: pl.DataFrame, by: Literal["weekday", "hour"]) -> Drawing:
    """Draw the net PnL of each weekday or each hour of the day.

    Parameters
    ----------
    sums
        One row per money and weekday (1: Monday) or hour (0 to 23): `mode`, `quote`, `weekday` or `hour`, `pnl_quote`.
    """
    title = "Net PnL by weekday" if by == "weekday" else "Net PnL by hour of the day (UTC)"
    if none := nothing_to_draw(sums, title, "No day is counted"):
        return none
    known = sums.filter(pl.col("pnl_quote").is_not_null())
    if known.is_empty():
        return no_data(title, "No bot can be valued; the table of bots says why")
    labels = [name[:3] for name in WEEKDAYS] if by == "weekday" else [f"{hour:02}" for hour in range(24)]
    first = 1 if by == "weekday" else 0
    names = dict(enumerate(labels, first))
    shown = known.select(
        series=_money(), at=pl.col(by).replace_strict(names, return_dtype=pl.String), amount="pnl_quote"
    )
    base = alt.Chart(rows(shown)).transform_calculate(zero="0")
    bars = base.mark_bar().encode(
        x=alt.X("at:O", scale=alt.Scale(domain=labels), axis=alt.Axis(labelAngle=0, title=None)),
        y=alt.Y("amount:Q", axis=alt.Axis(tickCount=4)).title("net PnL (quote)"),
        color=GAIN,
    )
    zero = base.mark_rule(color=ink("muted")).encode(y=alt.Y("zero:Q"))
    best = shown.sort("amount", descending=True).row(0, named=True)
    chart: Drawing = (
        alt.layer(bars, zero)
        .properties(width=WIDTH, height=120)
        .facet(facet=panels("series:N", shown["series"].unique(maintain_order=True).to_list()), columns=1)
        .resolve_scale(y="independent")
        .properties(
            title=title,
            description=f"Bars of net PnL of {listed(shown['series'])}; best: {best['at']} with {best['amount']:,.4f}.",
        )
    )
    return chart


def _stretch() -> pl.Expr:
    """Return a number that days in a row of the same money share; rows sorted by date within it."""
    step = pl.col("date").diff().over("mode", "quote")
    return (step != pl.duration(days=1)).fill_null(value=True).cum_sum().over("mode", "quote")


def _money() -> pl.Expr:
    return pl.concat_str("mode", "quote", separator=", in ", ignore_nulls=True)
