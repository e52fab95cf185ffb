"""The roll-forward of balances: what an account's money should be, from its opening, fills, fees, funding and transfers.

It starts as positions do. Linear contracts only: equity = opening + cash of all fills - fees + funding + transfers +
position at the venue's mark.
"""

from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePosixPath

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import fill_places, money_of
from deskgate.case.tolerances import MONEY
from deskgate.case.values import opening_balance
from deskgate.case.venue_rows import venue_rows, without_rows
from deskgate.reconciliation.accounts.positions import account_moves
from deskgate.reconciliation.accounts.shared import account_openings, as_account, members, once
from deskgate.reconciliation.accounts.spot import spot_bases
from deskgate.reconciliation.accounts.transfers import account_transfers
from deskgate.sources.market_names import is_contract_market, trades_spot_alone
from deskgate.sources.registry import export_folders

__all__ = ["account_folder", "mixed_account", "quote_balances", "rolled_balances", "spot_folders"]

# How far apart the two exports of one snapshot may be stamped.
SNAPSHOT_SPREAD = timedelta(minutes=1)


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
        bot, ts, visible_at, path, token, total (the venue's), expected, residual (of the two), cash (the residual without
        what the position differs by, at the mark: prices do not move it), snapshot_ts (of its positions), fills (how many),
        start and since (the balance and the instant at which the roll-forward starts), value and moved (what was added
        since then, and the transfers among that, in quote), is_start (whether the roll-forward starts with this row);
        sorted by bot and ts. A balance without positions of its instant, whose positions have no price, or between which
        and its positions a fill or payment lies, has no row.
    """
    configured = pl.DataFrame(
        [(name, _opened_with(case, name)) for name in account_openings(case)["bot"]],
        schema={"bot": pl.String, "start": MONEY},
        orient="row",
    ).drop_nulls()
    # What was bought on spot is a balance of its own, and no part of the one in quote.
    spot = spot_bases(case).select("bot", "pair", owned=pl.lit(value=True))
    owned = pl.col("owned").fill_null(value=False)
    account = (
        expected.join(spot, on=["bot", "pair"], how="left", maintain_order="left")
        .with_columns(
            price=pl.when(owned | ((pl.col("quantity") == 0) & (pl.col("expected") == 0))).then(0).otherwise("price")
        )
        .with_columns(
            value=pl.col("expected") * pl.col("price") + pl.col("flow"),
            position_gap=(pl.col("quantity") - pl.col("expected")).fill_null(0) * pl.col("price"),
        )
        .group_by("bot", "ts")
        .agg(
            pl.col("value", "position_gap", "fills").sum(),
            pl.col("opened").min(),
            unmarked=(
                ~owned
                & (
                    pl.col("quantity").is_null()
                    | pl.col("price").is_null()
                    | ((pl.col("quantity") != 0) & pl.col("mark_price").is_null())
                )
            ).any(),
        )
    )
    # A snapshot's positions and balance are two exports of one instant, written up to a minute apart.
    return (
        quote_balances(case)
        .sort("ts", "row_id")
        .join_asof(
            account.sort("ts", "bot").with_columns(snapshot_ts="ts"),
            on="ts",
            by="bot",
            strategy="nearest",
            tolerance=SNAPSHOT_SPREAD,
            check_sortedness=False,
        )
        .filter(~pl.col("unmarked"))
        .pipe(_undisturbed, account_moves(case))
        .join(configured, on="bot", how="left")
        .sort("ts", "bot", "row_id")
        .join_asof(_moved(case, account), on="ts", by="bot", strategy="backward", check_sortedness=False)
        .with_columns(pl.col("moved").fill_null(0))
        .with_columns(value=pl.col("value") + pl.col("moved"))
        .sort("bot", "ts", "row_id")
        .with_columns(configured=pl.col("start").is_not_null(), first=pl.int_range(pl.len()).over("bot") == 0)
        .with_columns(
            is_start=~pl.col("configured") & pl.col("first"),
            since=pl.when("configured").then("opened").otherwise(pl.col("snapshot_ts").first().over("bot")),
            start=pl.coalesce("start", (pl.col("total") - pl.col("position_gap")).first().over("bot")),
            **{
                name: pl.col(name) - pl.when("configured").then(0).otherwise(pl.col(name).first().over("bot"))
                for name in ("value", "moved")
            },
        )
        .with_columns(expected=pl.col("start") + pl.col("value"))
        .with_columns(residual=pl.col("total") - pl.col("expected"))
        .with_columns(cash=pl.col("residual") - pl.col("position_gap"))
    )


def _opened_with(case: Case, account: str) -> Decimal | None:
    """Return what an account opened with in the desk's quote; None where an opening does not say it, or what a position was worth."""
    bots = [case.desk.bots[name] for name in members(case, account)]
    said = [
        opening_balance(case, bot)
        for bot in bots
        if trades_spot_alone(bot) or not any(bot.opening_position(pair) for pair in bot.pairs)
    ]
    known = [amount for amount in said if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(bots) else None


def _undisturbed(balances: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Leave out the balances between which and their positions a fill or payment lies: the two are not of one state."""
    # A payment is one as well.
    times = pl.max_horizontal("n", pl.lit(1))
    count = moves.sort("bot", "ts").select("bot", "ts", n=times.cum_sum().over("bot")).sort("ts", maintain_order=True)
    rows = balances
    for at in ("ts", "snapshot_ts"):
        rows = rows.sort(at, maintain_order=True).join_asof(
            count.rename({"ts": at, "n": f"n_{at}"}),
            on=at,
            by="bot",
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
    return rows.filter(pl.col("n_ts").fill_null(0) == pl.col("n_snapshot_ts").fill_null(0)).drop(
        "n_ts", "n_snapshot_ts"
    )


def _moved(case: Case, account: pl.DataFrame) -> pl.DataFrame:
    """Return the money moved in and out of each bot's account since its opening, running: bot, ts, moved (quote)."""
    opening = account.group_by("bot").agg(since=pl.col("opened").min())
    return (
        as_account(case, account_transfers(case))
        .join(opening, on="bot", maintain_order="left")
        .filter(pl.col("ts") >= pl.col("since"))
        .select("bot", "ts", moved=pl.col("amount").cum_sum().over("bot"))
    )


def mixed_account(case: Case, bot: str) -> str | None:
    """Return why the balances of a bot of two markets are of more than its contracts, or None where they are not.

    Spot trades that were exported beside the balances may be of the same account: their coins are then part of its money.
    """
    spot = spot_folders(case, bot)
    if not spot:
        return None
    held = (
        case.frames["positions"].filter((pl.col("bot") == bot) & (pl.col("leg") == "exchange"))["path"].unique().sort()
    )
    shared = [path for path in held if account_folder(path) in spot]
    if not shared:
        return None
    return (
        f"{bot} trades on spot beside its contracts, and the exports in {account_folder(shared[0])} are of both, so that its balance"
        " is not of its contracts alone; put the exports of its spot account into a folder of their own"
    )


def spot_folders(case: Case, bot: str) -> set[str]:
    """Return the folders with spot trades of a bot that trades contracts."""
    return _spot_folders(case).get(bot, set())


@per_case
def _spot_folders(case: Case) -> dict[str, set[str]]:
    places = fill_places(case).filter(pl.col("leg") == "exchange").select("bot", "pair", "path").unique()
    found: dict[str, set[str]] = {}
    for bot, pair, path in places.iter_rows():
        if bot in case.desk.bots and not is_contract_market(case.desk.bots[bot], pair):
            found.setdefault(bot, set()).add(account_folder(path))
    return found


@lru_cache(maxsize=1 << 14)
def account_folder(path: str) -> str:
    """Return the folder of the account that an export is of."""
    folder = PurePosixPath(path).parent
    return str(folder.parent if folder.name in export_folders() else folder)


def quote_balances(case: Case) -> pl.DataFrame:
    """Return the venue's balance snapshots in the desk's quote that can be read, those after the opening.

    A snapshot that does not list the quote, or lists nothing, has none of it, where another one of the same account lists it.
    """
    listed = venue_rows(case, money_of(case, case.frames["balances"], "token"))
    return (
        pl.concat([listed, without_rows(case, "balances")], how="diagonal")
        .pipe(_with_none_listed, case.desk.quote)
        .filter(pl.col("token") == case.desk.quote)
        .pipe(_without_spot, case)
        .pipe(lambda rows: once(case, rows, "path", "ts"))
        .join(account_openings(case), on="bot", how="left")
        .filter(pl.col("opened").is_null() | (pl.col("ts") > pl.col("opened")))
        .drop("opened")
    )


def _with_none_listed(balances: pl.DataFrame, quote: str) -> pl.DataFrame:
    """Add a row of 0 for each snapshot that does not list the quote: venues leave out what an account has none of."""
    balances = balances.with_columns(
        folder=pl.col("path").replace_strict({path: account_folder(path) for path in balances["path"].unique()})
        if balances.height
        else pl.lit(None, pl.String)
    )
    listed = balances.filter(pl.col("token") == quote).select("bot", "folder", "ts", near="ts").sort("ts")
    silent = (
        balances.join(listed, on=["bot", "folder"], how="semi", maintain_order="left")
        .sort("ts", "path", "row_id")
        .unique(["bot", "folder", "ts"], keep="first", maintain_order=True)
        .join_asof(
            listed,
            on="ts",
            by=["bot", "folder"],
            strategy="nearest",
            tolerance=SNAPSHOT_SPREAD,
            check_sortedness=False,
        )
        .filter(pl.col("near").is_null())
    )
    none = silent.with_columns(token=pl.lit(quote), **{name: pl.lit(0, MONEY) for name in ("total", "free", "used")})
    return pl.concat([balances.drop("folder"), none.select(balances.columns).drop("folder")])


def _without_spot(balances: pl.DataFrame, case: Case) -> pl.DataFrame:
    """Leave out the balances of the spot account of a bot that trades contracts."""
    spot = {bot.name: folders for bot in case.desk.judged if (folders := spot_folders(case, bot.name))}
    places = balances.filter(pl.col("bot").is_in(list(spot))).select("bot", "path").unique()
    there = [account_folder(path) in spot[bot] for bot, path in places.iter_rows()]
    return balances.join(
        places.filter(pl.Series(there, dtype=pl.Boolean)), on=["bot", "path"], how="anti", maintain_order="left"
    )
