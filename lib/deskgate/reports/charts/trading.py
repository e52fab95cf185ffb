"""What bots earned and how they traded: parts of the PnL, hours, equity and its falls, fills over quotes, markouts."""

import altair as alt
import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.charts.marks import FEW_FILLS, GAIN, SIDE, bot_colour, bot_dash, horizon_axis
from deskgate.reports.charts.most_telling import MOST_LINES, most_telling
from deskgate.reports.charts.theme import (
    COLUMN_X,
    ROOM,
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

__all__ = ["equity_and_drawdown", "fills_and_quotes", "markouts_of_bots", "pnl_hours", "pnl_parts"]

MOST_FILLS = 150
MOST_READINGS = 600
TURNOVER, MOST_TURNOVER = pl.col("turnover_quote").sum(), "with most turnover"
# Part -> its column and sign in the PnL.
PARTS = {
    "realised, before fees": pl.col("realized_quote"),
    "change of unrealised": pl.col("unrealized_quote"),
    "fees": -pl.col("fees_quote"),
    "funding": pl.col("funding_quote"),
    "net PnL": pl.col("pnl_quote"),
}


def pnl_parts(split: pl.DataFrame) -> Drawing:
    """Draw the parts of each market's PnL as bars, gains to the right and costs to the left, the net one last.

    Parameters
    ----------
    split
        As in the view `pnl_split`: `bot`, `mode`, `pair`, `quote`, the amounts of `PARTS`, `turnover_quote`. What is null is not drawn,
        and its row says so.
    """
    title = "PnL and its parts"
    if none := nothing_to_draw(split, title, "No bot is judged, so no PnL to show"):
        return none
    named = split.with_columns(series=pl.format("{} ({}) {}", "bot", "mode", pl.col("pair").fill_null("")))
    shown, rest = most_telling(named, "series", TURNOVER, MOST_TURNOVER)
    long = pl.concat(
        shown.select("series", "quote", part=pl.lit(part), amount=amount.cast(pl.Float64), order=pl.lit(n))
        for n, (part, amount) in enumerate(PARTS.items())
    ).with_columns(pl.col("quote").fill_null(""))
    base = alt.Chart(rows(long)).encode(y=alt.Y("part:N", sort=list(PARTS), axis=alt.Axis(minExtent=130)).title(None))
    bars = base.mark_bar(height=12).encode(
        x=alt.X("amount:Q", axis=alt.Axis(tickCount=5)).title("quote; left of 0 is a cost or a loss"), color=GAIN
    )
    zero = (
        base.transform_calculate(zero="0")
        .mark_tick(thickness=1, height=18, color=ink("muted"))
        .encode(x=alt.X("zero:Q"))
    )
    said = "isValid(datum.amount) ? format(datum.amount, '+,.4~f') + ' ' + datum.quote : 'not known'"
    words = (
        base.transform_calculate(words=said)
        .mark_text(align="left")
        .encode(x=alt.value(COLUMN_X - 130), text=alt.Text("words:N"))
    )
    nets = shown.select("series", "pnl_quote").rows()
    ends = ", ".join(f"{name} {'not known' if net is None else f'{net:,.4f}'}" for name, net in nets)
    chart: Drawing = (
        alt.layer(bars, zero, words)
        .properties(width=COLUMN_X - 140, height=alt.Step(20))
        .facet(facet=panels("series:N", shown["series"].to_list()), columns=1, spacing=12)
        .resolve_scale(x="independent")
        .properties(
            padding=ROOM,
            title=alt.Title(title, subtitle=["each market on a scale of its own", *rest]),
            description=f"Bars of the parts of the PnL in quote; net: {ends}.",
        )
    )
    return chart


def pnl_hours(hours: pl.DataFrame) -> Drawing:
    """Draw what each market earned, net, in each hour of the day.

    Parameters
    ----------
    hours
        As in the view `pnl_by_hour`: `bot`, `pair`, `hour` (datetime UTC), `pnl_quote`, `turnover_quote`.
    """
    title = "Net PnL by hour"
    if none := nothing_to_draw(hours, title, "No bot is judged, so no PnL to show"):
        return none
    known = hours.filter(pl.col("pnl_quote").is_not_null())
    if known.is_empty():
        return no_data(title, "No bot can be valued; the table of parts says why")
    unknown = hours.join(known, on=["bot", "pair"], how="anti")["bot"].unique().sort()
    named = known.with_columns(series=pl.format("{} {}", "bot", "pair"))
    kept, rest = most_telling(named, "series", TURNOVER, MOST_TURNOVER)
    shown = kept.select("series", ts="hour", until=pl.col("hour").dt.offset_by("52m"), amount="pnl_quote")
    worst, best = (shown.sort("amount").row(at, named=True) for at in (0, -1))
    base = alt.Chart(rows(shown)).transform_calculate(zero="0")
    bars = base.mark_bar().encode(
        x=TIME_X,
        x2=alt.X2("until:T"),
        y=alt.Y("amount:Q", axis=alt.Axis(tickCount=4)).title("net PnL (quote)"),
        y2=alt.Y2("zero:Q"),
        color=GAIN,
    )
    zero = base.mark_rule(color=ink("muted")).encode(y=alt.Y("zero:Q"))
    missing = [f"not known: {listed(unknown)}"] if unknown.len() else []
    chart: Drawing = (
        alt.layer(bars, zero)
        .properties(width=WIDTH, height=110)
        .facet(facet=panels("series:N", kept["series"].unique(maintain_order=True).to_list()), columns=1, spacing=12)
        .resolve_scale(y="independent")
        .properties(
            title=alt.Title(title, subtitle=["after fees and funding, with the change of unrealised", *missing, *rest]),
            description=(
                f"Bars of net PnL by hour; best: {best['series']} at {best['ts']:%H:%M} with {best['amount']:,.4f},"
                f" worst: {worst['series']} at {worst['ts']:%H:%M} with {worst['amount']:,.4f}."
            ),
        )
    )
    return chart


def equity_and_drawdown(path: pl.DataFrame, *, since: str = "the day's best") -> Drawing:
    """Draw each bot's equity, and below it what its PnL has lost since the day's best.

    Parameters
    ----------
    path
        As in the view `equity_path`: `bot`, `ts` (datetime UTC), `equity_quote`, `drawdown_quote`.
    since
        What `drawdown_quote` counts from, in words.
    """
    title = "Equity and drawdown"
    if none := nothing_to_draw(path, title, "No bot can be valued; the table of parts says why"):
        return none
    drawn, rest = most_telling(path, "bot", pl.col("drawdown_quote").max(), "that lost most")
    kept = drawn["bot"].unique(maintain_order=True).to_list()
    parts = {"equity": pl.col("equity_quote"), f"lost since {since}": -pl.col("drawdown_quote")}
    inside = thinned(drawn, ["bot"], MOST_READINGS)
    long = pl.concat(
        inside.select("ts", series=pl.format("{}: {}", "bot", pl.lit(name)), amount=amount)
        for name, amount in parts.items()
    )
    order = [f"{bot}: {name}" for bot in kept for name in parts]
    deepest = path.group_by("bot", maintain_order=True).agg(pl.col("drawdown_quote").max())
    words = ", ".join(f"{bot} {lost:,.4f}" for bot, lost in deepest.iter_rows())
    chart: Drawing = (
        alt.Chart(rows(long))
        .mark_line(interpolate="step-after", strokeWidth=1.5, color=ink("accent"))
        .encode(x=TIME_X, y=alt.Y("amount:Q", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=4)).title("quote"))
        .properties(width=WIDTH, height=100)
        .facet(facet=panels("series:N", order), columns=1, spacing=12)
        .resolve_scale(y="independent")
        .properties(
            title=alt.Title(
                title,
                subtitle=[
                    "by readings of a minute; transfers are in the equity, not in the loss",
                    *rest,
                ],
            ),
            description=f"Lines of equity and of what was lost since {since}, in quote; at most: {words}.",
        )
    )
    return chart


