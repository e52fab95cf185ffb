"""The roll-forward: what an account should hold, from its opening and the agreed fills, fees, funding and transfers.

Both position and balance start from the desk's opening, or else from the account's first snapshot, which then proves
nothing about itself; a pair that it does not list was flat then. A snapshot that disagrees never becomes the start of
anything. Linear contracts only: equity = opening + cash of all fills - fees + funding + transfers + position at the
venue's mark.
"""

from datetime import timedelta

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.legs import unreadable_exports
from deskgate.case.tolerances import MONEY
from deskgate.reconciliation.agreed import agreed_fills, agreed_funding, cash_flow, confirmed, signed

__all__ = ["quote_balances", "rolled_balances", "rolled_positions"]

# How far apart the two exports of one snapshot may be stamped.
MOMENT = timedelta(minutes=1)


@per_case
def rolled_positions(case: Case) -> pl.DataFrame:
    """Return one row per position snapshot and pair with what the agreed fills say: position, cash, fees and funding.

    Returns
    -------
    polars.DataFrame
        bot, pair, ts, visible_at, path, quantity (null where the snapshot does not say it) and mark_price (the venue's), price (that mark, else the last agreed
        fill's), expected (base), flow (quote, since the opening), fills (how many), anchored (whether this row is where
        the roll-forward starts), opened and opening; sorted by bot, pair and ts.
    """
    bots = [bot.name for bot in case.desk.judged if confirmed(case, bot.name) and bot.name not in case.shared_accounts]
    moves = _moves(case).filter(pl.col("bot").is_in(bots))
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
            anchored=pl.col("first") & (pl.col("ts") == pl.col("opened")),
            opened="opened",
            opening="opening",
        )
        # What a snapshot does not say of a pair matters where the bot had something of it.
        .filter(pl.col("quantity").is_not_null() | (pl.col("expected") != 0) | (pl.col("flow") != 0))
        # Of two files about one instant, the one that differs most.
        .sort("bot", "pair", "ts", -(pl.col("quantity") - pl.col("expected")).abs(), "path", nulls_last=False)
        .unique(["bot", "pair", "ts"], keep="first", maintain_order=True)
    )


def _moves(case: Case) -> pl.DataFrame:
    """Return what moves an account: bot, pair, ts, price (of a fill), base, cash (quote), n (1 for a fill)."""
    return pl.concat(
        [
            agreed_fills(case).select(
                *("bot", "pair", "ts", "price"),
                base=signed(),
                cash=cash_flow(case.desk.quote),
                n=pl.lit(1),
            ),
            agreed_funding(case).select(
                *("bot", "pair", "ts"),
                price=pl.lit(None, MONEY),
                base=pl.lit(0, MONEY),
                cash="amount",
                n=pl.lit(0),
            ),
        ]
    )


