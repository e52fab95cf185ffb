"""The fills that are finished at a cut: all legs have them alike, so that no check need compare them again.

They are agreed fills, and carried as they were matched; of their rows only what markets are known by. The rows are read
again only where something has come since that could make one of them a break.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

__all__ = ["NAMED", "PLACED", "FillHistory", "id_digest"]

# What says which market a row is of; `ordered` is whether it can say so of other rows, by its order.
NAMED = ("bot", "leg", "market", "symbol", "pair", "contract_size", "ordered")
# Where a fill of a judged market was read, and what it says of a hedged position.
PLACED = ("bot", "leg", "pair", "path", "position")
_SEED = 11


@dataclass(frozen=True)
class FillHistory:
    """The fills before `cut` that are finished, and the stored rows of all others.

    `finished` is a query over them: matched fills, with `client_id` and `has_created`, what the venue's list of orders says
    of their orders, and the `digest` of their ids. `unfinished` has every committed version of the other rows before the cut.
    `named` and `placed` are what the rows of finished ones are called and where they lie, each combination once;
    `costs` a query over bot, symbol, price, quantity and cost of those trades whose value says how large a contract is.
    `alike` says of each bot and pair of order ids whether two legs wrote one alike, and whether they wrote one apart.
    `legs` are the legs that the bots had, `markets` is the digest of what their markets were, and `files` is where the
    queries read.
    """

    cut: datetime
    finished: pl.LazyFrame
    unfinished: pl.DataFrame
    named: pl.DataFrame
    placed: pl.DataFrame
    costs: pl.LazyFrame
    alike: pl.DataFrame
    legs: dict[str, list[str]]
    markets: str
    files: tuple[Path, ...] = ()

    @property
    def pairs(self) -> pl.DataFrame:
        """The markets with finished fills: bot, pair."""
        return self.placed.select("bot", "pair").unique()


def id_digest(trade_id: str = "trade_id") -> pl.Expr:
    """Return a digest of a bot's fill by its id; of an id that is null there is none."""
    text = pl.concat_str("bot", pl.lit("\x1f"), pl.col(trade_id))
    return pl.when(pl.col(trade_id).is_not_null()).then(text.hash(_SEED))