def fills_and_quotes(fills: pl.DataFrame, quotes: pl.DataFrame) -> Drawing:
    """Draw each market's fills over the mid and the bot's own best bid and ask.

    Parameters
    ----------
    fills
        As in the view `trading_fills`: `bot`, `pair`, `ts`, `side`, `price`, `quantity`, `agreed`.
    quotes
        As in the view `trading_quotes`: `bot`, `pair`, `ts`, `mid`, `bid`, `ask`.
    """
    title = "Fills over the quotes"
    if none := nothing_to_draw(fills, title, "No fills on the day"):
        return none
    market = pl.format("{} {}", "bot", "pair").alias("series")
    turnover = (pl.col("price") * pl.col("quantity")).sum()
    kept, rest = most_telling(fills.with_columns(market), "series", turnover, MOST_TURNOVER)
    order = kept["series"].unique().sort()
    taken = thinned(kept, ["bot", "pair"], MOST_FILLS)
    state = pl.format("{} {}", "side", pl.when("agreed").then(pl.lit("agreed")).otherwise(pl.lit("not confirmed")))
    points = taken.select("series", "ts", "side", "price", "agreed", state=state)
    lines = (
        [quotes.filter(market.is_in(order.implode())).select(market, "ts", "mid", "bid", "ask")]
        if quotes.columns
        else []
    )
    both = pl.concat([points, *lines], how="diagonal_relaxed")
    for name in ("mid", "bid", "ask"):
        if name not in both.columns:
            both = both.with_columns(pl.lit(None, pl.Float64).alias(name))
    base = alt.Chart(rows(both)).encode(x=TIME_X)
    price = alt.Y("mid:Q", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5)).title("price (quote)")
    is_quote = base.transform_filter("!isValid(datum.price)")
    mid = is_quote.mark_line(strokeWidth=1.2, color=ink("muted")).encode(y=price)
    own = [
        is_quote.mark_line(
            strokeWidth=1, opacity=0.75, interpolate="step-after", strokeDash=dash, color=ink(colour)
        ).encode(y=f"{name}:Q")
        for name, colour, dash in (("bid", "series-3", [4, 2]), ("ask", "series-4", [2, 2]))
    ]
    colour = alt.condition("datum.side === 'BUY'", alt.value(ink("series-3")), alt.value(ink("series-4")))
    marks = base.transform_filter("isValid(datum.price)").encode(y=alt.Y("price:Q"), shape=SIDE, color=colour)
    sure = marks.transform_filter("datum.agreed").mark_point(filled=True, size=32, opacity=0.9)
    alone = marks.transform_filter("!datum.agreed").mark_point(filled=False, size=32, opacity=0.9)
    counted = (
        f"{taken.height:,} of {count_of(fills.height, 'fill', spec=',')}"
        if taken.height < fills.height
        else f"all {count_of(fills.height, 'fill', spec=',')}"
    )
    hollow = fills.filter(~pl.col("agreed")).height
    chart: Drawing = (
        alt.layer(mid, *own, alone, sure)
        .properties(width=WIDTH, height=190)
        .facet(facet=panels("series:N", order.to_list()), columns=1)
        .resolve_scale(y="independent")
        .properties(
            title=alt.Title(
                title,
                subtitle=[
                    f"▲ buy, ▼ sell; grey: mid; dashes: the bot's own best bid and ask; {counted}",
                    *([f"hollow: {count_of(hollow, 'fill', spec=',')} that nothing confirms"] if hollow else []),
                    *rest,
                ],
            ),
            description=f"Fills over the mid and the bots' own quotes, of {listed(order)}: {counted}.",
        )
    )
    return chart


