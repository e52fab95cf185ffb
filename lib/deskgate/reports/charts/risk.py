"""How close to a bound: caps of the book, its day against them, and what it holds."""

from collections.abc import Iterator, Mapping
from typing import Any

import altair as alt
import polars as pl

from deskgate.case.metric_spec import PORTFOLIO
from deskgate.config.plural import count_of
from deskgate.reports.charts.marks import bot_colour
from deskgate.reports.charts.most_telling import MOST_ROWS, most_telling
from deskgate.reports.charts.theme import (
    COLUMN_X,
    ROOM,
    ROW_STEP,
    TIME_X,
    WIDTH,
    Drawing,
    ink,
    listed,
    notes,
    nothing_to_draw,
    panels,
    rows,
)
from deskgate.reports.palette import STATUSES

__all__ = ["cap_bars", "exposure_bars", "risk_lines"]

# Points of a line: a day of minutes is no more to see.
MOST_READINGS = 480
# A bar that is longer ends there; its number stands beside it.
_MOST = 1.5


def cap_bars(caps: pl.DataFrame) -> Drawing:
    """Draw how much of each cap is used, with the cap and the warning level as rules.

    Parameters
    ----------
    caps
        One row per cap: `subject`, `check`, `value`, `warn`, `cap`, `used` (of the cap), `status`. Those without a cap
        above 0 have no bar: any value is beyond them. One of them that did not pass is named.
    """
    title = "How much of each cap is used"
    capped = caps.filter(pl.col("cap") > 0) if caps.columns else caps
    if (nothing := nothing_to_draw(capped, title, "No cap to show")) is not None:
        return nothing
    of_the_book = pl.col("subject") == PORTFOLIO
    # The book's own caps come first, then what is not within its cap, then what uses most of it.
    weight = pl.when(of_the_book | (pl.col("status") != "PASS")).then(float("inf")).otherwise("used").first()
    drawn, rest = most_telling(
        capped, ["check", "subject"], weight, "most used", most=MOST_ROWS, where="views/risk_caps.parquet"
    )
    name = pl.when(of_the_book).then("check").otherwise(pl.format("{}, {}", "check", "subject"))
    signs = {status: sign for status, (sign, _, _) in STATUSES.items()}
    shown = drawn.select(
        name=name,
        used=pl.col("used").clip(0, _MOST),
        # A cap that a value must not fall below has its warning above it.
        warn=pl.min_horizontal(pl.col("warn") / pl.col("cap"), pl.col("cap") / pl.col("warn")),
        status="status",
        words=pl.concat_str(
            pl.col("status").replace_strict(signs),
            pl.lit(" "),
            pl.when(pl.col("used").is_null())
            .then(pl.lit("no value"))
            .otherwise(pl.format("{} %", (pl.col("used") * 100).round(1))),
        ),
    )
    beyond = caps.filter(pl.col("status") != "PASS")
    hidden = beyond.filter(~(pl.col("cap") > 0).fill_null(value=False))["check"]
    base = alt.Chart(rows(shown)).encode(y=alt.Y("name:N", sort=shown["name"].to_list()).title(None))
    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1, 1.25, 1.5])
    bars = base.mark_bar(height=12, cornerRadiusEnd=2).encode(
        x=alt.X("used:Q", axis=axis, scale=alt.Scale(domain=[0, _MOST])).title("of the cap"),
        color=alt.condition("datum.status === 'FAIL'", alt.value(ink("fail")), alt.value(ink("accent"))),
    )
    warn = base.mark_tick(thickness=1, height=18, color=ink("muted")).encode(x=alt.X("warn:Q"))
    # One rule through all rows; its name stands above it.
    bound = alt.Chart(rows(pl.DataFrame({"one": [1.0], "words": ["cap"]}))).encode(x=alt.X("one:Q"))
    cap = bound.mark_rule(strokeWidth=2, color=ink("ink"))
    named = bound.mark_text(baseline="bottom").encode(y=alt.value(-2), text=alt.Text("words:N"))
    words = base.mark_text(align="left").encode(x=alt.value(COLUMN_X), text=alt.Text("words:N"))
    said = f"not within: {listed(beyond['check'])}" if beyond.height else "all are within"
    return alt.layer(bars, warn, cap, named, words).properties(
        width=COLUMN_X - 10,
        # Names of checks are long, and a reader's font may be wider.
        padding=ROOM | {"left": 48},
        height=alt.Step(ROW_STEP),
        title=alt.Title(
            title,
            subtitle=[
                "thin marks: where a warning begins",
                *rest,
                *([f"not within, with no cap above 0 to draw: {listed(hidden)}"] if hidden.len() else []),
            ],
        ),
        usermeta=notes(is_wrong=beyond.height > 0),
        description=f"Bars of how much of {count_of(capped.height, 'cap')} is used: {said}.",
    )


