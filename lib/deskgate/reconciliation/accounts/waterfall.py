"""From what an account opened with to what it closed with, step by step: the explanation of a difference, or its absence."""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.tolerances import MONEY
from deskgate.reconciliation.accounts.balances import rolled_balances
from deskgate.reconciliation.accounts.hedged import by_side
from deskgate.reconciliation.accounts.positions import rolled_positions
from deskgate.reconciliation.accounts.shared import account_funding, as_account
from deskgate.reconciliation.agreed_moves import agreed_moves

__all__ = ["balance_waterfall", "position_waterfall"]


def position_waterfall(case: Case) -> pl.DataFrame:
    """Return how the position of each pair came to be until the day's last snapshot: bot, pair, step, amount (base).

    Steps are opened, bought and sold (less a fee in base), unexplained and closed; the first four add up to the last.
    """
    last = _last(case, rolled_positions(case).filter(pl.col("quantity").is_not_null()), ["bot", "pair"])
    fills = as_account(case, by_side(case, agreed_moves(case))).join(
        last.select("bot", "pair", "opened", until="ts"), on=["bot", "pair"]
    )
    traded = (
        fills.filter(pl.col("ts") < pl.col("until"), pl.col("ts") >= pl.col("opened"))
        .group_by("bot", "pair")
        .agg(pl.col("bought", "sold").sum())
    )
    rows = last.join(traded, on=["bot", "pair"], how="left").with_columns(
        pl.col("bought").fill_null(0), pl.col("sold").fill_null(0)
    )
    return rows.select(
        "bot",
        "pair",
        opened=pl.col("expected") - pl.col("bought") - pl.col("sold"),
        bought="bought",
        sold="sold",
        unexplained=pl.col("quantity") - pl.col("expected"),
        closed="quantity",
    ).unpivot(index=["bot", "pair"], variable_name="step", value_name="amount")


def balance_waterfall(case: Case) -> pl.DataFrame:
    """Return how each balance came to be until the day's last snapshot: bot, step, amount (quote).

    Steps are opened, trading (realised and unrealised, before fees), fees, funding, transfers, unexplained and closed;
    the first six add up to the last.
    """
    last = _last(case, rolled_balances(case, rolled_positions(case)), ["bot"])
    until = last.select("bot", "since", until="snapshot_ts")
    since = (pl.col("ts") < pl.col("until")) & (pl.col("ts") >= pl.col("since"))
    paid = (
        as_account(case, agreed_moves(case))
        .join(until, on="bot")
        .filter(since)
        .group_by("bot")
        .agg(fees=-pl.col("fees").sum())
    )
    funded = (
        account_funding(case).join(until, on="bot").filter(since).group_by("bot").agg(funding=pl.col("amount").sum())
    )
    zero = pl.lit(0, MONEY)
    rows = (
        last.join(paid, on="bot", how="left")
        .join(funded, on="bot", how="left")
        .with_columns(pl.col("fees").fill_null(zero), pl.col("funding").fill_null(zero))
    )
    return rows.select(
        "bot",
        opened="start",
        trading=pl.col("value") - pl.col("fees") - pl.col("funding") - pl.col("moved"),
        fees="fees",
        funding="funding",
        transfers="moved",
        unexplained="residual",
        closed="total",
    ).unpivot(index="bot", variable_name="step", value_name="amount")


def _last(case: Case, rows: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Return the last snapshot of the day of each account that can be rolled forward to; one of 24:00 is the day's."""
    of_day = rows.filter(pl.col("ts") > case.start, pl.col("ts") <= case.closing)
    return of_day.sort(*by, "ts").unique(by, keep="last", maintain_order=True)