def markouts_of_bots(markouts: pl.DataFrame) -> Drawing:
    """Draw how the mid moved in the fills' favour, or against them, a line a bot.

    Parameters
    ----------
    markouts
        One row per bot and horizon: `bot`, `horizon_s`, `value` (bps of notional; null where none is known), `rows`.
    """
    title = "Markouts"
    if none := nothing_to_draw(markouts, title, "No fills to follow"):
        return none
    measured = markouts.filter(pl.col("value").is_not_null())
    if measured.is_empty():
        return no_data(title, "No fill of the day has mids around it; notebook 04 has the quotes")
    longest = measured["horizon_s"].sort().to_list()[-1]
    lowest = -pl.col("value").filter(pl.col("horizon_s") == longest).min()
    known, rest = most_telling(measured, "bot", lowest, "that the price went against most", most=MOST_LINES)
    bots = known["bot"].unique(maintain_order=True).to_list()
    label, x = horizon_axis(known)
    base = alt.Chart(rows(known.with_columns(label=label, few=pl.col("rows") < FEW_FILLS))).encode(
        x=x, y=alt.Y("value:Q", axis=alt.Axis(tickCount=5)).title("markout (bps)"), color=bot_colour(bots)
    )
    zero = (
        base.transform_calculate(zero="0")
        .mark_line(strokeWidth=1)
        .encode(y=alt.Y("zero:Q"), color=alt.value(ink("muted")))
    )
    line = base.mark_line(strokeWidth=1.8).encode(strokeDash=bot_dash(bots))
    point = base.transform_filter("!datum.few").mark_point(filled=True, size=28, opacity=1)
    few = base.transform_filter("datum.few").mark_point(filled=False, size=28, opacity=1)
    last = known.filter(pl.col("horizon_s") == longest)
    words = ", ".join(f"{bot} {value:,.2f}" for bot, value in last.select("bot", "value").iter_rows())
    return alt.layer(zero, line, point, few).properties(
        width=WIDTH,
        height=200,
        title=alt.Title(
            title,
            subtitle=[
                "move of the mid in the fill's favour since the fill price, weighted by notional",
                f"falling: filled before the price went away; hollow: fewer than {FEW_FILLS} fills",
                *rest,
            ],
        ),
        description=f"Lines of markouts in bps; {longest:g} s after the fill: {words}.",
    )
