"""What all charts share: the theme, the renderer, the way a frame's rows enter a chart, and the chart of nothing.

The renderer emits the chart's specification as Vega-Lite 5: JupyterLab up to 4.6 draws that one itself, offline, while
it knows no type for version 6 (and Altair's own name for it, `v6.json` instead of `v6+json`, is refused by nbformat,
which breaks papermill's output). The charts keep to what both versions draw alike.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import altair as alt
import polars as pl
import polars.selectors as cs

from deskgate.reports.pages.wording import ABSENT
from deskgate.reports.palette import COLOURS, SERIES

__all__ = [
    "CLOCK",
    "COLUMN_X",
    "DASHES",
    "DAY_LABEL",
    "FONT",
    "HOURS",
    "MIMETYPE",
    "ROOM",
    "ROW_STEP",
    "TIME_X",
    "WIDTH",
    "Drawing",
    "enable",
    "ink",
    "listed",
    "no_data",
    "notes",
    "nothing_to_draw",
    "panels",
    "rows",
    "thinned",
]

MIMETYPE = "application/vnd.vegalite.v5+json"
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

# These are drawn with the same widths everywhere, so that text measured here fits on the reader's machine.
FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
WIDTH = 640
ROW_STEP = 26
# Where the column of words to the right of a chart begins.
COLUMN_X = WIDTH - 170 + 10
# Room to the right of such words: a reader's font may be wider than the one they are measured with.
ROOM = {"left": 4, "top": 4, "bottom": 4, "right": 76}
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [1, 3])
Drawing: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart

# A day's clock; the day itself where it begins.
CLOCK = "utcFormat(datum.value, utchours(datum.value) || utcminutes(datum.value) ? '%H:%M' : '%d %b')"
DAY_LABEL = "utcFormat(datum.value, '%d %b')"
HOURS = alt.Axis(tickCount=8, labelExpr=CLOCK, grid=True, title="time (UTC)")
TIME_X = alt.X("ts:T", scale=alt.Scale(type="utc"), axis=HOURS)


def ink(name: str) -> str:
    """Return the colour of that name as charts draw it."""
    return COLOURS[name].light


def enable() -> None:
    """Show charts in this notebook: in Jupyter, and in the pages made from it."""
    alt.renderers.register("deskgate", _bundle)
    alt.renderers.enable("deskgate")


def _bundle(spec: dict[str, object], **_: object) -> dict[str, object]:
    return {MIMETYPE: spec | {"$schema": SCHEMA}, "text/plain": str(spec.get("description", "chart"))}


def rows(frame: pl.DataFrame) -> dict[str, object]:
    """Return the frame's rows as a chart's data: money as floats, for a pixel needs no 18 digits; times as UTC ms.

    Altair validates each row of `alt.InlineData`, and copies each row of a list for each layer: a third of a chart's time.
    """
    plain = frame.with_columns(
        cs.decimal().cast(pl.Float64),
        cs.datetime().dt.epoch("ms"),
    ).with_columns(cs.float().replace([float("nan"), float("inf"), float("-inf")], [None, None, None]))
    return {"values": tuple(plain.to_dicts())}


def listed(words: pl.Series, limit: int = 5) -> str:
    """Return the distinct words as a list for a sentence."""
    distinct = words.drop_nulls().cast(pl.String).unique().sort().to_list()
    more = len(distinct) - limit
    return ", ".join(distinct[:limit]) + (f" and {more} more" if more > 0 else "")


def no_data(title: str, words: str) -> alt.Chart:
    """Return a chart that says in words that there is nothing to draw, so that no blank is taken for a quiet day."""
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=[{"words": words}]), title=title, description=f"{title}: {words}.")
        .mark_text(align="left", fontSize=13, fontStyle="italic", color=ink("muted"))
        .encode(text=alt.Text("words:N"), x=alt.value(4))
        .properties(width=WIDTH, height=32)
    )
    return chart


def notes(*, is_wrong: bool) -> dict[str, dict[str, bool]]:
    """Return what a chart says of itself to the page that shows it: whether a reader should see it unfolded."""
    return {"deskgate": {"wrong": is_wrong}}


def nothing_to_draw(frame: pl.DataFrame, title: str, words: str) -> alt.Chart | None:
    """Return the chart of nothing where the frame has no rows; without a column the day's folder lacks the frame itself."""
    if not frame.is_empty():
        return None
    return no_data(title, words if frame.columns else ABSENT)


def panels(field: str, order: Sequence[str] | None = None) -> alt.Facet:
    """Return one chart per value of a field, each under its name; in this order, else in that of the names."""
    header = alt.Header(labelAnchor="start", labelOrient="top")
    return alt.Facet(field, header=header) if order is None else alt.Facet(field, sort=list(order), header=header)


def thinned(frame: pl.DataFrame, series: list[str], most: int) -> pl.DataFrame:
    """Return at most `most` rows of each series, evenly taken, its first and last ones among them; sorted by `ts`."""
    place, size = pl.int_range(pl.len()).over(series), pl.len().over(series)
    # A row is taken where the count of rows to take, spread evenly, grows by one.
    share = (most - 1) / pl.max_horizontal(size - 1, 1)
    grows = (place * share).floor() > ((place - 1) * share).floor()
    return frame.sort("ts", maintain_order=True).filter((size <= most) | (place == 0) | grows | (place == size - 1))


@alt.theme.register("deskgate", enable=True)
def _theme() -> alt.theme.ThemeConfig:
    label = {"labelColor": ink("muted"), "labelFontSize": 12, "labelFont": FONT}
    title = {
        "titleColor": ink("muted"),
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titleFont": FONT,
    }
    config: Any = {
        "aria": False,  # one description for the whole chart; hundreds of labelled marks help nobody
        "background": ink("surface"),
        "font": FONT,
        # A reader's font may be wider than the one that names of rows are measured with.
        "padding": {"left": 16, "top": 4, "right": 4, "bottom": 4},
        "view": {"stroke": "transparent"},
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "color": ink("ink"),
            "fontSize": 14,
            "fontWeight": 600,
            "subtitleColor": ink("muted"),
            "subtitleFontSize": 12,
            "subtitlePadding": 4,
            "offset": 10,
        },
        "axis": {
            "domain": False,
            "ticks": False,
            "gridColor": ink("line"),
            "labelPadding": 6,
            "labelLimit": 300,
            "labelOverlap": "greedy",
            "labelSeparation": 6,
            "titlePadding": 8,
            **label,
            **title,
        },
        "axisY": {"titleAnchor": "end"},
        "header": {"labelColor": ink("ink"), "labelFontSize": 12, "labelFontWeight": 600, "title": None},
        "legend": {
            "orient": "top",
            "direction": "horizontal",
            "symbolType": "square",
            "symbolStrokeWidth": 2,
            "offset": 6,
            **label,
            **title,
        },
        "text": {"color": ink("ink"), "font": FONT, "fontSize": 12},
        "range": {"category": [ink(name) for name in SERIES]},
    }
    return alt.theme.ThemeConfig(config=config)
