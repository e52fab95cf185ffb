"""The roll-forward of every other asset of an account: fee tokens, the base of two markets, what was deposited or paid out.

What an account trades in the desk's quote is in `balances`, what it holds of a market in `positions`. An asset starts with what
desk.toml's opening says of it, else with the first snapshot after that opening. Assets that are collateral of contracts
gain and lose with them, and are not rolled forward here.
"""

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import fill_places, incomparable, markets, money_of
from deskgate.case.tolerances import MONEY
from deskgate.case.values import opening_balances
from deskgate.case.venue_rows import venue_rows, without_rows
from deskgate.reconciliation.accounts.balances import account_folder, mixed_account, spot_folders
from deskgate.reconciliation.accounts.shared import account_name, account_openings, as_account, members, once
from deskgate.reconciliation.accounts.spot import has_spot_positions, market_tokens, spot_bases
from deskgate.reconciliation.accounts.transfers import token_transfers
from deskgate.reconciliation.agreed import confirmed
from deskgate.reconciliation.agreed_moves import agreed_moves
from deskgate.sources.market_names import is_spot_market, trades_spot_alone

__all__ = ["rolled_tokens", "unlisted_fees"]

SPOT, CONTRACTS = "spot", "contracts"
_KEY = ["bot", "kind", "token"]
_OF = ["bot", "folder", "token"]


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
    listed = _listed(case)
    moves = _moves(case)
    at = listed.join(_starts(case, listed), on=_OF, how="inner").filter(pl.col("ts") >= pl.col("opened"))
    running = moves.select(
        *_KEY, "ts", *[pl.col(name).cum_sum().over(_KEY, order_by="ts") for name in ("amount", "n")]
    ).sort("ts", maintain_order=True)
    rows = at
    for name in ("ts", "opened"):
        rows = rows.sort(name, *_OF, "path").join_asof(
            running.rename({"ts": name, "amount": f"amount_{name}", "n": f"n_{name}"}),
            on=name,
            by=_KEY,
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
        .sort(*_OF, "ts", -pl.col("left").abs(), "path", nulls_last=False)
        .unique([*_OF, "ts"], keep="first", maintain_order=True)
        .select(
            *(
                "bot",
                "folder",
                "token",
                "ts",
                "snapshot_ts",
                "visible_at",
                "path",
                "total",
                "expected",
                "left",
                "residual",
            ),
            *("fills", "opened", "is_start"),
        )
    )


def unlisted_fees(case: Case, bot: str) -> str | None:
    """Return in which assets a bot paid fees that no balance export of it lists, or None: nothing confirms those fees."""
    paid = (
        _moves(case)
        .filter(pl.col("bot") == account_name(case, bot), pl.col("n") > 0)
        .join(_elsewhere(case), on=_KEY, how="anti")
    )
    unlisted = paid.join(_listed(case), on=_KEY, how="anti")["token"].unique().sort()
    if unlisted.is_empty():
        return None
    return f"fees of {bot} were paid in {', '.join(unlisted)}, which no balance export of its account lists"


@per_case
def _moves(case: Case) -> pl.DataFrame:
    """Return what fills, fees and transfers moved of each asset: bot, kind (of account), token, ts, amount, n (fills)."""
    fills = agreed_moves(case).join(_markets(case), on=["bot", "pair"])
    spot = fills.filter(pl.col("kind") == SPOT)
    # `base` is less a fee in it already.
    of_base = (pl.col("kind") == SPOT) & (pl.col("fee_token") == pl.col("base_token")).fill_null(value=False)
    fees = fills.filter(pl.col("fee_token").is_not_null() & (pl.col("fee") != 0) & ~of_base)
    columns = ["bot", "kind", "ts", "n"]
    transfers = token_transfers(case).with_columns(folder=_folder_of(pl.col("path"), token_transfers(case)["path"]))
    moves = pl.concat(
        [
            spot.select(*columns, token=pl.col("base_token"), amount="base"),
            spot.select(*columns, token=pl.col("quote_token"), amount=pl.col("cash") + pl.col("fees")),
            fees.select(*columns, token=pl.col("fee_token"), amount=-pl.col("fee")),
            _of_kinds(case, transfers).select(
                "bot", "kind", "ts", pl.lit(0, pl.Int32).alias("n"), "token", pl.col("amount").cast(MONEY)
            ),
        ]
    )
    return as_account(case, moves)


@per_case
def _markets(case: Case) -> pl.DataFrame:
    """Return the traded markets of bots with an account: bot, pair, kind, base_token, quote_token."""
    traded = fill_places(case).select("bot", "pair").unique().sort("bot", "pair")
    bots = {bot.name: bot for bot in case.desk.judged if not bot.is_paper}
    rows = [
        (name, pair, SPOT if is_spot_market(bots[name], pair) else CONTRACTS, *market_tokens(case, bots[name], pair))
        for name, pair in traded.iter_rows()
        if name in bots
    ]
    schema = ["bot", "pair", "kind", "base_token", "quote_token"]
    return pl.DataFrame(rows, schema=dict.fromkeys(schema, pl.String), orient="row")


@per_case
def _balances(case: Case) -> pl.DataFrame:
    """Return the readable balances of bots whose fills can be agreed, with the folder and the kind of account that they are of.

    An export that lists nothing has a row without a token.
    """
    bots = [
        bot.name
        for bot in case.desk.judged
        if confirmed(case, bot.name)
        and not bot.is_paper
        and not any(incomparable(case, each) or mixed_account(case, each) for each in members(case, bot.name))
    ]
    listed = venue_rows(case, money_of(case, case.frames["balances"], "token"))
    rows = pl.concat([listed, without_rows(case, "balances")], how="diagonal").filter(pl.col("bot").is_in(bots))
    return once(case, _of_kinds(case, rows.with_columns(folder=_folder_of(pl.col("path"), rows["path"]))), "path", "ts")


