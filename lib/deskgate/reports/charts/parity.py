"""How far live is from its reference on the day and over the soak: every difference with its interval, in margins."""

from textwrap import fill

import altair as alt
import polars as pl

from deskgate.case.units import for_readers
from deskgate.config.plural import count_of
from deskgate.reports.charts.most_telling import most_telling
from deskgate.reports.charts.theme import ROOM, Drawing, ink, listed, nothing_to_draw, panels, rows

__all__ = ["delta_forest", "interval_colour", "interval_shape", "interval_state", "other_deltas"]

# state -> (sign before the words, shape, colour, the state in words)
STATES = {
    "within": ("✓", "circle", "pass", "all of it within the margins"),
    "undecided": ("?", "diamond", "insufficient", "partly within"),
    "outside": ("✗", "triangle-up", "fail", "all of it outside"),
    "no interval": ("?", "cross", "insufficient", "no interval"),
}
# What makes a bot worth looking at: one measure outside its margins more than any number of undecided ones.
_WEIGHTS = {"within": 0, "undecided": 1, "no interval": 1, "outside": 1000}
# Of so many bots each measure without margins is drawn.
_WHOLE_BOTS = 2
SPANS = {"day": "the day", "soak": "the soak"}
# An axis in margins ends here at the latest: beyond it a reader needs no more than the direction.
MOST_MARGINS = 6.0
# How wide the marks are and the words beside them, where a row has both.
PLOT, WORDS_X = 340, 352
# A reason is wrapped to lines of so many characters, each so high.
_WORDS_PER_LINE, _LINE = 58, 14
# A difference as a reader says it; where it has no interval, why.
GAP = (
    "format(datum.delta * datum.times, '+,.3~r') + (isValid(datum.low) ? ' (' + format(datum.low * datum.times, ',.3~r')"
    " + ' to ' + format(datum.high * datum.times, ',.3~r') + ') ' + datum.said"
    " : ' ' + datum.said + ', no interval:\\n' + datum.why)"
)


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
    whole = judged.with_columns(
        *(_in_margins(pl.col(name)).alias(f"{name}_x") for name in ("delta", "low", "high", "hard_low", "hard_high")),
        state=interval_state(),
    )
    wrong = pl.col("state").replace_strict(_WEIGHTS, return_dtype=pl.Int64).sum()
    scaled, rest = most_telling(
        whole, "bot", wrong, "with most outside their margins", where="views/parity_deltas.parquet"
    )
    limit = _limit(scaled)
    shown = scaled.with_columns(
        *(pl.col(f"{name}_x").clip(-limit, limit) for name in ("delta", "low", "high")),
        *(_inside(f"{name}_x", limit) for name in ("hard_low", "hard_high")),
        # A side without a margin is allowed to any distance.
        band_low=pl.when(pl.col("margin_low").is_null()).then(-limit).otherwise(-1.0),
        band_high=pl.when(pl.col("margin_high").is_null()).then(limit).otherwise(1.0),
        sign=pl.col("state").replace_strict({state: sign for state, (sign, *_) in STATES.items()}),
    )
    scale = alt.Scale(domain=[-limit, limit], nice=False)
    axis = alt.Axis(
        values=[-4, -3, -2, -1, 0, 1, 2, 3, 4],
        labelOverlap=False,
        labelExpr="datum.value === 0 ? 'equal' : format(datum.value, 'd')",
    )
    base = alt.Chart(rows(shown)).encode(y=_label_axis(shown))
    band = base.mark_bar(height=18, color=ink("muted"), opacity=0.2).encode(
        x=alt.X("band_low:Q", scale=scale, axis=axis).title(
            "distance from the reference, in margins: from \N{MINUS SIGN}1 to 1 is allowed"
        ),
        x2=alt.X2("band_high:Q"),
    )
    hard = [
        base.mark_tick(thickness=2, height=18, color=ink("fail")).encode(x=f"{name}_x:Q")
        for name in ("hard_low", "hard_high")
    ]
    colour = interval_colour()
    whisker = base.mark_rule(strokeWidth=2).encode(x=alt.X("low_x:Q"), x2=alt.X2("high_x:Q"), color=colour)
    point = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=alt.X("delta_x:Q"),
        color=colour,
        shape=interval_shape(),
    )
    words = _words(base, f"datum.sign + ' ' + (isValid(datum.delta) ? {GAP} : 'no value:\\n' + datum.why)")
    return _by_bot(
        shown,
        alt.layer(band, *hard, whisker, point, words),
        alt.Title(
            title,
            subtitle=[
                "● difference; line: its interval; grey band: the margins; red tick: hard limit (beyond it the desk stops)",
                "✓ all of the interval is within the margins, ✗ all of it outside, ? partly, or there is none",
                *rest,
            ],
        ),
        _in_words(whole),
    )


