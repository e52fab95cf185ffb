"""Where live and its reference traded, at what cost, and how the price moved afterwards."""

import altair as alt
import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.charts.marks import FEW_FILLS, SIDE, horizon_axis
from deskgate.reports.charts.most_telling import most_telling
from deskgate.reports.charts.theme import (
    DASHES,
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

__all__ = [
    "ROLE_COLOUR",
    "ROLE_DASH",
    "fills_over_mid",
    "markout_curves",
    "pnl_beside_reference",
    "slippage_by_liquidity",
]

# Live and reference look the same on every chart: by colour, and by dash, shape or fill as well.
ROLES = ("live", "reference")
ROLE_COLOUR = alt.Color(
    "role:N",
    scale=alt.Scale(domain=list(ROLES), range=[ink("accent"), ink("series-2")]),
    legend=alt.Legend(title=None, symbolType="stroke"),
)
ROLE_DASH = alt.StrokeDash("role:N", scale=alt.Scale(domain=list(ROLES), range=[DASHES[0], DASHES[1]]), legend=None)
LIQUIDITIES = ("all", "maker", "taker")
# More than these on one chart are a smear, and a page of several megabytes.
MOST_FILLS, MOST_MIDS, MOST_PNL = 150, 480, 360


def fills_over_mid(fills: pl.DataFrame, mids: pl.DataFrame) -> Drawing:
    """Draw the day's fills of live and reference over the mid, one chart per compared bot and pair.

    Parameters
    ----------
    fills
        As in the view `parity_fills`: `role`, `of`, `pair`, `ts`, `side`, `price`.
    mids
        As in the view `parity_mids`: `of`, `pair`, `ts`, `mid`.
    """
    title = "Fills over the mid"
    if none := nothing_to_draw(fills, title, "No agreed fills of live or reference on the day"):
        return none
    drawn, rest = most_telling(fills, ["of", "pair"], pl.len(), "with most fills", where="views/parity_fills.parquet")
    taken = thinned(drawn, ["of", "role", "pair"], MOST_FILLS)
    counted = (
        f"{taken.height:,} of {count_of(fills.height, 'fill', spec=',')}{', evenly taken' if taken.height < drawn.height else ''}"
        if taken.height < fills.height
        else f"all {count_of(fills.height, 'fill', spec=',')}"
    )
    points = taken.select("of", "pair", "ts", "role", "side", "price", kind=pl.format("{} {}", "role", "side"))
    line = mids
    if mids.width:
        beside = mids.join(drawn.select("of", "pair"), on=["of", "pair"], how="semi", maintain_order="left")
        line = thinned(beside, ["of", "pair"], MOST_MIDS).select("of", "pair", "ts", "mid")
    # One frame, so that each facet has its mid and its fills.
    both = pl.concat([points, line], how="diagonal_relaxed").with_columns(series=pl.format("{} on {}", "of", "pair"))
    if "mid" not in both.columns:
        both = both.with_columns(mid=pl.lit(None, pl.Float64))
    base = alt.Chart(rows(both)).encode(x=TIME_X)
    mid = (
        base.transform_filter("isValid(datum.mid)")
        .mark_line(strokeWidth=1, color=ink("muted"), opacity=0.8)
        .encode(y=alt.Y("mid:Q", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5)).title("price (quote)"))
    )
    marks = base.transform_filter("isValid(datum.price)").encode(y=alt.Y("price:Q"), color=ROLE_COLOUR, shape=SIDE)
    live = marks.transform_filter("datum.role === 'live'").mark_point(filled=True, size=34, opacity=0.85)
    other = marks.transform_filter("datum.role !== 'live'").mark_point(filled=False, size=34, opacity=0.85)
    chart: Drawing = (
        alt.layer(mid, other, live)
        .properties(width=WIDTH, height=190)
        .facet(facet=panels("series:N"), columns=1)
        .resolve_scale(y="independent")
        .properties(
            title=alt.Title(
                title,
                subtitle=[
                    f"grey: mid; ▲ buy, ▼ sell; filled: live, hollow: reference; {counted}"
                    + ("" if line.height else "; no mids on record"),
                    *rest,
                ],
            ),
            description=f"Fills of live and reference over the mid of the day, of {listed(both['series'])}: {counted}.",
        )
    )
    return chart


