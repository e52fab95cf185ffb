"""Reject rate: how many of the orders that a bot made failed, at all and by the stage at which they were refused."""

from functools import partial

import polars as pl

from deskgate.case.case import Case
from deskgate.measures.measure import Measure
from deskgate.measures.orders import order_rows, own_orders, unknown_orders
from deskgate.measures.rejections import STAGES

__all__ = ["REJECT_RATE", "REJECT_RATE_BY_STAGE", "unseen_rejects"]


def unseen_rejects(case: Case, bot: str) -> str | None:
    """Return why an order of a bot that failed may be in none of its records, or None where it would be.

    Hummingbot's database records an order once the venue has taken it, and drops the failure of one that it does not
    know (20260922, connector/markets_recorder.py); its stream has all failures.
    """
    if "events" in case.legs.get(bot, set()):
        return None
    return (
        f"{bot} has no event stream, and an order that its venue refuses is in no other record; collect its events,"
        " see docs/events.md"
    )


def _unknown(case: Case, bot: str) -> str | None:
    return unseen_rejects(case, bot) or unknown_orders(case, bot)


def _rows(case: Case, stage: str | None = None) -> pl.DataFrame:
    orders = own_orders(case)
    blind = [bot.name for bot in case.desk.judged if unseen_rejects(case, bot.name)]
    counted = pl.col("is_failed") if stage is None else (pl.col("stage") == stage).fill_null(value=False)
    is_seen = pl.col("is_known") & ~pl.col("bot").is_in(blind)
    return order_rows(orders, pl.when(is_seen).then(counted.cast(pl.Int64)), pl.lit(1))


REJECT_RATE = Measure(
    name="reject_rate",
    leg="events",
    unit="share",
    scale=1.0,
    doc=(
        "Orders that failed over all orders made in the soak, those included that Hummingbot's own checks refused. Source:"
        " the states of orders in the bot's stream (OrderFailure) and database; unknown for an order of which only fills"
        " are recorded, and for a bot without a stream."
    ),
    rows=_rows,
    title="Reject rate",
    is_share=True,
    missing=_unknown,
)

REJECT_RATE_BY_STAGE = tuple(
    Measure(
        name=f"reject_rate_{stage}",
        unit="share",
        scale=1.0,
        doc=(
            f"Orders that failed with the stage {stage} over all orders made in the soak. Source: as reject_rate, and the"
            " error_type of OrderFailure."
        ),
        rows=partial(_rows, stage=stage),
        title=f"Reject rate {stage.replace('_', ' ')}",
        is_share=True,
        missing=_unknown,
    )
    for stage in STAGES
)
