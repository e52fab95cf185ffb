"""Payments that the venue's balance confirms: a second voice where no record of the bot's has them.

A funding history and a balance are two answers of one venue, yet a history that lacks a payment, has one too many or has
the wrong sign does not close the balance. The balance is one voice only: without a history nothing says what moved it.
"""

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import unvalued
from deskgate.case.tolerances import equity
from deskgate.reconciliation.accounts.balances import mixed_account, rolled_balances
from deskgate.reconciliation.accounts.positions import rolled_positions

__all__ = ["confirmed_by_balance"]


def confirmed_by_balance(case: Case, bot: str, payments: pl.DataFrame) -> bool:
    """Return whether the roll-forward of a bot's balance closes over each of these payments.

    Parameters
    ----------
    payments
        ts, and amount in quote.

    Notes
    -----
    A payment is confirmed by the first balance after it, if that one differs by less than its tolerance, the roll-forward
    starts before the payment, and all payments that this balance is the first to have come to more than the tolerance:
    one without them would not close.
    """
    of = case.desk.bots[bot]
    if bot in case.shared_accounts or unvalued(case, of) or mixed_account(case, bot):
        return False
    after = _rolled(case).filter(pl.col("bot") == bot).sort("snapshot_ts", "ts")
    seen = (
        payments.select("ts", "amount")
        .sort("ts")
        .join_asof(
            after.select("since", "closes", "bound", "snapshot_ts", at="snapshot_ts"),
            left_on="ts",
            right_on="at",
            strategy="forward",
            allow_exact_matches=False,
        )
        .with_columns(total=pl.col("amount").sum().over("snapshot_ts"))
    )
    closes = pl.col("closes") & (pl.col("since") <= pl.col("ts")) & (pl.col("total").abs() >= pl.col("bound"))
    return bool(seen.select(closes.fill_null(value=False).all()).item())


@per_case
def _rolled(case: Case) -> pl.DataFrame:
    bound = equity(pl.col("fills"))
    return (
        rolled_balances(case, rolled_positions(case))
        .filter(~pl.col("is_start"))
        .with_columns(bound=bound, closes=pl.col("residual").abs() < bound)
    )
