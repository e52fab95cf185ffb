"""How each controller came through the soak: in which state it was, and when nothing was heard of it."""

import altair as alt
import polars as pl

from deskgate.reports.charts.theme import HOURS, ROW_STEP, WIDTH, Drawing, ink, listed, no_data, rows

__all__ = ["survival_strip"]

# State -> the word shown, its colour, and how thick its bar is: colour never stands alone.
_KNOWN = {
    "running": ("running", "pass", 14),
    "soft_pause": ("paused", "waived", 9),
    "hard_stop": ("stopped hard", "fail", 14),
    "kill_switch": ("stopped hard", "fail", 14),
    "no record": ("no record", "fail", 3),
}
_OTHER = ("another state", "insufficient", 9)


def survival_strip(spans: pl.DataFrame) -> Drawing:
    """Draw, for each controller, its states over time; thin where there is no record.

    Parameters
    ----------
    spans
        One row per span: `bot`, `controller`, `start` and `end` (datetimes UTC), `state` (its word, or `no record`).
    """
    title = "Survival over the last 48 h"
    if spans.is_empty():
        return no_data(title, "No spans: no controller is on record")
    shown = {state: word for state, (word, _, _) in _KNOWN.items()}
    named = spans.with_columns(
        was=pl.col("state").replace_strict(shown, default=_OTHER[0]),
        who=pl.when(pl.col("controller").n_unique().over("bot") > 1)
        .then(pl.concat_str("bot", pl.lit(" "), "controller"))
        .otherwise("bot"),
    )
    looks = {word: (colour, size) for word, colour, size in (*_KNOWN.values(), _OTHER)}
    domain = list(looks)
    bad = named.filter(~pl.col("was").is_in(["running", "paused"]))
    found = f"{bad.height} spans are neither, of {listed(bad['who'])}." if bad.height else "no span is anything else."
    chart: Drawing = (
        alt.Chart(
            rows(named),
            title=title,
            description=f"Strips of the time that {listed(named['who'])} ran or paused; {found}",
        )
        .mark_bar()
        .encode(
            x=alt.X("start:T", scale=alt.Scale(type="utc"), axis=HOURS),
            x2="end:T",
            y=alt.Y("who:N").title(None),
            color=alt.Color(
                "was:N", scale=alt.Scale(domain=domain, range=[ink(colour) for colour, _ in looks.values()])
            ).title(None),
            size=alt.Size(
                "was:N",
                sort=domain,
                scale=alt.Scale(domain=domain, range=[size for _, size in looks.values()]),
            ).title(None),
            tooltip=[
                "who:N",
                "state:N",
                alt.Tooltip("start:T", timeUnit="utcyearmonthdatehoursminutesseconds"),
                alt.Tooltip("end:T", timeUnit="utcyearmonthdatehoursminutesseconds"),
            ],
        )
        .properties(width=WIDTH, height=alt.Step(ROW_STEP))
    )
    return chart
