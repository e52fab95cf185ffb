"""How close to a bound: exposure against its cap."""

import altair as alt
import polars as pl

from deskgate.reports.charts.theme import COLUMN_X, ROW_STEP, Drawing, ink, listed, no_data, rows

__all__ = ["exposure_bars"]


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
