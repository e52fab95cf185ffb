"""The roll-forward of every other asset of an account: fee tokens, the base of two markets, what was deposited or paid out.

What an account trades in the desk's quote is in `balances`, what it holds of a market in `positions`. An asset starts with what
desk.toml's opening says of it, else with the first snapshot after that opening. Assets that are collateral of contracts
gain and lose with them, and are not rolled forward here.
"""

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.tolerances import MONEY
from deskgate.reconciliation.accounts.shared import account_name, account_openings, as_account
from deskgate.reconciliation.accounts.token_balances import (
    CONTRACTS,
    PER_ACCOUNT,
    PER_FOLDER,
    SPOT,
    listed_tokens,
    opened_tokens,
    rolled_elsewhere,
    spot_alone,
    traded_markets,
    with_folders,
)
from deskgate.reconciliation.accounts.transfers import token_transfers
from deskgate.reconciliation.agreed_moves import agreed_moves

__all__ = ["rolled_tokens", "unlisted_fees"]


@per_case
def rolled_tokens(case: Case) -> pl.DataFrame:
    """Return one row per asset and balance snapshot with what it should be.

    Returns
    -------
    polars.DataFrame
        bot, folder (of the account), token, ts and snapshot_ts (both of the snapshot), visible_at, path, total (the venue's; 0 where it
        does not list the asset), expected, left and residual (total less expected), fills (how many moved it since the
        start), opened (the start), is_start; sorted by bot, folder, token and ts. Amounts are of the asset.
    """
    listed = listed_tokens(case)
    moves = _moves(case)
    at = listed.join(_starts(case, listed), on=PER_FOLDER, how="inner").filter(pl.col("ts") >= pl.col("opened"))
    running = moves.select(
        *PER_ACCOUNT, "ts", *[pl.col(name).cum_sum().over(PER_ACCOUNT, order_by="ts") for name in ("amount", "n")]
    ).sort("ts", maintain_order=True)
    rows = at
    for name in ("ts", "opened"):
        rows = rows.sort(name, *PER_FOLDER, "path").join_asof(
            running.rename({"ts": name, "amount": f"amount_{name}", "n": f"n_{name}"}),
            on=name,
            by=PER_ACCOUNT,
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
    amount, count = (
        pl.col(f"{each}_ts").fill_null(0) - pl.col(f"{each}_opened").fill_null(0) for each in ("amount", "n")
    )
    return (
        rows.with_columns(expected=(pl.col("start") + amount).cast(MONEY), fills=count)
        .with_columns(
            left=pl.col("total") - pl.col("expected"), snapshot_ts="ts", is_start=pl.col("ts") == pl.col("opened")
        )
        .with_columns(residual="left")
        # Of two files about one instant, the one that differs most.
        .sort(*PER_FOLDER, "ts", -pl.col("left").abs(), "path", nulls_last=False)
        .unique([*PER_FOLDER, "ts"], keep="first", maintain_order=True)
        .select(
            *("bot", "folder", "token", "ts", "snapshot_ts", "visible_at", "path"),
            *("total", "expected", "left", "residual"),
            *("fills", "opened", "is_start"),
        )
    )


def unlisted_fees(case: Case, bot: str) -> str | None:
    """Return in which assets a bot paid fees that no balance export of it lists, or None: nothing confirms those fees."""
    paid = (
        _moves(case)
        .filter(pl.col("bot") == account_name(case, bot), pl.col("n") > 0)
        .join(rolled_elsewhere(case), on=PER_ACCOUNT, how="anti")
    )
    unlisted = paid.join(listed_tokens(case), on=PER_ACCOUNT, how="anti")["token"].unique().sort()
    if unlisted.is_empty():
        return None
    return f"fees of {bot} were paid in {', '.join(unlisted)}, which no balance export of its account lists"


@per_case
def _moves(case: Case) -> pl.DataFrame:
    """Return what fills, fees and transfers moved of each asset: bot, kind (of account), token, ts, amount, n (fills)."""
    fills = agreed_moves(case).join(traded_markets(case), on=["bot", "pair"])
    spot = fills.filter(pl.col("kind") == SPOT)
    # `base` is less a fee in it already.
    of_base = (pl.col("kind") == SPOT) & (pl.col("fee_token") == pl.col("base_token")).fill_null(value=False)
    fees = fills.filter(pl.col("fee_token").is_not_null() & (pl.col("fee") != 0) & ~of_base)
    columns = ["bot", "kind", "ts", "n"]
    moves = pl.concat(
        [
            spot.select(*columns, token=pl.col("base_token"), amount="base"),
            spot.select(*columns, token=pl.col("quote_token"), amount=pl.col("cash") + pl.col("fees")),
            fees.select(*columns, token=pl.col("fee_token"), amount=-pl.col("fee")),
            with_folders(case, token_transfers(case)).select(
                "bot", "kind", "ts", pl.lit(0, pl.Int32).alias("n"), "token", pl.col("amount").cast(MONEY)
            ),
        ]
    )
    return as_account(case, moves)


def _starts(case: Case, listed: pl.DataFrame) -> pl.DataFrame:
    """Return with what each asset of an account starts: bot, folder, token, opened, start."""
    rows = (
        listed.join(account_openings(case).rename({"opened": "since"}), on="bot", how="left")
        .filter(pl.col("since").is_null() | (pl.col("ts") >= pl.col("since")))
        .sort("ts", "path")
        .group_by(*PER_FOLDER, "kind", maintain_order=True)
        .agg(pl.col("ts", "total", "since").first())
        .join(opened_tokens(case), on=["bot", "token"], how="left")
    )
    # The opening of a bot of two markets is of its contracts.
    of_opening = (pl.col("kind") == CONTRACTS) | pl.col("bot").is_in(spot_alone(case))
    said = pl.col("said").is_not_null() & of_opening
    return rows.select(
        *PER_FOLDER,
        opened=pl.when(said).then("since").otherwise("ts"),
        start=pl.when(said).then("said").otherwise("total"),
    )
