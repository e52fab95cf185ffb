"""The break ledger: each break from the run that first found it to the one that no longer did, and what was done about it.

A break that a later run no longer finds is resolved by that; one that comes back is open again, whatever was recorded
about it. Nothing here decides a day: a decision rests on the breaks that the day's own records give.
"""

from datetime import datetime

import polars as pl

from deskgate.case.case import Case, per_case

__all__ = ["accepted", "accepted_breaks", "current_records", "explained", "last_acceptances", "ledger"]


@per_case
def accepted_breaks(case: Case) -> pl.DataFrame:
    """Return what operators have accepted by `as_of`; see `accepted`."""
    return accepted(case.frames["break_sightings"], case.frames["break_actions"])


def accepted(sightings: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Return which breaks an operator has accepted: break_id, fingerprint (of the break then), accepted_at, by and text (why).

    An acceptance ends with the break: with `resolve`, and when a run no longer finds it. One that returns is open.
    """
    return (
        last_acceptances(current_records(sightings, actions))
        .filter(pl.col("action") == "accept")
        .select("break_id", "fingerprint", "by", "text", accepted_at="effective_at")
    )


def last_acceptances(actions: pl.DataFrame) -> pl.DataFrame:
    """Return the last `accept` or `resolve` of each break, whichever came later: the columns of `BreakActions`."""
    return _last(actions, "accept", "resolve")


def explained(sightings: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Return the breaks with a note: break_id. A note ends with the break, as an acceptance does."""
    return current_records(sightings, actions).filter(pl.col("action") == "note").select("break_id").unique()


def current_records(sightings: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Return the records about each break (break_id, effective_at) since a run last found it gone."""
    gone = _seen(sightings).filter(~pl.col("is_there")).group_by("break_id").agg(gone=pl.col("effective_at").max())
    since = actions.join(gone, on="break_id", how="left")
    return since.filter(pl.col("gone").is_null() | (pl.col("effective_at") > pl.col("gone"))).drop("gone")


def ledger(sightings: pl.DataFrame, actions: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return every break that any run has seen by `as_of`.

    Parameters
    ----------
    sightings, actions
        `BreakSightings` and `BreakActions`, cut at `as_of`.

    Returns
    -------
    polars.DataFrame
        One row per break: break_id, status (open, explained, accepted, resolved), severity, kind, bot, pair, leg, ts,
        value_quote, first_seen (its own day), last_seen (the instant of the last run that found it), age_h (until then if
        it is resolved), owner, note (the last one), returned (how often it came back), detail; those that are
        not resolved first, the most valuable first.
    """
    seen = _seen(sightings)
    back = pl.col("is_there") & ~pl.col("is_there").shift(1).over("break_id").fill_null(value=True)
    found = pl.col("effective_at").filter(pl.col("is_there"))
    rows = (
        seen.with_columns(back=back)
        .group_by("break_id", maintain_order=True)
        .agg(
            pl.col("kind", "bot", "pair", "leg", "ts", "first_seen").last(),
            pl.col("severity", "value_quote", "fingerprint", "detail").filter(pl.col("is_there")).last(),
            is_there=pl.col("is_there").last(),
            last_seen=found.max(),
            returned=pl.col("back").sum().cast(pl.Int64),
        )
        .join(_last(actions, "own").select("break_id", owner="text"), on="break_id", how="left")
        .join(accepted(sightings, actions).select("break_id", accepted="fingerprint"), on="break_id", how="left")
        .join(_last(actions, "resolve").select("break_id", closed="effective_at"), on="break_id", how="left")
        .join(explained(sightings, actions).with_columns(explained=pl.lit(value=True)), on="break_id", how="left")
        .join(_last_notes(actions), on="break_id", how="left")
    )
    status = (
        pl.when(~pl.col("is_there") | (pl.col("closed") >= pl.col("last_seen")))
        .then(pl.lit("resolved"))
        .when(pl.col("accepted") == pl.col("fingerprint"))
        .then(pl.lit("accepted"))
        .when("explained")
        .then(pl.lit("explained"))
        .otherwise(pl.lit("open"))
    )
    until = pl.when(pl.col("status") == "resolved").then("last_seen").otherwise(pl.lit(as_of))
    return (
        rows.with_columns(status=status)
        .with_columns(age_h=(until - pl.col("ts")).dt.total_microseconds() / 3.6e9)
        .sort(pl.col("status") == "resolved", -pl.col("value_quote").fill_null(0), "ts", "break_id")
        .select(
            *("break_id", "status", "severity", "kind", "bot", "pair", "leg", "ts", "value_quote", "first_seen"),
            *("last_seen", "age_h", "owner", "note", "returned", "detail"),
        )
    )


def _seen(sightings: pl.DataFrame) -> pl.DataFrame:
    """Return what runs found by break and instant; of two runs of one instant, what was recorded last."""
    last = sightings.sort("effective_at", "recorded_at").unique(["break_id", "effective_at"], keep="last")
    return last.sort("break_id", "effective_at")


def _last(actions: pl.DataFrame, *which: str) -> pl.DataFrame:
    mine = actions.filter(pl.col("action").is_in(which)).sort("effective_at", "recorded_at")
    return mine.unique("break_id", keep="last", maintain_order=True)


def _last_notes(actions: pl.DataFrame) -> pl.DataFrame:
    notes = (
        actions.filter(pl.col("action") != "own").sort("effective_at", "recorded_at").unique("break_id", keep="last")
    )
    return notes.select("break_id", note=pl.format("{} {}: {}", "by", pl.col("action").replace(_VERBS), "text"))


_VERBS = {"note": "notes", "accept": "accepts", "resolve": "resolves"}
