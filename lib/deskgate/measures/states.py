"""What state each bot's controller was in, and in which minutes a bot ran."""

from datetime import timedelta

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_case
from deskgate.case.markets import judged, markets
from deskgate.measures.minutes import minute_of
from deskgate.measures.orders import own_orders
from deskgate.measures.state_words import PAUSED, RUNNING, UNKNOWN, state_word
from deskgate.schema import BOT_LEGS, NOTICE, TABLES

__all__ = ["RECORD_AGE", "running_minutes", "state_at"]

# A minute record speaks for so long where no later one is there, and a bot that showed life twice within it ran between.
RECORD_AGE = timedelta(minutes=5)
_MINUTE = timedelta(minutes=1)
# What of an order shows life.
_LIVES = ("created", "ended", "first_fill_own")


def state_at(case: Case, instants: pl.DataFrame) -> pl.Series:
    """Return the state that the bot's controller was in at some instants.

    The last minute record at or before the instant counts, no older than `RECORD_AGE`; of several controllers of a market
    that of each within the minute before the last. A record without a pair is of all pairs of its bot.

    Parameters
    ----------
    instants
        bot, pair (null: any), at; one row per instant.

    Returns
    -------
    polars.Series
        One of `STATES` per row: `running` where any controller ran, else the gravest; `unknown` where a record names no
        state or another one, null where there is no record.
    """
    rows = instants.with_row_index("row")
    records = _records(case)
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


@per_case
def running_minutes(case: Case) -> pl.DataFrame:
    """Return the minutes of the soak in which a bot ran for a pair: it showed life and was not paused or stopped.

    Signs of life are the bot's own minute records, mids, orders and events, heartbeats too; a silence of at most
    `RECORD_AGE` between two of them is life. One without a pair is of all declared pairs of its bot. All are of the bot's
    own clock, but for mids of its stream that carry their venue's.

    Returns
    -------
    polars.DataFrame
        bot, pair, minute: one row each, sorted.
    """
    life = _life(case).sort("bot", "pair", "minute")
    later = pl.col("minute").shift(-1).over("bot", "pair")
    until = pl.when(later - pl.col("minute") <= RECORD_AGE).then(later).otherwise(pl.col("minute") + _MINUTE)
    minutes = life.select(
        "bot", "pair", minute=pl.datetime_ranges("minute", until, interval="1m", closed="left")
    ).explode("minute")
    # What a minute's records say of it is known when it is over.
    end = (pl.col("minute") + _MINUTE - timedelta(microseconds=1)).alias("at")
    state = state_at(case, minutes.select("bot", "pair", end))
    return minutes.filter(~state.is_in(PAUSED).fill_null(value=False))


@per_case
def _records(case: Case) -> pl.DataFrame:
    """Return the minute records from `RECORD_AGE` before the soak on: bot, pair, log (a controller's file and pair), ts, state."""
    inside = pl.col("ts").is_between(measured_since(case) - RECORD_AGE, case.end, closed="left")
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


def _life(case: Case) -> pl.DataFrame:
    """Return the minutes of the soak in which a bot showed life, with pair: bot, pair, minute; not each once."""
    orders = own_orders(case)
    found = pl.concat(
        [
            _records(case).filter(pl.col("ts") >= measured_since(case)).select("bot", "pair", minute=minute_of("ts")),
            *[orders.filter(pl.col(at) < case.end).select("bot", "pair", minute=minute_of(at)) for at in _LIVES],
            _seen(case, "mids"),
            _seen(case, "events", pl.col("event_type") != NOTICE),
        ]
    )
    declared = pl.DataFrame(
        [(bot.name, pair) for bot in case.desk.judged for pair in bot.pairs],
        schema={"bot": pl.String, "pair": pl.String},
        orient="row",
    )
    of_all = found.filter(pl.col("pair").is_null()).select("bot", "minute").join(declared, on="bot")
    return pl.concat([found.drop_nulls("pair"), of_all.select("bot", "pair", "minute")]).unique()


def _seen(case: Case, table: str, *which: pl.Expr) -> pl.DataFrame:
    """Return the minutes of the soak with a row of the bots' own legs: bot, pair (judged), minute."""
    inside = pl.col("ts").is_between(measured_since(case), case.end, closed="left")
    own = pl.col("leg").is_in(BOT_LEGS) & pl.col("bot").is_in([bot.name for bot in case.desk.judged])
    rows = case.lazy(table).filter(inside, own, *which)
    named = [name for name in ("bot", "leg", "market", "pair") if name in TABLES[table].column_names()]
    minutes = rows.select(*named, minute=minute_of("ts")).unique().collect()
    return markets(case).judge(minutes).select("bot", "pair", "minute")
