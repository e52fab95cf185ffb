"""What a fill's fee does: in base on spot it changes the position, in quote the cash, in any other token neither.

One rule for the roll-forward of positions and for every profit: whichever token it is paid in, a fee is a cost.
"""

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.expressions import notional
from deskgate.case.markets import fill_places
from deskgate.case.tolerances import MONEY
from deskgate.reconciliation.agreed import signed
from deskgate.sources.market_names import is_spot_market, money_names, pair_quote, plain_pair

__all__ = ["base_change", "fee_in_quote", "moved_value"]


def base_change(case: Case) -> pl.Expr:
    """Return what a fill changes the position by: the quantity with its sign, less a fee in the base of a spot market."""
    return signed() - pl.when(_is_token(_bases(case))).then(pl.col("fee_amount").fill_null(0)).otherwise(
        pl.lit(0, MONEY)
    )


def fee_in_quote(case: Case) -> pl.Expr:
    """Return a fill's fee in the quote of its pair, positive when paid; null where it is unknown or no leg converts it."""
    by_token = (
        pl.when((pl.col("fee_amount") == 0) | _is_token(_quotes(case)))
        .then("fee_amount")
        .when(_is_token(_bases(case)))
        .then(notional(pl.col("price"), pl.col("fee_amount")))
    )
    return pl.coalesce(by_token, "fee_quote")


def moved_value(case: Case) -> pl.Expr:
    """Return what a fill moved in value, positive when bought; null where no amount holds price times quantity.

    A fee in base is paid out of what was bought, at the fill's price: it is in `fee_in_quote`, and so not in the value.
    """
    worth = notional(pl.col("price"), pl.col("quantity"))
    of_base = pl.when(base_change(case) != signed()).then(fee_in_quote(case)).otherwise(0)
    return pl.when(pl.col("side") == "BUY").then(worth).otherwise(-worth) - of_base


@per_case
def _bases(case: Case) -> dict[str, str]:
    """Return the base of each spot market, by bot and pair."""
    return {
        key: names.get(base, base)
        for key, spot, names, base in (
            (f"{bot} {pair}", is_spot_market(case.desk.bots[bot], pair), names, plain_pair(pair).rpartition("-")[0])
            for bot, pair, names in _markets(case)
        )
        if spot
    }


@per_case
def _quotes(case: Case) -> dict[str, str]:
    """Return the quote of each market, by bot and pair."""
    return {f"{bot} {pair}": names.get(pair_quote(pair), pair_quote(pair)) for bot, pair, names in _markets(case)}


def _markets(case: Case) -> list[tuple[str, str, dict[str, str]]]:
    names = {bot.name: money_names(case.desk, bot) for bot in case.desk.judged}
    traded = fill_places(case).select("bot", "pair").unique().sort("bot", "pair")
    return [(bot, pair, names[bot]) for bot, pair in traded.iter_rows() if bot in names]


def _is_token(tokens: dict[str, str]) -> pl.Expr:
    """Return whether a fee is in the token that its market has here."""
    known = pl.format("{} {}", "bot", "pair").replace_strict(
        list(tokens), list(tokens.values()), default=None, return_dtype=pl.String
    )
    return (pl.col("fee_token") == known).fill_null(value=False)
