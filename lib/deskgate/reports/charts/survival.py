"""How each controller came through the soak: in which state it was, and when nothing was heard of it."""

import polars as pl

from deskgate.config.plural import count_of
from deskgate.reports.charts.coverage import strips
from deskgate.reports.charts.theme import Drawing, listed, no_data

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
    named = spans.select(
        "start",
        "end",
        "state",
        was=pl.col("state").replace_strict(shown, default=_OTHER[0]),
        who=pl.when(pl.col("controller").n_unique().over("bot") > 1)
        .then(pl.concat_str("bot", pl.lit(" "), "controller"))
        .otherwise("bot"),
    )
    looks = {word: (colour, size) for word, colour, size in (*_KNOWN.values(), _OTHER)}
    bad = named.filter(~pl.col("was").is_in(["running", "paused"]))
    found = (
        f"{count_of(bad.height, 'span is neither', 'spans are neither')}, of {listed(bad['who'])}."
        if bad.height
        else "no span is anything else."
    )
    return strips(named, title, f"Strips of the time that {listed(named['who'])} ran or paused; {found}", looks)
