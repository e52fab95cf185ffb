"""Amounts of two quotes have no sum: a bot that traded BTC-USDT and ETH-BTC has no measure that adds up notional.

Nothing is converted: a rate is a price too, and may be missing, old or wrong when it is needed.
"""

from collections.abc import Sequence

import polars as pl

from deskgate.case.case import Case
from deskgate.sources.market_names import money_names, pair_quote

__all__ = ["several_quotes"]


def several_quotes(case: Case, rows: pl.DataFrame, amounts: Sequence[str]) -> dict[str, str]:
    """Return why the rows of a bot have no sum, by bot; nothing for those whose amounts are all of one quote.

    Parameters
    ----------
    rows
        bot, pair and the amounts. A row without a pair, or of nothing but zeros, is of any quote.
    amounts
        The columns that are amounts in the quote of their pair.
    """
    is_amount = pl.any_horizontal([pl.col(name).fill_null(0) != 0 for name in amounts])
    traded = rows.filter(is_amount, pl.col("pair").is_not_null()).select("bot", "pair").unique().sort("bot", "pair")
    pairs: dict[str, dict[str, str]] = {}
    for bot, pair in traded.iter_rows():
        names, quote = money_names(case.desk, case.desk.bots[bot]), pair_quote(pair)
        pairs.setdefault(bot, {}).setdefault(names.get(quote, quote), pair)
    return {bot: _why(bot, by_quote) for bot, by_quote in pairs.items() if len(by_quote) > 1}


def _why(bot: str, by_quote: dict[str, str]) -> str:
    traded = " and ".join(f"{pair} (in {quote})" for quote, pair in by_quote.items())
    return (
        f"{bot} traded {traded}: amounts of different quotes have no sum, and none is converted. Give the pairs of each quote a bot"
        " of their own in desk.toml to measure them"
    )
