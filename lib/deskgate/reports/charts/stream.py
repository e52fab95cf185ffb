"""The event stream over days: which hours it was there, and how long its events took."""

import altair as alt
import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.charts.theme import WIDTH, Drawing, ink, listed, no_data, notes, rows

__all__ = ["lag_distribution", "stream_calendar"]

# Bounds of the bins of delays in seconds: what is a rounding, a batch, a stutter, an outage.
_LAGS = [0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0]


def stream_calendar(hours: pl.DataFrame) -> Drawing:
    """Draw the hours in which a stream had events, a row for each bot and day; an hour without any is marked.

    Parameters
    ----------
    hours
        One row per bot and hour: `bot`, `day` (date), `hour` (0 to 23, UTC), `events` (count, 0 where there are none).
    """
    title = "Hours of the stream"
    if hours.is_empty():
        return no_data(title, "No bot is judged, so no stream is looked at")
    gaps = hours.filter(pl.col("events") == 0)
    shown = hours.select(
        "hour",
        "events",
        row=pl.format("{} {}", pl.col("bot"), pl.col("day").dt.strftime("%d %b")),
        state=pl.when(pl.col("events") == 0).then(pl.lit("silent")).otherwise(pl.lit("events")),
    )
    base = alt.Chart(rows(shown)).encode(
        x=alt.X("hour:O").title("hour (UTC)").axis(labelAngle=0),
        y=alt.Y("row:N", sort=None).title(None),
    )
    cells = base.mark_rect().encode(
        color=alt.Color(
            "state:N", scale=alt.Scale(domain=["events", "silent"], range=[ink("pass"), ink("fail")])
        ).title(None),
        fillOpacity=alt.condition("datum.events > 0", alt.value(0.35), alt.value(0.9)),
        tooltip=[alt.Tooltip("row:N"), alt.Tooltip("hour:O"), alt.Tooltip("events:Q", format=",")],
    )
    # A mark besides the colour, for those who see no difference between red and green.
    silent = base.transform_filter("datum.events == 0").mark_text(text="✗", color="white", fontSize=10)
    return alt.layer(cells, silent).properties(
        width=WIDTH,
        height=alt.Step(20),
        title=title,
        usermeta=notes(is_wrong=gaps.height > 0),
        description=(
            f"Calendar of {count_of(hours.height, 'hour')} of {listed(hours['bot'])}: "
            + (
                f"{count_of(gaps.height, 'hour is silent', 'hours are silent')}, in {listed(gaps['bot'])}."
                if gaps.height
                else "none is silent."
            )
        ),
    )


def lag_distribution(lags: pl.DataFrame) -> Drawing:
    """Draw how many events took how long to arrive, by bot.

    Parameters
    ----------
    lags
        One row per event: `bot`, `lag_s` (seconds, negative where the producer's clock is ahead).
    """
    title = "From event to arrival"
    if lags.is_empty():
        return no_data(title, "No event says when it arrived")
    names = [f"< {low:g} s" for low in _LAGS] + [f">= {_LAGS[-1]:g} s"]
    binned = (
        lags.select("bot", lag=pl.col("lag_s").cut(_LAGS, labels=names, left_closed=True).cast(pl.String))
        .group_by("bot", "lag")
        .len("events")
        .sort("bot", "lag")
    )
    present = [name for name in names if name in binned["lag"]]
    half = lags.select(pl.col("lag_s").median()).item()
    chart: Drawing = (
        alt.Chart(
            rows(binned),
            title=title,
            description=(
                f"Bars of the delay of {count_of(lags.height, 'event', spec=',')} of {listed(lags['bot'])}; half arrive within "
                f"{half:.2f} s."
            ),
        )
        .mark_bar(color=ink("accent"))
        .encode(
            x=alt.X("lag:N", sort=present, axis=alt.Axis(labelAngle=0)).title("delay"),
            y=alt.Y("events:Q").title("events"),
            row=alt.Row("bot:N").title(None),
            tooltip=[alt.Tooltip("bot:N"), alt.Tooltip("lag:N"), alt.Tooltip("events:Q", format=",")],
        )
        .properties(width=WIDTH, height=70)
    )
    return chart
