"""Drifts of the other assets of an account: each is a `balance_drift` of that asset, which stands in `pair`.

An asset that grows or shrinks without a fill, a fee or a transfer (a reward, a conversion of dust, a deposit that no export
lists) is a drift of that asset and of no other.
"""

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case
from deskgate.case.expressions import notional
from deskgate.case.tolerances import MONEY
from deskgate.prices.assets import asset_price
from deskgate.reconciliation.accounts.causes import explained
from deskgate.reconciliation.accounts.changes import difference_changes, reopened
from deskgate.reconciliation.accounts.drift_breaks import drift_breaks
from deskgate.reconciliation.accounts.tokens import rolled_tokens

__all__ = ["token_drifts"]


def token_drifts(case: Case, effects: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the drifts of other assets.

    Parameters
    ----------
    effects
        What listed breaks would change: `suspects`.

    Returns
    -------
    tuple
        Breaks; and what other breaks explain of them, as `explained` has it.
    """
    rows = rolled_tokens(case).rename({"token": "pair"})
    changes = difference_changes(rows, tolerances.asset(pl.col("fills"), pl.col("total")), ["bot", "folder", "pair"])
    fees = effects.filter(pl.col("fee_token").is_not_null())
    fees = fees.with_columns(effect="fee", plain="pair", pair="fee_token")
    by_fees = explained(changes, fees, ["bot", "pair"])
    changes = reopened(case, changes, by_fees, lambda found: _drifts(case, found))
    found = changes.join(by_fees, on="change_id", how="anti", maintain_order="left").filter("differs")
    return _drifts(case, found), by_fees


def _drifts(case: Case, found: pl.DataFrame) -> pl.DataFrame:
    prices = [asset_price(case, bot, token, at) for bot, token, at in found.select("bot", "pair", "ts").iter_rows()]
    return drift_breaks(
        found.with_columns(pl.Series("price", prices, dtype=MONEY)),
        "balance_drift",
        observed="total",
        value=notional(pl.col("residual").abs(), pl.col("price")),
        restored=pl.format("{} is back at what it should be, after another balance had been accepted", "pair"),
        differs=pl.format("{} against its start, fills, fees and transfers", "pair"),
    )
