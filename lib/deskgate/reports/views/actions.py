"""Views of what was done about breaches: each action with its receipts in order of time, and when drills were run."""

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.case import RECENT
from deskgate.controls.ledger import KINDS

__all__ = ["actions", "drill_dates"]

_SHOWN = ("ts", "action", "bot", "entry", "step", "says", "by")
_SENDING = "sending"
# What happens at one instant happens in this order.
_ORDER = {kind: place for place, kind in enumerate(KINDS)}


def actions(assessment: Assessment) -> pl.DataFrame:
    """Return the records about actions of the last 7 days, oldest first.

    ts, action, bot (null: of several), entry, step (breach, intent, sent, acknowledged, receipt, alert, override), says, by
    (who authorised it or answers for it). That a command was about to be sent is shown where nothing came of it, also when it was tried again.
    """
    case = assessment.case
    rows = case.frames["actions"].filter(pl.col("effective_at") >= case.as_of - RECENT)
    entries = rows.filter(pl.col("kind") == "intent").select(
        "event_id", **{f"{name}_of_intent": _content(name) for name in ("entry", "action")}
    )
    about_to = ((pl.col("kind") == "sent") & (_content("outcome") == _SENDING)).fill_null(value=False)
    command = ("event_id", "bot", "sink", "kind")
    is_last = pl.int_range(pl.len()).over(*command) == pl.len().over(*command) - 1
    return (
        rows.sort("recorded_at", ~about_to)
        .filter(is_last | ~about_to)
        .join(entries, on="event_id", how="left")
        .sort("recorded_at", pl.col("kind").replace_strict(_ORDER, return_dtype=pl.Int64), "row_id")
        .select(
            ts="effective_at",
            action=pl.coalesce(_content("action"), "action_of_intent"),
            bot=pl.coalesce("bot", _content("bots").str.replace_all(r'[\["\]]', "").str.replace_all(",", ", ")),
            entry=pl.coalesce(_content("entry"), "entry_of_intent"),
            step="kind",
            says=_says(),
            by=pl.coalesce(_content("by"), _content("authorised_by")),
        )
        .select(_SHOWN)
    )


def drill_dates(assessment: Assessment) -> pl.DataFrame:
    """Return the last run of each drill: drill, ts, passed."""
    runs = assessment.case.frames["drills"].sort("effective_at", "recorded_at")
    return runs.unique("drill", keep="last").sort("drill").select("drill", ts="effective_at", passed="passed")


def _content(name: str) -> pl.Expr:
    """Return one value of a record's content as text."""
    return pl.col("content").str.json_path_match(f"$.{name}")


def _says() -> pl.Expr:
    kind = pl.col("kind")
    receipt = pl.when(_content("is_complete") == "true").then(pl.lit("complete")).otherwise(_content("why"))
    return (
        pl.when(kind == "sent")
        .then(pl.concat_str("sink", _outcome(), separator=": "))
        .when(kind == "receipt")
        .then(receipt)
        .when(kind == "alert")
        .then(_content("title"))
        .when(kind == "override")
        .then(_content("why"))
        .when(kind == "acknowledged")
        .then(_content("detail"))
        .otherwise(_content("reason"))
    )


def _outcome() -> pl.Expr:
    """Return what became of a command, with the sink's own words."""
    detail = _content("detail")
    return pl.concat_str(_content("outcome"), pl.when(detail != "").then(detail), separator=", ", ignore_nulls=True)
