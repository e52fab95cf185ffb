"""One cause is one break: what a listed break does to the account is told with it, not listed again.

A fill that the venue does not list moves the bot's idea of its position and money; a payment that is missing moves its
money; a position that nobody traded changes the balance with the price. Such a drift is explained where it is, within the
tolerance, what one of the suspects of its interval would do, or what all of them would do together, and where it stays: an
effect that is gone with the next snapshot was the snapshot's own.
"""

import polars as pl

from deskgate.checks.agreed import cash_flow, signed
from deskgate.checks.case import Case
from deskgate.checks.fills import settled_fills
from deskgate.checks.funding import payments
from deskgate.checks.tolerances import MONEY, taker_fee
from deskgate.checks.views import fill_value, plain

__all__ = ["explained", "price_span", "said", "suspects"]


def suspects(case: Case) -> pl.DataFrame:
    """Return what listed breaks would do to an account beside what was expected of it.

    Returns
    -------
    polars.DataFrame
        One row per fill that the venue lacks and payment that its history lacks: kind, bot, pair, at, trade_id (of the
        break), base and cash (what the account then has more than was expected).
    """
    fills = settled_fills(case).filter(pl.col("has_exchange") & ~pl.col("in_exchange"))
    # Two legs make it expected, and an account without it has less; one alone is not, and one with it has more.
    sign = pl.when(pl.col("in_local") & pl.col("in_events")).then(-1).otherwise(1).cast(MONEY)
    lacking = fills.with_columns(
        fill_value(name).alias(name) for name in ("side", "price", "quantity", "fee_amount", "fee_token")
    ).select(
        pl.lit("fill_missing_exchange").alias("kind"),
        "bot",
        "pair",
        pl.col("ts").alias("at"),
        "trade_id",
        base=sign * signed(),
        cash=sign * cash_flow(case.desk.quote),
    )
    unpaid = payments(case).filter(pl.col("leg") == "exchange")
    return pl.concat(
        [
            lacking,
            unpaid.select(
                pl.lit("funding_missing").alias("kind"),
                "bot",
                "pair",
                pl.col("ts").alias("at"),
                pl.lit(None, pl.String).alias("trade_id"),
                base=pl.lit(0, MONEY),
                cash=-pl.col("amount"),
            ),
        ]
    )


def explained(drifts: pl.DataFrame, effects: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Return which suspects explain which drifts.

    Parameters
    ----------
    drifts
        The snapshots that differ: the columns `by`, ts, since (the snapshot before, null: the opening), change (of the
        residual since then), bound (what counts), stays (whether the next snapshot has it too, or there is none).
    effects
        What suspects do, in the unit of `change`: the columns `by`, kind, pair, at, trade_id, effect.
    by
        What both are joined on.

    Returns
    -------
    polars.DataFrame
        One row per drift and suspect that has a part in it: the columns `by`, ts, change, and the suspect's.
    """
    snapshot = [name for name in by if name != "ts"] + ["ts"]
    within = (
        drifts.filter("stays")
        .join(effects.rename({name: f"s_{name}" for name in effects.columns if name not in by}), on=by)
        .filter((pl.col("s_at") <= pl.col("ts")) & (pl.col("since").is_null() | (pl.col("s_at") > pl.col("since"))))
        .with_columns(together=pl.col("s_effect").sum().over(snapshot))
    )
    alone = (pl.col("change") - pl.col("s_effect")).abs() < pl.col("bound")
    together = (pl.col("change") - pl.col("together")).abs() < pl.col("bound")
    # The first that fits alone has done it; else all have, together.
    return within.with_columns(alone=alone).filter(
        pl.when(pl.col("alone").any().over(snapshot))
        .then(pl.col("alone") & (pl.col("alone").cum_sum().over(snapshot, order_by=["s_at", "s_trade_id"]) == 1))
        .otherwise(together)
    )


def said(found: pl.DataFrame, what: str) -> pl.DataFrame:
    """Return explanations in words, for the breaks of the suspects: `EXPLAINS`."""
    return found.select(
        kind=pl.col("s_kind"),
        bot="bot",
        pair=pl.col("s_pair") if "s_pair" in found.columns else pl.col("pair"),
        ts=pl.col("s_at"),
        trade_id="s_trade_id",
        text=pl.format(
            "this is {} of the {} snapshot of {}",
            pl.format("the {} drift", plain(pl.col("change"))),
            pl.lit(what),
            pl.col("ts").dt.strftime("%Y-%m-%d %H:%M"),
        ),
    )


def price_span(case: Case, drifts: pl.DataFrame) -> pl.DataFrame:
    """Return by how much a position that nobody traded may have changed the balance: bot, ts, pair, most (quote).

    Bought or sold at any price seen since the snapshot before, at a taker's fee.

    Parameters
    ----------
    drifts
        Position drifts: bot, pair, ts, since, change (base), mark_price.
    """
    seen = pl.concat(
        [
            case.frames["mids"].select("pair", at="ts", price="mid"),
            case.matched.fills.select(
                "pair", at=pl.coalesce("ts_exchange", "ts_events", "ts_local"), price=fill_value("price")
            ),
        ]
    )
    spans = (
        drifts.select("bot", "pair", "ts", "since", "change", "mark_price")
        .join(seen, on="pair", how="left")
        .filter(
            pl.col("at").is_null()
            | ((pl.col("at") <= pl.col("ts")) & (pl.col("since").is_null() | (pl.col("at") > pl.col("since"))))
        )
        .group_by("bot", "pair", "ts", "change", "mark_price")
        .agg(low=pl.col("price").min(), high=pl.col("price").max())
    )
    mark = pl.col("mark_price").cast(pl.Float64)
    away = pl.max_horizontal(
        (mark - pl.col("low").cast(pl.Float64)).abs(), (mark - pl.col("high").cast(pl.Float64)).abs()
    )
    most = pl.col("change").cast(pl.Float64).abs() * (away + mark * taker_fee())
    return spans.select("bot", "pair", "ts", "change", most=most)
