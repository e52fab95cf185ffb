"""`opening = "first_snapshot"`: what the account's first snapshot holds, as an opening that desk.toml could have typed.

A snapshot is a balance and, of contracts, the positions of its instant. It stands for an opening only where it is whole: both are
evidence, nothing was traded or paid between the two, and what the positions have gained so far is known, for an opening has the
wallet's balance without it. The first one counts and no later one: a difference between the two would be lost. Where the first is
not whole there is no opening, and none where it is another one than an earlier run had.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from deskgate.case.case import Case
from deskgate.case.markets import judged, money_of
from deskgate.case.venue_rows import without_rows
from deskgate.config.bot import FIRST_SNAPSHOT, Bot, Opening
from deskgate.config.connectors import is_of_contracts
from deskgate.config.desk import Desk
from deskgate.reconciliation.accounts.balances import SNAPSHOT_SPREAD
from deskgate.sources.market_names import money_names, pair_quote
from deskgate.sources.registry import account_kinds

__all__ = ["SNAPSHOT_SPREAD", "account_exports", "opened_by_snapshots", "tables_of"]

_ZERO = Decimal(0)


def opened_by_snapshots(case: Case) -> Desk:
    """Return the desk of a case, whose bots that open at their first snapshot have it as their opening, or why they have none."""
    found = {bot.name: _opened(case, bot) for bot in case.desk.judged if bot.opens_at_first_snapshot}
    return case.desk.model_copy(update={"bots": {**case.desk.bots, **found}})


def tables_of(bot: Bot) -> tuple[str, ...]:
    """Return the tables that a snapshot of a bot's account has rows in."""
    return ("balances", "positions") if is_of_contracts(bot.connector) else ("balances",)


def account_exports(bot: Bot) -> pl.Expr:
    """Return whether a row of `sources` is an export of which a snapshot of a bot's account is made."""
    kinds = [kind for table in tables_of(bot) for kind in account_kinds(table)]
    return (pl.col("bot") == bot.name) & (pl.col("leg") == "exchange") & pl.col("kind").is_in(kinds)


def _opened(case: Case, bot: Bot) -> Bot:
    found = _first(case, bot)
    if isinstance(found, Opening):
        found = _as_recorded(case, bot, found)
    if isinstance(found, str):
        typed = f"type bots.{bot.name}.opening in desk.toml"
        return bot.model_copy(update={"opening": None, "no_opening": f"{found}; {typed}"})
    return bot.model_copy(update={"opening": found, "no_opening": None})


def _as_recorded(case: Case, bot: Bot, found: Opening) -> Opening | str:
    """Return an opening, or why it is none: an earlier run had another one."""
    known = case.frames["openings"].filter(pl.col("bot") == bot.name, pl.col("account").is_in(bot.account))
    for text in known.sort("recorded_at")["opening"].head(1):
        recorded = Opening.model_validate_json(text)
        if recorded != found:
            return (
                f"the first snapshot of the account of {bot.name} was {_words(recorded)} when it was first used, and is {_words(found)}"
                " now: an export was lost, added or changed"
            )
    return found


def _words(opening: Opening) -> str:
    held = opening.position if isinstance(opening.position, dict) else {"": opening.position}
    amounts = [f"{amount.normalize():f} {name}" for name, amount in [*opening.balance.items(), *held.items()]]
    return f"that of {opening.at:%Y-%m-%d %H:%M:%S} UTC ({', '.join(amounts)})"


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


def _first(case: Case, bot: Bot) -> Opening | str | None:
    """Return the account's first snapshot as an opening, or why it is none; None where there is no snapshot yet."""
    sources = case.frames["sources"].filter(account_exports(bot))
    rows = {table: _rows(case, bot, table) for table in tables_of(bot)}
    # Whatever day is judged: what could not be read of a file does not become evidence later.
    bad = sources.filter(pl.col("derived") | (pl.col("quarantined") > 0)).sort("exported_at", "path")
    dated = pl.concat([sources["exported_at"], *(each["ts"] for each in rows.values())]).drop_nulls()
    first = dated.min()
    if not isinstance(first, datetime):
        return None
    named = f'bots.{bot.name}.opening is "{FIRST_SNAPSHOT}", and the first snapshot of its account, of {first:%Y-%m-%d %H:%M:%S} UTC,'
    early = [path for each in rows.values() for path in each.filter(_beside(first))["path"]]
    in_doubt = bad.filter(
        _beside(first, "exported_at")
        | pl.col("path").is_in(early)
        | (pl.col("exported_at").is_null() & ~pl.col("derived"))
    )
    for path, derived in in_doubt.select("path", "derived").iter_rows():
        why = "was derived from its own files" if derived else "has a record that could not be read"
        return f"{named} is not whole: {path} {why}"
    snapshot = _snapshot(case, bot, first)
    if snapshot is None:
        return f"{named} is not whole: there is no {' and '.join(tables_of(bot))} within a minute of it"
    if _is_disturbed(case, bot, snapshot):
        return f"{named} is not whole: something was traded or paid between its balance and its positions"
    return _opening(case, bot, snapshot) or (
        f"{named} does not say what the account held: a market on two sides, pairs of one base, or open positions without their gain"
    )


def _rows(case: Case, bot: Bot, table: str) -> pl.DataFrame:
    known = money_of(case, case.frames["balances"], "token") if table == "balances" else judged(case, table)
    return known.filter(pl.col("bot") == bot.name, pl.col("leg") == "exchange").sort("ts", "row_id")


def _beside(first: datetime, ts: str = "ts") -> pl.Expr:
    return pl.col(ts) <= first + SNAPSHOT_SPREAD


def _snapshot(case: Case, bot: Bot, first: datetime) -> _Snapshot | None:
    """Return the balance within a minute of the account's first export, with the positions next to it; None where one lacks."""
    balances = _rows(case, bot, "balances").filter(_beside(first))
    lists_nothing = without_rows(case, "balances").filter(pl.col("bot") == bot.name, _beside(first))
    ts = pl.concat([balances["ts"], lists_nothing["ts"]]).min()
    positions = _rows(case, bot, "positions")
    if not isinstance(ts, datetime):
        return None
    balance = balances.filter(pl.col("ts") == ts)
    if "positions" not in tables_of(bot):
        return _Snapshot(ts, balance, positions.clear())
    near = positions.filter((pl.col("ts") - ts).abs() <= SNAPSHOT_SPREAD)
    if near.is_empty():
        return None
    nearest = near.select((pl.col("ts") - ts).abs().arg_min()).item()
    return _Snapshot(ts, balance, near.filter(pl.col("ts") == near["ts"][nearest]))


def _is_disturbed(case: Case, bot: Bot, snapshot: _Snapshot) -> bool:
    """Return whether something was traded or paid between the two exports, by any leg."""
    since, until = snapshot.span
    between = (pl.col("bot") == bot.name) & (pl.col("ts") > since) & (pl.col("ts") <= until)
    return any(case.lazy(table).filter(between).limit(1).collect().height for table in ("fills", "funding"))


def _opening(case: Case, bot: Bot, snapshot: _Snapshot) -> Opening | None:
    """Return a snapshot as an opening; None where it does not say the wallet's balance, or holds two sides of a market."""
    balance = dict(snapshot.balance.group_by("token").agg(pl.col("total").sum()).iter_rows())
    # A balance that lists nothing says that there is nothing.
    balance = balance or {case.desk.quote: _ZERO}
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
