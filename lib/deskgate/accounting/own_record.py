"""What a bot's own record adds up to where no second leg confirms its fills: to be looked at, never judged.

The same accounting as of agreed fills, over fills that nothing confirms. Nothing of it is agreed: no check, no gate and no
decision reads this module. Database and stream come from one process and may be wrong together, so a profit of theirs proves
nothing.
"""

from datetime import datetime

import polars as pl

from deskgate.accounting.cost_book import METHODS, book_fills
from deskgate.accounting.moved_fills import KEY, with_values
from deskgate.accounting.starts import starts
from deskgate.case.case import Case, per_case
from deskgate.case.expressions import fill_time
from deskgate.case.tolerances import MONEY
from deskgate.case.values import not_linear
from deskgate.config.bot import Bot
from deskgate.reconciliation.agreed import (
    as_agreed,
    every_agreed_fill,
    unagreed,
    unconfirmed,
    unfinished_agreed,
)
from deskgate.reconciliation.matching.match import unfinished_fills
from deskgate.schema import BOT_LEGS

__all__ = ["counted_from", "own_fills", "own_records", "unconfirmed_fills"]

_FILL = ["bot", "pair", "trade_id"]
_RECORDS = {
    **dict.fromkeys(("bot", "mark", "because", "not_booked"), pl.String()),
    "is_shown": pl.Boolean(),
    **dict.fromkeys(("agreed", "not_confirmed", "not_confirmed_of_day"), pl.Int64()),
}
# A record of one leg in words. Who reads a number of it reads this beside it.
_MARKS = {
    "local": "the bot's own record, nothing confirms it",
    "events": "the event stream alone, nothing confirms it",
    "exchange": "the venue's record alone, no record of the bot confirms it",
}
_CONTRADICTED = "the bot's own record, its other legs confirm none of it"


@per_case
def own_records(case: Case) -> pl.DataFrame:
    """Return the judged bots that have fills, or could have, which no second leg confirms; up to the day's end.

    Returns
    -------
    polars.DataFrame
        bot; is_shown (whether no fill of it is confirmed, so that `own_fills` has them); mark (of `is_shown`: whose record it is, and that
        nothing confirms it); because (why); not_booked (why it has no PnL, else null); agreed, not_confirmed and not_confirmed_of_day
        (how many fills). A bot whose fills are all confirmed has no row. Sorted by bot.
    """
    fills = unconfirmed_fills(case)
    counts = dict(fills.group_by("bot").agg(pl.len()).iter_rows())
    today = dict(case.of_day(fills).group_by("bot").agg(pl.len()).iter_rows())
    rows = []
    for bot in case.desk.judged:
        legs = case.legs.get(bot.name, set())
        lacking, none_agreed = unconfirmed(case, bot.name), unagreed(case, bot.name)
        is_shown = bool(legs) and bool(lacking or none_agreed)
        if not is_shown and bot.name not in counts:
            continue
        agreed = every_agreed_fill(case).filter(pl.col("bot") == bot.name, pl.col("ts") < case.end)
        rows.append(
            {
                "bot": bot.name,
                "is_shown": is_shown,
                "mark": _mark(legs) if is_shown else None,
                "because": lacking or none_agreed,
                "not_booked": not_linear(case, bot.name) or _too_large(case, bot.name, fills),
                "agreed": 0 if lacking else agreed.select(pl.len()).collect().item(),
                "not_confirmed": counts.get(bot.name, 0),
                "not_confirmed_of_day": today.get(bot.name, 0),
            }
        )
    return pl.DataFrame(rows, schema=_RECORDS).sort("bot")


def _mark(legs: set[str]) -> str:
    return _MARKS[next(iter(legs))] if len(legs) == 1 else _CONTRADICTED


def _too_large(case: Case, bot: str, fills: pl.DataFrame) -> str | None:
    """Return that an amount is larger than a decimal holds, or None."""
    values = with_values(case, fills.filter(pl.col("bot") == bot))["value"]
    return f"price times quantity of a fill of {bot} is larger than an amount can be" if values.null_count() else None


@per_case
def unconfirmed_fills(case: Case) -> pl.DataFrame:
    """Return the fills up to the day's end that one of the bot's own legs has, or its only leg, and that are not agreed."""
    alone = [bot for bot, legs in case.legs.items() if len(legs) == 1]
    own = pl.any_horizontal(f"in_{leg}" for leg in BOT_LEGS)
    # A finished fill is an agreed one.
    matched = unfinished_fills(case).fills.filter(own | pl.col("bot").is_in(alone), fill_time() < case.end)
    return as_agreed(matched.join(unfinished_agreed(case), on=_FILL, how="anti"))


def counted_from(case: Case, bot: Bot) -> datetime | None:
    """Return since when a bot's own record counts: its opening in desk.toml; None: its first fill, with nothing held before."""
    return bot.opening.at if bot.opening and bot.name in set(_openings(case)["bot"]) else None


def _openings(case: Case) -> pl.DataFrame:
    """Return what the openings of desk.toml say was held, where all of a bot's has a cost: bot, key, opened, position, cost."""
    opened = [bot.name for bot in case.desk.judged if bot.opening and bot.opening.at < case.end]
    held = starts(case).filter(pl.col("bot").is_in(opened))
    priced = held.filter(pl.col("cost").is_not_null().all().over("bot"))
    return priced.select("bot", "opened", "position", "cost", key="pair")


@per_case
def own_fills(case: Case) -> pl.DataFrame:
    """Return the fills of each bot of which none is confirmed, booked by the desk's method.

    Returns
    -------
    polars.DataFrame
        One row per fill since the bot's opening in desk.toml, else since its first one: bot, pair, key (the pair or its side), ts, trade_id,
        order_id, side, price, quantity (base, unsigned), notional (quote), fee_amount, fee_token, fee_quote (positive when paid; null where
        it is not known), position (base, signed, of the key after the fill), cost (quote, signed) and realized (quote, before fees); the last three null where it is
        not booked (`not_booked`). All Decimal(38, 18). Sorted by (bot, ts, trade_id).
    """
    records, openings = own_records(case).filter("is_shown"), _openings(case)
    fills = with_values(case, unconfirmed_fills(case).filter(pl.col("bot").is_in(records["bot"].implode())))
    since = openings.select("bot", "opened").unique()
    inside = fills.join(since, on="bot", how="left", maintain_order="left").filter(
        pl.col("opened").is_null() | (pl.col("ts") >= pl.col("opened"))
    )
    linear = pl.col("bot").is_in(records.filter(pl.col("not_booked").is_null())["bot"].implode())
    method = METHODS[case.desk.accounting]
    booked, _ = book_fills(inside.filter(linear), openings.drop("opened"), by=KEY, method=method)
    nothing = [pl.lit(None, MONEY).alias(name) for name in ("position", "cost", "realized")]
    rows = pl.concat([booked, inside.filter(~linear).with_columns(nothing)])
    columns = (
        *("bot", "pair", "key", "ts", "trade_id", "order_id", "side", "price", "quantity", "notional"),
        *("fee_amount", "fee_token", "fee_quote", "position", "cost", "realized"),
    )
    return rows.select(columns).sort("bot", "ts", "trade_id", maintain_order=True)
