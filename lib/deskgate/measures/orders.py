"""The orders that the bots made in the soak, one row each: what became of them, by the bot's own records and the agreed fills."""

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case, per_case
from deskgate.case.expressions import notional
from deskgate.case.tolerances import MONEY
from deskgate.measures.controller_states import state_at
from deskgate.measures.measure import ROWS
from deskgate.measures.measured_history import agreed_left, fills_left, measured_history
from deskgate.measures.order_records import order_records
from deskgate.measures.rejections import failures, stage
from deskgate.prices.flaws import sort_within
from deskgate.reconciliation.agreed import confirmed
from deskgate.reconciliation.order_history import FINAL
from deskgate.schema import BOT_LEGS

__all__ = ["order_rows", "orders_left", "own_orders", "unknown_orders"]

_KEY = ["bot", "pair", "order_id"]
_VENUE_KEY = ["bot", "pair", "exchange_order_id"]


# States that an order has only once the venue has taken it.
_TAKEN = ("open", "filled", "completed")


@per_case
def own_orders(case: Case) -> pl.DataFrame:
    """Return the orders that the bots' own legs have, made in [measured_since, end).

    Returns
    -------
    polars.DataFrame
        One row per order, sorted by (bot, created, order_id, pair); what happened after the case's end is not in it:

        - bot, pair (judged; null where nothing tells it), order_id, exchange_order_id, side
        - price (quote), quantity (base): null where no record has one that is not 0, as a market order has no price
        - created (bot's clock): its creation, else its first state or fill; is_dated: whether a record has its creation
        - is_known: whether there is a record of its making or its failure, and not of its fills alone
        - end, ended (bot's clock): the final state, `completed` where its fills reach its quantity; null while it is open
        - is_failed, is_cancelled; is_accepted: whether a record shows that the venue took it
        - stage: where a failed one was refused, one of `rejections.STAGES`
        - state: the controller's when it was made, see `state_at`
        - acknowledged (bot's clock): the stream's record that the venue took it; the database has no such time
        - filled (base), filled_quote: its agreed fills, and their price times quantity; null where no fill of the bot is
          agreed
        - first_fill (venue's clock where it lists the fill); first_fill_own (bot's clock)
    """
    known, left = measured_history(case), orders_left(case)
    orders = left if known is None else pl.concat([known.orders.collect(), left])
    # What failed is known by events alone, and those are few.
    failed = orders.filter("is_failed").join(failures(case), on=["bot", "order_id"], how="left")
    others = orders.filter(~pl.col("is_failed")).with_columns(stage=pl.lit(None, pl.String))
    staged = failed.with_columns(stage=stage())
    return sort_within(pl.concat([others, staged.select(others.columns)]), ["bot"], ["created", "order_id", "pair"])


@per_case
def orders_left(case: Case) -> pl.DataFrame:
    """Return `own_orders` without those in `measured_history`, and without `stage`, in no particular order."""
    of_bot = _own_fills(case)
    states = _states(case)
    orders = pl.concat([states, _known_by_fills(case, states, of_bot)], how="diagonal")
    sure = pl.col("bot").is_in([bot.name for bot in case.desk.judged if confirmed(case, bot.name)])
    found = (
        orders.join(of_bot.drop("exchange_order_id", "side"), on=_KEY, how="left")
        .join(_agreed_sums(case, orders), on=_KEY, how="left")
        .with_columns(pl.when(sure).then(pl.col("filled", "filled_quote").fill_null(pl.lit(0, MONEY))))
        .with_columns(is_accepted=pl.col("was_taken") | (pl.col("filled") > 0).fill_null(value=False))
    )
    is_full = pl.col("end").is_null() & (pl.col("filled") >= pl.col("quantity")).fill_null(value=False)
    rows = found.select(
        *(*_KEY, "exchange_order_id", "side", "price", "quantity", "created", "is_dated", "is_known"),
        pl.when(is_full).then(pl.lit("completed")).otherwise("end").alias("end"),
        pl.when(is_full).then(pl.coalesce("last_fill_own", "last_fill")).otherwise("ended").alias("ended"),
        "is_failed",
        (pl.col("end") == "cancelled").fill_null(value=False).alias("is_cancelled"),
        "is_accepted",
        *("acknowledged", "filled", "filled_quote", "first_fill", "first_fill_own"),
    )
    return rows.with_columns(state=state_at(case, rows.select("bot", "pair", at="created")))


def unknown_orders(case: Case, bot: str) -> str | None:
    """Return why nothing is known of the orders that a bot made in the soak, or None where some are known."""
    orders = own_orders(case).filter(pl.col("bot") == bot)
    if orders["is_known"].any():
        return None
    of_fills = f", only fills of {orders.height} of them" if orders.height else ""
    return (
        f"no record of {bot} has an order that it made since {measured_since(case):%Y-%m-%d %H:%M} UTC{of_fills}: the orders"
        " are in Hummingbot's database and in its event stream"
    )