def _folder_of(path: pl.Expr, paths: pl.Series) -> pl.Expr:
    known = {each: account_folder(each) for each in paths.unique().drop_nulls()}
    return path.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def _of_kinds(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the kind of account that rows of `folder` are of."""
    spot = [
        (bot.name, folder)
        for bot in case.desk.judged
        for folder in (rows.filter(pl.col("bot") == bot.name)["folder"].unique() if rows.height else [])
        if trades_spot_alone(bot) or folder in spot_folders(case, bot.name)
    ]
    known = pl.DataFrame(spot, schema={"bot": pl.String, "folder": pl.String}, orient="row")
    return rows.join(
        known.with_columns(kind=pl.lit(SPOT)), on=["bot", "folder"], how="left", maintain_order="left"
    ).with_columns(pl.col("kind").fill_null(CONTRACTS))


@per_case
def _listed(case: Case) -> pl.DataFrame:
    """Return each asset of an account at each of its snapshots, 0 where one does not list it: bot, folder, kind, token, ts, path, total.

    Its assets are those that it ever listed, those that its spot markets trade and those that its opening names.
    """
    rows = _balances(case)
    of_account = rows.select("bot", "folder", "kind").unique()
    spot = as_account(case, _markets(case)).filter(pl.col("kind") == SPOT)
    traded = pl.concat([spot.select("bot", "kind", token=pl.col(name)) for name in ("base_token", "quote_token")])
    opened = _opened(case).filter(pl.col("bot").is_in(_spot_alone(case))).select("bot", "token", kind=pl.lit(SPOT))
    known = pl.concat([traded.select(_KEY), opened.select(_KEY)]).unique()
    columns = ["bot", "folder", "kind", "token"]
    tokens = pl.concat(
        [rows.drop_nulls("token").select(columns), of_account.join(known, on=["bot", "kind"]).select(columns)]
    ).unique()
    tokens = tokens.join(_elsewhere(case), on=_KEY, how="anti")
    snapshots = rows.group_by("bot", "folder", "ts", "path").agg(pl.col("visible_at").max())
    totals = rows.select("bot", "path", "ts", "token", "total", named=pl.lit(value=True))
    return (
        snapshots.join(tokens, on=["bot", "folder"])
        .join(totals, on=["bot", "path", "ts", "token"], how="left")
        .with_columns(pl.col("named").fill_null(value=False))
        .with_columns(total=pl.when("named").then("total").otherwise(pl.lit(0, MONEY)))
        # Of several files of one instant, those that list the asset say what there is of it.
        .filter(pl.col("total").is_not_null(), pl.col("named") | ~pl.col("named").any().over(*_OF, "ts"))
        .drop("named")
    )


@per_case
def _elsewhere(case: Case) -> pl.DataFrame:
    """Return the assets that are rolled forward elsewhere, or move with contracts: bot, kind, token."""
    inverse = markets(case).inverse
    rows = [(bot, SPOT, token) for bot, token in spot_bases(case).select("bot", "token").iter_rows()]
    for bot in case.desk.judged:
        if trades_spot_alone(bot):
            rows.append((bot.name, SPOT, case.desk.quote))
            # Where exports list its positions its bases are there.
            rows += (
                []
                if has_spot_positions(case, bot)
                else [(bot.name, SPOT, market_tokens(case, bot, pair)[0]) for pair in bot.pairs]
            )
            continue
        pairs = dict.fromkeys(
            [*bot.pairs, *_markets(case).filter(pl.col("bot") == bot.name, pl.col("kind") == CONTRACTS)["pair"]]
        )
        settled = [market_tokens(case, bot, pair)[0 if (bot.name, pair) in inverse else 1] for pair in pairs]
        rows += [(bot.name, CONTRACTS, token) for token in dict.fromkeys([case.desk.quote, *settled])]
    return as_account(case, pl.DataFrame(rows, schema=dict.fromkeys(_KEY, pl.String), orient="row")).unique()


def _starts(case: Case, listed: pl.DataFrame) -> pl.DataFrame:
    """Return with what each asset of an account starts: bot, folder, token, opened, start."""
    rows = (
        listed.join(account_openings(case).rename({"opened": "since"}), on="bot", how="left")
        .filter(pl.col("since").is_null() | (pl.col("ts") >= pl.col("since")))
        .sort("ts", "path")
        .group_by(*_OF, "kind", maintain_order=True)
        .agg(pl.col("ts", "total", "since").first())
        .join(_opened(case), on=["bot", "token"], how="left")
    )
    # The opening of a bot of two markets is of its contracts.
    of_opening = (pl.col("kind") == CONTRACTS) | pl.col("bot").is_in(_spot_alone(case))
    said = pl.col("said").is_not_null() & of_opening
    return rows.select(
        *_OF,
        opened=pl.when(said).then("since").otherwise("ts"),
        start=pl.when(said).then("said").otherwise("total"),
    )


def _opened(case: Case) -> pl.DataFrame:
    """Return what openings in desk.toml say of each asset: bot, token, said."""
    known = [
        (bot.name, token, amount)
        for bot in case.desk.judged
        if bot.opening
        for token, amount in opening_balances(case, bot).items()
    ]
    said = pl.DataFrame(known, schema={"bot": pl.String, "token": pl.String, "said": MONEY}, orient="row")
    whole = as_account(case, said).filter(pl.col("bot").is_in(account_openings(case)["bot"].implode()))
    return whole.group_by("bot", "token", maintain_order=True).agg(pl.col("said").sum())


def _spot_alone(case: Case) -> list[str]:
    return [bot.name for bot in case.desk.judged if trades_spot_alone(bot)]
