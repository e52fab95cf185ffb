"""Accounts of spot: what a bot holds of a market is a balance of its base, less what it opened with and what was moved in.

Such a venue lists no positions. Of a base that several markets of a bot share, or that is the quote of another one, the
balance is not one market's: it is rolled forward as an asset (`tokens`), and the position of each market is not known.
"""

from decimal import Decimal

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.markets import fill_places, money_of
from deskgate.case.tolerances import MONEY
from deskgate.case.values import opening_balances
from deskgate.case.venue_rows import venue_rows, without_rows
from deskgate.config.bot import Bot
from deskgate.reconciliation.accounts.shared import account_name, account_openings, as_account, members, once
from deskgate.reconciliation.accounts.transfers import token_transfers
from deskgate.sources.market_names import money_names, pair_quote, plain_pair, trades_spot_alone

__all__ = ["has_spot_positions", "market_tokens", "shared_base", "spot_bases", "spot_positions"]

_BASES = {"bot": pl.String(), "pair": pl.String(), "token": pl.String(), "idle": MONEY}


def market_tokens(case: Case, bot: Bot, pair: str) -> tuple[str, str]:
    """Return the base and the quote of a judged market, by the desk's names of them."""
    names, quote = money_names(case.desk, bot), pair_quote(pair)
    base = plain_pair(pair).rpartition("-")[0]
    return names.get(base, base), names.get(quote, quote)


def has_spot_positions(case: Case, bot: Bot) -> bool:
    """Return whether what a bot holds is read from its balances: it trades spot alone, and no export lists positions of it."""
    return trades_spot_alone(bot) and bot.name not in _with_positions(case)


@per_case
def _with_positions(case: Case) -> set[str]:
    return set(case.frames["positions"].filter(pl.col("leg") == "exchange")["bot"])


@per_case
def _markets(case: Case) -> dict[str, list[tuple[str, str, str]]]:
    """Return the markets of each account whose bots trade spot alone, declared or traded: pair, base, quote."""
    traded = fill_places(case).select("bot", "pair").unique().sort("bot", "pair")
    found: dict[str, dict[str, tuple[str, str, str]]] = {}
    for bot in case.desk.judged:
        if all(has_spot_positions(case, case.desk.bots[each]) for each in members(case, bot.name)):
            of_account = found.setdefault(account_name(case, bot.name), {})
            for pair in dict.fromkeys([*bot.pairs, *traded.filter(pl.col("bot") == bot.name)["pair"]]):
                of_account.setdefault(pair, (pair, *market_tokens(case, bot, pair)))
    return {account: list(of_pairs.values()) for account, of_pairs in found.items()}


@per_case
def spot_bases(case: Case) -> pl.DataFrame:
    """Return the markets whose position is a balance: bot, pair, token (the base), idle (how much of it is no position)."""
    rows = [
        (name, pair, base, sum((_idle(case, case.desk.bots[each], pair) for each in members(case, name)), Decimal(0)))
        for name, found in _markets(case).items()
        for pair, base, _ in found
        if base not in _shared(case, found)
    ]
    return pl.DataFrame(rows, schema=_BASES, orient="row")


def _idle(case: Case, bot: Bot, pair: str) -> Decimal:
    """Return how much of its base a bot opened with beside the opening position of its market."""
    base, _ = market_tokens(case, bot, pair)
    held = opening_balances(case, bot).get(base)
    return Decimal(0) if held is None else held - bot.opening_position(pair)


def shared_base(case: Case, bot: str) -> str | None:
    """Return why the position of some market of a bot on spot is not known, or None where each is."""
    found = _markets(case).get(account_name(case, bot), [])
    for pair, base, _ in found:
        if base in _shared(case, found):
            return (
                f"{base} is the base of {pair} of {bot} and an asset of another of its markets, so that its balance is not the"
                " position of one; it is reconciled as an asset"
            )
    return None


def _shared(case: Case, found: list[tuple[str, str, str]]) -> set[str]:
    """Return the bases that are an asset of more than one market, or the desk's quote."""
    tokens = [token for _, *both in found for token in both]
    return {base for _, base, _ in found if tokens.count(base) > 1 or base == case.desk.quote}


def spot_positions(case: Case) -> pl.DataFrame:
    """Return the positions that the balances of spot accounts show.

    Returns
    -------
    polars.DataFrame
        bot, leg, pair, ts, visible_at, path, quantity (base), mark_price (null: no venue marks what is owned); one row per
        market and readable balance snapshot. A base that a snapshot does not list is none.
    """
    bases = spot_bases(case)
    balances = once(case, venue_rows(case, money_of(case, case.frames["balances"], "token")), "path", "ts")
    # An export that lists nothing is a snapshot too.
    exports = pl.concat([balances, once(case, without_rows(case, "balances"), "path", "ts")], how="diagonal")
    snapshots = (
        exports.join(bases.select("bot").unique(), on="bot", how="semi")
        .group_by("bot", "leg", "ts", "path")
        .agg(pl.col("visible_at").max())
    )
    totals = balances.select("bot", "ts", "path", "token", "total", listed=pl.lit(value=True))
    moved = as_account(case, token_transfers(case)).select(
        "bot", "token", "ts", moved=pl.col("amount").cum_sum().over("bot", "token", order_by="ts")
    )
    rows = (
        snapshots.join(bases, on="bot")
        .join(totals, on=["bot", "ts", "path", "token"], how="left")
        .sort("ts", "bot", "pair", "path")
        .join_asof(
            moved.sort("ts", maintain_order=True),
            on="ts",
            by=["bot", "token"],
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .with_columns(pl.col("moved").fill_null(0), total=pl.when("listed").then("total").otherwise(pl.lit(0, MONEY)))
    )
    opened = pl.col("bot").is_in(account_openings(case)["bot"].implode())
    # Without an opening an account starts with its first snapshot, whatever was moved before.
    before = pl.when(opened).then(pl.lit(0, MONEY)).otherwise(pl.col("moved").first().over("bot", "pair"))
    return rows.select(
        *("bot", "leg", "pair", "ts", "visible_at", "path"),
        quantity=(pl.col("total") - pl.col("idle") - (pl.col("moved") - before)).cast(MONEY),
        mark_price=pl.lit(None, MONEY),
    )
