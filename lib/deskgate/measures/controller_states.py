"""What state each bot's controller was in, by its own minute records."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from deskgate.case.baselines import measured_since, read_since
from deskgate.case.case import Case, per_case
from deskgate.case.markets import judged
from deskgate.case.spans import Span, spans_of
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
    is_old = (pl.col("at") < read_since(case)).fill_null(value=False)
    found = [_state_at(rows.filter(~is_old), _recent_records(case))]
    if (old := rows.filter(is_old)).height:
        since = old["at"].clip(lower_bound=measured_since(case))
        found.append(_state_at(old, _records(case, spans_of(since))))
    return rows.join(pl.concat(found), on="row", how="left", maintain_order="left")["state"]


def _state_at(rows: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Return the states that records say of instants: row, state; those alone that have one."""
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
    return last.group_by("row").agg(state=gravest.fill_null(UNKNOWN))


@per_case
def _recent_records(case: Case) -> pl.DataFrame:
    """Return the minute records of the time that is read on any day."""
    return _records(case, [(read_since(case), case.end)])


def minute_states(case: Case, since: datetime) -> pl.DataFrame:
    """Return the minute records of an instant or later, as `_records` has them."""
    whole = _recent_records(case) if since >= read_since(case) else _records(case, [(since, case.end)])
    return whole.filter(pl.col("ts") >= since)


def _records(case: Case, spans: Sequence[Span]) -> pl.DataFrame:
    """Return the minute records of spans, each from `RECORD_AGE` before it: bot, pair, log (a controller's file and pair), ts, state."""
    ts, own = pl.col("ts"), pl.col("bot").is_in([bot.name for bot in case.desk.judged])
    inside = pl.any_horizontal([ts.is_between(first - RECORD_AGE, last) for first, last in spans])
    return (
        judged(case, "snapshots", inside, ts < case.end, own)
        .sort("ts", "row_id")
        .select(
            *("bot", "pair", "ts"),
            log=pl.concat_str("bot", "path", pl.col("pair").fill_null(""), separator="\x1f"),
            state=state_word(),
        )
        .unique(["log", "ts"], keep="last", maintain_order=True)
    )
