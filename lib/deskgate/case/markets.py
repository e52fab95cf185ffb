"""The rows of the legs in one language: the bot's judged markets, base amounts, the desk's names of money.

Done when a case reads its frames, never before: stored rows are as they were read. What cannot be compared, because a
market has two names that nobody has joined or its amounts an unknown unit, is left out of every comparison, and each
check that needed it says so (`incomparable`): such a bot has no value, and never a break for what was not understood.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.contract_sizes import contract_size, depends_on_costs, size_in_costs
from deskgate.case.fill_history import NAMED, PLACED
from deskgate.case.tolerances import MONEY
from deskgate.case.two_names import two_names
from deskgate.config.bot import Bot
from deskgate.schema import BOT_LEGS
from deskgate.sources.market_names import is_inverse, judged_pair, money_names, unconvertible

__all__ = [
    "Markets",
    "fill_names",
    "fill_places",
    "incomparable",
    "judged",
    "judged_fills",
    "judged_funding",
    "live_fills",
    "live_orders",
    "markets",
    "money_of",
    "names_of",
    "valued",
    "with_several_connectors",
]

# The desk's name of an asset, beside another one.
_DESK_NAME = "__desk_name"

_AMOUNTS = ("quantity", "filled_quantity", "long_quantity", "short_quantity")
_NAMED = ["bot", "leg", "market", "symbol", "pair"]
_REFUSED = {"bot": pl.String, "pair": pl.String, "reason": pl.String}


@dataclass(frozen=True)
class Markets:
    """What the markets of a case are.

    `sizes` is the size of one unit of the venue's amounts by bot and symbol, or why it is not known; `refused` has the
    markets that are not compared, with the reason (bot, pair, reason); `inverse` those settled in their base.
    """

    bots: Mapping[str, Bot]
    sizes: Mapping[tuple[str, str], Decimal | str]
    refused: pl.DataFrame
    inverse: frozenset[tuple[str, str]]

    @property
    def digest(self) -> str:
        """A digest of all of it: what was computed under another one is of other markets."""
        bots = {name: [bot.connectors, bot.symbols, bot.pairs, str(bot.mode)] for name, bot in self.bots.items()}
        sizes = sorted((bot, symbol, str(size)) for (bot, symbol), size in self.sizes.items())
        return sha256(json.dumps([bots, sizes, sorted(self.refused.rows()), sorted(self.inverse)]).encode()).hexdigest()

    def judge(self, rows: pl.DataFrame, *, everything: bool = False) -> pl.DataFrame:
        """Return rows of a table with the judged market in `pair` and amounts in base.

        Amounts of an unknown unit become null.

        Parameters
        ----------
        rows
            Rows of a canonical table that names pairs.
        everything
            Whether rows of markets that are not compared stay.
        """
        keys = [name for name in _NAMED if name in rows.columns]
        names = rows.select(keys).unique().filter(pl.col("bot").is_in(list(self.bots)) & pl.col("pair").is_not_null())
        found = [self._named(dict(zip(keys, row, strict=True))) for row in names.iter_rows()]
        table = names.with_columns(
            pl.Series("_pair", [pair for pair, _ in found], dtype=pl.String),
            pl.Series("_size", [size for _, size in found], dtype=MONEY),
        ).filter((pl.col("_pair") != pl.col("pair")) | (pl.col("_size") != 1).fill_null(value=True))
        if table.height:
            table = table.with_columns(_found=pl.lit(value=True))
            joined = rows.join(table, on=keys, how="left", nulls_equal=True, maintain_order="left")
            amounts = [name for name in _AMOUNTS if name in rows.columns]
            rows = joined.with_columns(
                pl.coalesce("_pair", "pair").alias("pair"),
                *[
                    pl.when("_found").then(pl.col(name) * pl.col("_size")).otherwise(name).alias(name)
                    for name in amounts
                ],
            ).select(rows.columns)
        return rows if everything or self.refused.is_empty() else self.comparable(rows)

    def comparable(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows whose market is compared."""
        return rows.join(self.refused, on=["bot", "pair"], how="anti", maintain_order="left")

    def _named(self, row: Mapping[str, str | None]) -> tuple[str, Decimal | None]:
        bot, symbol, pair = self.bots[str(row["bot"])], row.get("symbol"), str(row["pair"])
        name = judged_pair(bot, row.get("market"), symbol, pair)
        if symbol is None or row["leg"] in BOT_LEGS:
            return name, Decimal(1)
        size = (
            self.sizes[bot.name, symbol] if (bot.name, symbol) in self.sizes else contract_size(bot, symbol, (), None)
        )
        return name, None if isinstance(size, str) else size