def risk_lines(path: pl.DataFrame) -> Drawing:
    """Draw loss, drawdown and leverage of the book over the day, each with its cap and warning level.

    Parameters
    ----------
    path
        One row per measure and minute: `measure`, `ts` (datetime UTC), `value`, `warn`, `cap` (null where there is none).
    """
    title = "The book over the day, against its caps"
    if (nothing := nothing_to_draw(path, title, "The book has no value, so there is nothing to show")) is not None:
        return nothing
    order = path["measure"].unique(maintain_order=True).to_list()
    worst = path.group_by("measure", maintain_order=True).agg(pl.col("value").max())
    drawn, readings = _highest(path)
    base = alt.Chart(rows(drawn))
    line = base.mark_line(interpolate="step-after", strokeWidth=1.4, color=ink("accent")).encode(
        x=TIME_X, y=alt.Y("value:Q", axis=alt.Axis(tickCount=4)).title(None)
    )
    bounds = [
        part
        for name, text, style in (
            ("cap", "cap", {"color": ink("ink"), "strokeWidth": 1.4}),
            ("warn", "warning", {"color": ink("muted"), "strokeDash": [4, 3]}),
        )
        for part in _bound(base, name, text, style)
    ]
    chart: alt.FacetChart = (
        alt.layer(line, *bounds)
        .properties(width=WIDTH, height=110)
        .facet(facet=panels("measure:N", order), columns=1, spacing=14)
        .resolve_scale(y="independent")
        .properties(
            padding=ROOM,
            title=alt.Title(title, subtitle=f"of each {readings} readings the highest") if readings > 1 else title,
            description="Lines over the day; the largest values are "
            + ", ".join(f"{name} {value:.3g}" for name, value in worst.iter_rows())
            + ".",
        )
    )
    return chart


def _highest(path: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return of each so many readings of a measure the highest one, which is what a cap is held against, and how many that are."""
    longest = int(path.select(pl.len().over("measure").max()).item())
    readings = -(-longest // MOST_READINGS)
    place = pl.int_range(pl.len()).over("measure") // readings
    highest = path.with_columns(_part=place).group_by("measure", "_part", maintain_order=True)
    return highest.agg(pl.all().sort_by("value", nulls_last=False).last()).drop("_part"), readings


def _bound(base: alt.Chart, name: str, text: str, style: Mapping[str, Any]) -> Iterator[alt.Chart]:
    """Return a bound of a measure as a rule over the day, with its name at the right end."""
    at = alt.Y(f"max({name}):Q")
    yield base.mark_rule(**style).encode(y=at)
    words = base.mark_text(align="left", dx=4, color=style["color"]).transform_filter(f"isValid(datum.{name})")
    yield words.encode(x=alt.value(WIDTH), y=at, text=alt.value(text))


def exposure_bars(exposures: pl.DataFrame) -> Drawing:
    """Draw what is held of each asset, by bot: long to the right, short to the left.

    Parameters
    ----------
    exposures
        One row per bot and asset: `bot`, `asset`, `value` (signed, quote).
    """
    title = "Exposure by asset and bot"
    if (nothing := nothing_to_draw(exposures, title, "No position is held")) is not None:
        return nothing
    bots = exposures["bot"].unique().sort().to_list()
    nets = exposures.group_by("asset").agg(pl.col("value").sum()).sort("asset")
    base = alt.Chart(rows(exposures)).encode(y=alt.Y("asset:N").title(None))
    bars = base.mark_bar(height=14).encode(
        x=alt.X("sum(value):Q", axis=alt.Axis(tickCount=6, format=",.2~f")).title("exposure (quote)"),
        color=bot_colour(bots, "square"),
        tooltip=[alt.Tooltip("bot:N"), alt.Tooltip("asset:N"), alt.Tooltip("value:Q", format=",.2f")],
    )
    zero = (
        alt.Chart(rows(exposures.select(zero=pl.lit(0)).head(1)))
        .mark_rule(color=ink("muted"))
        .encode(x=alt.X("zero:Q"))
    )
    words = (
        alt.Chart(rows(nets.select("asset", words=pl.format("net {}", pl.col("value").round(2)))))
        .mark_text(align="left")
        .encode(y=alt.Y("asset:N"), x=alt.value(COLUMN_X), text=alt.Text("words:N"))
    )
    ends = ", ".join(f"{asset} {value:,.2f}" for asset, value in nets.iter_rows())
    return alt.layer(bars, zero, words).properties(
        width=COLUMN_X - 10,
        padding=ROOM,
        height=alt.Step(ROW_STEP),
        title=title,
        description=f"Bars of signed exposure in quote by asset, net: {ends}.",
    )
