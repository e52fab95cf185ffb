"""What was moved into and out of each bot's account since its opening, in every asset."""

from datetime import timedelta

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import money_of
from deskgate.case.values import openings

__all__ = ["account_transfers", "token_transfers"]

# Within what time a deposit is passed on to the account that trades.
_PASSED_ON = timedelta(days=1)


@per_case
def account_transfers(case: Case) -> pl.DataFrame:
    """Return what was moved into each bot's account (negative: out of it) since its opening: bot, ts, amount (quote), by ts."""
    return token_transfers(case).filter(pl.col("token") == case.desk.quote).select("bot", "ts", "amount")


@per_case
def token_transfers(case: Case) -> pl.DataFrame:
    """Return what was moved into each bot's account since its opening: bot, token, ts, amount (of the token), path; by ts."""
    # A disabled bot may list the export too; it takes no part in the account.
    judged = pl.col("bot").is_in([bot.name for bot in case.desk.judged])
    transfers = money_of(case, case.frames["transfers"], "token").filter(pl.col("leg") == "exchange", judged)
    return (
        _of_the_account(transfers)
        .join(openings(case), on="bot", how="left")
        .filter(pl.col("opened").is_null() | (pl.col("ts") >= pl.col("opened")))
        # What was moved in for several bots together counts for the first of them.
        .filter(pl.col("bot") == pl.col("bot").min().over("path"))
        .sort("ts", "row_id")
        .select("bot", "token", "ts", "amount", "path")
    )


def _of_the_account(transfers: pl.DataFrame) -> pl.DataFrame:
    """Leave out what another account of the same person received or paid out on chain.

    Where it is not known on which account the venue books a deposit, a transfer into the bot's account within a day
    after it says that it was another one; so does a transfer out within a day before a withdrawal.
    """
    chain, between = (
        transfers.filter(pl.col("account_unknown").fill_null(value=False) == flag) for flag in (True, False)
    )
    inward = pl.col("amount") > 0
    later = pl.col("ts_between") - pl.col("ts")
    near = chain.join(between, on=["bot", "token"], suffix="_between").filter(
        inward == (pl.col("amount_between") > 0),
        pl.when(inward).then(later).otherwise(-later).is_between(timedelta(0), _PASSED_ON),
    )
    return transfers.join(near.select("bot", "row_id").unique(), on=["bot", "row_id"], how="anti")
