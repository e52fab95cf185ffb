"""What earlier readings of the book's worth say of later ones, taken from a case's history where all of history would say the same."""

from datetime import datetime
from hashlib import sha256

import polars as pl

from deskgate.accounting.books import books_since
from deskgate.accounting.starts import starts
from deskgate.case.baselines import soak_start
from deskgate.case.case import Case, per_case
from deskgate.case.fill_history import WorthHistory
from deskgate.case.values import opening_balance
from deskgate.portfolio.book import book
from deskgate.prices.carried_quotes import quotes_hold
from deskgate.reconciliation.accounts.transfers import account_transfers
from deskgate.reconciliation.agreed import agreed_funding

__all__ = ["made_of", "worth_history"]


@per_case
def worth_history(case: Case) -> WorthHistory | None:
    """Return what was read of the book's worth up to the cut of a case's history; None where all of it is read again."""
    history = case.fill_history
    if history is None or history.worth is None or not quotes_hold(case):
        return None
    if books_since(case, case.start).since != history.cut:
        return None
    return history.worth if history.worth.made_of == made_of(case, history.cut) else None


def made_of(case: Case, cut: datetime) -> str:
    """Return a digest of what the book's readings before a cut are made of beside finished fills, their books and quotes."""
    bots = book(case.desk)
    names = [bot.name for bot in bots]
    before = pl.col("bot").is_in(names) & (pl.col("ts") < cut)
    moved, paid = (
        frame.filter(before).select("bot", "ts", "amount").sort(pl.all()).rows()
        for frame in (account_transfers(case), agreed_funding(case))
    )
    opened = [opening_balance(case, bot) if bot.opening else None for bot in bots]
    held = starts(case).filter(pl.col("bot").is_in(names)).rows()
    said = (names, soak_start(case), case.risk.consecutive, opened, held, moved, paid)
    return sha256(repr(said).encode()).hexdigest()
