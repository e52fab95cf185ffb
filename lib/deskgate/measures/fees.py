"""What trading cost in fees, how much of it was passive, and how much was traded."""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.values import not_linear
from deskgate.measures.measure import RATIO_OF_AMOUNTS, ROWS, Measure
from deskgate.measures.minutes import soak_minutes
from deskgate.measures.traded import traded, traded_rows
from deskgate.reconciliation.agreed import unconfirmed

__all__ = ["FEES_BPS", "MAKER_SHARE", "TURNOVER"]

_HOUR_S = 3600


def _maker(case: Case) -> pl.DataFrame:
    is_maker = pl.when(pl.col("liquidity").is_in(["maker", "taker"])).then(pl.col("liquidity") == "maker")
    return traded_rows(traded(case), pl.when(is_maker).then("notional").when(is_maker.not_()).then(0))


def _fees(case: Case) -> pl.DataFrame:
    return traded_rows(traded(case), pl.when(pl.col("notional").is_not_null()).then("fee_quote"))


def _turnover(case: Case) -> pl.DataFrame:
    fills = traded_rows(traded(case), pl.col("notional"), pl.lit(0))
    # Of a bot whose fills are not agreed or not worth price times quantity, what it traded is unknown, and not nothing.
    unknown = [bot.name for bot in case.desk.judged if unconfirmed(case, bot.name) or not_linear(case, bot.name)]
    known = pl.when(~pl.col("bot").is_in(unknown)).then(0.0)
    nothing = [pl.lit(None, pl.String).alias(name) for name in ("side", "liquidity")]
    hours = pl.col("seconds") / _HOUR_S
    time = soak_minutes(case).select("bot", "pair", "ts", *nothing, id=pl.lit(""), num=known, den=hours)
    return pl.concat([fills, time.cast(pl.Schema(ROWS))]).sort("bot", "ts", "id", "pair", maintain_order=True)


MAKER_SHARE = Measure(
    name="maker_share",
    unit="share",
    scale=1.0,
    doc=(
        "Notional of fills as maker over all traded notional. Source: the agreed fills, and the leg that says maker or taker:"
        " the venue's trades (takerOrMaker), else the bot's; unknown where none does."
    ),
    rows=_maker,
    title="Maker share",
    amounts=RATIO_OF_AMOUNTS,
    is_share=True,
)

FEES_BPS = Measure(
    name="fees_bps",
    unit="bps",
    scale=1e4,
    doc=(
        "Fees over traded notional, both in quote; positive is cost, a rebate is negative. A fee in base counts at the fill's"
        " price, one in a third token as a leg converts it, and is unknown where none does."
    ),
    rows=_fees,
    title="Fees",
    amounts=RATIO_OF_AMOUNTS,
)

TURNOVER = Measure(
    name="turnover_per_hour",
    unit="quote per hour",
    scale=1.0,
    doc="Traded notional over the hours of the soak, of each declared or traded market. Source: the agreed fills.",
    rows=_turnover,
    title="Turnover",
    amounts=("num",),
)
