"""How an account came from what it opened with to what it closed with."""

import altair as alt
import polars as pl

from deskgate.reports.charts.most_telling import most_telling
from deskgate.reports.charts.theme import ROOM, WIDTH, Drawing, ink, listed, no_data, notes, panels, rows

__all__ = ["waterfall"]

# state -> its sign and colour; a total is where the account stood, a step how it got there.
_STATES = {"total": "ink", "more": "pass", "less": "accent", "unexplained": "fail"}


def waterfall(steps: pl.DataFrame, *, unit: str = "quote") -> Drawing:
    """Draw the steps of each account as bars that begin where the one before ends.

    Parameters
    ----------
    steps
        One row per account and step, in the order of the steps: `account`, `step` (the first `opened`, the last
        `closed`), `amount` in `unit`.
    unit
        What is counted.
    """
    title = f"From opening to closing ({unit})"
    if steps.is_empty():
        return no_data(title, "No account snapshot of the day can be rolled forward to")
    amount = pl.col("amount").cast(pl.Float64)
    step = pl.when(pl.col("step") == "closed").then(0.0).otherwise(amount)
    placed = steps.with_columns(
        end=pl.when(pl.col("step") == "closed").then(amount).otherwise(step.cum_sum().over("account")),
    ).with_columns(
        start=pl.when(pl.col("step").is_in(["opened", "closed"])).then(0.0).otherwise(pl.col("end") - amount)
    )
    shown = placed.select(
        "account",
        "step",
        "start",
        "end",
        right=pl.max_horizontal("start", "end"),
        number=pl.int_range(pl.len()).over("account"),
        amount=amount,
        state=pl.when(pl.col("step").is_in(["opened", "closed"]))
        .then(pl.lit("total"))
        .when((pl.col("step") == "unexplained") & (amount != 0))
        .then(pl.lit("unexplained"))
        .when(amount >= 0)
        .then(pl.lit("more"))
        .otherwise(pl.lit("less")),
    )
    unexplained = pl.col("amount").filter(pl.col("state") == "unexplained").abs().max()
    off = shown.filter(pl.col("state") == "unexplained")
    drawn, rest = most_telling(
        shown,
        "account",
        unexplained.fill_null(0) / pl.col("amount").abs().max(),
        "with the largest unexplained part",
        where=f"views/{'position' if unit == 'base' else 'balance'}_steps.parquet",
    )
    base = alt.Chart(rows(drawn)).encode(
        y=alt.Y("step:N", sort=alt.EncodingSortField("number")).title(None),
    )
    bars = base.mark_bar(height=12).encode(
        x=alt.X("start:Q", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5)).title(unit),
        x2=alt.X2("end:Q"),
        color=alt.Color(
            "state:N", scale=alt.Scale(domain=list(_STATES), range=[ink(colour) for colour in _STATES.values()])
        ).title(None),
        tooltip=[alt.Tooltip("account:N"), alt.Tooltip("step:N"), alt.Tooltip("amount:Q", format="+,.8~r")],
    )
    words = base.mark_text(align="left", dx=6).encode(text=alt.Text("amount:Q", format="+,.4~r"), x=alt.X("right:Q"))
    drawing: Drawing = (
        alt.layer(bars, words)
        .properties(width=WIDTH - 90, height=alt.Step(18))
        .facet(facet=panels("account:N"), columns=1)
        .resolve_scale(x="independent")
        .properties(
            padding=ROOM | {"left": 24},
            title=alt.Title(title, subtitle=rest) if rest else title,
            usermeta=notes(is_wrong=off.height > 0),
            description=(
                f"Waterfalls of {listed(shown['account'])} from opening to closing; "
                + (f"unexplained differences in {listed(off['account'])}." if off.height else "nothing is unexplained.")
            ),
        )
    )
    return drawing
