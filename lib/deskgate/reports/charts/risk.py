"""How close to a bound: live against its reference, and exposure against its cap."""

import altair as alt
import polars as pl

from deskgate.reports.charts.theme import COLUMN_X, ROW_STEP, Drawing, ink, listed, no_data, rows

__all__ = ["exposure_bars", "parity_bars"]

# state -> (sign before the words, shape, colour)
PARITY = {
    "within": ("✓ ", "circle", "pass"),
    "outside": ("✗ ", "triangle-up", "fail"),
    "no bound": ("", "diamond", "muted"),
    "no value": ("? ", "cross", "fail"),
}


def parity_bars(parity: pl.DataFrame) -> Drawing:
    """Draw live against reference for each metric and bot, with the allowed band around the reference.

    Parameters
    ----------
    parity
        One row per bot and metric: `bot`, `metric`, `live`, `reference` and `bound`, all in the metric's own unit.
        `bound` is the largest allowed absolute difference; null where there is none.
    """
    title = "Live against reference"
    if parity.is_empty():
        return no_data(title, "No metrics to compare")
    difference = (pl.col("live") - pl.col("reference")).abs()
    state = (
        pl.when(difference.is_null())
        .then(pl.lit("no value"))
        .when(pl.col("bound").is_null())
        .then(pl.lit("no bound"))
        .when(difference <= pl.col("bound"))
        .then(pl.lit("within"))
        .otherwise(pl.lit("outside"))
    )
    shown = parity.select(
        "bot",
        "metric",
        "live",
        "reference",
        "bound",
        low=pl.col("reference") - pl.col("bound"),
        high=pl.col("reference") + pl.col("bound"),
        state=state,
        sign=state.replace_strict({name: sign for name, (sign, _, _) in PARITY.items()}),
    )
    outside = shown.filter(pl.col("state").is_in(("outside", "no value")))
    base = (
        alt.Chart(rows(shown))
        .transform_calculate(
            words="datum.sign"
            " + (datum.live === null ? 'no value' : format(datum.live, ',.4~r'))"
            " + (datum.reference === null ? ', no reference' : ' vs ' + format(datum.reference, ',.4~r'))"
            " + (datum.bound === null ? '' : ' ± ' + format(datum.bound, ',.4~r'))",
        )
        .encode(y=alt.Y("bot:N").title(None))
    )
    band = (
        base.transform_filter("isValid(datum.low)")
        .mark_bar(height=16, color=ink("muted"), opacity=0.22)
        .encode(
            x=alt.X("low:Q", scale=alt.Scale(zero=False, padding=8), axis=alt.Axis(tickCount=5)).title(None),
            x2="high:Q",
        )
    )
    reference = base.mark_tick(thickness=2, height=16, color=ink("ink")).encode(x="reference:Q")
    live = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="live:Q",
        color=alt.Color(
            "state:N",
            scale=alt.Scale(domain=list(PARITY), range=[ink(colour) for _, _, colour in PARITY.values()]),
            legend=None,
        ),
        shape=alt.Shape(
            "state:N",
            scale=alt.Scale(domain=list(PARITY), range=[shape for _, shape, _ in PARITY.values()]),
            legend=None,
        ),
        tooltip=["bot:N", "metric:N", "live:Q", "reference:Q", "bound:Q"],
    )
    words = base.mark_text(align="left").encode(x=alt.value(COLUMN_X), text="words:N")
    chart: Drawing = (
        alt.layer(band, reference, live, words)
        .properties(width=COLUMN_X - 10, height=alt.Step(22))
        .facet(facet=alt.Facet("metric:N", header=alt.Header(labelAnchor="start", labelOrient="top")), columns=1)
        .resolve_scale(x="independent")
        .properties(
            title=alt.Title(title, subtitle="rule: reference; grey: allowed; ● within, ▲ outside, ◆ no bound"),
            description=(
                f"Live against reference for {parity['metric'].n_unique()} metrics of {listed(parity['bot'])}: "
                + (
                    f"outside the band or without a value: {listed(outside['bot'] + ' ' + outside['metric'])}."
                    if outside.height
                    else "none is outside its band."
                )
            ),
        )
    )
    return chart


def exposure_bars(exposures: pl.DataFrame) -> Drawing:
    """Draw each bot's exposure in quote, with its cap as a rule.

    Parameters
    ----------
    exposures
        One row per bot: `bot`, `exposure_quote`, `cap` (in quote; null where there is none).
    """
    title = "Exposure and caps"
    if exposures.is_empty():
        return no_data(title, "No exposures to show")
    over = pl.col("exposure_quote") > pl.col("cap")
    shown = exposures.select(
        "bot",
        "exposure_quote",
        "cap",
        over=over.fill_null(value=False),
        sign=pl.when(over).then(pl.lit("✗ ")).when(over.not_()).then(pl.lit("✓ ")).otherwise(pl.lit("? ")),
    )
    beyond = shown.filter("over")
    base = (
        alt.Chart(rows(shown))
        .transform_calculate(
            words="datum.sign"
            " + (datum.exposure_quote === null ? 'no value' : format(datum.exposure_quote, ',.2~f'))"
            " + (datum.cap === null ? ', no cap' : ' of ' + format(datum.cap, ',.2~f'))"
        )
        .encode(y=alt.Y("bot:N").title(None))
    )
    bars = base.mark_bar(height=14, cornerRadiusEnd=2).encode(
        x=alt.X("exposure_quote:Q", axis=alt.Axis(tickCount=6)).title("exposure (quote)"),
        color=alt.condition("datum.over", alt.value(ink("fail")), alt.value(ink("accent"))),
    )
    caps = base.mark_tick(thickness=2, height=22, color=ink("ink")).encode(x="cap:Q")
    words = base.mark_text(align="left").encode(x=alt.value(COLUMN_X), text="words:N")
    return alt.layer(bars, caps, words).properties(
        width=COLUMN_X - 10,
        height=alt.Step(ROW_STEP),
        title=alt.Title(title, subtitle="rule: cap"),
        description=(
            f"Bars of the exposure of {listed(exposures['bot'])}: "
            + (f"over the cap: {listed(beyond['bot'])}." if beyond.height else "none is over its cap.")
        ),
    )
