"""What every agreed fill realised: the one accounting that every PnL of the project is read from.

Average cost, or first in, first out where desk.toml says so (`[desk] accounting`), over the net position of each pair, in hedge
mode of each side, from the bot's start through all agreed fills.
Spot and linear contracts: a fee in the base of a spot market leaves the position, at the fill's price; any other fee is a
cost beside it. Before fees and funding, so that

    realised + unrealised - fees + funding = change of equity

to the last of 18 places by either method, unrealised being position x mid - cost.
"""

import polars as pl

from deskgate.accounting.books import books_since
from deskgate.accounting.moved_fills import unaccounted
from deskgate.case.case import Case, per_case

__all__ = ["profits", "unaccounted", "unknown_fees"]


@per_case
def profits(case: Case) -> pl.DataFrame:
    """Return what each agreed fill up to the day's end realised, by the desk's method; see `books_since` for what costs less.

    Returns
    -------
    polars.DataFrame
        One row per agreed fill, since its start, of each bot that can be accounted (`unaccounted` says why one cannot):
        bot, pair, trade_id, order_id, ts, side, held_side (long or short where the pair's sides are accounted one by one,
        else null), liquidity, price, quantity (base, unsigned), notional (price x quantity, in the pair's quote), position
        (base, signed, of the pair or its side after the fill), cost (of that position, quote, signed), realized (quote,
        before fees), fee_quote (positive when paid, a rebate negative; null where it is not known or no leg converts it)
        and fee_token; sorted by (bot, ts, trade_id).
    """
    return books_since(case, None).fills.collect().sort("bot", "ts", "trade_id", maintain_order=True)


def unknown_fees(case: Case, bot: str) -> str | None:
    """Return why the fees that a bot paid since its start are not known in quote, or None where all are."""
    sums = books_since(case, case.start).sums_after().filter(pl.col("bot") == bot, pl.col("unknown") > 0)
    if sums.is_empty():
        return None
    (unknown, tokens), *_ = sums.select("unknown", "tokens").iter_rows()
    if tokens:
        return f"{bot} paid fees in {', '.join(tokens)} that no leg converts into {case.desk.quote}, so its loss is unknown"
    return f"no leg says what fee {bot} paid for {unknown} of its fills, so its loss is unknown"
