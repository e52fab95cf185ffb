"""Why live differs from its shadow: the steps of the PnL between them, and the parts of a delta that weigh most."""

import altair as alt
import polars as pl

from deskgate.reports.charts.most_telling import most_telling
from deskgate.reports.charts.theme import ROOM, WIDTH, Drawing, ink, listed, nothing_to_draw, panels, rows

__all__ = ["contribution_bars", "pnl_bridge"]

# state -> its colour; a total is where a bot ended, a step how one comes from the other.
STATES = {"total": "ink", "more": "pass", "less": "accent", "unexplained": "fail"}
ENDS = ("shadow", "live")
MOST_BUCKETS = 8


def pnl_bridge(bridge: pl.DataFrame) -> Drawing:
    """Draw the steps from the shadow's PnL to live's as bars that begin where the one before ends.

    Parameters
    ----------
    bridge
        One row per compared bot and step, in order, as in the view `parity_bridge`: `of`, `step` (the first `shadow`, the
        last `live`), `value_quote`, `low`, `high` (of the step's value; null: none), `fills`, `accounting` (the method in words; an
        earlier version wrote none).
    """
    title = "From the shadow's PnL to live's (quote)"
    if none := nothing_to_draw(bridge, title, "No bot has a shadow whose fills and PnL of the day can be compared"):
        return none
    value, total = pl.col("value_quote"), pl.col("step").is_in(ENDS)
    step = pl.when(pl.col("step") == "live").then(0.0).otherwise(value.fill_null(0.0))
    placed = bridge.with_columns(
        end=pl.when(total).then(value).otherwise(step.cum_sum().over("of")),
    ).with_columns(start=pl.when(total).then(0.0).otherwise(pl.col("end") - value))
    shown = placed.with_columns(
        number=pl.int_range(pl.len()).over("of"),
        from_low=pl.col("start") + pl.col("low"),
        to_high=pl.col("start") + pl.col("high"),
        state=pl.when(total)
        .then(pl.lit("total"))
        .when((pl.col("step") == "unexplained") & (value != 0))
        .then(pl.lit("unexplained"))
        .when(value >= 0)
        .then(pl.lit("more"))
        .otherwise(pl.lit("less")),
    )
    apart = [pl.col("value_quote").filter(pl.col("step") == end).first() for end in ENDS]
    drawn, rest = most_telling(
        shown, "of", (apart[1] - apart[0]).abs(), "farthest from their shadow", where="views/parity_bridge.parquet"
    )
    base = alt.Chart(rows(drawn)).encode(
        y=alt.Y("step:N", sort=alt.EncodingSortField("number"), axis=alt.Axis(minExtent=125)).title(None)
    )
    bars = base.mark_bar(height=12, opacity=0.85).encode(
        x=alt.X("start:Q", axis=alt.Axis(tickCount=6)).title("PnL (quote)"),
        x2=alt.X2("end:Q"),
        color=alt.Color(
            "state:N", scale=alt.Scale(domain=list(STATES), range=[ink(colour) for colour in STATES.values()])
        ).title(None),
    )
    whiskers = (
        base.transform_filter("isValid(datum.from_low) && isValid(datum.to_high)")
        .mark_rule(strokeWidth=1.5, color=ink("ink"))
        .encode(x=alt.X("from_low:Q"), x2=alt.X2("to_high:Q"))
    )
    words = (
        base.transform_calculate(
            words="(isValid(datum.value_quote) ? format(datum.value_quote, '+,.4~r') : 'not known')"
            " + (isValid(datum.low) ? ' (' + format(datum.low, ',.3~r') + ' to ' + format(datum.high, ',.3~r') + ')' : '')"
            " + (datum.fills > 0 ? ', ' + format(datum.fills, ',') + (datum.fills > 1 ? ' fills' : ' fill') : '')"
        )
        .mark_text(align="left")
        .encode(x=alt.value(WIDTH - 230), text=alt.Text("words:N"))
    )
    largest = (
        shown.filter(~total & (value != 0))
        .sort(value.abs(), "number", descending=[True, False])
        .group_by("of", maintain_order=True)
        .first()
    )
    drawing: Drawing = (
        alt.layer(bars, whiskers, words)
        .properties(width=WIDTH - 240, height=alt.Step(20))
        .facet(facet=panels("of:N"), columns=1)
        .resolve_scale(x="independent", y="independent")
        .properties(
            padding=ROOM,
            title=alt.Title(
                title,
                subtitle=[
                    *([f"realised by {bridge['accounting'][0]}"] if "accounting" in bridge.columns else []),
                    "each bar begins where the one above ends; thin line: the interval of that step; then the fills behind it",
                    *rest,
                ],
            ),
            description=f"Waterfalls of PnL from shadow to live of {listed(bridge['of'])}; "
            + (
                f"the largest steps: {listed(largest['of'] + ' ' + largest['step'])}."
                if largest.height
                else "no step is known."
            ),
        )
    )
    return drawing


