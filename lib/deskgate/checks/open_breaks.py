"""Counting breaks: how many of a kind are open, how much is at stake, and for how long the oldest has been.

The one place that decides which breaks count: all but those that an operator has accepted as they are now.
"""

import polars as pl

from deskgate.checks.case import Case
from deskgate.checks.findings import Metric, first_of

__all__ = ["AGE", "VALUE", "nothing_to_tally", "tally", "told", "unaccepted"]

# Metrics of a kind beside its count.
VALUE, AGE = "_value_quote", "_age_h"
_NOTHING = "nothing of this kind is open"


def told() -> pl.Expr:
    """Return what a break says, as one text: an acceptance is of that."""
    said = [pl.col(name).fill_null("") for name in ("observed", "expected", "delta")]
    return pl.concat_str(*said, pl.col("value_quote").cast(pl.String).fill_null(""), separator="|")


def unaccepted(case: Case, breaks: pl.DataFrame) -> pl.DataFrame:
    """Return the breaks that nobody has accepted, or that say something else by now."""
    return (
        breaks.with_columns(told=told())
        .join(case.accepted, on=["break_id", "told"], how="anti", maintain_order="left")
        .drop("told")
    )


def tally(case: Case, bot: str, kind: str, breaks: pl.DataFrame, sample: int) -> list[Metric]:
    """Return the metrics of one kind of break of one bot.

    Parameters
    ----------
    breaks
        `Breaks` of any bots and kinds.
    sample
        How many records of the day were compared.

    Returns
    -------
    list
        `<kind>` (how many are open), `<kind>_value_quote` (the largest value at stake in one of them; none where one
        has no value) and `<kind>_age_h` (of the oldest, in hours before `as_of`).
    """
    mine = breaks.filter((pl.col("bot") == bot) & (pl.col("kind") == kind))
    found = unaccepted(case, mine)
    accepted = f"{mine.height - found.height} more accepted by an operator" if mine.height > found.height else None
    note = "; ".join(part for part in (first_of(found), accepted) if part) or None
    count = Metric(bot, kind, float(found.height), sample, note)
    if found.is_empty():
        return [count, Metric(bot, kind + VALUE, 0.0, sample, _NOTHING), Metric(bot, kind + AGE, 0.0, sample, _NOTHING)]
    unknown = found["value_quote"].null_count()
    most, age_h = found.select(
        pl.col("value_quote").abs().max().cast(pl.Float64),
        age_h=(pl.lit(case.as_of) - pl.col("ts").min()).dt.total_microseconds() / 3.6e9,
    ).row(0)
    value = None if unknown else most
    return [
        count,
        Metric(bot, kind + VALUE, value, sample, f"{unknown} of {found.height} have no value" if unknown else note),
        Metric(bot, kind + AGE, max(age_h, 0.0), sample, note),
    ]


def nothing_to_tally(bot: str, kind: str, why: str) -> list[Metric]:
    """Return the metrics of a kind that could not be looked for."""
    return [Metric(bot, name, None, 0, why) for name in (kind, kind + VALUE, kind + AGE)]
