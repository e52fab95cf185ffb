"""The roll-forward of balances: what an account's money should be, from its opening, fills, fees, funding and transfers.

It starts as positions do. Linear contracts only: equity = opening + cash of all fills - fees + funding + transfers +
position at the venue's mark.
"""

from datetime import timedelta
from pathlib import PurePosixPath

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import fill_places, money_of
from deskgate.case.tolerances import MONEY
from deskgate.case.values import opening_balance, openings
from deskgate.case.venue_rows import venue_rows
from deskgate.reconciliation.accounts.positions import account_moves
from deskgate.sources.market_names import is_contract_market
from deskgate.sources.registry import export_folders

__all__ = ["account_transfers", "quote_balances", "rolled_balances"]

# How far apart the two exports of one snapshot may be stamped.
SNAPSHOT_SPREAD = timedelta(minutes=1)
# Within what time a deposit is passed on to the account that trades.
_PASSED_ON = timedelta(days=1)


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
        [
            (bot.name, opening_balance(case, bot))
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
            position_gap=(pl.col("quantity") - pl.col("expected")) * pl.col("price"),
        )
        .group_by("bot", "ts")
        .agg(
            pl.col("value", "position_gap", "fills").sum(),
            pl.col("opened").min(),
            unmarked=(
                pl.col("quantity").is_null()
                | pl.col("price").is_null()
                | ((pl.col("quantity") != 0) & pl.col("mark_price").is_null())
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
        account_transfers(case)
        .join(opening, on="bot", maintain_order="left")
        .filter(pl.col("ts") >= pl.col("since"))
        .select("bot", "ts", moved=pl.col("amount").cum_sum().over("bot"))
    )


@per_case
def account_transfers(case: Case) -> pl.DataFrame:
    """Return what was moved into each bot's account (negative: out of it) since its opening: bot, ts, amount (quote), by ts."""
    transfers = money_of(case, case.frames["transfers"], "token").filter(
        (pl.col("leg") == "exchange") & (pl.col("token") == case.desk.quote)
    )
    return (
        _of_the_account(transfers)
        .join(openings(case), on="bot", how="left")
        .filter(pl.col("opened").is_null() | (pl.col("ts") >= pl.col("opened")))
        .sort("ts", "row_id")
        .select("bot", "ts", "amount")
    )


def _of_the_account(transfers: pl.DataFrame) -> pl.DataFrame:
    """Leave out what another account of the same person received or paid out on chain.

    Where it is not known on which account the venue books a deposit, a transfer into the bot's account within a day
    after it says that it was another one; so does a transfer out within a day before a withdrawal.
    """
    chain, between = (
        transfers.filter(pl.col("account_unknown").fill_null(value=False) == flag) for flag in (True, False)
    )
    inward = pl.col("amount") > 0
    later = pl.col("ts_between") - pl.col("ts")
    near = chain.join(between, on=["bot", "token"], suffix="_between").filter(
        inward == (pl.col("amount_between") > 0),
        pl.when(inward).then(later).otherwise(-later).is_between(timedelta(0), _PASSED_ON),
    )
    return transfers.join(near.select("bot", "row_id").unique(), on=["bot", "row_id"], how="anti")


def mixed_account(case: Case, bot: str) -> str | None:
    """Return why the balances of a bot of two markets are of more than its contracts, or None where they are not.

    Spot trades that were exported beside the balances may be of the same account: their coins are then part of its money.
    """
    spot = _spot_folders(case, bot)
    held = (
        case.frames["positions"].filter((pl.col("bot") == bot) & (pl.col("leg") == "exchange"))["path"].unique().sort()
    )
    shared = [path for path in held if _folder(path) in spot]
    if not shared:
        return None
    return (
        f"{bot} trades on spot beside its contracts, and the exports in {_folder(shared[0])} are of both, so that its balance"
        " is not of its contracts alone; put the exports of its spot account into a folder of their own"
    )


def _spot_folders(case: Case, bot: str) -> set[str]:
    """Return the folders with spot trades of a bot that trades contracts."""
    mine = fill_places(case).filter((pl.col("bot") == bot) & (pl.col("leg") == "exchange"))
    places = mine.select("pair", "path").unique()
    return {_folder(path) for pair, path in places.iter_rows() if not is_contract_market(case.desk.bots[bot], pair)}


def _folder(path: str) -> str:
    """Return the folder of the account that an export is of."""
    folder = PurePosixPath(path).parent
    return str(folder.parent if folder.name in export_folders() else folder)


def quote_balances(case: Case) -> pl.DataFrame:
    """Return the venue's balance snapshots in the desk's quote that can be read, those after the opening."""
    return (
        venue_rows(case, money_of(case, case.frames["balances"], "token"))
        .filter(pl.col("token") == case.desk.quote)
        .join(openings(case), on="bot", how="left")
        .filter(pl.col("opened").is_null() | (pl.col("ts") > pl.col("opened")))
        .drop("opened")
        .pipe(_without_spot, case)
    )


def _without_spot(balances: pl.DataFrame, case: Case) -> pl.DataFrame:
    """Leave out the balances of the spot account of a bot that trades contracts."""
    spot = {bot.name: folders for bot in case.desk.judged if (folders := _spot_folders(case, bot.name))}
    places = balances.filter(pl.col("bot").is_in(list(spot))).select("bot", "path").unique()
    there = [_folder(path) in spot[bot] for bot, path in places.iter_rows()]
    return balances.join(
        places.filter(pl.Series(there, dtype=pl.Boolean)), on=["bot", "path"], how="anti", maintain_order="left"
    )