@per_case
def markets(case: Case) -> Markets:
    """Return the markets of a case, from the fills and positions up to `as_of`."""
    bots = {bot.name: bot for bot in case.desk.judged}
    fills, positions = case.fills, case.frames["positions"]
    names = fill_names(case)
    sizes = dict(_sizes(case, bots, names, positions))
    named = Markets(bots, sizes, pl.DataFrame(schema=_REFUSED), frozenset())
    whole = named.judge(_with_connectors(case, bots, fills), everything=True)
    refused = [*_unconvertible(bots, sizes), *_unsized(bots, sizes), *two_names(case, bots, whole, fills)]
    return Markets(
        bots,
        sizes,
        pl.DataFrame(refused, schema=_REFUSED, orient="row").unique(["bot", "pair"], keep="first", maintain_order=True),
        frozenset(_inverse(bots, [names, positions])),
    )


def names_of(fills: pl.DataFrame) -> pl.DataFrame:
    """Return what rows of fills call their markets, each combination once: `NAMED`."""
    ordered = (pl.col("leg") == "local") & pl.col("order_id").is_not_null()
    return fills.with_columns(ordered=ordered).select(NAMED).unique()


@per_case
def fill_names(case: Case) -> pl.DataFrame:
    """Return what the fills of all days call their markets, each combination once: `NAMED`."""
    names = names_of(case.fills)
    history = case.fill_history
    return (pl.concat([history.named, names]).unique() if history else names).sort(NAMED)


def _sizes(
    case: Case, bots: Mapping[str, Bot], names: pl.DataFrame, positions: pl.DataFrame
) -> Iterator[tuple[tuple[str, str], Decimal | str]]:
    """Yield the size of a contract, or why it is not known, by bot and symbol."""
    of_venue = pl.col("symbol").is_not_null() & (pl.col("leg") == "exchange") & pl.col("bot").is_in(list(bots))
    key = ["bot", "symbol"]
    seen = pl.concat([frame.filter(of_venue).select(*key, "contract_size") for frame in (names, positions)]).unique()
    for (bot, symbol), rows in seen.sort(key).partition_by(key, as_dict=True, maintain_order=True).items():
        by_cost = _size_in_costs(case, bots[bot], symbol) if depends_on_costs(bots[bot], symbol) else None
        yield (bot, symbol), contract_size(bots[bot], symbol, rows["contract_size"].drop_nulls(), by_cost)


def _size_in_costs(case: Case, bot: Bot, symbol: str) -> Decimal | None:
    mine = (pl.col("bot") == bot.name) & (pl.col("symbol") == symbol)
    trades = valued(case.fills).filter(mine)
    if case.fill_history:
        trades = pl.concat([case.fill_history.costs.filter(mine).collect(), trades])
    return size_in_costs(trades, inverse=is_inverse(bot, symbol, ""))


def valued(fills: pl.DataFrame) -> pl.DataFrame:
    """Return the venue's trades whose value says how large a contract is: bot, symbol, price, quantity, cost."""
    positive = [pl.col(name) > 0 for name in ("cost", "price", "quantity")]
    of_venue = fills.filter(pl.col("leg") == "exchange", pl.col("symbol").is_not_null(), *positive)
    return of_venue.select("bot", "symbol", "price", "quantity", "cost")


