"""What every agreed fill realised: the one accounting that every PnL of the project is read from.

Average cost over the net position of each pair, in hedge mode of each side, from the bot's start through all agreed fills.
Spot and linear contracts: a fee in the base of a spot market leaves the position, at the fill's price; any other fee is a
cost beside it. Before fees and funding, so that

    realised + unrealised - fees + funding = change of equity

to the last of 18 places, unrealised being position x mid - cost.
"""

import polars as pl

from deskgate.accounting.cost_book import Method, average_cost, book_fills
from deskgate.accounting.starts import starts, unknown_start
from deskgate.case.case import Case, per_case
from deskgate.case.expressions import notional
from deskgate.case.values import not_linear
from deskgate.reconciliation.accounts.hedged import by_side, plain
from deskgate.reconciliation.agreed import agreed_fills, signed, unconfirmed
from deskgate.reconciliation.fill_fees import base_change, fee_in_quote

__all__ = ["profits", "profits_by", "unaccounted", "unknown_fees"]

_TRADED = (
    "bot",
    "pair",
    "trade_id",
    "order_id",
    "ts",
    "side",
    "held_side",
    "liquidity",
    "price",
    "quantity",
    "notional",
)


@per_case
def profits(case: Case) -> pl.DataFrame:
    """Return what each agreed fill up to the day's end realised, by average cost.

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
    return profits_by(case, average_cost)


def profits_by(case: Case, method: Method) -> pl.DataFrame:
    """Return `profits` by another method: `first_in_first_out`."""
    bots = [bot.name for bot in case.desk.judged if unaccounted(case, bot.name) is None]
    held = starts(case).filter(pl.col("bot").is_in(bots))
    valued = _valued(case, bots)
    fills = (
        valued.join(held.select("bot", key="pair", opened="opened"), on=["bot", "key"], maintain_order="left")
        .filter(pl.col("ts") >= pl.col("opened"))
        .sort("bot", "ts", "trade_id", maintain_order=True)
    )
    booked, _ = book_fills(fills, held.rename({"pair": "key"}), by=["bot", "key"], method=method)
    side = pl.when(pl.col("key") != pl.col("pair")).then("held_side")
    return booked.with_columns(held_side=side).select(
        *_TRADED, "position", "cost", "realized", "fee_quote", "fee_token"
    )


@per_case
def _reasons(case: Case) -> dict[str, str | None]:
    names = [bot.name for bot in case.desk.judged]
    huge = set(_valued(case, names).filter(pl.col("value").is_null())["bot"])
    return {
        name: unconfirmed(case, name)
        or not_linear(case, name)
        or unknown_start(case, name)
        or (f"price times quantity of a fill of {name} is larger than an amount can be" if name in huge else None)
        for name in names
    }


def unaccounted(case: Case, bot: str) -> str | None:
    """Return why what a bot realised is not known, or None where it is."""
    return _reasons(case)[bot]


def unknown_fees(case: Case, bot: str) -> str | None:
    """Return why the fees that a bot paid since its start are not known in quote, or None where all are."""
    unknown = profits(case).filter(pl.col("bot") == bot, pl.col("fee_quote").is_null())
    if unknown.is_empty():
        return None
    tokens = ", ".join(unknown["fee_token"].drop_nulls().unique().sort())
    if tokens:
        return f"{bot} paid fees in {tokens} that no leg converts into {case.desk.quote}, so its loss is unknown"
    return f"no leg says what fee {bot} paid for {unknown.height} of its fills, so its loss is unknown"


def _valued(case: Case, bots: list[str]) -> pl.DataFrame:
    """Return the agreed fills up to the day's end with key (the pair or its side), base and value, as a cost book takes them.

    A fee in base is paid out of what was bought, at the fill's price: it is in `fee_quote`, and so not in the value.
    """
    fills = agreed_fills(case).filter(pl.col("bot").is_in(bots), pl.col("ts") < case.end)
    moved = fills.with_columns(
        notional=notional(pl.col("price"), pl.col("quantity")), base=base_change(case), fee_quote=fee_in_quote(case)
    )
    of_base = pl.when(pl.col("base") != signed()).then("fee_quote").otherwise(0)
    keyed = by_side(case, moved.with_columns(value=signed("notional") - of_base)).rename({"pair": "key"})
    return keyed.with_columns(pair=plain(pl.col("key")))
