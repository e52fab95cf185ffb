"""The agreed fills, and what follows from them: positions, cash and profit.

A fill is agreed when the venue has it, for the account is the venue's. Database and stream come from one process and are one
voice: what they alone have is agreed only where the venue filled the order with it, or where the venue's leg is absent or has
not had time to show it. All amounts of money are computed from these fills and from observed prices, never from a bot's
own counters.
"""

from typing import TypeVar

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_bot, per_case
from deskgate.case.expressions import fill_time, fill_value
from deskgate.case.legs import absent_leg
from deskgate.case.markets import judged, judged_funding
from deskgate.case.tolerances import MONEY, account, funding_slot
from deskgate.reconciliation.matching.match import every_matched_fill, unfinished_fills
from deskgate.schema import LEGS

__all__ = [
    "agreed_fills",
    "agreed_funding",
    "as_agreed",
    "cash_flow",
    "claimed_fills",
    "confirmed",
    "every_agreed_fill",
    "held_side",
    "in_order",
    "signed",
    "unagreed",
    "unconfirmed",
    "unfinished_agreed",
]

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def confirmed(case: Case, bot: str) -> bool:
    """Return whether `bot` has at least two legs of evidence, without which no fill of it is agreed."""
    return len(case.legs.get(bot, set())) > 1


def unconfirmed(case: Case, bot: str) -> str | None:
    """Return why no fill of `bot` is agreed, or None where its legs can agree."""
    if confirmed(case, bot):
        return None
    lacking = next(leg for leg in ("exchange", "events", "local") if leg not in case.legs.get(bot, set()))
    return f"no fill of {bot} is agreed: {absent_leg(case.sources, bot, lacking)}"


@per_bot
def unagreed(case: Case, bot: str) -> str | None:
    """Return why none of the fills that a bot's legs have since trading is measured is agreed; None where one is, or there is none."""
    since = measured_since(case)
    # A finished fill is an agreed one.
    fills = unfinished_fills(case).fills.filter(pl.col("bot") == bot, fill_time().is_between(since, case.end))
    of_bot = pl.col("bot") == bot, pl.col("ts") >= since
    if fills.is_empty() or unfinished_agreed(case).filter(*of_bot).height:
        return None
    if every_agreed_fill(case).filter(*of_bot).limit(1).collect().height:
        return None
    legs = " and ".join(leg for leg in LEGS if fills[f"in_{leg}"].any())
    return (
        f"none of the {fills.height} fills of {bot} since {since:%Y-%m-%d %H:%M} UTC is agreed: its records ({legs}) have them and"
        " no other leg confirms one. Notebook 03 lists the breaks"
    )


@per_case
def agreed_fills(case: Case) -> pl.DataFrame:
    """Return the agreed fills up to `as_of`.

    Returns
    -------
    polars.DataFrame
        One row per fill: bot, pair, trade_id, in_exchange (whether the venue lists it), order_id, exchange_order_id,
        ts (the venue's, else the bot's), side, price, quantity (unsigned), liquidity (maker or taker, null where no leg
        says it), fee_amount, fee_token, fee_quote (a leg's own conversion, null where none has one that is not 0), held_side (long or short, the position that it moves
        where the account is in hedge mode; null where no leg says it); sorted by (ts, bot, trade_id, pair).
    """
    return in_order(every_agreed_fill(case)).collect()


def in_order(fills: Frame) -> Frame:
    """Return fills, or what they moved, in the one order in which they are added up: by ts, bot, trade_id and pair."""
    return fills.sort("ts", "bot", "trade_id", "pair", maintain_order=True)


def every_agreed_fill(case: Case) -> pl.LazyFrame:
    """Return `agreed_fills` as a query, in no particular order.

    What is filtered, summed or left out of it is not read of finished fills: sums before an instant, and the fills since.
    """
    unfinished = unfinished_agreed(case).lazy()
    return pl.concat([as_agreed(case.fill_history.finished), unfinished]) if case.fill_history else unfinished


@per_case
def unfinished_agreed(case: Case) -> pl.DataFrame:
    """Return `agreed_fills` without the finished ones of `Case.fill_history`, in no particular order."""
    claims = claimed_fills(case)
    listed = _fills_with_evidence(case).filter(pl.col("in_exchange") | (_of_both() & ~_disputed(case)))
    confirmed_claims = claims.filter("confirmed").select(listed.columns)
    return as_agreed(pl.concat([listed, confirmed_claims]))


