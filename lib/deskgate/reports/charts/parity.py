"""How far live is from its reference and how sure that is: the day, the soak, and the days before."""

import altair as alt
import polars as pl

from deskgate.reports.charts.theme import HOURS, Drawing, ink, listed, nothing_to_draw, rows

__all__ = ["delta_forest", "delta_history", "delta_sequences", "other_deltas"]

# state -> (sign before the words, shape, colour, the state in words)
STATES = {
    "within": ("✓", "circle", "pass", "all of it within the margins"),
    "undecided": ("?", "diamond", "insufficient", "partly within"),
    "outside": ("✗", "triangle-up", "fail", "all of it outside"),
    "no interval": ("?", "cross", "insufficient", "no interval"),
}
SPANS = {"day": "the day", "soak": "the soak"}
# An axis in margins ends here at the latest: beyond it a reader needs no more than the direction.
MOST_MARGINS = 6.0
# How wide the marks are and the words beside them, where a row has both.
PLOT, WORDS_X = 340, 352
GAP = "format(datum.delta, '+,.3~r') + (isValid(datum.low) ? ' (' + format(datum.low, ',.3~r') + ' to ' + format(datum.high, ',.3~r') + ')' : '') + ' ' + datum.unit"
DAY_LABEL = "utcFormat(datum.value, '%d %b')"


def delta_forest(deltas: pl.DataFrame) -> Drawing:
    """Draw every judged delta with its interval, all on one scale: in margins, the band from -1 to +1 is allowed.

    Parameters
    ----------
    deltas
        One row per bot, measure and span, as in the view `parity_deltas`; those that are not `gated` are left out.
    """
    title = "Live minus reference, judged"
    if none := nothing_to_draw(deltas, title, "No bot is compared: none is live, and none has a shadow"):
        return none
    judged = _labelled(deltas.filter("gated"))
    if none := nothing_to_draw(judged, title, "No measure has margins in expectations/parity.json"):
        return none
    scaled = judged.with_columns(
        *(_in_margins(pl.col(name)).alias(f"{name}_x") for name in ("delta", "low", "high", "hard_low", "hard_high")),
        state=_state(),
    )
    limit = _limit(scaled)
    shown = scaled.with_columns(
        *(pl.col(f"{name}_x").clip(-limit, limit) for name in ("delta", "low", "high")),
        *(_inside(f"{name}_x", limit) for name in ("hard_low", "hard_high")),
        band_low=-1.0,
        band_high=1.0,
        sign=pl.col("state").replace_strict({state: sign for state, (sign, *_) in STATES.items()}),
    )
    names = list(STATES)
    scale = alt.Scale(domain=[-limit, limit], nice=False)
    axis = alt.Axis(
        values=[-4, -3, -2, -1, 0, 1, 2, 3, 4],
        labelOverlap=False,
        labelExpr="datum.value === 0 ? 'equal' : datum.value === 1 || datum.value === -1 ? 'margin' : datum.value + ' times'",
    )
    base = alt.Chart(rows(shown)).encode(y=_label_axis(shown))
    band = base.mark_bar(height=18, color=ink("muted"), opacity=0.2).encode(
        x=alt.X("band_low:Q", scale=scale, axis=axis).title("distance from the reference, in margins"), x2="band_high:Q"
    )
    hard = [
        base.mark_tick(thickness=2, height=18, color=ink("fail")).encode(x=f"{name}_x:Q")
        for name in ("hard_low", "hard_high")
    ]
    colour = alt.Color(
        "state:N", scale=alt.Scale(domain=names, range=[ink(STATES[name][2]) for name in names]), legend=None
    )
    whisker = base.mark_rule(strokeWidth=2).encode(x="low_x:Q", x2="high_x:Q", color=colour)
    point = base.mark_point(filled=True, size=60, opacity=1).encode(
        x="delta_x:Q",
        color=colour,
        shape=alt.Shape(
            "state:N", scale=alt.Scale(domain=names, range=[STATES[name][1] for name in names]), legend=None
        ),
    )
    words = _words(base, f"datum.sign + ' ' + (isValid(datum.delta) ? {GAP} : 'no value: ' + datum.why)")
    return _by_bot(
        alt.layer(band, *hard, whisker, point, words),
        alt.Title(
            title,
            subtitle=[
                "● difference; line: its interval; grey band: the margins; red tick: hard limit (beyond it the desk stops)",
                "✓ all of the interval is within the margins, ✗ all of it outside, ? partly, or there is none",
            ],
        ),
        _in_words(shown),
    )