def _listed(case: Case, bots: list[str], moves: pl.DataFrame) -> pl.DataFrame:
    """Return the venue's position snapshots, with a row for each pair that the bot had at any time.

    An account export lists what is held, so that a pair it does not list is flat; unless it does not even have the
    bot's own pairs, for then nobody knows, and the quantity is null.
    """
    venue = (
        case.frames["positions"]
        .filter((pl.col("leg") == "exchange") & pl.col("bot").is_in(bots))
        .join(unreadable_exports(case.sources), on=["bot", "path"], how="anti")
        .select("bot", "pair", "ts", "visible_at", "path", "quantity", "mark_price")
    )
    own = pl.DataFrame(
        [(bot.name, pair) for bot in case.desk.judged for pair in bot.pairs],
        schema={"bot": pl.String, "pair": pl.String},
        orient="row",
    )
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

    A pair that the desk's opening does not name was flat then. Where there is no opening, the account's first snapshot is
    one (`first`), for all of its pairs at once.
    """
    told = pl.DataFrame(
        [(bot.name, bot.opening.at) for bot in case.desk.judged if bot.opening],
        schema={"bot": pl.String, "opened": pl.Datetime("us", "UTC")},
        orient="row",
    )
    pairs = venue.select("bot", "pair").unique().sort("bot", "pair")
    opened = pairs.join(told, on="bot", maintain_order="left")
    held = [case.desk.bots[bot].opening_position(pair) for bot, pair in opened.select("bot", "pair").iter_rows()]
    first = (
        venue.join(told, on="bot", how="anti")
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


def rolled_balances(case: Case, expected: pl.DataFrame) -> pl.DataFrame:
    """Return one row per balance snapshot in the desk's quote with what it should be.

    Opening + realised and unrealised change - fees + funding + transfers = closing: the cash of all fills and the
    position at the venue's mark are the two changes together.

    Parameters
    ----------
    expected
        What `rolled_positions` gave.

    Returns
    -------
    polars.DataFrame
        bot, ts, visible_at, path, token, total (the venue's), expected, residual (of the two), cash (the residual
        without what the position differs by, at the mark: it stays as it is while prices move), moment (of the positions
        that belong to it), fills (how many), start and since (with what and when the roll-forward starts), value and moved
        (what came to it since then, and the transfers among that, in quote), anchored (whether this row is where the roll-forward starts); sorted by bot and ts. A balance without positions
        of its moment, whose positions have no price, or between which and its positions a fill or payment lies, has no row.
    """
    quote = case.desk.quote
    told = pl.DataFrame(
        [
            (bot.name, bot.opening.balance.get(quote))
            for bot in case.desk.judged
            if bot.opening and not any(bot.opening_position(pair) for pair in bot.pairs)
        ],
        schema={"bot": pl.String, "start": MONEY},
        orient="row",
    )
    account = (
        expected.with_columns(
            price=pl.when((pl.col("quantity") == 0) & (pl.col("expected") == 0)).then(0).otherwise("price")
        )
        .with_columns(
            value=pl.col("expected") * pl.col("price") + pl.col("flow"),
            beside=(pl.col("quantity") - pl.col("expected")) * pl.col("price"),
        )
        .group_by("bot", "ts")
        .agg(
            pl.col("value", "beside", "fills").sum(),
            pl.col("opened").min(),
            unmarked=(
                pl.col("quantity").is_null()
                | pl.col("price").is_null()
                | ((pl.col("quantity") != 0) & pl.col("mark_price").is_null())
            ).any(),
        )
    )
    # A snapshot's positions and balance are two exports of one instant, written a moment apart.
    return (
        quote_balances(case)
        .sort("ts", "row_id")
        .join_asof(
            account.sort("ts", "bot").with_columns(moment="ts"),
            on="ts",
            by="bot",
            strategy="nearest",
            tolerance=MOMENT,
            check_sortedness=False,
        )
        .filter(~pl.col("unmarked"))
        .pipe(_undisturbed, _moves(case))
        .join(told, on="bot", how="left")
        .sort("ts", "bot", "row_id")
        .join_asof(_moved(case, account), on="ts", by="bot", strategy="backward", check_sortedness=False)
        .with_columns(pl.col("moved").fill_null(0))
        .with_columns(value=pl.col("value") + pl.col("moved"))
        .sort("bot", "ts", "row_id")
        .with_columns(told=pl.col("start").is_not_null(), first=pl.int_range(pl.len()).over("bot") == 0)
        .with_columns(
            anchored=~pl.col("told") & pl.col("first"),
            since=pl.when("told").then("opened").otherwise(pl.col("moment").first().over("bot")),
            start=pl.coalesce("start", (pl.col("total") - pl.col("beside")).first().over("bot")),
            **{
                name: pl.col(name) - pl.when("told").then(0).otherwise(pl.col(name).first().over("bot"))
                for name in ("value", "moved")
            },
        )
        .with_columns(expected=pl.col("start") + pl.col("value"))
        .with_columns(residual=pl.col("total") - pl.col("expected"))
        .with_columns(cash=pl.col("residual") - pl.col("beside"))
    )


def _undisturbed(balances: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Leave out the balances between which and their positions something moved the account: the two are not of one state."""
    count = moves.sort("bot", "ts").select("bot", "ts", n=pl.int_range(1, pl.len() + 1).over("bot")).sort("ts")
    rows = balances
    for at in ("ts", "moment"):
        rows = rows.sort(at, maintain_order=True).join_asof(
            count.rename({"ts": at, "n": f"n_{at}"}),
            on=at,
            by="bot",
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
    return rows.filter(pl.col("n_ts").fill_null(0) == pl.col("n_moment").fill_null(0)).drop("n_ts", "n_moment")


def _moved(case: Case, account: pl.DataFrame) -> pl.DataFrame:
    """Return the money moved in and out of each bot's account since its opening, running: bot, ts, moved (quote)."""
    opening = account.group_by("bot").agg(since=pl.col("opened").min())
    return (
        case.frames["transfers"]
        .filter((pl.col("leg") == "exchange") & (pl.col("token") == case.desk.quote))
        .join(opening, on="bot")
        .filter(pl.col("ts") >= pl.col("since"))
        .sort("ts", "row_id")
        .select("bot", "ts", moved=pl.col("amount").cum_sum().over("bot"))
    )


def quote_balances(case: Case) -> pl.DataFrame:
    """Return the venue's balance snapshots in the desk's quote that can be read, those after the opening."""
    opened = pl.DataFrame(
        [(bot.name, bot.opening.at if bot.opening else None) for bot in case.desk.judged],
        schema={"bot": pl.String, "opened": pl.Datetime("us", "UTC")},
        orient="row",
    )
    return (
        case.frames["balances"]
        .filter((pl.col("leg") == "exchange") & (pl.col("token") == case.desk.quote))
        .join(unreadable_exports(case.sources), on=["bot", "path"], how="anti")
        .join(opened, on="bot")
        .filter(pl.col("opened").is_null() | (pl.col("ts") > pl.col("opened")))
        .drop("opened")
    )
