"""Other margins: which of them would have passed which day, and what each costs."""

import altair as alt
import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.charts.theme import DASHES, ROOM, WIDTH, Drawing, ink, nothing_to_draw, panels, rows

__all__ = ["margin_costs", "margin_outcomes"]

# outcome -> (colour, pattern of its edge); from the smallest margin to the widest.
OUTCOMES = {"FAIL": "fail", "INSUFFICIENT": "insufficient", "PASS": "pass"}


def margin_outcomes(days: pl.DataFrame) -> Drawing:
    """Draw for each day which margins would have failed, decided nothing and passed.

    Parameters
    ----------
    days
        `Thresholds.days`: `date`, `title`, `unit`, `margin`, `passes_from`, `fails_below`.
    """
    title = "Which margin would have passed which day"
    known = days.drop_nulls("passes_from") if days.columns else days
    if none := nothing_to_draw(known, title, "No day on record has an interval of this measure"):
        return none
    widest = float(known.select(pl.col("passes_from").max()).item())
    top = 1.25 * max(widest, float(known.select(pl.col("margin").max()).item() or 0.0), 1e-12)
    edges = known.with_columns(day=pl.col("date").dt.strftime("%d %b"), nothing=0.0, top=top)
    parts = pl.concat(
        [
            edges.select("date", "day", "margin", pl.lit(name).alias("outcome"), low=low, high=high)
            for name, low, high in zip(
                OUTCOMES, ("nothing", "fails_below", "passes_from"), ("fails_below", "passes_from", "top"), strict=True
            )
        ]
    ).sort("date", maintain_order=True)
    order = parts["day"].unique(maintain_order=True).to_list()
    base = alt.Chart(rows(parts.drop("date"))).encode(
        x=alt.X("day:O", sort=order, axis=alt.Axis(labelAngle=0, grid=False)).title(None)
    )
    bars = base.mark_bar(opacity=0.75, width=10).encode(
        y=alt.Y("low:Q", axis=alt.Axis(tickCount=6)).title(f"margin on either side of equal ({known['unit'][0]})"),
        y2=alt.Y2("high:Q"),
        color=alt.Color(
            "outcome:N",
            scale=alt.Scale(domain=list(OUTCOMES), range=[ink(colour) for colour in OUTCOMES.values()]),
            legend=alt.Legend(title=None),
        ),
    )
    margin = base.mark_tick(thickness=2, width=18, color=ink("ink")).encode(y=alt.Y("margin:Q"))
    passed = known.filter(pl.col("passes_from") <= pl.col("margin")).height
    chart: Drawing = alt.layer(bars, margin).properties(
        width=WIDTH,
        height=220,
        title=alt.Title(
            f"{title}: {known['title'][0]}",
            subtitle="from the bottom: margins that fail, decide nothing, pass; dash: the margin of that day",
        ),
        description=f"Margins by day: {passed} of {count_of(known.height, 'day lies', 'days lie')} within the margins they had; "
        f"all of them would pass from {widest:.4g} {known['unit'][0]} on.",
    )
    return chart


def margin_costs(power: pl.DataFrame) -> Drawing:
    """Draw how often each margin is wrong in either direction, at the sample of the day and of the soak.

    Parameters
    ----------
    power
        `Thresholds.power`: `span`, `margin`, `outcome`, `chance`, `today`, `unit`.
    """
    title = "What a margin costs"
    if none := nothing_to_draw(power, title, "No interval of the day or of the soak to tell from"):
        return none
    outcomes = power["outcome"].unique(maintain_order=True).to_list()
    colours = [ink(name) for name in ("fail", "insufficient", "accent")]
    named = power.with_columns(series=pl.format("the sample of the {}", "span"))
    base = alt.Chart(rows(named))
    today = base.mark_rule(color=ink("ink"), strokeWidth=1, strokeDash=[6, 3]).encode(x=alt.X("mean(today):Q"))
    lines = base.mark_line(strokeWidth=1.8).encode(
        x=alt.X("margin:Q", axis=alt.Axis(tickCount=6)).title(f"margin on either side of equal ({power['unit'][0]})"),
        y=alt.Y("chance:Q", axis=alt.Axis(tickCount=5, format=".0%"), scale=alt.Scale(domain=[0, 1])).title("chance"),
        color=alt.Color(
            "outcome:N",
            scale=alt.Scale(domain=outcomes, range=colours),
            legend=alt.Legend(title=None, symbolType="stroke", columns=2, labelLimit=300),
        ),
        strokeDash=alt.StrokeDash("outcome:N", scale=alt.Scale(domain=outcomes, range=list(DASHES[:3])), legend=None),
    )
    chart: Drawing = (
        alt.layer(today, lines)
        .properties(width=280, height=170)
        .facet(facet=panels("series:N"), columns=2)
        .resolve_scale(x="independent")
        .properties(
            padding=ROOM,
            title=alt.Title(
                title,
                subtitle="dashes upright: today's margin; a wider one lets more equal bots pass, and more different ones",
            ),
            description="Curves of the chance that equal bots do not pass, and that bots a margin of today apart pass, by margin: "
            + _at_today(power)
            + ".",
        )
    )
    return chart


def _at_today(power: pl.DataFrame) -> str:
    """Return the chances at the margin in force in words."""
    nearest = (
        power.sort((pl.col("margin") - pl.col("today")).abs()).group_by("span", "outcome", maintain_order=True).first()
    )
    return "; ".join(
        f"{span}, {outcome}: {chance:.0%}"
        for span, outcome, chance in nearest.sort("span", "outcome").select("span", "outcome", "chance").iter_rows()
    )
