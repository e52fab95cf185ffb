"""How many drifts of a bot's account are open, or why that is not known: what must be there before an account can be judged."""

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Metric
from deskgate.case.legs import absent_leg
from deskgate.case.markets import incomparable
from deskgate.case.values import unvalued, without_snapshot
from deskgate.reconciliation.accounts.balances import mixed_account, quote_balances
from deskgate.reconciliation.accounts.hedged import net_only
from deskgate.reconciliation.accounts.liquidity import blocks
from deskgate.reconciliation.accounts.shared import account_name, members, undivided
from deskgate.reconciliation.accounts.spot import has_spot_positions, shared_base
from deskgate.reconciliation.accounts.tokens import unlisted_fees
from deskgate.reconciliation.agreed import confirmed
from deskgate.reconciliation.breaks.counts import tally
from deskgate.sources.market_names import trades_spot_alone
from deskgate.sources.registry import account_kinds

__all__ = ["drift_counts"]

# What an account's export is called in messages, and the table that it has rows in.
_TABLE_OF = {"positions": "positions", "balance": "balances"}


def drift_counts(case: Case, rows: pl.DataFrame, drifts: pl.DataFrame, bot: str, kind: str) -> list[Metric]:
    """Return how many drifts of a kind are open of a bot's account, their value and age; no value where an input lacks.

    Parameters
    ----------
    rows
        What was rolled forward: `rolled_positions`, unknown quantities included, or `rolled_balances`.
    drifts
        The breaks of all accounts, of both kinds.
    kind
        `position_drift` or `balance_drift`.
    """
    what = {"position_drift": "positions", "balance_drift": "balance"}[kind]
    account, together = account_name(case, bot), members(case, bot)
    closed = _closed(case, rows.filter(pl.col("bot") == account))
    today = closed.filter(~pl.col("is_start"))
    lacks = next(
        (
            why
            for each in together
            if (why := _lacks(case, each, what) or _unread(case, each, what) or blocks(case, each))
        ),
        None,
    )
    if lacks is None and kind == "position_drift":
        silent = today.filter(pl.col("quantity").is_null())
        today = today.filter(pl.col("quantity").is_not_null())
        if silent.height:
            lacks = f"the snapshot of {silent['ts'][0]:%H:%M} UTC does not say what {bot} holds of {silent['pair'][0]}"
    if lacks is None and kind == "balance_drift":
        unsure = _closed(case, quote_balances(case).filter(pl.col("bot") == account)).height - closed.height
        if unsure > 0:
            lacks = f"{unsure} balances of {bot} on {case.day} have no positions with a mark price of the same moment"
    if lacks is None and today.is_empty():
        lacks = f"{bot} has no {what} snapshot of {case.day} that can be rolled forward to"
    fees = unlisted_fees(case, bot) if kind == "balance_drift" else None
    # The account of contracts of some venues does not hold what fees are paid in; one of spot does.
    if trades_spot_alone(case.desk.bots[bot]):
        lacks = lacks or fees
    # Of an account of several bots there is one break, which counts for each of them.
    of_account = drifts.filter(pl.col("bot") == account).with_columns(bot=pl.lit(bot))
    shared = f"of the account that {' and '.join(together)} share" if len(together) > 1 else None
    remark = "; ".join(filter(None, (fees, shared))) or None
    return tally(case, bot, kind, of_account, today.height, lacks, remark=remark)


def _closed(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the snapshots of the day, the one that closed it included and the one of 00:00 not."""
    return rows.filter((pl.col("ts") > case.start) & (pl.col("ts") <= case.closing))


def _lacks(case: Case, bot: str, what: str) -> str | None:
    """Return what is missing for rolling this bot's account forward, or None."""
    if not confirmed(case, bot):
        return f"{bot} has no agreed fills to roll forward: {absent_leg(case.sources, bot, 'exchange')}"
    # A balance is only rolled forward with the positions of its instant.
    found = case.export_kinds.get(bot, set())
    owned = has_spot_positions(case, case.desk.bots[bot])
    wanted = ("balance",) if owned else dict.fromkeys((what, "positions"))
    missing = [each for each in wanted if not found & set(account_kinds(_TABLE_OF[each]))]
    if missing:
        return f"{bot} has no readable {' and no '.join(missing)} export of the venue{_unreadable_file(case, bot, missing)}"
    opening = case.desk.bots[bot].opening
    if opening and opening.at >= case.end:
        return (
            f"bots.{bot}.opening is of {opening.at:%Y-%m-%d %H:%M} UTC, after the day, so nothing can be rolled forward"
        )
    if why := without_snapshot(case.desk.bots[bot]) or undivided(case, bot):
        return why
    if what == "balance":
        return unvalued(case, case.desk.bots[bot]) or mixed_account(case, bot)
    return incomparable(case, bot) or net_only(case, bot) or shared_base(case, bot)


def _unreadable_file(case: Case, bot: str, whats: list[str]) -> str:
    """Return which file of these exports has a record that could not be read, as a sentence's end; empty if none has."""
    kinds = [kind for what in whats for kind in account_kinds(_TABLE_OF[what])]
    mine = case.sources.filter((pl.col("bot") == bot) & pl.col("kind").is_in(kinds) & (pl.col("quarantined") > 0))
    return f": {mine['path'].sort()[0]} has a record that could not be read" if mine.height else ""


def _unread(case: Case, bot: str, what: str) -> str | None:
    """Return which export of the day could not be read whole, or None."""
    # What is held of spot is in the balances.
    others = "balances" if has_spot_positions(case, case.desk.bots[bot]) else "positions"
    unread = case.sources.filter(
        (pl.col("bot") == bot)
        & (pl.col("leg") == "exchange")
        & pl.col("kind").is_in([*account_kinds(_TABLE_OF[what]), *account_kinds(others)]),
        pl.col("quarantined") > 0,
        pl.col("exported_at").is_null() | pl.col("exported_at").is_between(case.start, case.closing, closed="right"),
    )
    if unread.height:
        return f"{unread['path'][0]} has a record that could not be read, so that it does not say what {bot} held"
    return None
