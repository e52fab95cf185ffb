"""Accounts in hedge mode: a long and a short position of one market at once, compared one by one.

Two books of one net are two books: their margin and their exits differ. The market then has two pairs, `BTC-USDT long` and
`BTC-USDT short`, each rolled forward from the fills that move it. Where a source does not say which one, the net is
compared and that is said, for a net that agrees proves neither side.
"""

from decimal import Decimal

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import fill_places, judged, markets
from deskgate.case.tolerances import MONEY
from deskgate.config.bot import Bot
from deskgate.reconciliation.accounts.spot import spot_positions
from deskgate.reconciliation.agreed_moves import agreed_moves

__all__ = ["account_positions", "by_side", "entry_of", "net_only", "one_side", "opening_of", "plain", "sided"]

LONG, SHORT = " long", " short"
_KEY = ["bot", "pair"]


@per_case
def _venue_positions(case: Case) -> pl.DataFrame:
    """Return the venue's positions, one row per bot, market, snapshot and file; sides null where a file does not say."""
    held = judged(case, "positions").filter(pl.col("leg") == "exchange")
    return held.group_by("bot", "leg", "pair", "ts", "visible_at", "path", maintain_order=True).agg(
        pl.col("quantity").sum(),
        # A market that an export does not list is flat on both sides.
        *[
            pl.when((pl.col(side).is_null() & (pl.col("quantity") != 0)).any())
            .then(None)
            .otherwise(pl.col(side).sum())
            .alias(side)
            for side in ("long_quantity", "short_quantity")
        ],
        pl.col("mark_price").drop_nulls().first(),
        hedged=pl.col("hedged").any(),
    )


@per_case
def _hedged(case: Case) -> pl.DataFrame:
    """Return the markets in hedge mode and what their sides are not known of: bot, pair, lacks (null where all is known)."""
    snapshots, fills = _venue_positions(case), fill_places(case)
    two_sided = fills.filter((pl.col("leg") == "exchange") & pl.col("position").is_in(["LONG", "SHORT"]))
    named = pl.concat([snapshots.filter("hedged").select(_KEY), two_sided.select(_KEY)]).unique()
    unsaid = agreed_moves(case).filter(pl.col("held_side").is_null()).group_by(_KEY).agg(fills=pl.col("n").sum())
    netted = snapshots.filter(pl.col("long_quantity").is_null()).group_by(_KEY).agg(snapshots=pl.len())
    joined = named.join(unsaid, on=_KEY, how="left").join(netted, on=_KEY, how="left").sort(_KEY)
    return joined.select(
        *_KEY,
        lacks=pl.when(pl.col("fills").is_not_null())
        .then(pl.format("{} of its fills do not say which position they open or close", "fills"))
        .when(pl.col("snapshots").is_not_null())
        .then(pl.format("{} of its position snapshots do not say what is long and what is short", "snapshots")),
    )


def _by_sides(case: Case) -> pl.DataFrame:
    return _hedged(case).filter(pl.col("lacks").is_null()).select(_KEY)


def net_only(case: Case, bot: str) -> str | None:
    """Return why only the net of a hedged market was compared, or None where each side was."""
    lacking = _hedged(case).filter((pl.col("bot") == bot) & pl.col("lacks").is_not_null())
    if lacking.is_empty():
        return None
    _, pair, lacks = lacking.row(0)
    return f"{pair} of {bot} is held in hedge mode, long and short at once, and {lacks}: only the net was compared"


def sided(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with each hedged market twice, once for each of its sides."""
    here = rows.join(_by_sides(case), on=_KEY, how="semi", maintain_order="left")
    rest = rows.join(_by_sides(case), on=_KEY, how="anti", maintain_order="left")
    return pl.concat([rest, *[here.with_columns(pair=pl.col("pair") + side) for side in (LONG, SHORT)]])


def by_side(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    """Return fills with, in a hedged market, the side that they move (`held_side`) behind its pair."""
    side = pl.when("_hedged").then(pl.col("pair") + " " + pl.col("held_side"))
    return _with(case, fills, pl.coalesce(side, "pair"))


def one_side(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows that move money alone, in a hedged market with those of its long side."""
    return _with(case, rows, pl.when("_hedged").then(pl.col("pair") + LONG).otherwise("pair"))


def _with(case: Case, rows: pl.DataFrame, pair: pl.Expr) -> pl.DataFrame:
    hedged = _by_sides(case)
    if hedged.is_empty():
        return rows
    marked = rows.join(hedged.with_columns(_hedged=pl.lit(value=True)), on=_KEY, how="left", maintain_order="left")
    return marked.with_columns(pair=pair).drop("_hedged")


def account_positions(case: Case) -> pl.DataFrame:
    """Return the venue's positions: bot, leg, pair, ts, visible_at, path, quantity (signed), mark_price; hedged markets by side.

    Of an account of spot they are what its balances say, see `spot_positions`.
    """
    columns = ["bot", "leg", "pair", "ts", "visible_at", "path", "quantity", "mark_price"]
    held = _venue_positions(case)
    hedged = held.join(_by_sides(case), on=_KEY, how="semi", maintain_order="left")
    sides = [
        hedged.with_columns(pair=pl.col("pair") + side, quantity=quantity.cast(MONEY)).select(columns)
        for side, quantity in ((LONG, pl.col("long_quantity")), (SHORT, -pl.col("short_quantity")))
    ]
    rest = held.join(_by_sides(case), on=_KEY, how="anti", maintain_order="left").select(columns)
    return pl.concat([rest, *sides, markets(case).comparable(spot_positions(case)).select(columns)])


def plain(pair: pl.Expr) -> pl.Expr:
    """Return the market of a pair that may be one of its sides."""
    return pair.str.replace(f"({LONG}|{SHORT})$", "")


def opening_of(bot: Bot, pair: str) -> Decimal:
    """Return the signed opening position of a pair or of a side; one number for both sides is of the side of its sign."""
    for side, sign in ((LONG, 1), (SHORT, -1)):
        if pair.endswith(side):
            whole = bot.opening_position(pair.removesuffix(side))
            return bot.opening_position(pair) if _names(bot, pair) else whole if whole * sign > 0 else Decimal(0)
    return bot.opening_position(pair)


def entry_of(bot: Bot, pair: str) -> Decimal | None:
    """Return what a unit of the opening position of a pair or of a side cost; None where the opening does not say it."""
    own = bot.entry_price(pair)
    market = next((pair.removesuffix(side) for side in (LONG, SHORT) if pair.endswith(side)), pair)
    return bot.entry_price(market) if own is None else own


def _names(bot: Bot, pair: str) -> bool:
    return bot.opening is not None and isinstance(bot.opening.position, dict) and pair in bot.opening.position
