"""What several charts draw alike: a bot's colour and dash, gains and losses, buys and sells, and the seconds after a fill."""

from collections.abc import Sequence
from typing import Literal

import altair as alt
import polars as pl

from deskgate.reports.charts.theme import DASHES, ink
from deskgate.reports.palette import SERIES

__all__ = ["FEW_FILLS", "GAIN", "SIDE", "bot_colour", "bot_dash", "horizon_axis"]

# A mean of fewer fills is drawn apart: it says little.
FEW_FILLS = 20
GAIN = alt.condition("datum.amount < 0", alt.value(ink("series-2")), alt.value(ink("accent")))
SIDE = alt.Shape("side:N", scale=alt.Scale(domain=["BUY", "SELL"], range=["triangle-up", "triangle-down"]), legend=None)


def bot_colour(bots: Sequence[str], symbol: Literal["stroke", "square"] = "stroke") -> alt.Color:
    """Return a colour for each bot, with a legend; no colour of them is one of a status."""
    colours = [ink(SERIES[n % len(SERIES)]) for n in range(len(bots))]
    legend = alt.Legend(symbolType=symbol, title=None)
    return alt.Color("bot:N", scale=alt.Scale(domain=list(bots), range=colours), legend=legend)


def bot_dash(bots: Sequence[str]) -> alt.StrokeDash:
    """Return a dash for each bot: with many bots a colour comes again."""
    dashes = [DASHES[n % len(DASHES)] for n in range(len(bots))]
    return alt.StrokeDash("bot:N", scale=alt.Scale(domain=list(bots), range=dashes))


def horizon_axis(markouts: pl.DataFrame) -> tuple[pl.Expr, alt.X]:
    """Return how each `horizon_s` is labelled, and the axis of a column `label` on which the horizons stand in order."""
    order = markouts["horizon_s"].unique().sort().to_list()
    labels = {horizon: f"{horizon:g}".replace("-", "\N{MINUS SIGN}") for horizon in order}
    axis = alt.Axis(labelAngle=0, labelOverlap=False, grid=True)
    x = alt.X("label:O", sort=list(labels.values()), axis=axis).title("seconds after the fill")
    return pl.col("horizon_s").replace_strict(labels, return_dtype=pl.String), x
