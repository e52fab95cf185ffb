"""How much of the day is on record: events by hour, gaps, and how old each source is."""

from collections.abc import Mapping

import altair as alt
import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.charts.most_telling import MOST_ROWS, most_telling
from deskgate.reports.charts.theme import COLUMN_X, HOURS, ROW_STEP, WIDTH, Drawing, ink, listed, no_data, notes, rows

__all__ = ["coverage_strip", "events_per_hour", "source_age_bars", "strips"]

# More columns than this and a number no longer fits into its cell.
NUMBERED_HOURS = 26
AGES_S = (0, 60, 600, 3600, 21600, 86400, 604800, 2592000)
AGE_STATES = {
    "in time": ("✓ ", "accent"),
    "no bound": ("? ", "muted"),
    "too old": ("✗ ", "fail"),
    "missing": ("✗ ", "fail"),
}
AGE = (
    "{0} < 120 ? format({0}, '.0f') + ' s' : {0} < 7200 ? format({0} / 60, '.0f') + ' min' : "
    "{0} < 172800 ? format({0} / 3600, '.0f') + ' h' : format({0} / 86400, '.0f') + ' d'"
)

# The area of a mark of the legend, in square pixels.
SYMBOL = 140
# Bars of at most so many pixels are said to be thin.
_THIN = 4


def events_per_hour(events: pl.DataFrame) -> Drawing:
    """Draw the number of events by type and hour; an hour without any stays white.

    Parameters
    ----------
    events
        One row per hour and type: `hour` (datetime UTC, its beginning), `event_type`, `count`.
    """
    title = "Events per hour"
    if events.is_empty():
        return no_data(title, "No events on record")
    base = alt.Chart(rows(events)).encode(y=alt.Y("event_type:N").title(None))
    x = alt.X("hour:T", timeUnit="utcyearmonthdatehours", scale=alt.Scale(type="utc"), axis=HOURS)
    cells = base.mark_rect(color=ink("accent"), strokeWidth=0).encode(
        x=x,
        # Opacity, not a ramp of colours: it works on a light and on a dark page.
        fillOpacity=alt.FillOpacity(
            "count:Q", scale=alt.Scale(type="sqrt", domainMin=0, range=[0.06, 0.55]), legend=None
        ),
        tooltip=[
            alt.Tooltip("hour:T", timeUnit="utcyearmonthdatehours"),
            alt.Tooltip("event_type:N"),
            alt.Tooltip("count:Q", format=","),
        ],
    )
    layers = [cells]
    if events["hour"].n_unique() <= NUMBERED_HOURS:
        middle = alt.X("hour:T", timeUnit="utcyearmonthdatehours", bandPosition=0.5, scale=alt.Scale(type="utc"))
        number = alt.Text("words:N")
        short = "datum.count >= 10000 ? format(datum.count / 1000, '.0f') + 'k' : format(datum.count, '')"
        layers.append(base.mark_text(fontSize=9).transform_calculate(words=short).encode(x=middle, text=number))
    return alt.layer(*layers).properties(
        width=WIDTH,
        height=alt.Step(22),
        title=title,
        description=(
            f"Heat map of {count_of(events['count'].sum(), 'event', spec=',')} of {count_of(events['event_type'].n_unique(), 'type')} over "
            f"{count_of(events['hour'].n_unique(), 'hour')}: {listed(events['event_type'])}."
        ),
    )


def coverage_strip(spans: pl.DataFrame) -> Drawing:
    """Draw, for each bot, what time is on record (thick) and what is a gap (thin).

    Parameters
    ----------
    spans
        One row per span: `bot`, `start` and `end` (datetimes UTC), `covered` (bool).
    """
    title = "Time on record"
    if spans.is_empty():
        return no_data(title, "No spans: nothing is on record")
    gaps = spans.filter(~pl.col("covered"))
    named = spans.select(
        "start", "end", was=pl.when("covered").then(pl.lit("on record")).otherwise(pl.lit("gap")), who="bot"
    )
    found = f"{count_of(gaps.height, 'gap')}, in {listed(gaps['bot'])}." if gaps.height else "no gaps."
    description = f"Strips of the time on record for {listed(spans['bot'])}: {found}"
    return strips(named, title, description, {"on record": ("pass", 14), "gap": ("fail", 4)})


