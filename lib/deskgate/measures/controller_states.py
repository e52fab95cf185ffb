"""What state each bot's controller was in, by its own minute records."""

from datetime import datetime, timedelta

import polars as pl

from deskgate.case.baselines import measured_since, read_since
from deskgate.case.case import Case, per_case
from deskgate.case.markets import judged
from deskgate.measures.state_words import PAUSED, RUNNING, UNKNOWN, state_word

__all__ = ["RECORD_AGE", "minute_states", "state_at"]

# A minute record speaks for so long where no later one is there.
RECORD_AGE = timedelta(minutes=5)
_MINUTE = timedelta(minutes=1)


def state_at(case: Case, instants: pl.DataFrame) -> pl.Series:
    """Return the state that the bot's controller was in at some instants.

    The last minute record at or before the instant counts, no older than `RECORD_AGE`; of several controllers of a market
    that of each within the minute before the last. A record without a pair is of all pairs of its bot.

    Parameters
    ----------
    instants
        bot, pair (null: any), at; one row per instant, none before trading is measured.

    Returns
    -------
    polars.Series
        One of `STATES` per row: `running` where any controller ran, else the gravest; `unknown` where a record names no
        state or another one, null where there is no record.
    """
    rows = instants.with_row_index("row")
    records = minute_states(case, instants.select(pl.col("at").min()).item() or case.start)
    by_log = (
        rows.join(records.select("bot", "log", of="pair").unique(), on="bot")
        .filter((pl.col("of") == pl.col("pair")).fill_null(value=True))
        .sort("at")
        .join_asof(
            records.select("log", at="ts", seen="ts", state="state").sort("at"),
            on="at",
            by="log",
            strategy="backward",
            tolerance=RECORD_AGE,
            check_sortedness=False,
        )
        .filter(pl.col("seen").is_not_null())
    )
    last = by_log.filter(pl.col("seen") > pl.col("seen").max().over("row") - _MINUTE)
    state = pl.col("state")
    gravest = pl.coalesce(pl.when((state == each).any()).then(pl.lit(each)) for each in (RUNNING, *reversed(PAUSED)))
    found = last.group_by("row").agg(state=gravest.fill_null(UNKNOWN))
    return rows.join(found, on="row", how="left", maintain_order="left")["state"]


def minute_states(case: Case, since: datetime) -> pl.DataFrame:
    """Return the minute records that say of any instant since one what state a bot was in.

    Trading is measured since then, or a later instant; records of before may be among them.

    Returns
    -------
    polars.DataFrame
        bot, pair, log (a controller's file and pair), ts, state; sorted by ts.
    """
    kept = _kept(case)
    for first, records in kept.items():
        if first <= since:
            return records
    first = min(max(since, measured_since(case)), read_since(case))
    kept.clear()
    found = kept[first] = _records(case, first - RECORD_AGE)
    return found


@per_case
def _kept(_: Case) -> dict[datetime, pl.DataFrame]:
    return {}


def _records(case: Case, since: datetime) -> pl.DataFrame:
    inside = pl.col("ts").is_between(since, case.end, closed="left")
    own = pl.col("bot").is_in([bot.name for bot in case.desk.judged])
    return (
        judged(case, "snapshots", inside, own)
        .sort("ts", "row_id")
        .select(
            *("bot", "pair", "ts"),
            log=pl.concat_str("bot", "path", pl.col("pair").fill_null(""), separator="\x1f"),
            state=state_word(),
        )
        .unique(["log", "ts"], keep="last", maintain_order=True)
    )