def slippage_by_liquidity(trading: pl.DataFrame, pairs: pl.DataFrame) -> Drawing:
    """Draw the day's slippage of makers and takers, live beside its reference.

    Parameters
    ----------
    trading
        As in the view `trading`: `bot`, `pair`, `side` (null: both), `liquidity` (null: all), `measure`, `value`, `rows`.
    pairs
        As in the view `parity_pairs`: `bot`, `reference` (a bot, or null).
    """
    title = "Slippage by liquidity"
    if none := nothing_to_draw(trading, title, "No fills on the day, so no slippage"):
        return none
    if none := nothing_to_draw(pairs, title, "No bot is compared: none is live, and none has a shadow"):
        return none
    slippage = trading.filter(
        (pl.col("measure") == "slippage_bps") & pl.col("side").is_null() & pl.col("value").is_not_null()
    )
    highest = pl.col("value").filter(pl.col("role") == "live").max()
    drawn, rest = most_telling(
        _with_roles(slippage, pairs), "of", highest, "that paid most", where="views/trading.parquet"
    )
    shown = drawn.with_columns(
        row=pl.concat_str("pair", "liquidity", separator=", ", ignore_nulls=True).replace("", "all fills")
    ).sort("of", "pair", "liquidity", "role")
    if shown.is_empty():
        return no_data(title, "No fill of the day has a mid before it; notebook 02 has the quotes")
    order = shown["row"].unique(maintain_order=True).to_list()
    room = alt.Axis(minExtent=7 * max(map(len, order)))
    base = alt.Chart(rows(shown)).encode(y=alt.Y("row:N", sort=order, axis=room).title(None))
    zero = (
        base.transform_calculate(zero="0")
        .mark_tick(thickness=1, height=22, color=ink("muted"))
        .encode(x=alt.X("zero:Q"))
    )
    points = base.mark_point(size=60, filled=True, opacity=1).encode(
        x=alt.X("value:Q", axis=alt.Axis(tickCount=6)).title("slippage (bps of notional); right of 0 is a cost"),
        color=ROLE_COLOUR,
        shape=alt.Shape("role:N", scale=alt.Scale(domain=list(ROLES), range=["circle", "diamond"]), legend=None),
    )
    chart: Drawing = (
        alt.layer(zero, points)
        .properties(width=WIDTH - 160, height=alt.Step(22))
        .facet(facet=panels("of:N"), columns=1)
        .resolve_scale(y="independent")
        .properties(
            title=alt.Title(title, subtitle=["against the last mid before the fill; ● live, ◆ reference", *rest]),
            description=f"Slippage in bps of live and reference by liquidity, of {listed(shown['of'])}.",
        )
    )
    return chart


def markout_curves(markouts: pl.DataFrame) -> Drawing:
    """Draw how the price moved around the fills, in the fills' favour or against them, live beside its reference.

    Parameters
    ----------
    markouts
        As in the view `parity_markouts`: `of`, `role`, `liquidity`, `horizon_s`, `value` (bps), `rows`.
    """
    title = "Markouts"
    none = nothing_to_draw(markouts, title, "No fills to follow")
    if none or markouts["value"].null_count() == markouts.height:
        return none or no_data(title, "No fill of the day has mids around it; notebook 02 has the quotes")
    label, x = horizon_axis(markouts)
    many = pl.col("rows") >= FEW_FILLS
    lowest = -pl.col("value").filter(pl.col("role") == "live").min()
    drawn, rest = most_telling(
        markouts, "of", lowest, "that the price went against most", where="views/parity_markouts.parquet"
    )
    shown = (
        # A liquidity that nobody had would be an empty chart.
        drawn.filter(pl.col("value").is_not_null().any().over("liquidity"))
        .with_columns(
            label=label,
            line=pl.when(many).then("value"),
            alone=pl.when(~many).then("value"),
        )
        .sort("of", "role", "liquidity", "horizon_s")
    )
    base = alt.Chart(rows(shown)).encode(x=x, y=alt.Y("line:Q", axis=alt.Axis(tickCount=5)).title("markout (bps)"))
    zero = base.transform_calculate(zero="0").mark_line(color=ink("muted"), strokeWidth=1).encode(y=alt.Y("zero:Q"))
    horizons = markouts["horizon_s"].sort().to_list()
    lines = base.mark_line(strokeWidth=1.8).encode(color=ROLE_COLOUR, strokeDash=ROLE_DASH)
    points = base.mark_point(size=26, filled=True, opacity=1).encode(color=ROLE_COLOUR)
    alone = base.mark_point(size=26, filled=False, opacity=1).encode(y=alt.Y("alone:Q"), color=ROLE_COLOUR)
    chart: Drawing = (
        alt.layer(zero, lines, points, alone)
        .properties(width=205, height=130)
        .facet(
            row=alt.Row("of:N", header=alt.Header(title=None)),
            column=alt.Column("liquidity:N", sort=list(LIQUIDITIES), header=alt.Header(title=None)),
        )
        .resolve_scale(y="shared")
        .properties(
            title=alt.Title(
                title,
                subtitle=[
                    "mean move of the mid in the fill's favour since the fill price, weighted by notional",
                    f"falling: filled before the price went away; hollow: fewer than {FEW_FILLS} fills",
                    *rest,
                ],
            ),
            description=f"Markouts in bps from {horizons[0]:g} to {horizons[-1]:g} s after the fill, of live and reference, of {listed(markouts['of'])}.",
        )
    )
    return chart


