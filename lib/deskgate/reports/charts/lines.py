"""Running amounts over the day: PnL, positions, equity."""

from typing import Literal

import altair as alt
import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.charts.marks import bot_colour, bot_dash
from deskgate.reports.charts.most_telling import MOST_LINES, most_telling
from deskgate.reports.charts.theme import (
    TIME_X,
    WIDTH,
    Drawing,
    ink,
    listed,
    no_data,
    nothing_to_draw,
    panels,
    rows,
    thinned,
)

__all__ = ["equity_lines", "own_record_lines", "pnl_lines", "position_lines"]

# Points of a line of weeks; more are no more to see.
MOST_POINTS = 400
# The band of many lines has a step of so long.
BAND_STEP = "15m"

MOMENT = alt.Tooltip("ts:T", timeUnit="utcyearmonthdatehoursminutesseconds", title="time (UTC)")


def pnl_lines(pnl: pl.DataFrame) -> Drawing:
    """Draw each bot's cumulative PnL, distinguished by dash as well as by colour.

    Parameters
    ----------
    pnl
        One row per bot and instant: `bot`, `ts` (datetime UTC), `pnl_quote`.
    """
    title = "Cumulative PnL"
    if pnl.is_empty():
        return no_data(title, "No agreed fills, so no PnL to show")
    lowest = -pl.col("pnl_quote").sort_by("ts").last()
    drawn, rest = most_telling(pnl, "bot", lowest, "lowest at the end", most=MOST_LINES, where="the grey band")
    bots = drawn["bot"].unique().sort().to_list()
    last = drawn.sort("ts").group_by("bot").agg(pl.col("pnl_quote").last()).sort("bot")
    ends = ", ".join(f"{bot} {amount:,.2f}" for bot, amount in last.drop_nulls().iter_rows())
    base = alt.Chart(rows(drawn.select("bot", "ts", "pnl_quote")))
    band = [_band(pnl.join(drawn, on="bot", how="anti"))] if rest else []
    zero = alt.Chart(rows(pnl.select(zero=pl.lit(0)))).mark_rule(color=ink("muted")).encode(y=alt.Y("zero:Q"))
    lines = base.mark_line(interpolate="step-after", strokeWidth=1.6).encode(
        x=TIME_X,
        y=alt.Y("pnl_quote:Q", axis=alt.Axis(tickCount=5)).title("PnL (quote)"),
        color=bot_colour(bots),
        strokeDash=bot_dash(bots),
        tooltip=[alt.Tooltip("bot:N"), MOMENT, alt.Tooltip("pnl_quote:Q", format=",.4f")],
    )
    return alt.layer(*band, zero, lines).properties(
        width=WIDTH,
        height=220,
        title=alt.Title(title, subtitle=[*rest, "band: the highest and the lowest of these"]) if rest else title,
        description=f"Lines of cumulative PnL in quote, at the end: {ends}{''.join(f'; {line}' for line in rest)}.",
    )