def strips(spans: pl.DataFrame, title: str, description: str, looks: Mapping[str, tuple[str, int]]) -> Drawing:
    """Draw spans of time, a row for each of `who`; colour never stands alone.

    Parameters
    ----------
    spans
        One row per span: `who`, `was` (a word of `looks`), `start` and `end` (datetimes UTC); what else it has is shown on
        hover.
    looks
        Word -> its colour, and how thick its bar is.
    """
    words, times = list(looks), ("start", "end")
    thin = [word for word, (_, size) in looks.items() if size <= _THIN]
    is_wrong = any(looks[word][0] == "fail" for word in spans["was"].unique())
    more = [f"{name}:N" for name in spans.columns if name not in (*times, "who", "was")]
    chart: Drawing = (
        alt.Chart(rows(spans), title=title, description=description)
        .mark_bar()
        .encode(
            x=alt.X("start:T", scale=alt.Scale(type="utc"), axis=HOURS),
            x2=alt.X2("end:T"),
            y=alt.Y("who:N").title(None),
            color=alt.Color(
                "was:N",
                scale=alt.Scale(domain=words, range=[ink(colour) for colour, _ in looks.values()]),
                # Without a size of their own, marks of the legend are as small as the bars are thin.
                legend=alt.Legend(
                    symbolSize=SYMBOL, labelExpr=f"datum.label + (indexof({thin}, datum.label) < 0 ? '' : ' (thin)')"
                ),
            ).title(None),
            size=alt.Size(
                "was:N",
                sort=words,
                # Any other scale would space the words evenly between the first and the last size.
                scale=alt.Scale(type="ordinal", domain=words, range=[size for _, size in looks.values()]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("who:N"),
                alt.Tooltip("was:N"),
                *more,
                *[alt.Tooltip(f"{name}:T", timeUnit="utcyearmonthdatehoursminutesseconds") for name in times],
            ],
        )
        .properties(width=WIDTH, height=alt.Step(ROW_STEP), usermeta=notes(is_wrong=is_wrong))
    )
    return chart


def source_age_bars(ages: pl.DataFrame) -> Drawing:
    """Draw the age of each bot's sources, with the bound as a rule; a source that is not there is named as missing.

    Parameters
    ----------
    ages
        One row per bot and leg: `bot`, `leg`, `age_s` (seconds, null where there is no source), `bound_s` (seconds,
        null where there is none).
    """
    title = "Age of sources"
    if ages.is_empty():
        return no_data(title, "No sources: nothing was read")
    age, limit = pl.col("age_s"), pl.col("bound_s")
    state = (
        pl.when(age.is_null())
        .then(pl.lit("missing"))
        .when(limit.is_null())
        .then(pl.lit("no bound"))
        .when(age <= limit)
        .then(pl.lit("in time"))
        .otherwise(pl.lit("too old"))
    )
    whole = ages.select(
        "age_s",
        "bound_s",
        source=pl.format("{} {}", "bot", "leg"),
        state=state,
        sign=state.replace_strict({name: sign for name, (sign, _) in AGE_STATES.items()}),
    )
    late = whole.filter(pl.col("state").is_in(("missing", "too old")))
    used = (
        pl.when(pl.col("state") == "missing").then(float("inf")).otherwise(pl.col("age_s") / pl.col("bound_s")).first()
    )
    shown, rest = most_telling(
        whole, "source", used, "oldest beside their bounds", most=MOST_ROWS, where="views/source_ages.parquet"
    )
    bound = ages["bound_s"].cast(pl.Float64).max()
    highest = (ages["age_s"].cast(pl.Float64).max(), bound, 60)
    oldest = max(seconds for seconds in highest if isinstance(seconds, float | int))
    x = alt.X(
        "age_s:Q",
        scale=alt.Scale(type="symlog", constant=60, domain=[0, oldest]),
        axis=alt.Axis(values=[seconds for seconds in AGES_S if seconds <= oldest], labelExpr=AGE.format("datum.value")),
    ).title("age at the day's as-of (logarithmic)")
    base = (
        alt.Chart(rows(shown))
        .transform_calculate(
            words="datum.sign + (datum.age_s === null ? 'no source' : "
            + AGE.format("datum.age_s")
            + ") + (datum.bound_s === null ? ', no bound' : ', bound ' + ("
            + AGE.format("datum.bound_s")
            + "))"
        )
        .encode(y=alt.Y("source:N").title(None))
    )
    colours = alt.Scale(domain=list(AGE_STATES), range=[ink(colour) for _, colour in AGE_STATES.values()])
    bars = base.mark_bar(height=12, cornerRadiusEnd=2).encode(
        x=x, color=alt.Color("state:N", scale=colours, legend=None)
    )
    bounds = base.mark_tick(thickness=2, color=ink("ink"), height=20).encode(x=alt.X("bound_s:Q"))
    words = base.mark_text(align="left").encode(x=alt.value(COLUMN_X), text=alt.Text("words:N"))
    return alt.layer(bars, bounds, words).properties(
        width=COLUMN_X - 10,
        height=alt.Step(ROW_STEP),
        title=alt.Title(title, subtitle=rest) if rest else title,
        usermeta=notes(is_wrong=late.height > 0),
        description=(
            f"Bars of the age of {count_of(ages.height, 'source')}; "
            + (f"missing or too old: {listed(late['source'])}." if late.height else "none is missing or too old.")
        ),
    )
