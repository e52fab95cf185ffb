"""The power of bounds: the share of faults noticed by their size, now and with the proposed bound."""

import altair as alt
import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.charts.theme import DASHES, Drawing, ink, nothing_to_draw, rows

__all__ = ["power_curves"]

_BOUNDS = ("proposed", "present")


def power_curves(powers: pl.DataFrame) -> Drawing:
    """Draw a small chart for each entry: how many of the faults of a size are noticed, the present bound dashed.

    Parameters
    ----------
    powers
        One row per entry, bound and size: `entry`, `bound` (present or proposed), `part` (the size as a share of the way from the
        median of clean days to the present bound), `noticed` (share).
    """
    title = "Faults noticed by size"
    if none := nothing_to_draw(powers, title, "No bound is proposed, so there is no power to show"):
        return none
    size = alt.X("part:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="~g", tickCount=4))
    noticed = alt.Y("noticed:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=3))
    lines = (
        alt.Chart(rows(powers))
        .mark_line(point=True, strokeWidth=1.6)
        .encode(
            x=size.title("size, of the way to the present bound"),
            y=noticed.title("noticed"),
            color=alt.Color("bound:N", scale=alt.Scale(domain=_BOUNDS, range=[ink("accent"), ink("muted")])).title(
                "bound"
            ),
            strokeDash=alt.StrokeDash("bound:N", scale=alt.Scale(domain=_BOUNDS, range=list(DASHES[:2]))).title(
                "bound"
            ),
            tooltip=[
                alt.Tooltip("entry:N"),
                alt.Tooltip("bound:N"),
                alt.Tooltip("part:Q", format="~g"),
                alt.Tooltip("noticed:Q", format=".0%"),
            ],
        )
        .properties(width=190, height=90)
    )
    names = powers["entry"].unique(maintain_order=True).to_list()
    facet = alt.Facet("entry:N", sort=names, title=None, header=alt.Header(labelLimit=190))
    drawn: Drawing = lines.facet(facet, columns=3).properties(
        title=title,
        description=f"Share of faults noticed by size, now and with the proposed bounds, of {count_of(len(names), 'entry', 'entries')}.",
    )
    return drawn
