"""Where the desk stands: gates by subject, and what did not reconcile."""

import altair as alt
import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.charts.theme import ROW_STEP, WIDTH, Drawing, ink, listed, no_data, notes, rows
from deskgate.reports.pages.gate_status import gate_statuses, subjects_of
from deskgate.reports.palette import SEVERITIES, STATUSES

__all__ = ["breaks_by_kind", "verdict_strip"]

_SIGNS = ", ".join(f"{sign} {word}" for sign, word, _ in STATUSES.values())
# More subjects than these are wider than a phone: they stand below one another then.
_BESIDE = 4
# How wide a gate's column is where subjects stand below one another: all of them fit a phone.
_NARROW, _LOW = 36, 22


def verdict_strip(verdicts: pl.DataFrame) -> Drawing:
    """Draw gates by subjects: in each cell the worst status as a sign, and how many checks did not pass.

    Parameters
    ----------
    verdicts
        One row per verdict; needs `gate`, `subject`, `severity` and `status`.
    """
    title = "Verdicts by gate and subject"
    if verdicts.is_empty():
        return no_data(title, "No verdicts: no gate has run")
    grid = gate_statuses(verdicts).with_columns(
        sign=pl.col("status").replace_strict(
            list(STATUSES), [sign for sign, _, _ in STATUSES.values()], default="!", return_dtype=pl.String
        )
    )
    blocking, subjects = grid.filter("blocking"), subjects_of(grid)
    gates, is_beside = grid["gate"].unique(maintain_order=True).to_list(), len(subjects) <= _BESIDE
    across, down = (
        (("subject:N", subjects), ("gate:N", gates)) if is_beside else (("gate:N", gates), ("subject:N", subjects))
    )
    top = alt.Axis(orient="top", labelAngle=0 if is_beside else -90, labelOverlap=False, grid=False)
    base = alt.Chart(rows(grid)).encode(
        x=alt.X(across[0], scale=_scale(across[1]), axis=top).title(None),
        y=alt.Y(down[0], scale=_scale(down[1]), axis=alt.Axis(labelOverlap=False)).title(None),
        tooltip=[
            alt.Tooltip("gate:N"),
            alt.Tooltip("subject:N"),
            alt.Tooltip("status:N"),
            alt.Tooltip("failing:Q"),
            alt.Tooltip("checks:Q"),
        ],
    )
    fill = alt.Color(
        "status:N",
        scale=alt.Scale(domain=list(STATUSES), range=[ink(colour) for _, _, colour in STATUSES.values()]),
        legend=None,
    )
    cells = base.mark_rect(cornerRadius=3, strokeWidth=1, xOffset=1).encode(
        color=fill,
        stroke=fill,
        fillOpacity=alt.condition("datum.blocking", alt.value(1), alt.value(0.10)),
    )
    solid = base.transform_filter("datum.blocking").mark_text(color=ink("surface"), fontWeight=600)
    tinted = base.transform_filter("!datum.blocking").mark_text().encode(color=fill)
    words = alt.Text("words:N")
    of = " + '/' + datum.checks" if is_beside else ""
    wording = f"datum.sign + (datum.failing > 0 ? ' ' + datum.failing{of} : '')"
    key = (
        "1/9: 1 of 9 checks; a solid cell blocks"
        if is_beside
        else "the number: checks that did not pass; a solid cell blocks"
    )
    chart: Drawing = (
        alt.layer(cells, solid.encode(text=words), tinted.encode(text=words))
        .transform_calculate(words=wording)
        .properties(
            width=alt.Step(_step(subjects) if is_beside else _NARROW),
            height=alt.Step(ROW_STEP if is_beside else _LOW),
            title=alt.Title(title, subtitle=[_SIGNS, key]),
            usermeta=notes(is_wrong=blocking.height > 0),
            description=(
                f"Grid of {count_of(grid['gate'].n_unique(), 'gate')} by {count_of(grid['subject'].n_unique(), 'subject')}: "
                f"{blocking.height} of {count_of(grid.height, 'cell')} block"
                + (f", in {listed(blocking['gate'])}." if blocking.height else ".")
            ),
        )
    )
    return chart


def breaks_by_kind(breaks: pl.DataFrame) -> Drawing:
    """Draw how many breaks there are of each kind and severity.

    Parameters
    ----------
    breaks
        One row per break; needs `kind` and `severity`.
    """
    title = "Breaks by kind"
    if breaks.is_empty():
        return no_data(title, "No breaks in this frame; the verdicts say what could not be compared")
    counts = (
        breaks.group_by("kind", "severity")
        .len("breaks")
        .sort("breaks", "kind", "severity", descending=[True, False, False])
        .with_columns(row=pl.format("{} ({})", "kind", "severity"))
    )
    # A reader's font may be wider than the one this was measured with.
    room = alt.Axis(minExtent=7 * max(map(len, counts["row"])))
    base = alt.Chart(rows(counts)).encode(y=alt.Y("row:N", sort=counts["row"].to_list(), axis=room).title(None))
    bars = base.mark_bar(height=12, cornerRadiusEnd=2).encode(
        x=alt.X("breaks:Q", axis=alt.Axis(tickMinStep=1, tickCount=6)).title("breaks (count)"),
        color=alt.Color(
            "severity:N",
            scale=alt.Scale(domain=list(SEVERITIES), range=[ink(colour) for _, _, colour in SEVERITIES.values()]),
            legend=None,
        ),
    )
    numbers = base.mark_text(align="left", dx=4).encode(x=alt.X("breaks:Q"), text=alt.Text("breaks:Q", format=","))
    return alt.layer(bars, numbers).properties(
        width=WIDTH,
        height=alt.Step(20),
        title=title,
        usermeta=notes(is_wrong=True),
        description=(
            f"Bars of {count_of(breaks.height, 'break')} of {count_of(counts['kind'].n_unique(), 'kind')}, most often {counts['kind'][0]}."
        ),
    )


def _scale(words: list[str]) -> alt.Scale:
    """Keep the frame's order: with a `sort` the layers that show only some rows would come first."""
    return alt.Scale(domain=words, paddingInner=0.06)


def _step(subjects: list[str]) -> int:
    """Return how wide a column is: four of short names fit a phone, and a long name has some more room."""
    return min(104, max(66, round(6.5 * max(map(len, subjects))) + 8))
