"""Several bots on one account: the account is rolled forward as one, by the fills of all of them.

An account goes by the first of its bots by name. Each bot has the fills of its own orders; what the account holds must be the sum
of what its bots hold, and of each difference there is one break. Openings are a bot's own, and their sum is the account's.
"""

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.tolerances import funding_slot
from deskgate.case.values import openings
from deskgate.reconciliation.agreed import agreed_funding
from deskgate.sources.registry import account_kinds

__all__ = ["account_funding", "account_name", "account_openings", "as_account", "members", "once", "undivided"]


@per_case
def _accounts(case: Case) -> dict[str, str]:
    """Return the account of each judged bot: bots that list one export of positions or balances share one."""
    names = [bot.name for bot in case.desk.judged]
    kinds = [*account_kinds("positions"), *account_kinds("balances")]
    of_account = pl.col("kind").is_in(kinds) & (pl.col("leg") == "exchange") & ~pl.col("derived")
    exports = case.sources.filter(of_account, pl.col("bot").is_in(names)).select("bot", "path").unique()
    known = dict(zip(names, names, strict=True))
    listed_together = exports.filter(pl.len().over("path") > 1).sort("path", "bot")
    for rows in listed_together.partition_by("path", maintain_order=True):
        together = {known[bot] for bot in rows["bot"]}
        known = {bot: min(together) if account in together else account for bot, account in known.items()}
    return known


def account_name(case: Case, bot: str) -> str:
    """Return the bot that the account of a bot goes by."""
    return _accounts(case).get(bot, bot)


def members(case: Case, bot: str) -> list[str]:
    """Return the judged bots on the account of a bot, by name."""
    return sorted(name for name, account in _accounts(case).items() if account == account_name(case, bot))


def as_account(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the account in `bot`."""
    shared = {bot: account for bot, account in _accounts(case).items() if bot != account}
    return rows.with_columns(pl.col("bot").replace(shared)) if shared else rows


def once(case: Case, rows: pl.DataFrame, *key: str) -> pl.DataFrame:
    """Return rows of exports with the account in `bot`; of what several bots list, `key` says, the first bot's rows."""
    if not case.shared_accounts:
        return rows
    named = as_account(case, rows.with_columns(_bot="bot"))
    return named.filter(pl.col("_bot") == pl.col("_bot").min().over("bot", *key)).drop("_bot")


@per_case
def account_openings(case: Case) -> pl.DataFrame:
    """Return when each account opened: bot, opened; none where a bot of it has no opening, or one of another instant."""
    size = {account: len(members(case, account)) for account in _accounts(case).values()}
    found = as_account(case, openings(case)).group_by("bot").agg(pl.col("opened").unique(), count=pl.len())
    bots = pl.col("bot").replace_strict(list(size), list(size.values()), default=1, return_dtype=pl.UInt32)
    whole = found.filter(pl.col("count") == bots, pl.col("opened").list.len() == 1)
    return whole.select("bot", opened=pl.col("opened").list.first()).sort("bot")


def undivided(case: Case, bot: str) -> str | None:
    """Return why the openings of the bots of an account are not the account's, or None where they are, or none has one."""
    bots = [case.desk.bots[name] for name in members(case, bot)]
    at = {each.opening.at for each in bots if each.opening}
    without = [each.name for each in bots if not each.opening]
    names = " and ".join(each.name for each in bots)
    if at and without:
        return (
            f"{names} share their venue account, and {' and '.join(without)} has no opening in desk.toml: the sum of the openings is"
            " the account's, so give each of them one, or none"
        )
    if len(at) > 1:
        return (
            f"{names} share their venue account, and their openings in desk.toml are of several instants, expected one"
        )
    return None


def account_funding(case: Case) -> pl.DataFrame:
    """Return the funding payments of each account, each once: every bot on it records all of them. See `agreed_funding`."""
    paid = agreed_funding(case)
    if not case.shared_accounts:
        return paid
    rows = paid.with_columns(_slot=funding_slot(), _bot="bot").sort("ts", "_bot")
    named = as_account(case, rows)
    return named.filter(pl.col("_bot") == pl.col("_bot").min().over("bot", "pair", "_slot")).drop("_slot", "_bot")
