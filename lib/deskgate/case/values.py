"""Where price times quantity is a value in the desk's money, and where it is not: inverse contracts, other quotes."""

from decimal import Decimal

import polars as pl

from deskgate.case.case import Case
from deskgate.case.markets import fill_places, incomparable, markets
from deskgate.config.bot import FIRST_SNAPSHOT, Bot
from deskgate.sources.market_names import money_names, pair_quote

__all__ = [
    "inverse_markets",
    "is_of_inverse",
    "not_linear",
    "opening_balance",
    "opening_balances",
    "openings",
    "unvalued",
    "without_inverse_values",
    "without_snapshot",
]


def is_of_inverse(case: Case) -> pl.Expr:
    """Return whether a row's market, by `bot` and `pair`, is an inverse contract: price times quantity is not its value."""
    names = pl.Series([f"{bot} {pair}" for bot, pair in sorted(markets(case).inverse)], dtype=pl.String)
    return pl.format("{} {}", "bot", "pair").is_in(names.implode()).fill_null(value=False)


def without_inverse_values(case: Case, breaks: pl.DataFrame) -> pl.DataFrame:
    """Return breaks without the value of those of inverse contracts: price times quantity is not it."""
    return breaks.with_columns(value_quote=pl.when(~is_of_inverse(case)).then("value_quote"))


def _foreign_pairs(case: Case, bot: Bot) -> list[str]:
    """Return the markets, declared or traded, whose money is not the desk's quote."""
    names = money_names(case.desk, bot)
    traded = fill_places(case).filter(pl.col("bot") == bot.name)["pair"].unique().sort()
    pairs = dict.fromkeys([*bot.pairs, *traded])
    return [pair for pair in pairs if names.get(pair_quote(pair), pair_quote(pair)) != case.desk.quote]


def not_linear(case: Case, bot: str) -> str | None:
    """Return why price times quantity is no value of what a bot trades in any money, or None where it is."""
    if why := incomparable(case, bot):
        return why
    if inverse := inverse_markets(case, bot):
        return (
            f"{bot} trades {', '.join(inverse)}, an inverse contract: its value is in the coin it is settled in, not price"
            " times quantity, and is not computed"
        )
    return None


def unvalued(case: Case, bot: Bot) -> str | None:
    """Return why price times quantity is no value of what a bot trades in the desk's quote, or None where it is."""
    if why := not_linear(case, bot.name):
        return why
    if foreign := _foreign_pairs(case, bot):
        return f"{bot.name} trades {', '.join(foreign)}, whose money is not the desk's {case.desk.quote}"
    return None


def opening_balance(case: Case, bot: Bot) -> Decimal | None:
    """Return the balance in the desk's quote that the bot opened with; None where desk.toml has none."""
    return opening_balances(case, bot).get(case.desk.quote)


def opening_balances(case: Case, bot: Bot) -> dict[str, Decimal]:
    """Return what the bot's opening in desk.toml says of each asset, by the desk's name of it."""
    names, found = money_names(case.desk, bot), dict[str, Decimal]()
    for token, amount in (bot.opening.balance if bot.opening else {}).items():
        found[names.get(token, token)] = found.get(names.get(token, token), Decimal(0)) + amount
    return found


def without_snapshot(bot: Bot) -> str | None:
    """Return why a bot that opens at its account's first snapshot has no opening; None where it has one, or opens otherwise."""
    if not bot.opens_at_first_snapshot or bot.opening is not None:
        return None
    if bot.no_opening:
        return bot.no_opening
    return (
        f'bots.{bot.name}.opening is "{FIRST_SNAPSHOT}" and there is no snapshot of its account up to then (balance and'
        " positions of one instant): run `deskgate snapshot`; the days after it have an opening"
    )


def openings(case: Case) -> pl.DataFrame:
    """Return when each judged bot with an opening in desk.toml opened: bot, opened."""
    return pl.DataFrame(
        [(bot.name, bot.opening.at) for bot in case.desk.judged if bot.opening],
        schema={"bot": pl.String, "opened": pl.Datetime("us", "UTC")},
        orient="row",
    )


def inverse_markets(case: Case, bot: str) -> list[str]:
    """Return the bot's markets that are settled in their base, whose value is not price times quantity."""
    return sorted(pair for name, pair in markets(case).inverse if name == bot)
