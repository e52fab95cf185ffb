"""What the accounts of the book hold beside the desk's quote and what their bots trade there: collateral, fee tokens, debts."""

from dataclasses import dataclass

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import money_of
from deskgate.case.metric_spec import WITH_ACCOUNT
from deskgate.case.venue_rows import venue_rows, without_rows
from deskgate.config.bot import Bot
from deskgate.portfolio.assets import asset_of
from deskgate.portfolio.book import book
from deskgate.prices.assets import asset_price
from deskgate.reconciliation.accounts.shared import account_name, members, once
from deskgate.reconciliation.accounts.spot import spot_bases, spot_positions
from deskgate.sources.market_names import is_spot_market

__all__ = ["OtherAsset", "other_assets"]


@dataclass(frozen=True)
class OtherAsset:
    """One asset of one account at its last snapshot: `value` in the desk's quote, negative where it is owed."""

    bot: str
    token: str
    amount: float
    value: float


@per_case
def other_assets(case: Case) -> list[OtherAsset] | str:
    """Return the other assets of the book, or which of them nothing values."""
    with_account = WITH_ACCOUNT.subjects(case.desk)
    found, unknown = [], []
    # An account that several bots share counts once.
    for account in dict.fromkeys(account_name(case, bot.name) for bot in book(case.desk)):
        bot = case.desk.bots[account]
        rows = _balances(case, bot.name)
        if rows is None:
            if bot.name in with_account:
                return (
                    f"no balances of the account of {bot.name} are on record, so what else it holds or owes is unknown"
                )
            continue
        for token, amount in _beside(case, bot, rows).iter_rows():
            price = asset_price(case, bot.name, token, case.end)
            if price is None:
                unknown.append(f"the account of {bot.name} holds {amount.normalize():f} {token}")
            else:
                found.append(OtherAsset(bot.name, token, float(amount), float(amount) * float(price)))
    if not unknown:
        return found
    return f"{'; '.join(unknown)}, and no bot observes its price in {case.desk.quote}; add it to [risk.prices] in desk.toml"


def _balances(case: Case, account: str) -> pl.DataFrame | None:
    """Return the last balances of an account, none where its last export lists nothing; None where there is no export.

    How old they may be the reconciliation judges.
    """
    listed = venue_rows(case, money_of(case, case.frames["balances"], "token"))
    known = pl.concat([listed, without_rows(case, "balances")], how="diagonal")
    rows = once(case, known, "path", "ts").filter((pl.col("bot") == account) & (pl.col("ts") <= case.closing))
    last = rows.filter(pl.col("ts") == pl.col("ts").max()).sort("path")
    if last.is_empty():
        return None
    return last.drop_nulls("token").unique("token", keep="last", maintain_order=True)


def _beside(case: Case, bot: Bot, balances: pl.DataFrame) -> pl.DataFrame:
    """Return token and amount of balances, without the quote and what the bot holds of its spot markets.

    What a spot account has of a base beside the position (it opened with it, or it was moved in) is held all the same.
    """
    together = [case.desk.bots[name] for name in members(case, bot.name)]
    bases = spot_bases(case).filter(pl.col("bot") == bot.name).select("pair", "token")
    held = spot_positions(case).filter(pl.col("bot") == bot.name).join(bases, on="pair")
    idle = balances.join(held.select("token", "ts", "path", "quantity"), on=["token", "ts", "path"], how="left")
    accounted = {asset_of(pair) for each in together for pair in each.pairs if is_spot_market(each, pair)} - {
        *bases["token"]
    }
    mine = (
        idle.with_columns(total=pl.col("total") - pl.col("quantity").fill_null(0))
        .filter(pl.col("total") != 0, ~pl.col("token").is_in([*accounted, case.desk.quote]))
        .sort("token")
    )
    return mine.select("token", "total")
