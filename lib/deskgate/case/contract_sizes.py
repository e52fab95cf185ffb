"""How large a contract is, by what the records of an account say: in base, or in quote where it is settled in its base.

Some venues count contracts where Hummingbot counts coins. The size is what records name (`contractSize` of a trade or a
position), else what the venue's own value of its trades says: cost / (price x amount). Where neither does and the venue
may count contracts, the size is unknown, and so is every amount.
"""

from collections.abc import Iterable
from decimal import Decimal
from math import floor, log10

import polars as pl

from deskgate.config.bot import Bot
from deskgate.config.connectors import is_of_contracts
from deskgate.sources.markets import parse_symbol, venue_of

__all__ = ["contract_size", "depends_on_costs", "size_in_costs"]

# Of a market's trades so many must agree about the size of its contract: a wrong price or amount is a trade's own.
_AGREEING = 0.9
# A cost that is rounded by more than this share says nothing.
_COARSEST = 0.005
_DIGITS = 8
_FLOAT = 1e-9


def contract_size(bot: Bot, symbol: str, recorded: Iterable[Decimal], by_cost: Decimal | None) -> Decimal | str:
    """Return the size of one unit of a venue's amounts, or why it is not known.

    Parameters
    ----------
    recorded
        The sizes that trades and positions name.
    by_cost
        What the costs of its trades say, see `size_in_costs`.
    """
    if not _may_count_contracts(bot, symbol):
        return Decimal(1)
    sizes = sorted(set(recorded))
    usual = _usual(bot, symbol)
    found = [*sizes, *([usual] if usual is not None else [by_cost] if by_cost is not None else [])]
    if not found:
        return (
            f"its venue's amounts of {symbol} may count contracts, and no record says how large one is (contractSize of a"
            " position or trade, or a trade's cost); export positions and trades with these fields"
        )
    if any(each != found[0] for each in found[1:]):
        sources = ["the contractSize of its records"] * len(sizes) + [
            "its venue" if usual is not None else "the cost of its trades"
        ]
        said = " and ".join(f"{size.normalize():f} by {source}" for size, source in zip(found, sources, strict=False))
        return (
            f"its records contradict each other about the size of a contract of {symbol}, {said}; export trades and"
            " positions of this market anew"
        )
    return found[0]


def depends_on_costs(bot: Bot, symbol: str) -> bool:
    """Return whether the size of a contract is what the costs of its trades say, or is compared with it."""
    return _may_count_contracts(bot, symbol) and _usual(bot, symbol) is None


def _may_count_contracts(bot: Bot, symbol: str) -> bool:
    return not bot.is_paper and parse_symbol(symbol).is_contract


def _usual(bot: Bot, symbol: str) -> Decimal | None:
    """Return the size that all contracts of the bot's venue have, None where they differ or it is not known."""
    sizes = {venue_of(each).contract_size for each in bot.connectors if is_of_contracts(each)}
    parts = parse_symbol(symbol)
    return sizes.pop() if len(sizes) == 1 and not parts.is_inverse else None


def size_in_costs(trades: pl.DataFrame, *, inverse: bool) -> Decimal | None:
    """Return the size that the venue's own values of some trades say, None where they say none or disagree.

    Parameters
    ----------
    trades
        price, quantity and cost of the trades of one market, none null, none zero.
    inverse
        Whether its value is amount x size / price.
    """
    price, quantity, cost = (pl.col(name).cast(pl.Float64) for name in ("price", "quantity", "cost"))
    digits = pl.col("cost").cast(pl.String).str.strip_chars_end("0").str.split(".").list.last().str.len_chars()
    value = quantity / price if inverse else price * quantity
    bounds = trades.select(
        ratio=cost / value,
        # A venue rounds costs to so many decimals as any of them has, and a float has about sixteen digits.
        off=(0.5 * pl.lit(10.0).pow(-digits.max().cast(pl.Float64)) + cost * _FLOAT) / value,
    ).with_columns(share=pl.col("off") / pl.col("ratio"))
    usable = bounds.filter(pl.col("share") <= _COARSEST).sort("share", "ratio", "off")
    if usable.is_empty():
        return None
    ratio, off, _ = usable.row(0)
    size = _shortest(ratio, off)
    agreeing = bounds.filter((pl.col("ratio") - float(size)).abs() <= pl.col("off") + float(size) * _FLOAT)
    return size if agreeing.height >= _AGREEING * bounds.height else None


def _shortest(ratio: float, off: float) -> Decimal:
    """Return the decimal of fewest digits within `off` of `ratio`: contracts have round sizes."""
    for digits in range(_DIGITS):
        found = round(ratio, digits - floor(log10(ratio)))
        if abs(found - ratio) <= off:
            return Decimal(repr(found)).normalize()
    return Decimal(repr(ratio))
