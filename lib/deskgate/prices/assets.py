"""What one unit of an asset is worth in the desk's quote: by what bots observe, else by what desk.toml states."""

from datetime import datetime
from decimal import Decimal

import polars as pl

from deskgate.case.case import Case
from deskgate.prices.marks import mids_at

__all__ = ["asset_price"]


def asset_price(case: Case, bot: str, token: str, at: datetime) -> Decimal | None:
    """Return the price of an asset for an account at an instant, in the desk's quote; None where nothing says it."""
    if token == case.desk.quote:
        return Decimal(1)
    instant = pl.Series([at], dtype=pl.Datetime("us", "UTC"))
    mid: Decimal | None = mids_at(case, bot, f"{token}-{case.desk.quote}", instant)["mid"][0]
    return case.desk.risk.prices.get(token) if mid is None else mid