def _unconvertible(bots: Mapping[str, Bot], symbols: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    for bot, symbol in symbols:
        if why := unconvertible(bots[bot], symbol):
            yield bot, judged_pair(bots[bot], None, symbol, symbol), f"{bot}: {symbol} {why}"


def _unsized(bots: Mapping[str, Bot], sizes: Mapping[tuple[str, str], Decimal | str]) -> Iterator[tuple[str, str, str]]:
    for (bot, symbol), size in sizes.items():
        if isinstance(size, str):
            yield bot, judged_pair(bots[bot], None, symbol, symbol), f"{bot}: {size}"


def _inverse(bots: Mapping[str, Bot], frames: list[pl.DataFrame]) -> Iterator[tuple[str, str]]:
    """Yield the markets settled in their base: as the venue's symbols say, else as their connector's usually are."""
    said: dict[tuple[str, str], bool] = {}
    for frame in frames:
        names = frame.filter(pl.col("symbol").is_not_null() & pl.col("bot").is_in(list(bots))).select(
            "bot", "symbol", "pair"
        )
        for name, symbol, pair in names.unique().iter_rows():
            said[name, judged_pair(bots[name], None, symbol, pair)] = is_inverse(bots[name], symbol, pair)
    usual = {(bot.name, pair): is_inverse(bot, None, pair) for bot in bots.values() for pair in bot.pairs}
    yield from (market for market, inverse in (usual | said).items() if inverse)


def _with_connectors(case: Case, bots: Mapping[str, Bot], fills: pl.DataFrame) -> pl.DataFrame:
    """Name the connector of the stream's fills, which do not say it, by their order, where a bot has several."""
    names = [name for name in with_several_connectors(case) if name in bots]
    if not names:
        return fills
    known = pl.col("market").is_not_null() & pl.col("order_id").is_not_null() & (pl.col("leg") == "local")
    own = fills.filter(known, pl.col("bot").is_in(list(bots))).select("bot", "order_id", "market").unique()
    orders = case.lazy("orders").filter(known, pl.col("bot").is_in(names)).select("bot", "order_id", "market")
    by_order = pl.concat([own, orders.unique().collect()]).unique(["bot", "order_id"], maintain_order=True)
    nameless = pl.col("market").is_null() & (pl.col("leg") != "exchange")
    return (
        fills.join(by_order.rename({"market": "_market"}), on=["bot", "order_id"], how="left", maintain_order="left")
        .with_columns(market=pl.when(nameless).then("_market").otherwise("market"))
        .drop("_market")
    )


def with_several_connectors(case: Case) -> list[str]:
    """Return the bots that trade, or traded, at several connectors: which one a fill of the stream is of, its order says."""
    known = fill_names(case).filter(pl.col("market").is_not_null() & pl.col("ordered"))
    several = known.group_by("bot").agg(pl.col("market").n_unique()).filter(pl.col("market") > 1)["bot"]
    return sorted({*several, *(bot.name for bot in case.desk.bots.values() if len(bot.connectors) > 1)})


@per_case
def judged_fills(case: Case) -> pl.DataFrame:
    """Return the fills of the judged bots whose market is compared, in judged markets, base amounts and the desk's money.

    They are the fills of all days, and cost as much; see `live_fills`.
    """
    return _judged(case, case.frames["fills"]) if case.fill_history else live_fills(case)


@per_case
def live_fills(case: Case) -> pl.DataFrame:
    """Return `judged_fills` without the finished ones of `Case.fill_history`."""
    return _judged(case, case.fills)


def _judged(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    known = markets(case)
    return money_of(case, known.judge(_with_connectors(case, known.bots, fills)), "fee_token")


@per_case
def fill_places(case: Case) -> pl.DataFrame:
    """Return where the judged fills of all days were read, and what they say of hedged positions, each once: `PLACED`."""
    places = live_fills(case).select(PLACED).unique()
    history = case.fill_history
    return (pl.concat([history.placed, places]).unique() if history else places).sort(PLACED)


def judged(case: Case, table: str, *which: pl.Expr) -> pl.DataFrame:
    """Return the rows of a table for which expressions over stored columns hold, in judged markets and base amounts."""
    return markets(case).judge(case.lazy(table).filter(*which).collect() if which else case.frames[table])


@per_case
def judged_funding(case: Case) -> pl.DataFrame:
    """Return the funding payments of the markets that are compared, in judged markets."""
    return markets(case).judge(case.funding)


@per_case
def live_orders(case: Case) -> pl.LazyFrame:
    """Return all states of every order that a check of the day can need, in judged markets: not of those long finished."""
    carried = case.carried_orders
    return (markets(case).judge(case.lazy("orders").collect()) if carried is None else carried).lazy()


def incomparable(case: Case, bot: str) -> str | None:
    """Return why some of a bot's markets are not compared, each reason once; None where all are."""
    return _reasons(case).get(bot)


@per_case
def _reasons(case: Case) -> dict[str, str]:
    once = markets(case).refused.select("bot", "reason").unique(maintain_order=True)
    return dict(once.group_by("bot", maintain_order=True).agg(pl.col("reason").str.join("; ")).iter_rows())


def money_of(case: Case, rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return rows with the desk's name of each asset in `column`."""
    names = [
        (bot.name, theirs, own)
        for bot in case.desk.judged
        for theirs, own in money_names(case.desk, bot).items()
        if theirs != own
    ]
    named = pl.DataFrame(names, schema=dict.fromkeys(("bot", column, _DESK_NAME), pl.String), orient="row")
    here = rows.join(named, on=["bot", column], how="left", maintain_order="left")
    return here.with_columns(pl.coalesce(_DESK_NAME, column).alias(column)).drop(_DESK_NAME)
