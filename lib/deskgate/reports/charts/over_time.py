"""Differences over time: how their intervals narrow over the soak, and what they were on the last days."""

import altair as alt
import polars as pl

from deskgate.reports.charts.parity import interval_colour, interval_shape, interval_state
from deskgate.reports.charts.theme import CLOCK, Drawing, ink, listed, nothing_to_draw, rows

__all__ = ["delta_history", "delta_sequences"]

DAY_LABEL = "utcFormat(datum.value, '%d %b')"


def delta_sequences(sequence: pl.DataFrame) -> Drawing:
    """Draw each judged delta over the soak with the interval that holds however often one looks, and its margins.

    Parameters
    ----------
    sequence
        One row per bot, measure and block of the soak, as in the view `parity_sequence`; an infinite end is null.
    """
    title = "How the interval narrows over the soak"
    if none := nothing_to_draw(
        sequence, title, "No block of the soak can be compared yet; the verdicts say what lacks"
    ):
        return none
    # The first intervals are as wide as nothing known; the scale is for what decides.
    wide = 3 * pl.max_horizontal(pl.col("margin_low", "margin_high").abs().max().over("bot", "measure"), 0.0)
    reach = pl.max_horizontal(wide, 1.2 * pl.col("delta").abs().max().over("bot", "measure"))
    reach = pl.when(reach > 0).then(reach).otherwise(float("inf"))
    shown = sequence.sort("bot", "measure", "at").with_columns(
        series=pl.format("{}: {}", "bot", pl.col("measure").str.replace_all("_", " ")),
        low_shown=pl.max_horizontal(pl.col("low").fill_null(float("-inf")), -reach),
        high_shown=pl.min_horizontal(pl.col("high").fill_null(float("inf")), reach),
    )
    base = alt.Chart(rows(shown)).encode(x=alt.X("at:T", scale=alt.Scale(type="utc"), axis=_soak_axis(shown)))
    band = base.mark_area(opacity=0.25, color=ink("accent"), interpolate="step-after").encode(
        y=alt.Y("low_shown:Q", axis=alt.Axis(tickCount=5)).title("difference"), y2="high_shown:Q"
    )
    line = base.mark_line(color=ink("accent"), strokeWidth=1.6).encode(y="delta:Q")
    margins = [
        base.mark_line(color=ink("ink"), strokeDash=[6, 3], strokeWidth=1).encode(y=f"{name}:Q")
        for name in ("margin_low", "margin_high")
    ]
    last = shown.group_by("series", maintain_order=True).last()
    closed = last.filter((pl.col("low") >= pl.col("margin_low")) & (pl.col("high") <= pl.col("margin_high")))
    chart: Drawing = (
        alt.layer(band, line, *margins)
        .properties(width=270, height=110)
        .facet(facet=alt.Facet("series:N", header=alt.Header(labelAnchor="start", labelOrient="top")), columns=2)
        .resolve_scale(y="independent")
        .properties(
            title=alt.Title(
                title,
                subtitle=[
                    "line: difference so far, in the measure's unit; band: its interval; dashes: margins",
                    "the band may be looked at any time; it decides once all of it lies between the dashes, or beyond one",
                ],
            ),
            description=(
                f"Differences of {last.height} measures over the soak with intervals: at the end "
                + (
                    f"within the margins are {listed(closed['series'])}."
                    if closed.height
                    else "none is within its margins."
                )
            ),
        )
    )
    return chart


def delta_history(history: pl.DataFrame) -> Drawing:
    """Draw each judged delta of the last days with its interval and margins.

    Parameters
    ----------
    history
        One row per day (`date`), bot and measure, with the columns of `parity_deltas`.
    """
    title = "The last days"
    if none := nothing_to_draw(history, title, "No day on record has judged deltas"):
        return none
    judged = history.filter("gated")
    if none := nothing_to_draw(judged, title, "No measure had margins on these days"):
        return none
    # A measure without a value on any of the days would be an empty chart.
    known = judged.filter(pl.col("delta").is_not_null().any().over("bot", "measure"))
    if none := nothing_to_draw(known, title, "No measure had a value on any of these days; the verdicts say why"):
        return none
    never = judged.join(known, on=["bot", "measure"], how="anti")
    shown = known.with_columns(
        series=pl.format("{}: {} ({})", "bot", "title", "unit"),
        ts=pl.col("date").cast(pl.Datetime("us", "UTC")),
        state=interval_state(),
    ).sort("bot", "measure", "ts", maintain_order=True)
    colour = interval_colour()
    base = alt.Chart(rows(shown.drop("date"))).encode(
        x=alt.X(
            "ts:T", scale=alt.Scale(type="utc", padding=12), axis=alt.Axis(tickCount=4, labelExpr=DAY_LABEL, title=None)
        )
    )
    margins = [
        base.mark_line(color=ink("ink"), strokeDash=[6, 3], strokeWidth=1, point=False, interpolate="step").encode(
            y=f"{name}:Q"
        )
        for name in ("margin_low", "margin_high")
    ]
    whisker = base.mark_rule(strokeWidth=1.6).encode(
        y=alt.Y("low:Q", axis=alt.Axis(tickCount=4)).title("difference"), y2="high:Q", color=colour
    )
    point = base.mark_point(filled=True, size=40, opacity=1).encode(
        y="delta:Q",
        color=colour,
        shape=interval_shape(),
    )
    off = shown.filter(pl.col("state") == "outside")
    chart: Drawing = (
        alt.layer(*margins, whisker, point)
        .properties(width=270, height=90)
        .facet(facet=alt.Facet("series:N", header=alt.Header(labelAnchor="start", labelOrient="top")), columns=2)
        .resolve_scale(y="independent")
        .properties(
            title=alt.Title(
                title,
                subtitle=[
                    "● difference of the day; line: its interval; dashes: margins as they were then; ◆ undecided, ▲ outside",
                    *([f"never measured: {listed(never['bot'] + ' ' + never['title'])}"] if never.height else []),
                ],
            ),
            description=(
                f"Differences of {shown['ts'].n_unique()} days of {listed(shown['bot'])}: "
                + (
                    f"outside the margins on {off['ts'].n_unique()} days."
                    if off.height
                    else "none was outside its margins."
                )
            ),
        )
    )
    return chart


def _soak_axis(shown: pl.DataFrame) -> alt.Axis:
    """Return hours where the soak is short, days where it is long."""
    hours = (shown["at"].max() - shown["at"].min()).total_seconds() / 3600  # type: ignore[operator, union-attr]
    if hours <= 48:  # noqa: PLR2004 - what fits an axis of this width
        return alt.Axis(tickCount=4, labelExpr=CLOCK, grid=True, title=None)
    return alt.Axis(tickCount=4, labelExpr=DAY_LABEL, grid=True, title=None)
