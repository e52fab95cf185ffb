"""Is the shadow a bot of its own, or the live bot's records once more?"""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.config.bot import Bot
from deskgate.parity.references import reference_of
from deskgate.reconciliation.agreed import every_agreed_fill, in_order

__all__ = ["shared_fills", "shared_share"]

_READ = ("bot", "pair", "ts", "trade_id", "order_id", "exchange_order_id", "side", "price", "quantity")
_SECOND = pl.col("ts").dt.truncate("1s")
# What two bots do not share. Ids are a venue's or a process's own; two bots of one strategy rarely fill the same side in
# one second at one price or for one size; three fills in a row that are alike are one sequence, whenever it happened.
_SAME: dict[str, list[pl.Expr]] = {
    "trade id": [pl.col("trade_id")],
    "order id": [pl.col("order_id")],
    "order id of the venue": [pl.col("exchange_order_id")],
    "second, side and price": [_SECOND, pl.col("side"), pl.col("price")],
    "second, side and quantity": [_SECOND, pl.col("side"), pl.col("quantity")],
    "side, price and quantity of three fills in a row": [
        pl.col(name).shift(back) for name in ("side", "price", "quantity") for back in (0, 1, 2)
    ],
}


def shared_fills(case: Case, live: str, shadow: str) -> tuple[float, int, str]:
    """Return which share of the shadow's agreed fills are the live bot's too, of how many, and in what they are alike.

    The share is the largest over what two bots do not share; 0 where the shadow has no fill.
    """
    rows = every_agreed_fill(case).filter(pl.col("bot").is_in([live, shadow])).select(_READ)
    fills = in_order(rows).collect()
    mine, theirs = (fills.filter(pl.col("bot") == name) for name in (live, shadow))
    if theirs.is_empty():
        return 0.0, 0, ""
    counts = {what: _alike(mine, theirs, key) for what, key in _SAME.items()}
    what = max(counts, key=lambda name: counts[name])
    return counts[what] / theirs.height, theirs.height, what


def shared_share(case: Case, bot: Bot, shadow: str) -> Metric:
    """Return which share of the shadow's fills are the live bot's too; no value where the shadow is not judged."""
    name, reference = "shared_fills_share", reference_of(case, bot)
    if isinstance(reference, str):
        return Metric(bot.name, name, None, 0, reference)
    share, fills, what = shared_fills(case, bot.name, shadow)
    if not fills:
        return Metric(bot.name, name, None, 0, f"the shadow {shadow} has no agreed fill")
    alike = f"{share:.1%} of the {fills} fills of {shadow} are {bot.name}'s as well, by {what}"
    return Metric(bot.name, name, share, fills, alike if share else None)


def _alike(mine: pl.DataFrame, theirs: pl.DataFrame, key: list[pl.Expr]) -> int:
    named = [part.alias(f"key{n}") for n, part in enumerate(key)]
    known = [frame.select(named).drop_nulls() for frame in (mine, theirs)]
    return known[1].join(known[0], on=known[0].columns, how="semi").height