def other_deltas(deltas: pl.DataFrame) -> Drawing:
    """Draw the day's deltas that no margin judges, each on a scale of its own with 0 in the middle.

    Parameters
    ----------
    deltas
        As `delta_forest` takes them; only those of the day that are not `gated` are drawn.
    """
    title = "Live minus reference, not judged"
    if none := nothing_to_draw(deltas, title, "No bot is compared: none is live, and none has a shadow"):
        return none
    others = _labelled(deltas.filter(~pl.col("gated") & (pl.col("span") == "day")), span=False)
    if none := nothing_to_draw(others, title, "No other measure has a delta"):
        return none
    reach = pl.max_horizontal(pl.col("delta", "low", "high").abs())
    shown = others.with_columns(
        *(
            (pl.col(name) / pl.when(reach > 0).then(reach).otherwise(1.0)).alias(f"{name}_x")
            for name in ("delta", "low", "high")
        ),
        state=pl.when(pl.col("low").is_null())
        .then(pl.lit("unknown"))
        .when((pl.col("low") > 0) | (pl.col("high") < 0))
        .then(pl.lit("apart"))
        .otherwise(pl.lit("alike")),
        zero=0.0,
    )
    base = alt.Chart(rows(shown)).encode(y=_label_axis(shown))
    zero = base.mark_tick(thickness=1, height=22, color=ink("muted")).encode(
        x=alt.X(
            "zero:Q",
            scale=alt.Scale(domain=[-1.05, 1.05], nice=False),
            axis=alt.Axis(values=[0], labelExpr="'equal'", grid=False),
        ).title("each row on a scale of its own")
    )
    colour = alt.Color(
        "state:N",
        scale=alt.Scale(domain=["apart", "alike", "unknown"], range=[ink("accent"), ink("muted"), ink("muted")]),
        legend=None,
    )
    whisker = base.mark_rule(strokeWidth=2).encode(x="low_x:Q", x2="high_x:Q", color=colour)
    point = base.mark_point(filled=True, size=50, opacity=1).encode(x="delta_x:Q", color=colour)
    words = _words(base, f"isValid(datum.delta) ? {GAP} : 'no value: ' + datum.why")
    apart = shown.filter(pl.col("state") == "apart")
    return _by_bot(
        alt.layer(zero, whisker, point, words),
        alt.Title(
            title, subtitle="● difference; line: its interval over the day; blue: all of it on one side of equal"
        ),
        f"Differences of {shown.height} measures without margins: "
        + (
            f"clearly apart are {listed(apart['bot'] + ' ' + apart['label'])}."
            if apart.height
            else "none is clearly apart."
        ),
    )


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
    shown = judged.with_columns(
        series=pl.format("{}: {} ({})", "bot", "title", "unit"),
        ts=pl.col("date").cast(pl.Datetime("us", "UTC")),
        state=_state(),
    ).sort("bot", "measure", "ts", maintain_order=True)
    names = list(STATES)
    colour = alt.Color(
        "state:N", scale=alt.Scale(domain=names, range=[ink(STATES[name][2]) for name in names]), legend=None
    )
    base = alt.Chart(rows(shown.drop("date"))).encode(
        x=alt.X(
            "ts:T", scale=alt.Scale(type="utc", padding=12), axis=alt.Axis(tickCount=6, labelExpr=DAY_LABEL, title=None)
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
        shape=alt.Shape(
            "state:N", scale=alt.Scale(domain=names, range=[STATES[name][1] for name in names]), legend=None
        ),
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
                subtitle="● difference of the day; line: its interval; dashes: margins as they were then; ◆ undecided, ▲ outside",
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


def _state() -> pl.Expr:
    """Return where the interval lies; a margin that is null has no end, and a point past a hard limit is outside."""
    low, high = pl.col("margin_low").fill_null(float("-inf")), pl.col("margin_high").fill_null(float("inf"))
    hard = (pl.col("delta") < pl.col("hard_low")).fill_null(value=False) | (
        pl.col("delta") > pl.col("hard_high")
    ).fill_null(value=False)
    return (
        pl.when(hard)
        .then(pl.lit("outside"))
        .when(pl.col("low").is_null() | pl.col("high").is_null() | pl.col("delta").is_null())
        .then(pl.lit("no interval"))
        .when((pl.col("low") >= low) & (pl.col("high") <= high))
        .then(pl.lit("within"))
        .when((pl.col("high") < low) | (pl.col("low") > high))
        .then(pl.lit("outside"))
        .otherwise(pl.lit("undecided"))
    )


def _in_margins(value: pl.Expr) -> pl.Expr:
    """Return a difference in units of the margin on its side of 0; where that side has none, of the other one."""
    up = pl.coalesce(pl.col("margin_high"), -pl.col("margin_low")).abs()
    down = pl.coalesce(-pl.col("margin_low"), pl.col("margin_high")).abs()
    margin = pl.when(value >= 0).then(up).otherwise(down)
    return value / pl.when(margin > 0).then(margin)


def _limit(scaled: pl.DataFrame) -> float:
    """Return where the axis ends: a little beyond the farthest mark."""
    marks = [f"{name}_x" for name in ("delta", "low", "high", "hard_low", "hard_high")]
    farthest = max(
        (float(reach) for reach in scaled.select(pl.col(marks).abs().max()).row(0) if reach is not None), default=1.0
    )
    return min(max(farthest, 1.4) + 0.3, MOST_MARGINS)


def _inside(name: str, limit: float) -> pl.Expr:
    return pl.when(pl.col(name).abs() <= limit).then(pl.col(name)).alias(name)


def _labelled(deltas: pl.DataFrame, *, span: bool = True) -> pl.DataFrame:
    """Return the rows with a label each and the reason as text."""
    named = pl.format("{}, {}", "title", pl.col("span").replace(SPANS)) if span else pl.col("title")
    return deltas.with_columns(label=named, why=pl.col("why").fill_null("not measured"))


def _label_axis(shown: pl.DataFrame) -> alt.Y:
    # Every facet keeps the order of the frame. A reader's font may be wider than the one this was measured with.
    order = shown["label"].unique(maintain_order=True).to_list()
    return alt.Y(
        "label:N", sort=order, axis=alt.Axis(minExtent=min(7 * max(map(len, order)), 240), labelLimit=240, grid=False)
    ).title(None)


def _words(base: alt.Chart, expression: str) -> alt.Chart:
    words: alt.Chart = (
        base.transform_calculate(words=expression)
        .mark_text(align="left", limit=330)
        .encode(x=alt.value(WORDS_X), text="words:N")
    )
    return words


def _by_bot(chart: Drawing, title: alt.Title, description: str) -> Drawing:
    each: Drawing = (
        chart.properties(width=PLOT, height=alt.Step(24))
        .facet(facet=alt.Facet("bot:N", header=alt.Header(labelAnchor="start", labelOrient="top")), columns=1)
        .resolve_scale(y="independent")
        .properties(title=title, description=description)
    )
    return each


def _in_words(shown: pl.DataFrame) -> str:
    counts = [
        f"{words}: {listed(found['bot'] + ' ' + found['label'])}"
        for state, (_, _, _, words) in STATES.items()
        if state != "within" and (found := shown.filter(pl.col("state") == state)).height
    ]
    within = shown.filter(pl.col("state") == "within").height
    return f"Differences of live and reference in margins: {within} of {shown.height} intervals are within" + (
        f"; {'; '.join(counts)}." if counts else "."
    )


def _soak_axis(shown: pl.DataFrame) -> alt.Axis:
    """Return hours where the soak is short, days where it is long."""
    hours = (shown["at"].max() - shown["at"].min()).total_seconds() / 3600  # type: ignore[operator, union-attr]
    if hours <= 48:  # noqa: PLR2004 - what fits an axis of this width
        return alt.Axis(tickCount=5, labelExpr=HOURS.labelExpr, grid=True, title=None)
    return alt.Axis(tickCount=5, labelExpr=DAY_LABEL, grid=True, title=None)
