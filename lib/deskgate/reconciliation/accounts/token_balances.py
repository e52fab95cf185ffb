"""The assets of each account, what it had of them at each of its snapshots, and what its opening says of them.

An asset is of one kind of account: of spot, or of contracts, where the quote and what contracts are settled in are rolled forward
elsewhere.
"""

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import fill_places, incomparable, markets, money_of
from deskgate.case.tolerances import MONEY
from deskgate.case.values import opening_balances
from deskgate.case.venue_rows import venue_rows, without_rows
from deskgate.reconciliation.accounts.balances import account_folder, mixed_account, spot_folders
from deskgate.reconciliation.accounts.shared import account_openings, as_account, members, once
from deskgate.reconciliation.accounts.spot import has_spot_positions, market_tokens, spot_bases
from deskgate.reconciliation.agreed import confirmed
from deskgate.sources.market_names import is_spot_market, trades_spot_alone

__all__ = [
    "CONTRACTS",
    "PER_ACCOUNT",
    "PER_FOLDER",
    "SPOT",
    "listed_tokens",
    "opened_tokens",
    "rolled_elsewhere",
    "spot_alone",
    "traded_markets",
    "with_folders",
]

SPOT, CONTRACTS = "spot", "contracts"
# One asset of an account of a kind; and of the account whose exports lie in one folder.
PER_ACCOUNT = ["bot", "kind", "token"]
PER_FOLDER = ["bot", "folder", "token"]


@per_case
def traded_markets(case: Case) -> pl.DataFrame:
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
    return once(case, with_folders(case, rows), "path", "ts")


def with_folders(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the folder of the account that rows of exports are of (`folder`, by `path`), and the kind of that account (`kind`)."""
    folders = {path: account_folder(path) for path in rows["path"].unique().drop_nulls()}
    folder = pl.col("path").replace_strict(list(folders), list(folders.values()), default=None, return_dtype=pl.String)
    placed = rows.with_columns(folder=folder)
    spot = [
        (bot.name, folder)
        for bot in case.desk.judged
        for folder in (placed.filter(pl.col("bot") == bot.name)["folder"].unique() if rows.height else [])
        if trades_spot_alone(bot) or folder in spot_folders(case, bot.name)
    ]
    known = pl.DataFrame(spot, schema={"bot": pl.String, "folder": pl.String}, orient="row")
    return placed.join(
        known.with_columns(kind=pl.lit(SPOT)), on=["bot", "folder"], how="left", maintain_order="left"
    ).with_columns(pl.col("kind").fill_null(CONTRACTS))


@per_case
def listed_tokens(case: Case) -> pl.DataFrame:
    """Return each asset of an account at each of its snapshots, 0 where one does not list it: bot, folder, kind, token, ts, path, total.

    Its assets are those that it ever listed, those that its spot markets trade and those that its opening names.
    """
    rows = _balances(case)
    of_account = rows.select("bot", "folder", "kind").unique()
    spot = as_account(case, traded_markets(case)).filter(pl.col("kind") == SPOT)
    traded = pl.concat([spot.select("bot", "kind", token=pl.col(name)) for name in ("base_token", "quote_token")])
    opened = opened_tokens(case).filter(pl.col("bot").is_in(spot_alone(case))).select("bot", "token", kind=pl.lit(SPOT))
    known = pl.concat([traded.select(PER_ACCOUNT), opened.select(PER_ACCOUNT)]).unique()
    columns = ["bot", "folder", "kind", "token"]
    tokens = pl.concat(
        [rows.drop_nulls("token").select(columns), of_account.join(known, on=["bot", "kind"]).select(columns)]
    ).unique()
    tokens = tokens.join(rolled_elsewhere(case), on=PER_ACCOUNT, how="anti")
    snapshots = rows.group_by("bot", "folder", "ts", "path").agg(pl.col("visible_at").max())
    totals = rows.select("bot", "path", "ts", "token", "total", named=pl.lit(value=True))
    return (
        snapshots.join(tokens, on=["bot", "folder"])
        .join(totals, on=["bot", "path", "ts", "token"], how="left")
        .with_columns(pl.col("named").fill_null(value=False))
        .with_columns(total=pl.when("named").then("total").otherwise(pl.lit(0, MONEY)))
        # Of several files of one instant, those that list the asset say what there is of it.
        .filter(pl.col("total").is_not_null(), pl.col("named") | ~pl.col("named").any().over(*PER_FOLDER, "ts"))
        .drop("named")
    )


@per_case
def rolled_elsewhere(case: Case) -> pl.DataFrame:
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
            [*bot.pairs, *traded_markets(case).filter(pl.col("bot") == bot.name, pl.col("kind") == CONTRACTS)["pair"]]
        )
        settled = [market_tokens(case, bot, pair)[0 if (bot.name, pair) in inverse else 1] for pair in pairs]
        rows += [(bot.name, CONTRACTS, token) for token in dict.fromkeys([case.desk.quote, *settled])]
    return as_account(case, pl.DataFrame(rows, schema=dict.fromkeys(PER_ACCOUNT, pl.String), orient="row")).unique()


def opened_tokens(case: Case) -> pl.DataFrame:
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


def spot_alone(case: Case) -> list[str]:
    """Return the judged bots that trade spot alone."""
    return [bot.name for bot in case.desk.judged if trades_spot_alone(bot)]
