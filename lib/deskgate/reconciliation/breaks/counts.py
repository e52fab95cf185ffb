"""Counting breaks: how many of a kind are open, how much is at stake, and for how long the oldest has been.

The one place that decides which breaks count: all but those that an operator has accepted as they are now.
"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric, first_of
from deskgate.case.metric_spec import MetricSpec, Scope
from deskgate.reconciliation.breaks.ledger import accepted_breaks

__all__ = ["AGE", "VALUE", "fingerprint", "kind_metrics", "tally", "unaccepted", "when_accepted"]

# Metrics of a kind beside its count.
VALUE, AGE = "_value_quote", "_age_h"
_NOTHING = "nothing of this kind is open"


def kind_metrics(kind: str, scope: Scope, doc: str, *, leg: str = "") -> tuple[MetricSpec, ...]:
    """Declare the three metrics that `tally` emits of one kind of break: its count, value and age; `leg` as in `MetricSpec`."""
    return (
        MetricSpec(kind, "breaks", scope, f"Open breaks: {doc}.", leg=leg),
        MetricSpec(kind + VALUE, "quote", scope, f"Value of all open breaks of the kind {kind} together.", leg=leg),
        MetricSpec(kind + AGE, "h", scope, f"Age of the oldest open break of the kind {kind}.", leg=leg),
    )


def fingerprint() -> pl.Expr:
    """Return the amounts of a break as one text: an acceptance is of these."""
    texts = [pl.col(name).fill_null("") for name in ("observed", "expected", "delta")]
    return pl.concat_str(*texts, pl.col("value_quote").cast(pl.String).fill_null(""), separator="|")


def unaccepted(case: Case, breaks: pl.DataFrame) -> pl.DataFrame:
    """Return the breaks that nobody has accepted, or whose amounts have changed since."""
    if breaks.is_empty():
        return breaks
    return when_accepted(case, breaks).filter(pl.col("accepted_at").is_null()).drop("accepted_at")


def when_accepted(case: Case, breaks: pl.DataFrame) -> pl.DataFrame:
    """Add `accepted_at`, since when each break has been accepted with its present amounts; null where it has not."""
    if breaks.is_empty():
        return breaks.with_columns(accepted_at=pl.lit(None, accepted_breaks(case).schema["accepted_at"]))
    known = accepted_breaks(case).select("break_id", "fingerprint", "accepted_at")
    return (
        breaks.with_columns(fingerprint=fingerprint())
        .join(known, on=["break_id", "fingerprint"], how="left", maintain_order="left")
        .drop("fingerprint")
    )


def tally(
    case: Case,
    bot: str,
    kind: str,
    breaks: pl.DataFrame,
    sample: int,
    lacks: str | None = None,
    *,
    remark: str | None = None,
) -> list[Metric]:
    """Return the metrics of one kind of break of one bot.

    Parameters
    ----------
    breaks
        `Breaks` of any bots and kinds.
    sample
        How many records of the day were compared.
    lacks
        What is missing for looking for this kind on the day, None where nothing is. A break that is open counts all the
        same; but where none is, nothing was looked for, and there is no value.
    remark
        What else the reader of the count should know.

    Returns
    -------
    list
        `<kind>` (how many are open), `<kind>_value_quote` (what is at stake in all of them together; none where one
        has no value) and `<kind>_age_h` (of the oldest, in hours before `as_of`).
    """
    mine = breaks.filter((pl.col("bot") == bot) & (pl.col("kind") == kind))
    found = unaccepted(case, mine)
    accepted = f"{mine.height - found.height} more accepted by an operator" if mine.height > found.height else None
    if found.is_empty() and (lacks or not sample):
        return _nothing_to_tally(bot, kind, "; ".join(filter(None, (lacks or "nothing was compared", accepted))))
    note = "; ".join(filter(None, (first_of(found), accepted, lacks, remark))) or None
    # A break of an earlier day that is still open was compared too.
    sample = max(sample, found.height)
    count = Metric(bot, kind, float(found.height), sample, note)
    if found.is_empty():
        return [count, Metric(bot, kind + VALUE, 0.0, sample, _NOTHING), Metric(bot, kind + AGE, 0.0, sample, _NOTHING)]
    unknown = found["value_quote"].null_count()
    total, age_h = found.select(
        pl.col("value_quote").abs().sum().cast(pl.Float64),
        age_h=(pl.lit(case.as_of) - pl.col("ts").min()).dt.total_microseconds() / 3.6e9,
    ).row(0)
    value = None if unknown else total
    return [
        count,
        Metric(bot, kind + VALUE, value, sample, f"{unknown} of {found.height} have no value" if unknown else note),
        Metric(bot, kind + AGE, max(age_h, 0.0), sample, note),
    ]


def _nothing_to_tally(bot: str, kind: str, why: str) -> list[Metric]:
    """Return the metrics of a kind that could not be looked for."""
    return [Metric(bot, name, None, 0, why) for name in (kind, kind + VALUE, kind + AGE)]