def pnl_beside_reference(pnl: pl.DataFrame, pairs: pl.DataFrame) -> Drawing:
    """Draw each compared bot's cumulative PnL and its reference's from the same zero.

    Parameters
    ----------
    pnl
        As in the view `pnl`: `bot`, `ts`, `pnl_quote`.
    pairs
        As in the view `parity_pairs`: `bot`, `reference` (a bot, or null).
    """
    title = "PnL of live and reference"
    if none := nothing_to_draw(pairs, title, "No bot is compared: none is live, and none has a shadow"):
        return none
    if none := nothing_to_draw(pnl, title, "No bot can be valued; the verdicts on the portfolio say why"):
        return none
    both = _with_roles(pnl, pairs)
    if both.is_empty():
        return no_data(title, "No compared bot can be valued; the verdicts on the portfolio say why")
    ends = [
        pl.col("pnl_quote").filter(pl.col("role") == role).sort_by(pl.col("ts").filter(pl.col("role") == role)).last()
        for role in ROLES
    ]
    drawn, rest = most_telling(
        both, "of", (ends[0] - ends[1]).abs(), "farthest apart at the end", where="views/pnl.parquet"
    )
    shown = thinned(drawn, ["of", "role"], MOST_PNL)
    unvalued = pairs.filter(~pl.col("reference").is_in(pnl["bot"].unique().implode()))
    base = alt.Chart(rows(shown))
    zero = (
        base.transform_calculate(zero="0")
        .mark_line(color=ink("muted"), strokeWidth=1)
        .encode(x=TIME_X, y=alt.Y("zero:Q"))
    )
    lines = base.mark_line(interpolate="step-after", strokeWidth=1.6).encode(
        x=TIME_X,
        y=alt.Y("pnl_quote:Q", axis=alt.Axis(tickCount=5)).title("PnL (quote)"),
        color=ROLE_COLOUR,
        strokeDash=ROLE_DASH,
    )
    last = drawn.sort("ts").group_by("of", "role").agg(pl.col("pnl_quote").last()).drop_nulls().sort("of", "role")
    words = ", ".join(f"{of} {role} {amount:,.2f}" for of, role, amount in last.iter_rows())
    chart: Drawing = (
        alt.layer(zero, lines)
        .properties(width=WIDTH, height=150)
        .facet(facet=panels("of:N"), columns=1)
        .resolve_scale(y="independent")
        .properties(
            title=alt.Title(
                title,
                subtitle=[
                    "change of equity since the day began, fees and funding included; both in quote, sizes may differ",
                    *([f"cannot be valued: {listed(unvalued['reference'])}"] if unvalued.height else []),
                    *rest,
                ],
            ),
            description=f"Lines of cumulative PnL in quote, at the end: {words}.",
        )
    )
    return chart


def _with_roles(frame: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the compared bots and of their references: `of` (the compared bot) and `role` beside the rest."""
    compared = pairs.select(of="bot", bot="bot", role=pl.lit("live"))
    others = pairs.drop_nulls("reference").select(of="bot", bot="reference", role=pl.lit("reference"))
    return frame.join(pl.concat([compared, others]), on="bot", how="inner", maintain_order="left")
