"""What the accounts of the book hold beside the desk's quote and what their bots trade there: collateral, fee tokens, debts."""

from dataclasses import dataclass

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.legs import unreadable_exports
from deskgate.case.markets import money_of
from deskgate.config.bot import Bot
from deskgate.portfolio.assets import asset_of
from deskgate.portfolio.book import book
from deskgate.prices.marks import mids_at
from deskgate.sources.market_names import is_spot_market

__all__ = ["OtherAsset", "other_assets"]


@dataclass(frozen=True)
class OtherAsset:
    """One asset of one account at its last snapshot of the day: `value` in the desk's quote, negative where it is owed."""

    bot: str
    token: str
    amount: float
    value: float


@per_case
def other_assets(case: Case) -> list[OtherAsset] | str:
    """Return the other assets of the book, or which of them nothing values."""
    found, unknown = [], []
    for bot in book(case.desk):
        for token, amount in _held(case, bot).iter_rows():
            price = _price(case, bot, token)
            if price is None:
                unknown.append(f"the account of {bot.name} holds {amount.normalize():f} {token}")
            else:
                found.append(OtherAsset(bot.name, token, float(amount), float(amount) * price))
    if not unknown:
        return found
    return f"{'; '.join(unknown)}, and no bot observes its price in {case.desk.quote}; add it to [risk.prices] in desk.toml"


def _held(case: Case, bot: Bot) -> pl.DataFrame:
    """Return token and amount of an account's last balances of the day, without the quote and what its spot markets trade."""
    rows = (
        money_of(case, case.frames["balances"], "token")
        .filter((pl.col("bot") == bot.name) & (pl.col("leg") == "exchange"))
        .filter(pl.col("ts") > case.start, pl.col("ts") <= case.end)
        .join(unreadable_exports(case.sources), on=["bot", "path"], how="anti")
    )
    accounted = {asset_of(pair) for pair in bot.pairs if is_spot_market(bot, pair)} | {case.desk.quote}
    last = (
        rows.filter(pl.col("ts") == pl.col("ts").max()).sort("path").unique("token", keep="last", maintain_order=True)
    )
    mine = last.filter(pl.col("total") != 0, ~pl.col("token").is_in(list(accounted)))
    return mine.sort("token").select("token", "total")


def _price(case: Case, bot: Bot, token: str) -> float | None:
    at = pl.Series([case.end], dtype=pl.Datetime("us", "UTC"))
    mid = mids_at(case, bot.name, f"{token}-{case.desk.quote}", at)["mid"][0]
    stated = case.desk.risk.prices.get(token)
    return float(mid) if mid is not None else None if stated is None else float(stated)