def order_rows(orders: pl.DataFrame, num: pl.Expr, den: pl.Expr) -> pl.DataFrame:
    """Return the rows of a measure, one for each of some of the `own_orders`, in their order; `num` and `den` are exact until here."""
    liquidity = pl.lit(None, pl.String).alias("liquidity")
    rows = orders.select(
        "bot", "pair", pl.col("created").alias("ts"), "side", liquidity, id="order_id", num=num, den=den
    )
    return rows.cast(pl.Schema(ROWS))


def _states(case: Case) -> pl.DataFrame:
    """Return one row per order of the records: what they say of it up to the case's end."""
    status, is_final = pl.col("status"), pl.col("status").is_in(FINAL)
    inside = pl.col("ts") < case.end
    is_stream = pl.col("leg") == "events"
    exact = [
        pl.coalesce(
            # The database cuts after six places.
            pl.col(name).filter(is_stream & (pl.col(name) > 0)).first(),
            pl.col(name).filter(pl.col(name) > 0).first(),
        ).alias(name)
        for name in ("price", "quantity")
    ]
    in_database = pl.col("created_ts").is_not_null() & ~is_stream
    return (
        order_records(case)
        .sort("ts", "row_id")
        .group_by(_KEY, maintain_order=True)
        .agg(
            pl.col("exchange_order_id", "side").drop_nulls().first(),
            *exact,
            created=pl.coalesce(pl.col("created_ts").min(), pl.col("ts").min()),
            is_dated=pl.col("created_ts").is_not_null().any(),
            is_known=(pl.col("created_ts").is_not_null() | status.is_in(["open", "failed"])).any(),
            end=status.filter(is_final & inside).last(),
            ended=pl.col("ts").filter(is_final & inside).last(),
            is_failed=((status == "failed") & inside).any(),
            was_taken=((status.is_in(_TAKEN) & inside) | in_database).any(),
            acknowledged=pl.col("ts").filter(is_stream & (status == "open") & inside).min(),
        )
    )


def _own_fills(case: Case) -> pl.DataFrame:
    """Return what the bots themselves recorded of the fills of each order; times by the bot's clock."""
    at = pl.min_horizontal("ts_local", "ts_events")
    return (
        fills_left(case)
        .filter(pl.col("in_local") | pl.col("in_events"))
        .with_columns(at=at, order_id=pl.coalesce("order_id_local", "order_id_events"))
        .filter(pl.col("at") < case.end, pl.col("order_id").is_not_null())
        .sort("at", "trade_id", "occurrence")
        .group_by(_KEY, maintain_order=True)
        .agg(
            exchange_order_id=pl.coalesce("exchange_order_id_local", "exchange_order_id_events").drop_nulls().first(),
            side=pl.coalesce("side_local", "side_events").first(),
            first_fill_own=pl.col("at").min(),
            last_fill_own=pl.col("at").max(),
        )
        .collect()
    )


def _known_by_fills(case: Case, states: pl.DataFrame, of_bot: pl.DataFrame) -> pl.DataFrame:
    """Return the orders that only the bot's own fills name: Hummingbot may record a fill without its order."""
    start = measured_since(case)
    nameless = of_bot.filter(pl.col("first_fill_own") >= start).join(states, on=_KEY, how="anti")
    if nameless.is_empty():
        return _of_fills(nameless)
    own = pl.col("leg").is_in(BOT_LEGS) & pl.col("order_id").is_in(nameless["order_id"].unique().implode())
    recorded = case.lazy("orders").filter(own).select("bot", "order_id").unique().collect()
    return _of_fills(nameless.join(recorded, on=["bot", "order_id"], how="anti"))


def _of_fills(nameless: pl.DataFrame) -> pl.DataFrame:
    return nameless.select(
        *(*_KEY, "exchange_order_id", "side"),
        created="first_fill_own",
        is_dated=False,
        is_known=False,
        is_failed=False,
        was_taken=True,
    )


def _agreed_sums(case: Case, orders: pl.DataFrame) -> pl.DataFrame:
    """Return what the agreed fills of each order add up to; a fill that the bot lacks is found by the venue's order id."""
    ids = orders.filter(pl.col("exchange_order_id").is_not_null()).group_by(_VENUE_KEY)
    by_venue = ids.agg(_own=pl.col("order_id").first(), _count=pl.len()).filter(pl.col("_count") == 1)
    here = pl.when("_here").then("order_id").otherwise(pl.coalesce("_own", "order_id"))
    return (
        agreed_left(case)
        .filter(pl.col("ts") < case.end)
        .join(orders.lazy().select(*_KEY, _here=True), on=_KEY, how="left")
        .join(by_venue.lazy(), on=_VENUE_KEY, how="left")
        .filter(pl.col("_here").is_not_null() | pl.col("_own").is_not_null())
        .with_columns(order_id=here)
        .group_by(_KEY)
        .agg(
            filled=pl.col("quantity").sum(),
            filled_quote=notional(pl.col("price"), pl.col("quantity")).sum(),
            first_fill=pl.col("ts").min(),
            last_fill=pl.col("ts").max(),
        )
        .collect()
    )