def contribution_bars(contributions: pl.DataFrame) -> Drawing:
    """Draw the hours, sides, sizes and volatility regimes that contribute most to each delta.

    Parameters
    ----------
    contributions
        As in the view `parity_contributions`: `of`, `measure`, `dimension`, `bucket`, `contribution` (in the measure's
        unit), `rows_live`, `rows_reference`.
    """
    title = "What contributes most to each difference"
    if none := nothing_to_draw(contributions, title, "No difference of the day can be divided"):
        return none
    known = contributions.filter(pl.col("contribution").is_not_null() & (pl.col("contribution") != 0))
    # Measures have units of their own: what can be compared is how much of a difference one part makes.
    weight = pl.col("contribution").abs().max() / pl.col("contribution").abs().sum()
    drawn, rest = most_telling(
        known, ["of", "measure"], weight, "of which one part weighs most", where="views/parity_contributions.parquet"
    )
    shown = (
        drawn.sort(pl.col("contribution").abs(), "dimension", "bucket", descending=[True, False, False])
        .group_by("of", "measure", maintain_order=True)
        .head(MOST_BUCKETS)
        .sort("of", "measure", "dimension", maintain_order=True)
        .with_columns(
            part=pl.format("{} {}", "dimension", "bucket"),
            series=pl.format("{}: {}", "of", pl.col("measure").str.replace_all("_", " ")),
            number=pl.int_range(pl.len()),
        )
    )
    if none := nothing_to_draw(shown, title, "No part of the day differs"):
        return none
    heaviest = shown.sort(pl.col("contribution").abs(), "number", descending=[True, False])
    first = heaviest.group_by("series", maintain_order=True).first()
    base = alt.Chart(rows(shown)).encode(
        y=alt.Y(
            "part:N",
            sort=alt.EncodingSortField("number"),
            axis=alt.Axis(minExtent=min(7 * max(map(len, shown["part"])), 200), labelLimit=200),
        ).title(None)
    )
    zero = base.mark_tick(thickness=1, height=20, color=ink("muted")).encode(x=alt.X("zero:Q"))
    bars = base.mark_bar(height=11, color=ink("accent")).encode(
        x=alt.X("contribution:Q", axis=alt.Axis(tickCount=5)).title("part of the difference (its unit)")
    )
    words = base.mark_text(align="left").encode(x=alt.value(WIDTH - 260), text=alt.Text("words:N"))
    # Of the layers' own data each would have an order of its own.
    drawing: Drawing = (
        alt.layer(zero, bars, words)
        .transform_calculate(
            zero="0",
            words="format(datum.contribution, '+,.3~r') + ', rows: ' + format(datum.rows_live, ',') + ' and ' + format(datum.rows_reference, ',')",
        )
        .properties(width=WIDTH - 270, height=alt.Step(18))
        .facet(facet=panels("series:N"), columns=1)
        .resolve_scale(x="independent", y="independent")
        .properties(
            padding=ROOM,
            title=alt.Title(
                title,
                subtitle=[
                    "hours, sides, sizes and volatility each add up to the whole difference: compare bars of one kind; rows: live and reference",
                    *rest,
                ],
            ),
            description="Parts of each difference; the largest are "
            + listed(first["series"] + " " + first["part"], 8)
            + ".",
        )
    )
    return drawing
