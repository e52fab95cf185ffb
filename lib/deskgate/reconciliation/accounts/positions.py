"""The roll-forward of positions: what an account should hold, from its opening and the agreed fills.

It starts from the desk's opening, or else from the account's first snapshot, which then is not checked itself; a pair that
it does not list was flat then. A snapshot that disagrees never becomes a start.
"""

from decimal import Decimal

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import markets
from deskgate.case.tolerances import MONEY
from deskgate.case.venue_rows import venue_rows
from deskgate.reconciliation.accounts.hedged import account_positions, by_side, one_side, opening_of, sided
from deskgate.reconciliation.accounts.shared import (
    account_funding,
    account_name,
    account_openings,
    as_account,
    members,
    once,
)
from deskgate.reconciliation.agreed import confirmed
from deskgate.reconciliation.agreed_moves import agreed_moves
from deskgate.sources.market_names import is_contract_market

__all__ = ["account_moves", "rolled_positions"]


@per_case
def rolled_positions(case: Case) -> pl.DataFrame:
    """Return one row per position snapshot and pair with what the agreed fills say: position, cash, fees and funding.

    `bot` is the account: the first of the bots that share it.

    Returns
    -------
    polars.DataFrame
        bot, pair, ts, visible_at, path, quantity (null where unknown) and mark_price (the venue's), price (that mark, else
        the last agreed fill's), expected (base), flow (quote, since the opening), fills (how many), is_start (whether the
        roll-forward starts with this row), opened and opening; sorted by bot, pair and ts.
    """
    bots = [
        bot.name
        for bot in case.desk.judged
        if account_name(case, bot.name) == bot.name and all(confirmed(case, each) for each in members(case, bot.name))
    ]
    moves = account_moves(case).filter(pl.col("bot").is_in(bots))
    venue = _listed(case, bots, moves)
    opening = _openings(case, venue)
    running = (
        moves.join(opening, on=["bot", "pair"])
        .filter(pl.col("ts") >= pl.col("opened"))
        .sort("bot", "pair", "ts", maintain_order=True)
        .select(
            *("bot", "pair", "ts"),
            *[pl.col(name).cum_sum().over("bot", "pair") for name in ("base", "cash", "n")],
            pl.col("price").forward_fill().over("bot", "pair"),
        )
    )
    # A snapshot of exactly 24:00 is before a funding payment of that instant, so equal times do not count.
    return (
        venue.sort("ts", "bot", "pair")
        .join_asof(
            running.sort("ts", maintain_order=True),
            on="ts",
            by=["bot", "pair"],
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .join(opening, on=["bot", "pair"])
        .filter((pl.col("ts") > pl.col("opened")) | (pl.col("first") & (pl.col("ts") == pl.col("opened"))))
        .select(
            *("bot", "pair", "ts", "visible_at", "path", "quantity", "mark_price"),
            price=pl.coalesce("mark_price", "price"),
            expected=pl.col("opening") + pl.col("base").fill_null(0),
            flow=pl.col("cash").fill_null(0),
            fills=pl.col("n").fill_null(0),
            is_start=pl.col("first") & (pl.col("ts") == pl.col("opened")),
            opened="opened",
            opening="opening",
        )
        # An unknown quantity matters where the bot had anything of the pair.
        .filter(pl.col("quantity").is_not_null() | (pl.col("expected") != 0) | (pl.col("flow") != 0))
        # Of two files about one instant, the one that differs most.
        .sort("bot", "pair", "ts", -(pl.col("quantity") - pl.col("expected")).abs(), "path", nulls_last=False)
        .unique(["bot", "pair", "ts"], keep="first", maintain_order=True)
    )


def account_moves(case: Case) -> pl.DataFrame:
    """Return what moves an account: bot, pair, ts, price (of a fill), base, cash (quote), n (how many fills).

    Of a bot that trades contracts only these: what it buys on spot is in another account. A market in hedge mode has two
    pairs, see `by_side`.
    """
    fills, funding = by_side(case, agreed_moves(case)), one_side(case, account_funding(case))
    moves = pl.concat(
        [
            _of_account(case, fills).select("bot", "pair", "ts", "price", "base", "cash", "n"),
            funding.select(
                *("bot", "pair", "ts"),
                price=pl.lit(None, MONEY),
                base=pl.lit(0, MONEY),
                cash="amount",
                n=pl.lit(0, pl.Int32),
            ),
        ]
    )
    return as_account(case, moves)


def _of_account(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    names = fills.select("bot", "pair").unique()
    others = [not is_contract_market(case.desk.bots[bot], pair) for bot, pair in names.iter_rows()]
    elsewhere = names.filter(pl.Series(others, dtype=pl.Boolean))
    return fills.join(elsewhere, on=["bot", "pair"], how="anti", maintain_order="left")


def _listed(case: Case, bots: list[str], moves: pl.DataFrame) -> pl.DataFrame:
    """Return the venue's position snapshots, with a row for each pair that the bot had at any time.

    An account export lists what is held, so that a pair it does not list is flat; but where it lacks one of the bot's own
    pairs the quantity of unlisted ones is unknown: null.
    """
    venue = (
        once(case, venue_rows(case, account_positions(case)), "path", "pair", "ts")
        .filter(pl.col("bot").is_in(bots))
        .select("bot", "pair", "ts", "visible_at", "path", "quantity", "mark_price")
    )
    declared = sided(
        case,
        markets(case).comparable(
            pl.DataFrame(
                [(bot.name, pair) for bot in case.desk.judged for pair in bot.pairs],
                schema={"bot": pl.String, "pair": pl.String},
                orient="row",
            )
        ),
    )
    own = as_account(case, declared).unique(maintain_order=True)
    at = venue.group_by("bot", "ts").agg(pl.col("path").min(), pl.col("visible_at").max(), listed="pair")
    lists_all = pl.col("own").list.set_difference("listed").list.len() == 0
    whole = at.join(own.group_by("bot").agg(own="pair"), on="bot").with_columns(lists_all=lists_all)
    pairs = pl.concat([venue.select("bot", "pair"), moves.select("bot", "pair"), own]).unique()
    flat = whole.join(pairs, on="bot").join(venue, on=["bot", "pair", "ts"], how="anti")
    return pl.concat(
        [
            venue,
            flat.select(
                *("bot", "pair", "ts", "visible_at", "path"),
                quantity=pl.when("lists_all").then(pl.lit(0, MONEY)),
                mark_price=pl.lit(None, MONEY),
            ),
        ]
    )


def _openings(case: Case, venue: pl.DataFrame) -> pl.DataFrame:
    """Return when and with what each bot's account opened in each of its pairs: bot, pair, opened, opening, first.

    A pair that the desk's opening does not name was flat then. Without an opening the account's first snapshot is one
    (`first`), for all of its pairs at once.
    """
    configured = account_openings(case)
    pairs = venue.select("bot", "pair").unique().sort("bot", "pair")
    opened = pairs.join(configured, on="bot", maintain_order="left")
    held = [
        sum((opening_of(case.desk.bots[each], pair) for each in members(case, bot)), Decimal(0))
        for bot, pair in opened.select("bot", "pair").iter_rows()
    ]
    first = (
        venue.join(configured, on="bot", how="anti")
        .filter(pl.col("ts") == pl.col("ts").min().over("bot"))
        .group_by("bot", "pair")
        .agg(pl.col("ts").first(), pl.col("quantity").sort_by("path").first())
    )
    start = first.group_by("bot").agg(opened=pl.col("ts").min())
    found = pairs.join(start, on="bot").join(first.drop("ts"), on=["bot", "pair"], how="left")
    return pl.concat(
        [
            opened.with_columns(pl.Series("opening", held, dtype=MONEY), first=pl.lit(value=False)),
            found.select(
                *("bot", "pair", "opened"),
                opening=pl.col("quantity").fill_null(0),
                first=pl.lit(value=True),
            ),
        ]
    )
