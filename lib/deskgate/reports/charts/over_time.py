"""Differences over time: how their intervals narrow over the soak, and what they were on the last days."""

from datetime import timedelta
from typing import Literal

import altair as alt
import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.charts.most_telling import most_telling
from deskgate.reports.charts.parity import interval_colour, interval_shape, interval_state
from deskgate.reports.charts.theme import (
    CLOCK,
    DAY_LABEL,
    ROOM,
    Drawing,
    ink,
    listed,
    nothing_to_draw,
    panels,
    rows,
    thinned,
)

__all__ = ["delta_history", "delta_sequences"]

# Of a soak of weeks; more than these are no more to see.
MOST_LOOKS = 240
# The longest soak whose axis has room for hours.
BY_HOUR = timedelta(hours=48)


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
    whole = sequence.rename({"at": "ts"}).with_columns(
        series=pl.format("{}: {}", "bot", pl.col("measure").str.replace_all("_", " ")),
        low_shown=pl.max_horizontal(pl.col("low").fill_null(float("-inf")), -reach),
        high_shown=pl.min_horizontal(pl.col("high").fill_null(float("inf")), reach),
    )
    margin = pl.max_horizontal(pl.col("margin_low", "margin_high").abs())
    far = (pl.col("delta").abs() / margin).sort_by("ts").last()
    drawn, rest = most_telling(
        whole, "series", far, "nearest to their margins, or beyond", where="views/parity_sequence.parquet"
    )
    shown = thinned(drawn, ["series"], MOST_LOOKS)
    base = alt.Chart(rows(shown)).encode(x=alt.X("ts:T", scale=alt.Scale(type="utc"), axis=_soak_axis(shown)))
    band = base.mark_area(opacity=0.25, color=ink("accent"), interpolate="step-after").encode(
        y=alt.Y("low_shown:Q", axis=alt.Axis(tickCount=5)).title("difference"), y2=alt.Y2("high_shown:Q")
    )
    line = base.mark_line(color=ink("accent"), strokeWidth=1.6).encode(y=alt.Y("delta:Q"))
    last = whole.group_by("series", maintain_order=True).agg(pl.all().sort_by("ts").last())
    closed = last.filter(interval_state(hard=False) == "within")
    chart: Drawing = (
        alt.layer(band, line, *_margins(base, "linear"))
        .properties(width=270, height=110)
        .facet(
            facet=panels("series:N", _order(shown)),
            columns=2,
        )
        .resolve_scale(y="independent")
        .properties(
            padding=ROOM,
            title=alt.Title(
                title,
                subtitle=[
                    "line: difference so far; band: its interval; dashes: margins",
                    "look at any time: the band decides once all of it",
                    "lies between the dashes, or beyond one of them",
                    *rest,
                ],
            ),
            description=(
                f"Differences of {count_of(last.height, 'measure')} over the soak with intervals: at the end "
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
    whole = known.with_columns(
        series=pl.format("{}: {}", "bot", pl.col("measure").str.replace_all("_", " ")),
        ts=pl.col("date").cast(pl.Datetime("us", "UTC")),
        state=interval_state(),
    )
    outside = (pl.col("state") == "outside").sum()
    shown, rest = most_telling(whole, "series", outside, "with most days outside", where="the table below")
    colour = interval_colour()
    base = alt.Chart(rows(shown.drop("date"))).encode(
        x=alt.X(
            "ts:T",
            scale=alt.Scale(type="utc", padding=12),
            axis=alt.Axis(values=_ticks(shown), labelExpr=DAY_LABEL, title=None),
        )
    )
    whisker = base.mark_rule(strokeWidth=1.6).encode(
        y=alt.Y("low:Q", axis=alt.Axis(tickCount=4)).title("difference"), y2=alt.Y2("high:Q"), color=colour
    )
    point = base.mark_point(filled=True, size=40, opacity=1).encode(
        y=alt.Y("delta:Q"),
        color=colour,
        shape=interval_shape(),
    )
    off = whole.filter(pl.col("state") == "outside")
    chart: Drawing = (
        alt.layer(*_margins(base, "step"), whisker, point)
        .properties(width=270, height=90)
        .facet(
            facet=panels("series:N", _order(shown)),
            columns=2,
        )
        .resolve_scale(y="independent")
        .properties(
            padding=ROOM,
            title=alt.Title(
                title,
                subtitle=[
                    "● difference of the day; line: its interval; dashes: margins then",
                    "● within, ◆ undecided, ▲ outside",
                    *([f"never measured: {listed(never['bot'] + ' ' + never['title'])}"] if never.height else []),
                    *rest,
                ],
            ),
            description=(
                f"Differences of {count_of(whole['ts'].n_unique(), 'day')} of {listed(whole['bot'])}: "
                + (
                    f"outside the margins on {count_of(off['ts'].n_unique(), 'day')}."
                    if off.height
                    else "none was outside its margins."
                )
            ),
        )
    )
    return chart


def _order(shown: pl.DataFrame) -> list[str]:
    """Return the charts in the order of the frame: what is judged first stands first."""
    order: list[str] = shown["series"].unique(maintain_order=True).to_list()
    return order


def _margins(base: alt.Chart, interpolate: Literal["linear", "step"]) -> list[alt.Chart]:
    return [
        base.mark_line(color=ink("ink"), strokeDash=[6, 3], strokeWidth=1, interpolate=interpolate).encode(
            y=f"{name}:Q"
        )
        for name in ("margin_low", "margin_high")
    ]


def _ticks(shown: pl.DataFrame, most: int = 5) -> list[float]:
    """Return the instants of at most `most` days, evenly taken: a tick between two days would repeat the name of one."""
    days = shown["ts"].unique().sort().dt.epoch("ms").to_list()
    return [float(day) for day in days[:: -(-len(days) // most)]]


def _soak_axis(shown: pl.DataFrame) -> alt.Axis:
    """Return hours where the soak is short, days where it is long."""
    length: timedelta = shown.select(pl.col("ts").max() - pl.col("ts").min()).item()
    label = CLOCK if length <= BY_HOUR else DAY_LABEL
    return alt.Axis(tickCount=4, labelExpr=label, grid=True, title=None)
