"""In which minutes a bot ran."""

from datetime import datetime, timedelta

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, is_known, per_case
from deskgate.case.fill_history import RanHistory
from deskgate.case.markets import markets
from deskgate.measures.controller_states import RECORD_AGE, minute_states, state_at
from deskgate.measures.measured_history import measured_history
from deskgate.measures.minutes import minute_of
from deskgate.measures.orders import orders_left, own_orders
from deskgate.measures.state_words import PAUSED
from deskgate.prices.flaws import sort_within
from deskgate.schema import BOT_LEGS, NOTICE, TABLES

__all__ = ["carry_running", "ran_history", "running_minutes"]

_MINUTE = timedelta(minutes=1)
# What of an order shows life.
_LIVES = ("created", "ended", "first_fill_own")
# Whether a bot ran in a minute is known by what is no later than this after it.
_KNOWN_AFTER = 2 * RECORD_AGE
_MARKET = ["bot", "pair"]


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
    history, ran = case.fill_history, ran_history(case)
    if history is None or ran is None:
        return _running(case, measured_since(case), pl.lit(value=True))
    border = _border(history.cut)
    since = max(measured_since(case), border - _KNOWN_AFTER)
    recent = _running(case, since, pl.col("at") >= since).filter(pl.col("minute") >= border)
    return sort_within(pl.concat([_minutes_of(ran.runs), recent]), _MARKET, ["minute"])


def carry_running(case: Case, cut: datetime, over: pl.DataFrame) -> RanHistory | None:
    """Return in which minutes the bots ran up to about a later cut; None where a case was not asked for them.

    Parameters
    ----------
    over
        The orders that are over for good at that cut, see `finished_orders`.
    """
    if not is_known(case, running_minutes):
        return None
    left = orders_left(case).join(over, on=["bot", "order_id"], how="anti")
    before = pl.col("minute") < _border(cut)
    return RanHistory(
        _runs_of(running_minutes(case).filter(before)), _life_of(left, pl.col("at") < _border(cut)).sort(pl.all())
    )


@per_case
def ran_history(case: Case) -> RanHistory | None:
    """Return what is carried of the minutes in which bots ran, if all of history would give the same.

    Of the orders that are not over one may show life before the cut by what has come since.
    """
    history, known = case.fill_history, measured_history(case)
    if history is None or known is None or known.ran is None:
        return None
    life = _life_of(orders_left(case), pl.col("at") < _border(history.cut)).sort(pl.all())
    return known.ran if life.equals(known.ran.life_left) else None


def _border(cut: datetime) -> datetime:
    return cut - _KNOWN_AFTER


def _runs_of(minutes: pl.DataFrame) -> pl.DataFrame:
    """Return minutes, sorted by market, as runs without a gap: bot, pair, first, last."""
    apart = pl.col("minute") - pl.col("minute").shift(1) != _MINUTE
    begins = pl.any_horizontal([apart, *(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in _MARKET)])
    runs = minutes.group_by(*_MARKET, run=begins.fill_null(value=True).cum_sum(), maintain_order=True)
    return runs.agg(first=pl.col("minute").first(), last=pl.col("minute").last()).drop("run")


def _minutes_of(runs: pl.DataFrame) -> pl.DataFrame:
    minutes = pl.datetime_ranges("first", "last", interval="1m", closed="both", time_unit="us")
    return runs.select(*_MARKET, minute=minutes).explode("minute")


def _running(case: Case, since: datetime, of_orders: pl.Expr) -> pl.DataFrame:
    """Return the minutes in which a bot ran, by the records of an instant or later and what is asked of orders `at` an instant."""
    life = sort_within(_life(case, since, of_orders), _MARKET, ["minute"])
    later = pl.col("minute").shift(-1).over("bot", "pair")
    until = pl.when(later - pl.col("minute") <= RECORD_AGE).then(later).otherwise(pl.col("minute") + _MINUTE)
    minutes = life.select(
        "bot", "pair", minute=pl.datetime_ranges("minute", until, interval="1m", closed="left")
    ).explode("minute")
    # What a minute's records say of it is known when it is over.
    end = (pl.col("minute") + _MINUTE - timedelta(microseconds=1)).alias("at")
    state = state_at(case, minutes.select("bot", "pair", end))
    return minutes.filter(~state.is_in(PAUSED).fill_null(value=False))


def _life(case: Case, since: datetime, of_orders: pl.Expr) -> pl.DataFrame:
    """Return the minutes in which a bot showed life, with pair: bot, pair, minute; each once."""
    records = minute_states(case, since)
    found = pl.concat(
        [
            records.select("bot", "pair", minute=minute_of("ts")),
            _life_of(own_orders(case), (pl.col("at") < case.end) & of_orders),
            _seen(case, "mids", since),
            _seen(case, "events", since, pl.col("event_type") != NOTICE),
        ]
    )
    declared = pl.DataFrame(
        [(bot.name, pair) for bot in case.desk.judged for pair in bot.pairs],
        schema={"bot": pl.String, "pair": pl.String},
        orient="row",
    )
    of_all = found.filter(pl.col("pair").is_null()).select("bot", "minute").join(declared, on="bot")
    return pl.concat([found.drop_nulls("pair"), of_all.select("bot", "pair", "minute")]).unique()


def _life_of(orders: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
    """Return the minutes in which orders show life, of those that are asked for: bot, pair, minute; each once."""
    found = [orders.select("bot", "pair", at=at).filter(which) for at in _LIVES]
    return pl.concat(found).select("bot", "pair", minute=minute_of("at")).unique()


def _seen(case: Case, table: str, since: datetime, *which: pl.Expr) -> pl.DataFrame:
    """Return the minutes with a row of the bots' own legs, at an instant or later: bot, pair (judged), minute."""
    inside = pl.col("ts").is_between(since, case.end, closed="left")
    own = pl.col("leg").is_in(BOT_LEGS) & pl.col("bot").is_in([bot.name for bot in case.desk.judged])
    rows = case.lazy(table).filter(inside, own, *which)
    named = [name for name in ("bot", "leg", "market", "pair") if name in TABLES[table].column_names()]
    minutes = rows.select(*named, minute=minute_of("ts")).unique().collect()
    return markets(case).judge(minutes).select("bot", "pair", "minute")
