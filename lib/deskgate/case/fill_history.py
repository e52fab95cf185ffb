"""The fills that are finished at a cut: all legs have them alike, so that no check need compare them again.

They are agreed fills, and carried as they were matched; of their rows only what markets are known by. The rows are read
again only where something has come since that could make one of them a break.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

__all__ = ["NAMED", "PLACED", "CarriedBooks", "FillHistory", "MeasuredHistory", "RanHistory", "WorthHistory"]

# What says which market a row is of; `ordered` is whether it can say so of other rows, by its order.
NAMED = ("bot", "leg", "market", "symbol", "pair", "contract_size", "ordered")
# Where a fill of a judged market was read, and what it says of a hedged position.
PLACED = ("bot", "leg", "pair", "path", "position")


@dataclass(frozen=True)
class CarriedBooks:
    """The cost books of all bots at several cuts, the last one the history's.

    `made_of` is a digest of what they were made of beside finished fills. `held` and `sums` are those of `books.Books` at each
    `cut`; `lots` are those at the last one, by each method that the desk needs: accounting, bot, key, position, cost. `files`
    has one file for each cut, with the fills up to it since the one before.
    """

    made_of: str
    held: pl.DataFrame
    sums: pl.DataFrame
    lots: pl.DataFrame
    files: tuple[Path, ...] = ()

    @property
    def cuts(self) -> list[datetime]:
        """The cuts, ascending."""
        return self.sums["cut"].unique().sort().to_list()


@dataclass(frozen=True)
class RanHistory:
    """In which minutes bots ran, up to about a history's cut.

    `runs` are those minutes without a gap between them: bot, pair, first, last. `life_left` are the minutes of before in which
    orders that are not over showed life: bot, pair, minute, sorted.
    """

    runs: pl.DataFrame
    life_left: pl.DataFrame


@dataclass(frozen=True)
class MeasuredHistory:
    """What was measured of orders that are over at a history's cut, and what is left of all others before it.

    `made_of` is a digest of what they were measured by beside their own rows. `orders` and `priced` are queries over the rows
    of the measures' `own_orders` (without `stage`) and `priced`. `rows` are the bots' own states of the other orders, as they
    are stored, `fills` the finished fills of those, as matched. `ran` are the minutes in which bots ran; None where they are not
    carried. `files` is where the queries read: for each cut one file of orders and one of priced fills.
    """

    made_of: str
    orders: pl.LazyFrame
    priced: pl.LazyFrame
    rows: pl.DataFrame
    fills: pl.DataFrame
    ran: RanHistory | None = None
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class WorthHistory:
    """What readings of the book's worth from before a history's cut say of later ones.

    `made_of` is a digest of what they were made of beside finished fills and quotes. `peak` is the most that the book had earned
    since its readings began, of what lasted (quote, 0 or more), and `tail` its last readings before the cut: ts, pnl. `bots` has a
    row for each bot whose readings begin before the cut: bot, base (its PnL at its first reading, in quote), readings (how many
    it has before the cut), short (the last of them with less equity than `funded` asks for).
    """

    made_of: str
    peak: float
    tail: pl.DataFrame
    bots: pl.DataFrame


@dataclass(frozen=True)
class FillHistory:
    """The fills before `cut` that are finished, and the stored rows of all others.

    `finished` is a query over them: matched fills, with `client_id` and `has_created`, what the venue's list of orders says
    of their orders, and the `digest` of their ids. `unfinished` has every committed version of the other rows before the cut.
    `named` and `placed` are what the rows of finished ones are called and where they lie, each combination once;
    `costs` a query over bot, symbol, price, quantity and cost of those trades whose value says how large a contract is.
    `alike` says of each bot and pair of order ids whether two legs wrote one alike, and whether they wrote one apart.
    `moves` is what finished ones moved, added up between the instants `edges` (bot, edge), and `parts` are the digests of
    the files of `finished`, in the order in which they were added. `quotes` are the files whose quotes of before the cut are as they were, see
    `carried_quotes.files_of_quotes`; None where one has come since. `books` are the cost books at the cut, where there are any, `measured` is what was
    measured of its orders, and `worth` what was read of the book's worth.
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
    moves: pl.DataFrame
    edges: pl.DataFrame
    legs: dict[str, list[str]]
    markets: str
    files: tuple[Path, ...] = ()
    parts: tuple[str, ...] = ()
    quotes: pl.DataFrame | None = None
    books: CarriedBooks | None = None
    measured: MeasuredHistory | None = None
    worth: WorthHistory | None = None

    def later(self, parts: int) -> pl.LazyFrame | None:
        """Return the finished fills that are not in the first `parts`; None where there is no other part."""
        files = list(self.files[parts : len(self.parts)])
        return pl.scan_parquet(files, glob=False) if files else None

    @property
    def pairs(self) -> pl.DataFrame:
        """The markets with finished fills: bot, pair."""
        return self.placed.select("bot", "pair").unique()
