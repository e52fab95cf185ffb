"""`opening = "first_snapshot"`: what the account's first snapshot holds, as an opening that desk.toml could have typed.

A snapshot is a balance and, of contracts, the positions of its instant. It stands for an opening only where it is whole: both are
evidence, nothing was traded or paid between the two, and what the positions have gained so far is known, for an opening has the
wallet's balance without it. The first such one counts, within a week after the account was first exported; so it is the same one on
every day, and after the store is rebuilt.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl

from deskgate.case.case import Case
from deskgate.case.markets import judged, money_of
from deskgate.config.bot import Bot, Opening
from deskgate.config.connectors import is_of_contracts
from deskgate.config.desk import Desk
from deskgate.reconciliation.accounts.balances import SNAPSHOT_SPREAD
from deskgate.sources.market_names import money_names, pair_quote

__all__ = ["SEARCHED_FOR", "opened_by_snapshots"]

# How long after the first export of an account a snapshot is looked for that is whole.
SEARCHED_FOR = timedelta(days=7)
_ZERO = Decimal(0)


def opened_by_snapshots(case: Case) -> Desk:
    """Return the desk of a case, whose bots that open at their first snapshot have it as their opening, where there is one."""
    found = {
        bot.name: bot.model_copy(update={"opening": next(_openings(case, bot), None)})
        for bot in case.desk.judged
        if bot.opens_at_first_snapshot
    }
    return case.desk.model_copy(update={"bots": {**case.desk.bots, **found}})


@dataclass(frozen=True)
class _Snapshot:
    """One balance (rows by token) and the positions beside it (rows by market, none of a spot account)."""

    ts: datetime
    balance: pl.DataFrame
    positions: pl.DataFrame

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Return from when to when its exports are."""
        times = [self.ts, *self.positions["ts"]]
        return min(times), max(times)


def _openings(case: Case, bot: Bot) -> Iterator[Opening]:
    for snapshot in _snapshots(case, bot):
        if not _is_disturbed(case, bot, snapshot) and (opening := _opening(case, bot, snapshot)):
            yield opening


def _snapshots(case: Case, bot: Bot) -> Iterator[_Snapshot]:
    """Yield a bot's snapshots that are evidence, by time."""
    sources = case.frames["sources"]
    # Whatever day is judged: what could not be read of a file does not become evidence later.
    usable = sources.filter(
        pl.col("bot") == bot.name, pl.col("leg") == "exchange", ~pl.col("derived"), pl.col("quarantined") == 0
    )
    mine = (pl.col("bot") == bot.name) & (pl.col("leg") == "exchange") & pl.col("path").is_in(usable["path"].implode())
    balances = money_of(case, case.frames["balances"].filter(mine), "token").sort("ts", "row_id")
    positions = judged(case, "positions").filter(mine).sort("ts", "row_id")
    with_positions = is_of_contracts(bot.connector)
    firsts = [each["ts"].min() for each in (balances, *[positions] * with_positions)]
    # The account's positions may be known later than its balance, or the other way round.
    known = [at for at in firsts if isinstance(at, datetime)]
    if len(known) < len(firsts):
        return
    for ts in balances.filter(pl.col("ts") <= max(known) + SEARCHED_FOR)["ts"].unique().sort():
        balance = balances.filter(pl.col("ts") == ts)
        if not with_positions:
            yield _Snapshot(ts, balance, positions.clear())
            continue
        near = positions.filter((pl.col("ts") - ts).abs() <= SNAPSHOT_SPREAD)
        if near.height:
            nearest = near.select((pl.col("ts") - ts).abs().arg_min()).item()
            yield _Snapshot(ts, balance, near.filter(pl.col("ts") == near["ts"][nearest]))


def _is_disturbed(case: Case, bot: Bot, snapshot: _Snapshot) -> bool:
    """Return whether something was traded or paid between the two exports, by any leg."""
    since, until = snapshot.span
    between = (pl.col("bot") == bot.name) & (pl.col("ts") > since) & (pl.col("ts") <= until)
    return any(case.lazy(table).filter(between).limit(1).collect().height for table in ("fills", "funding"))


def _opening(case: Case, bot: Bot, snapshot: _Snapshot) -> Opening | None:
    """Return a snapshot as an opening; None where it does not say the wallet's balance, or holds two sides of a market."""
    balance = dict(snapshot.balance.group_by("token").agg(pl.col("total").sum()).iter_rows())
    if not is_of_contracts(bot.connector):
        held = _coins(case, bot, balance)
        return None if held is None else Opening(at=snapshot.span[1], balance=balance, position=held)
    open_ones = snapshot.positions.filter(pl.col("quantity") != 0)
    two_sided = (pl.col("long_quantity") > 0) & (pl.col("short_quantity") > 0)
    if snapshot.positions["quantity"].has_nulls() or snapshot.positions.filter(two_sided).height:
        return None
    gained = _gained(case, bot, snapshot.balance, open_ones)
    if gained is None:
        return None
    prices = open_ones.filter(pl.col("entry_price") > 0).select("pair", "entry_price")
    return Opening(
        at=snapshot.span[1],
        balance={token: total - gained.get(token, _ZERO) for token, total in balance.items()},
        position=dict(open_ones.select("pair", "quantity").iter_rows()),
        entry_price=dict(prices.iter_rows()) or None,
    )


def _coins(case: Case, bot: Bot, balance: dict[str, Decimal]) -> dict[str, Decimal] | None:
    """Return what a spot account holds of each pair's base; None where two pairs have one base: it cannot be divided."""
    names = money_names(case.desk, bot)
    bases = [pair.rpartition("-")[0] for pair in bot.pairs]
    if len(set(bases)) < len(bases):
        return None
    return {pair: balance.get(names.get(base, base), _ZERO) for pair, base in zip(bot.pairs, bases, strict=True)}


def _gained(case: Case, bot: Bot, balance: pl.DataFrame, positions: pl.DataFrame) -> dict[str, Decimal] | None:
    """Return by token what open positions have gained so far and a balance has in it; None where that is not known."""
    said = dict(balance.drop_nulls("unrealized_pnl").select("token", "unrealized_pnl").iter_rows())
    names = money_names(case.desk, bot)
    found: dict[str, Decimal] = dict(said)
    for pair, quantity, gained, mark, entry in positions.select(
        "pair", "quantity", "unrealized_pnl_quote", "mark_price", "entry_price"
    ).iter_rows():
        money = pair_quote(pair)
        token = names.get(money, money)
        if token in said:
            continue
        if gained is None and (mark is None or entry is None):
            return None
        found[token] = found.get(token, _ZERO) + (quantity * (mark - entry) if gained is None else gained)
    return found
