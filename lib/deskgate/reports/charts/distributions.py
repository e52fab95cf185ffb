"""How single values of a measure are spread: two bots alike in the mean may differ here."""

import altair as alt
import polars as pl

from deskgate.reports.charts.execution import ROLE_COLOUR, ROLE_DASH
from deskgate.reports.charts.most_telling import most_telling
from deskgate.reports.charts.theme import WIDTH, Drawing, listed, nothing_to_draw, panels, rows

__all__ = ["value_distributions"]

BINS = 24
# The tails beyond these are counted in the outermost bins.
TAILS = (0.01, 0.99)


def value_distributions(values: pl.DataFrame, spreads: pl.DataFrame) -> Drawing:
    """Draw how the single values of a measure are spread, live beside its reference: alike in the mean may differ here.

    Parameters
    ----------
    values
        As in the view `parity_distribution`: `of`, `measure`, `role`, `value`, `weight`.
    spreads
        As in the view `parity_spread`: `of`, `measure`, `live_sd`, `reference_sd`, `ratio`, `low`, `high`.
    """
    title = "Spread of single values"
    if none := nothing_to_draw(values, title, "No fill or order of the day has a value to show"):
        return none
    differs = spreads.select("of", "measure", apart=pl.col("ratio").log().abs()) if spreads.width else None
    weighed = (
        values.join(differs, on=["of", "measure"], how="left")
        if differs is not None
        else values.with_columns(apart=None)
    )
    drawn, rest = most_telling(
        weighed,
        ["of", "measure"],
        pl.col("apart").first(),
        "whose spreads differ most",
        where="views/parity_spread.parquet",
    )
    shown = (
        _bins(drawn)
        .join(_spread_words(spreads), on=["of", "measure"], how="left")
        .with_columns(
            series=pl.format(
                "{}: {}{}", "of", pl.col("measure").str.replace_all("_", " "), pl.col("words").fill_null("")
            )
        )
    )
    wider = listed(shown.filter("differs")["series"])
    steps = (
        alt.Chart(rows(shown.drop("words", "differs")))
        .mark_line(interpolate="step-after", strokeWidth=1.6)
        .encode(
            x=alt.X("from:Q", axis=alt.Axis(tickCount=6), scale=alt.Scale(zero=False)).title("value"),
            y=alt.Y("share:Q", axis=alt.Axis(tickCount=4, format=".0%")).title("share"),
            color=ROLE_COLOUR,
            strokeDash=ROLE_DASH,
        )
    )
    chart: Drawing = (
        steps.properties(width=WIDTH, height=110)
        .facet(facet=panels("series:N"), columns=1)
        .resolve_scale(x="independent", y="independent")
        .properties(
            title=alt.Title(
                title,
                subtitle=[
                    "share of the day's fills or orders by value; sd: standard deviation of live and reference, their ratio",
                    *rest,
                ],
            ),
            description=f"Distributions of {listed(values['measure'])} of live and reference; "
            + (f"the spread differs in {wider}." if wider else "no spread clearly differs."),
        )
    )
    return chart


def _bins(values: pl.DataFrame) -> pl.DataFrame:
    """Return the share of each role's weight in equal bins over both: of, measure, role, from, share."""
    keys = ["of", "measure"]
    known = values.filter(pl.col("value").is_finite())
    ends = known.group_by(keys).agg(
        low=pl.col("value").quantile(TAILS[0], "lower"), high=pl.col("value").quantile(TAILS[1], "higher")
    )
    width = pl.when(pl.col("high") > pl.col("low")).then((pl.col("high") - pl.col("low")) / BINS).otherwise(1.0)
    placed = known.join(ends.with_columns(width=width), on=keys).with_columns(
        bin=((pl.col("value") - pl.col("low")) / pl.col("width")).floor().clip(0, BINS - 1).cast(pl.Int32)
    )
    counted = placed.group_by(*keys, "role", "bin").agg(pl.col("weight").sum())
    # A bin without a value is a 0, not a bridge between its neighbours; one more closes the last step.
    grid = (
        known.select(*keys, "role")
        .unique()
        .join(pl.DataFrame({"bin": range(-1, BINS + 1)}, schema={"bin": pl.Int32}), how="cross")
    )
    return (
        grid.join(counted, on=[*keys, "role", "bin"], how="left")
        .join(ends.with_columns(width=width), on=keys)
        .with_columns(share=(pl.col("weight").fill_null(0) / pl.col("weight").sum().over(*keys, "role")))
        .with_columns(**{"from": pl.col("low") + pl.col("bin") * pl.col("width")})
        .select(*keys, "role", "from", "share")
        .sort(*keys, "role", "from")
    )


def _spread_words(spreads: pl.DataFrame) -> pl.DataFrame:
    """Return of each measure its spreads in words, and whether they clearly differ."""
    if spreads.is_empty():
        text = {name: pl.String() for name in ("of", "measure", "words")}
        return pl.DataFrame(schema=text | {"differs": pl.Boolean()})
    interval = pl.when(pl.col("low").is_not_null()).then(
        pl.format(" ({} to {})", pl.col("low").round_sig_figs(3), pl.col("high").round_sig_figs(3))
    )
    words = pl.format(
        ", sd {} and {}, ratio {}{}",
        *(pl.col(name).round_sig_figs(3) for name in ("live_sd", "reference_sd", "ratio")),
        interval.fill_null(""),
    )
    differs = (pl.col("low") > 1) | (pl.col("high") < 1)
    return spreads.select("of", "measure", words=words, differs=differs.fill_null(value=False))
