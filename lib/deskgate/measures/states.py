"""In which minutes a bot ran."""

from datetime import timedelta

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_case
from deskgate.case.markets import markets
from deskgate.measures.controller_states import RECORD_AGE, minute_states, state_at
from deskgate.measures.minutes import minute_of
from deskgate.measures.orders import own_orders
from deskgate.measures.state_words import PAUSED
from deskgate.prices.flaws import sort_within
from deskgate.schema import BOT_LEGS, NOTICE, TABLES

__all__ = ["running_minutes"]

_MINUTE = timedelta(minutes=1)
# What of an order shows life.
_LIVES = ("created", "ended", "first_fill_own")


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
    life = sort_within(_life(case), ["bot", "pair"], ["minute"])
    later = pl.col("minute").shift(-1).over("bot", "pair")
    until = pl.when(later - pl.col("minute") <= RECORD_AGE).then(later).otherwise(pl.col("minute") + _MINUTE)
    minutes = life.select(
        "bot", "pair", minute=pl.datetime_ranges("minute", until, interval="1m", closed="left")
    ).explode("minute")
    # What a minute's records say of it is known when it is over.
    end = (pl.col("minute") + _MINUTE - timedelta(microseconds=1)).alias("at")
    state = state_at(case, minutes.select("bot", "pair", end))
    return minutes.filter(~state.is_in(PAUSED).fill_null(value=False))


def _life(case: Case) -> pl.DataFrame:
    """Return the minutes of the soak in which a bot showed life, with pair: bot, pair, minute; not each once."""
    orders = own_orders(case)
    found = pl.concat(
        [
            minute_states(case)
            .filter(pl.col("ts") >= measured_since(case))
            .select("bot", "pair", minute=minute_of("ts")),
            *[
                orders.filter(pl.col(at) < case.end).select("bot", "pair", minute=minute_of(at)).unique()
                for at in _LIVES
            ],
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
