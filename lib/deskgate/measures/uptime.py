"""How long a bot quoted both sides of a market, and how long its controller was in each state."""

from datetime import timedelta
from functools import partial

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.measures.controller_states import state_at
from deskgate.measures.measure import ROWS, Measure
from deskgate.measures.minutes import minute_of, soak_minutes
from deskgate.measures.orders import own_orders, unknown_orders
from deskgate.measures.state_words import STATES, UNKNOWN

__all__ = ["QUOTE_UPTIME", "STATE_SHARES"]

_MARKET = ["bot", "pair"]
_SIDES = {"bids": "BUY", "asks": "SELL"}


def _uptime(case: Case) -> pl.DataFrame:
    unknown = [bot.name for bot in case.desk.judged if unknown_orders(case, bot.name)]
    known = soak_minutes(case).join(_quoted(case), on=[*_MARKET, "minute"], how="left")
    both = pl.when(~pl.col("bot").is_in(unknown)).then(pl.col("both").fill_null(0.0))
    return _time_rows(known, both)


def _quoted(case: Case) -> pl.DataFrame:
    """Return in how many seconds of each minute a bid and an ask of the bot rested: bot, pair, minute, both."""
    resting = (
        own_orders(case)
        .filter("is_accepted", "is_known")
        .with_columns(until=pl.coalesce("ended", pl.lit(case.end, pl.Datetime("us", "UTC"))))
        .filter(pl.col("until") > pl.col("created"))
    )
    changes = [
        resting.select(
            *_MARKET, ts=at, **{name: (pl.col("side") == side).cast(pl.Int64) * step for name, side in _SIDES.items()}
        )
        for at, step in (("created", 1), ("until", -1))
    ]
    end = pl.lit(case.end, pl.Datetime("us", "UTC"))
    spans = (
        pl.concat(changes)
        .group_by(*_MARKET, "ts")
        .agg(pl.col(*_SIDES).sum())
        .sort(*_MARKET, "ts")
        .with_columns(
            pl.col(*_SIDES).cum_sum().over(_MARKET), until=pl.col("ts").shift(-1).over(_MARKET).fill_null(end)
        )
        .filter((pl.col("bids") > 0) & (pl.col("asks") > 0) & (pl.col("until") > pl.col("ts")))
    )
    minutes = pl.datetime_ranges(minute_of("ts"), "until", interval="1m", closed="left", time_unit="us")
    begin, until = (
        pl.max_horizontal("ts", "minute"),
        pl.min_horizontal("until", pl.col("minute") + timedelta(minutes=1)),
    )
    parts = spans.with_columns(minute=minutes).explode("minute")
    return parts.group_by(*_MARKET, "minute").agg(both=(until - begin).dt.total_microseconds().sum() / 1e6)


@per_case
def _minute_states(case: Case) -> pl.DataFrame:
    """Return the minutes of the soak with the state at the end of each; without a record it is unknown."""
    minutes = soak_minutes(case)
    over = minutes.select(*_MARKET, at=pl.col("minute") + timedelta(minutes=1) - timedelta(microseconds=1))
    return minutes.with_columns(state_at(case, over).fill_null(UNKNOWN))


def _in_state(case: Case, state: str) -> pl.DataFrame:
    return _time_rows(_minute_states(case), pl.when(pl.col("state") == state).then("seconds").otherwise(0.0))


def _time_rows(minutes: pl.DataFrame, num: pl.Expr) -> pl.DataFrame:
    nothing = [pl.lit(None, pl.String).alias(name) for name in ("side", "liquidity")]
    rows = minutes.select(*_MARKET, "ts", *nothing, id="pair", num=num, den="seconds")
    return rows.select(list(ROWS)).cast(pl.Schema(ROWS)).sort("bot", "ts", "id")


QUOTE_UPTIME = Measure(
    name="quote_uptime",
    unit="share",
    scale=1.0,
    doc=(
        "Time in which at least one bid and one ask of the bot rested in the market, over the time of the soak. Source: the"
        " bot's own orders made in the soak, from their creation to their end, by the bot's clock."
    ),
    rows=_uptime,
    title="Quote uptime",
)

STATE_SHARES = tuple(
    Measure(
        name=f"time_{state}",
        unit="share",
        scale=1.0,
        doc=(
            f"Time of the soak in the state {state}. Source: the controller's minute records, each for its minute and up to"
            " 5 more without a record; unknown where none names a state."
        ),
        rows=partial(_in_state, state=state),
        title=f"Time in {state}",
    )
    for state in STATES
)