def other_deltas(deltas: pl.DataFrame) -> Drawing:
    """Draw the deltas that no margin judges, each on a scale of its own with 0 in the middle.

    Parameters
    ----------
    deltas
        As `delta_forest` takes them; only those of the first span that are not `gated` are drawn.
    """
    title = "Live minus reference, not judged"
    if none := nothing_to_draw(deltas, title, "No bot is compared: none is live, and none has a shadow"):
        return none
    others = _labelled(deltas.filter(~pl.col("gated") & (pl.col("span") == pl.col("span").first())), span=False)
    if none := nothing_to_draw(
        others, title, "No measure without margins: those with margins are on the chart of what is judged"
    ):
        return none
    reach = pl.max_horizontal(pl.col("delta", "low", "high").abs())
    whole = others.with_columns(
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
    shown, rest = _most_apart(whole)
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
    whisker = base.mark_rule(strokeWidth=2).encode(x=alt.X("low_x:Q"), x2=alt.X2("high_x:Q"), color=colour)
    point = base.mark_point(filled=True, size=50, opacity=1).encode(x=alt.X("delta_x:Q"), color=colour)
    words = _words(base, f"isValid(datum.delta) ? {GAP} : 'no value:\\n' + datum.why")
    apart = whole.filter(pl.col("state") == "apart")
    return _by_bot(
        shown,
        alt.layer(zero, whisker, point, words),
        alt.Title(title, subtitle=["● difference; line: its interval; blue: all of it on one side of equal", *rest]),
        f"Differences of {count_of(whole.height, 'measure')} without margins: "
        + (
            f"clearly apart are {listed(apart['bot'] + ' ' + apart['label'])}."
            if apart.height
            else "none is clearly apart."
        ),
    )


def _most_apart(whole: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Return what is drawn of the measures without margins, and what is not: of many bots only what is clearly apart."""
    if whole["bot"].n_unique() <= _WHOLE_BOTS:
        return whole, []
    apart = whole.filter(pl.col("state") == "apart")
    drawn, rest = most_telling(apart, "bot", pl.len(), "with most of them", where="views/parity_deltas.parquet")
    left = f"only what is clearly apart: {apart.height} of {count_of(whole.height, 'measure')}; the others are in views/parity_deltas.parquet"
    # With none apart, the chart would be empty: the first bots then show that.
    return (drawn, [left, *rest]) if drawn.height else (whole.filter(pl.col("bot") == whole["bot"][0]), [left])


def interval_colour() -> alt.Color:
    """Return the colour of `state`."""
    colours = [ink(colour) for _, _, colour, _ in STATES.values()]
    return alt.Color("state:N", scale=alt.Scale(domain=list(STATES), range=colours), legend=None)


def interval_shape() -> alt.Shape:
    """Return the shape of `state`."""
    shapes = [shape for _, shape, _, _ in STATES.values()]
    return alt.Shape("state:N", scale=alt.Scale(domain=list(STATES), range=shapes), legend=None)


def interval_state(*, hard: bool = True) -> pl.Expr:
    """Return where the interval lies; a side without a margin has no end, and with `hard` a point past a limit is outside."""
    delta, low, high = (pl.col(name) for name in ("delta", "low", "high"))
    floor, ceiling = pl.col("margin_low").fill_null(float("-inf")), pl.col("margin_high").fill_null(float("inf"))
    past = (delta < pl.col("hard_low")).fill_null(value=False) | (delta > pl.col("hard_high")).fill_null(value=False)
    return (
        pl.when(past if hard else False)
        .then(pl.lit("outside"))
        .when(low.is_null() | high.is_null() | delta.is_null())
        .then(pl.lit("no interval"))
        .when((low >= floor) & (high <= ceiling))
        .then(pl.lit("within"))
        .when((high < floor) | (low > ceiling))
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
    why = deltas["why"].str.strip_prefix("no interval: ").fill_null("not measured").to_list()
    wrapped = [fill(each, _WORDS_PER_LINE) for each in why]
    read = [for_readers(1.0, unit) for unit in deltas["unit"]]
    return deltas.with_columns(
        label=named,
        why=pl.Series(wrapped, dtype=pl.String),
        times=pl.Series([times for times, _ in read], dtype=pl.Float64),
        said=pl.Series([unit for _, unit in read], dtype=pl.String),
    )


def _label_axis(shown: pl.DataFrame) -> alt.Y:
    # Every facet keeps the order of the frame. A reader's font may be wider than the one this was measured with.
    order = shown["label"].unique(maintain_order=True).to_list()
    return alt.Y(
        "label:N", sort=order, axis=alt.Axis(minExtent=min(7 * max(map(len, order)), 340), labelLimit=340, grid=False)
    ).title(None)


def _words(base: alt.Chart, expression: str) -> alt.Chart:
    words: alt.Chart = (
        base.transform_calculate(words=expression)
        .mark_text(align="left", lineBreak="\n", lineHeight=_LINE, baseline="middle")
        .encode(x=alt.value(WORDS_X), text=alt.Text("words:N"))
    )
    return words


def _by_bot(shown: pl.DataFrame, chart: Drawing, title: alt.Title, description: str) -> Drawing:
    # A row has room for its whole reason, which stands below the number.
    reasons = shown.filter(pl.col("low").is_null())["why"]
    lines = 1 + max((each.count("\n") + 1 for each in reasons), default=0)
    each: Drawing = (
        chart.properties(width=PLOT, height=alt.Step(max(24, _LINE * lines + 8)))
        .facet(facet=panels("bot:N"), columns=1)
        .resolve_scale(y="independent")
        .properties(title=title, description=description, padding=ROOM)
    )
    return each


def _in_words(shown: pl.DataFrame) -> str:
    counts = [
        f"{words}: {listed(found['bot'] + ' ' + found['label'])}"
        for state, (_, _, _, words) in STATES.items()
        if state != "within" and (found := shown.filter(pl.col("state") == state)).height
    ]
    within = shown.filter(pl.col("state") == "within").height
    return (
        f"Differences of live and reference in margins: {within} of {count_of(shown.height, 'interval')} are within"
        + (f"; {'; '.join(counts)}." if counts else ".")
    )
