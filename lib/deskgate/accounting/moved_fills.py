"""What each agreed fill moved, of the bots that can be accounted: what a cost book is made of, by whatever method."""

import polars as pl

from deskgate.accounting.starts import starts, unknown_start
from deskgate.case.case import Case, per_case
from deskgate.case.expressions import notional
from deskgate.case.values import not_linear
from deskgate.reconciliation.accounts.hedged import by_side, plain
from deskgate.reconciliation.agreed import in_order, unconfirmed
from deskgate.reconciliation.agreed_moves import agreed_moves
from deskgate.reconciliation.fill_fees import base_change, fee_in_quote, moved_value

__all__ = ["KEY", "accounted", "moved_fills", "unaccounted", "with_values"]

# What names a position: the bot, and its pair or the side of it.
KEY = ["bot", "key"]


def moved_fills(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    """Return what fills moved, in the order in which they are booked: ties in time by trade id.

    Parameters
    ----------
    fills
        Rows of `agreed_fills`, in any order.

    Returns
    -------
    polars.DataFrame
        Those of bots that can be accounted, from each bot's start up to the day's end, with key (the pair or its side), base
        (what the position changed by), value (what that is worth at the fill's price), notional and fee_quote (both in quote);
        base and value are positive when bought. All Decimal(38, 18).
    """
    keyed = with_values(case, fills.filter(pl.col("bot").is_in(accounted(case)), pl.col("ts") < case.end))
    begun = starts(case).filter(pl.col("bot").is_in(accounted(case)))
    return (
        keyed.join(begun.select("bot", key="pair", opened="opened"), on=KEY, maintain_order="left")
        .filter(pl.col("ts") >= pl.col("opened"))
        .sort("bot", "ts", "trade_id", maintain_order=True)
    )


def with_values(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    """Return fills with what each moved: key, base, value, notional and fee_quote, as `moved_fills` has them; in their order."""
    moved = in_order(fills).with_columns(
        notional=notional(pl.col("price"), pl.col("quantity")),
        base=base_change(case),
        value=moved_value(case),
        fee_quote=fee_in_quote(case),
    )
    return by_side(case, moved).rename({"pair": "key"}).with_columns(pair=plain(pl.col("key")))


def unaccounted(case: Case, bot: str) -> str | None:
    """Return why what a bot realised is not known, or None where it is."""
    return _reasons(case)[bot]


def accounted(case: Case) -> list[str]:
    """Return the judged bots of which it is known what they realised, by name."""
    return [bot.name for bot in case.desk.judged if unaccounted(case, bot.name) is None]


@per_case
def _reasons(case: Case) -> dict[str, str | None]:
    names = [bot.name for bot in case.desk.judged]
    huge = set(agreed_moves(case).filter(pl.col("unvalued") > 0, pl.col("first_ts") < case.end)["bot"])
    return {
        name: unconfirmed(case, name)
        or not_linear(case, name)
        or unknown_start(case, name)
        or (f"price times quantity of a fill of {name} is larger than an amount can be" if name in huge else None)
        for name in names
    }