def _band(pnl: pl.DataFrame) -> alt.Chart:
    """Draw from where to where the PnL of some bots lay over the day."""
    start, end = pnl["ts"].min(), pnl["ts"].max()
    times = pl.select(ts=pl.datetime_range(pl.lit(start), pl.lit(end), BAND_STEP, time_zone="UTC"))
    grid = pnl.select("bot").unique().join(times, how="cross").sort("ts", "bot")
    at = grid.join_asof(pnl.sort("ts").select("bot", "ts", "pnl_quote"), on="ts", by="bot", check_sortedness=False)
    span = at.group_by("ts").agg(low=pl.col("pnl_quote").min(), high=pl.col("pnl_quote").max()).drop_nulls().sort("ts")
    band: alt.Chart = (
        alt.Chart(rows(span))
        .mark_area(opacity=0.25, color=ink("muted"), interpolate="step-after")
        .encode(x=TIME_X, y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    )
    return band


def own_record_lines(pnl: pl.DataFrame) -> Drawing:
    """Draw the PnL of fills that nothing confirms, dashed and in the colour of what is not known, never beside agreed PnL.

    Parameters
    ----------
    pnl
        One row per bot, pair and instant: `bot`, `pair`, `ts` (datetime UTC), `pnl_quote`, as in the view `own_record_pnl`.
    """
    title = "PnL by the bot's own record: nothing confirms it"
    if none := nothing_to_draw(pnl, title, "No fill is in one record alone, so nothing to show"):
        return none
    whole = pnl.with_columns(series=pl.col("bot") + " " + pl.col("pair"))
    amount = pl.col("pnl_quote").sort_by("ts").last().abs()
    named, rest = most_telling(whole, "series", amount, "with the largest amounts", where="the tables")
    last = named.sort("ts").group_by("series").agg(pl.col("pnl_quote").last()).sort("series")
    ends = ", ".join(f"{series} {amount:,.2f}" for series, amount in last.iter_rows())
    line = (
        alt.Chart(rows(thinned(named, ["series"], MOST_POINTS)))
        .mark_line(interpolate="step-after", strokeWidth=1.6, strokeDash=[6, 3], color=ink("insufficient"))
        .encode(
            x=TIME_X,
            y=alt.Y("pnl_quote:Q", axis=alt.Axis(tickCount=4)).title("PnL (quote)"),
            tooltip=[alt.Tooltip("series:N"), MOMENT, alt.Tooltip("pnl_quote:Q", format=",.4f")],
        )
    )
    subtitle = "realised PnL less fees, since the first fill; not agreed, and no gate reads it"
    description = f"Dashed lines of PnL that nothing confirms, in quote, at the end: {ends}."
    return _one_each(line, "series", alt.Title(title, subtitle=[subtitle, *rest]), description)


def position_lines(positions: pl.DataFrame) -> Drawing:
    """Draw the position rolled forward from fills as a line, and what account snapshots say as diamonds.

    Parameters
    ----------
    positions
        One row per bot, pair and instant: `bot`, `pair`, `ts` (datetime UTC), `position` (base, signed), `snapshot`
        (base, signed; null where no snapshot was taken).
    """
    title = "Position, from fills and as the account says"
    if positions.is_empty():
        return no_data(title, "No fills and no snapshots, so no positions to show")
    seen = positions["snapshot"].is_not_null().sum()
    whole = positions.with_columns(series=pl.col("bot") + " " + pl.col("pair"))
    off = (pl.col("snapshot") - pl.col("position")).abs().max() / pl.col("position").abs().max()
    said, where = "whose snapshots differ most from the fills", "views/positions.parquet"
    named, rest = most_telling(whole, "series", off, said, most=MOST_LINES, where=where)
    base = alt.Chart(rows(named)).encode(x=TIME_X)
    line = base.mark_line(interpolate="step-after", strokeWidth=1.5, color=ink("accent")).encode(
        y=alt.Y("position:Q", axis=alt.Axis(tickCount=4)).title("position (base)"),
    )
    snapshots = (
        base.transform_filter("isValid(datum.snapshot)")
        .mark_point(shape="diamond", size=50, filled=True, opacity=1, color=ink("series-2"))
        .encode(
            y=alt.Y("snapshot:Q"),
            tooltip=[alt.Tooltip("series:N"), MOMENT, alt.Tooltip("position:Q"), alt.Tooltip("snapshot:Q")],
        )
    )
    return _one_each(
        alt.layer(line, snapshots),
        "series",
        alt.Title(title, subtitle=["line: from fills; ◆ account snapshot", *rest]),
        f"Lines of the position of {listed(whole['series'])}, with {count_of(seen, 'account snapshot')}.",
    )


def equity_lines(equity: pl.DataFrame) -> Drawing:
    """Draw each bot's equity on a scale of its own.

    Parameters
    ----------
    equity
        One row per bot and instant: `bot`, `ts` (datetime UTC), `equity_quote`.
    """
    title = "Equity"
    if equity.is_empty():
        return no_data(title, "No equity on record")
    high = pl.col("equity_quote").sort_by("ts").cum_max()
    fallen = ((high - pl.col("equity_quote").sort_by("ts")) / high).max()
    drawn, rest = most_telling(equity, "bot", fallen, "that fell most", where="views/equity.parquet")
    ranges = drawn.group_by("bot").agg(low=pl.col("equity_quote").min(), high=pl.col("equity_quote").max()).sort("bot")
    words = "; ".join(f"{bot} {low:,.2f} to {high:,.2f}" for bot, low, high in ranges.drop_nulls().iter_rows())
    line = (
        alt.Chart(rows(drawn))
        .mark_line(interpolate="step-after", strokeWidth=1.5, color=ink("accent"))
        .encode(
            x=TIME_X,
            y=alt.Y("equity_quote:Q", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=4)).title("equity (quote)"),
            tooltip=[alt.Tooltip("bot:N"), MOMENT, alt.Tooltip("equity_quote:Q", format=",.2f")],
        )
    )
    return _one_each(
        line,
        "bot",
        alt.Title(title, subtitle=rest) if rest else alt.Title(title),
        f"Lines of equity in quote, lowest to highest: {words}.",
    )


def _one_each(chart: Drawing, series: Literal["bot", "series"], title: alt.Title, description: str) -> Drawing:
    """Return the chart once per series, one below the other: scales differ by orders of magnitude between bots."""
    each: Drawing = (
        chart.properties(width=WIDTH, height=110)
        .facet(facet=panels(f"{series}:N"), columns=1)
        .resolve_scale(y="independent")
        .properties(title=title, description=description)
    )
    return each