@per_case
def claimed_fills(case: Case) -> pl.DataFrame:
    """Return the fills that database and stream both have and the venue's trades lack.

    Returns
    -------
    polars.DataFrame
        The matched fills, with order_filled (what the venue says that their order filled, null where it does not list it),
        without and with_claims (what the fills of that order add up to without and with these), and `confirmed`: whether
        the venue filled the order with them. Such a fill is agreed, all others are not; of each there is a break.
    """
    fills = _fills_with_evidence(case)
    order = fill_value("exchange_order_id").alias("key")
    claims = fills.filter(~pl.col("in_exchange") & _of_both() & _disputed(case)).with_columns(order)
    keys = claims.select("bot", "pair", "key").drop_nulls().unique()
    of_venue = (pl.col("leg") == "exchange") & pl.col("exchange_order_id").is_in(keys["key"].implode())
    filled = (
        judged(case, "orders", of_venue)
        .group_by("bot", "pair", key="exchange_order_id")
        .agg(order_filled=pl.col("filled_quantity").max())
    )
    of_orders = (
        every_matched_fill(case)
        .with_columns(order)
        .filter(pl.col("key").is_in(keys["key"].implode()))
        .join(keys.lazy(), on=["bot", "pair", "key"], how="semi")
    )
    sums = (
        of_orders.group_by("bot", "pair", "key")
        .agg(
            without=pl.col("quantity_exchange").filter("in_exchange").sum(),
            with_claims=fill_value("quantity").filter(pl.col("in_exchange") | _of_both()).sum(),
        )
        .collect()
    )
    on = ["bot", "pair", "key"]
    confirmed_by_order = (pl.col("order_filled") - pl.col("with_claims")).abs() < account()
    return (
        claims.join(filled, on=on, how="left")
        .join(sums, on=on, how="left", maintain_order="left")
        .with_columns(confirmed=confirmed_by_order.fill_null(value=False))
    )


def _of_both() -> pl.Expr:
    return pl.col("in_local") & pl.col("in_events")


def _fills_with_evidence(case: Case) -> pl.DataFrame:
    """Return the matched fills of bots whose legs can agree, without the finished ones: those are agreed and no claims."""
    enough = [bot.name for bot in case.desk.judged if confirmed(case, bot.name)]
    return unfinished_fills(case).fills.filter(pl.col("bot").is_in(enough))


def _disputed(case: Case) -> pl.Expr:
    """Return whether the venue's leg is there and has had time to show a fill; before a bot's opening it need not show any."""
    listed = [bot for bot in case.desk.judged if "exchange" in case.legs.get(bot.name, set())]
    opened = {bot.name: bot.opening.at for bot in listed if bot.opening}
    since = pl.col("bot").replace_strict(opened, default=None, return_dtype=pl.Datetime("us", "UTC"))
    at = fill_time()
    judged = (at <= case.settled) & (since.is_null() | (at >= since))
    return pl.col("bot").is_in([bot.name for bot in listed]) & judged


def as_agreed(fills: Frame) -> Frame:
    """Return matched fills with the columns of `agreed_fills`, in their order."""
    return fills.select(
        "bot",
        "pair",
        "trade_id",
        "in_exchange",
        pl.coalesce("order_id_local", "order_id_events", "order_id_exchange").alias("order_id"),
        fill_value("exchange_order_id").alias("exchange_order_id"),
        fill_time().alias("ts"),
        *[
            fill_value(name).alias(name)
            for name in ("side", "price", "quantity", "liquidity", "fee_amount", "fee_token")
        ],
        # Hummingbot stores 0 where it had no rate, so 0 is no conversion.
        pl.coalesce(
            [
                pl.when(pl.col(f"fee_quote_{leg}") != 0).then(f"fee_quote_{leg}")
                for leg in ("exchange", "events", "local")
            ]
        ).alias("fee_quote"),
        held_side(),
    )


@per_case
def agreed_funding(case: Case) -> pl.DataFrame:
    """Return the funding payments up to `as_of`, each once: by the venue's account where it has it, else by the bot's.

    Returns
    -------
    polars.DataFrame
        One row per bot, pair and funding instant: bot, pair, ts, amount (quote, negative when paid; of all the payments
        of that instant); sorted by ts.
    """
    order = pl.col("leg").replace_strict({"exchange": 0, "local": 1, "events": 2}, return_dtype=pl.Int8)
    return (
        judged_funding(case)
        .with_columns(slot=funding_slot())
        .filter(order == order.min().over("bot", "pair", "slot"))
        .unique(["bot", "pair", "slot", "funding_id", "amount"], maintain_order=True)
        # An account in hedge mode is paid for each of its two positions.
        .group_by("bot", "pair", "slot")
        .agg(pl.col("ts").min(), pl.col("amount").sum())
        .select("bot", "pair", "ts", "amount")
        .sort("ts", "bot", "pair")
    )


def held_side() -> pl.Expr:
    """Return which of two positions a matched fill moves: `held_side`, long or short; null where that is not known.

    The bot's own word counts, OPEN or CLOSE, for it is what the bot believes to hold; the venue's where the bot lacks the fill.
    """
    opens = pl.coalesce("position_local", "position_events") == "OPEN"
    buys = fill_value("side") == "BUY"
    by_bot = pl.when(opens.is_not_null()).then(pl.when(opens == buys).then(pl.lit("long")).otherwise(pl.lit("short")))
    in_bot = pl.col("in_local") | pl.col("in_events")
    return pl.when(in_bot).then(by_bot).otherwise(pl.col("position_exchange").str.to_lowercase()).alias("held_side")


def signed(quantity: str = "quantity") -> pl.Expr:
    """Return the quantity with its sign: bought is positive."""
    return pl.when(pl.col("side") == "BUY").then(pl.col(quantity)).otherwise(-pl.col(quantity))


def cash_flow(quote: str) -> pl.Expr:
    """Return what a fill moved in quote: price times quantity, less its fee where that is in quote."""
    fee = pl.when(pl.col("fee_token") == quote).then(pl.col("fee_amount").fill_null(0)).otherwise(pl.lit(0, MONEY))
    return -signed() * pl.col("price") - fee
