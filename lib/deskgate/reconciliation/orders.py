"""Orders: does the bot think an order is open that the venue has closed, or the reverse, and do fills add up?

Hummingbot sets `last_status` to OrderFilled whenever a fill arrives, late ones included, so an order is finished when
any of its states was final, or its fills reach its quantity.
"""

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case
from deskgate.case.expressions import fill_time, notional, plain
from deskgate.case.findings import Findings, Metric, breaks_frame
from deskgate.case.legs import absent_leg
from deskgate.case.markets import incomparable, live_orders
from deskgate.case.metric_spec import WITH_ACCOUNT, MetricSpec
from deskgate.case.values import without_inverse_values
from deskgate.reconciliation.agreed import as_agreed, claimed_fills, every_agreed_fill, unfinished_agreed
from deskgate.reconciliation.breaks.counts import kind_metrics, tally
from deskgate.reconciliation.matching.match import every_matched_fill
from deskgate.reconciliation.order_history import last_states
from deskgate.sources.registry import account_kinds, missing_order_exports

__all__ = [
    "KINDS",
    "METRICS",
    "agreed_sums",
    "check",
    "lacking_orders",
    "later_sums",
    "lists_all_orders",
    "order_exports",
]

KINDS = ("order_open_local_closed_exchange", "order_closed_local_open_exchange", "order_fill_sum_mismatch")

METRICS = (
    *kind_metrics(KINDS[0], WITH_ACCOUNT, "orders open at the bot that the venue has closed"),
    *kind_metrics(KINDS[1], WITH_ACCOUNT, "orders closed at the bot that are open at the venue"),
    *kind_metrics(KINDS[2], WITH_ACCOUNT, "orders whose filled quantity is not the sum of their agreed fills"),
    MetricSpec(
        "orders_checked_share", "share", WITH_ACCOUNT, "Share of the day's orders that an export of the venue lists."
    ),
)


def check(case: Case) -> Findings:
    """Compare the last known state of each order at the bot and at the venue.

    Returns
    -------
    Findings
        Order breaks up to `as_of` that still hold, dated by the order's creation, and per bot their number by kind; no
        value where the bot has no orders of its own or the venue's three order exports are not all there. And
        `orders_checked_share`: the share of the day's orders with a venue id that some export of the venue lists.
    """
    local = last_states(live_orders(case), "local")
    venue = last_states(live_orders(case), "exchange")
    both = local.join(venue, on=["bot", "pair", "key"], suffix="_exchange").filter(
        pl.col("bot").is_in([bot.name for bot in case.desk.judged if lists_all_orders(case, bot.name)])
    )
    found = pl.concat([_open_here(case, both), _open_there(case, both), _wrong_sums(case, both)])
    breaks = without_inverse_values(case, found)
    metrics = [
        each for bot in case.desk.judged for kind in KINDS for each in _measure(case, both, breaks, bot.name, kind)
    ]
    coverage = [_coverage(case, local, both, bot.name) for bot in case.desk.judged]
    return Findings([*metrics, *coverage], breaks, _explained(case))


def _filled_here(case: Case, keys: pl.Series) -> pl.DataFrame:
    """Return the filled quantity of some orders from the bot's own fills, duplicates set aside."""
    return (
        every_matched_fill(case)
        .filter(pl.col("in_local") & pl.col("exchange_order_id_local").is_in(keys.implode()))
        .group_by("bot", "pair", key="exchange_order_id_local")
        .agg(seen=pl.col("quantity_local").sum(), seen_fills=pl.len())
        .collect()
    )


def agreed_sums(case: Case, keys: pl.Series) -> pl.DataFrame:
    """Return the filled quantity of some orders of the venue from the agreed fills: bot, pair, key, sum."""
    return _sums(every_agreed_fill(case).filter(pl.col("exchange_order_id").is_in(keys.unique().implode())))


def later_sums(case: Case, parts: int) -> pl.DataFrame:
    """Return `agreed_sums` of all orders, without the fills in the first parts of the case's history."""
    fills, history = unfinished_agreed(case).lazy(), case.fill_history
    later = history.later(parts) if history else None
    return _sums(fills if later is None else pl.concat([as_agreed(later), fills]))


def _sums(fills: pl.LazyFrame) -> pl.DataFrame:
    by = fills.group_by("bot", "pair", pl.col("exchange_order_id").alias("key"))
    return by.agg(sum=pl.col("quantity").sum()).collect()


def _open_here(case: Case, both: pl.DataFrame) -> pl.DataFrame:
    """Return the orders still open at the bot that the venue has closed.

    Without those that are filled: an order ends with its last fill, and where the bot lacks that fill, or has less of it,
    the fill has a break of its own.
    """
    seen = pl.max_horizontal(pl.col("seen").fill_null(0), pl.col("sum").fill_null(0))
    unfilled = seen + tolerances.summed(pl.col("seen_fills")) < pl.coalesce("quantity", "quantity_exchange")
    closed = both.filter(pl.col("final").is_null() & (pl.col("final_ts_exchange") <= case.settled))
    return _as_breaks(
        closed.join(_filled_here(case, closed["key"]), on=["bot", "pair", "key"], how="left")
        .join(agreed_sums(case, closed["key"]), on=["bot", "pair", "key"], how="left")
        .filter(unfilled.fill_null(value=True))
        .with_columns(
            kind=pl.lit(KINDS[0]), leg=pl.lit("local"), observed="status", expected="final_exchange", detail=pl.lit("")
        )
    )


def _open_there(case: Case, both: pl.DataFrame) -> pl.DataFrame:
    return _as_breaks(
        both.filter(pl.col("final_exchange").is_null() & (pl.col("final_ts") <= case.settled)).with_columns(
            kind=pl.lit(KINDS[1]),
            leg=pl.lit("local"),
            observed="final",
            expected=pl.lit("open"),
            detail=pl.lit("the venue still has this order open: it can fill"),
        )
    )


def _wrong_sums(case: Case, both: pl.DataFrame) -> pl.DataFrame:
    """Return the finished orders whose filled quantity at the venue is not the sum of their agreed fills."""
    venue_lists = [bot.name for bot in case.desk.judged if "exchange" in case.legs.get(bot.name, set())]
    ended = both.filter(pl.col("bot").is_in(venue_lists) & (pl.col("final_ts_exchange") <= case.settled))
    sums = (
        ended.join(agreed_sums(case, ended["key"]), on=["bot", "pair", "key"], how="left")
        .with_columns(pl.col("sum").fill_null(0))
        .with_columns(apart=pl.col("sum") - pl.col("filled_quantity_exchange"))
        .filter(pl.col("apart").abs() >= tolerances.account())
    )
    return _as_breaks(
        sums.with_columns(
            kind=pl.lit(KINDS[2]),
            leg=pl.lit(""),
            observed=plain(pl.col("sum")),
            expected=plain(pl.col("filled_quantity_exchange")),
            delta=plain(pl.col("apart")),
            detail=pl.lit("the venue's filled quantity against the sum of the order's agreed fills"),
        )
    )


def _explained(case: Case) -> pl.DataFrame:
    """Return, for the breaks of fills that the bot's side alone has, whether the venue filled their order with them or without."""
    without = (pl.col("order_filled") - pl.col("without")).abs() < tolerances.account()
    way = pl.when("confirmed").then(pl.lit("with")).when(without).then(pl.lit("without"))
    return (
        claimed_fills(case)
        .with_columns(way=way)
        .filter(pl.col("way").is_not_null())
        .select(
            kind=pl.lit("fill_missing_exchange"),
            bot="bot",
            pair="pair",
            ts=fill_time(),
            trade_id="trade_id",
            text=pl.format("its order filled {} at the venue, as {} it", plain(pl.col("order_filled")), "way"),
        )
    )


def _as_breaks(orders: pl.DataFrame) -> pl.DataFrame:
    return breaks_frame(
        orders.with_columns(
            # Where no leg has an order's creation, its first state dates it.
            ts=pl.coalesce("created_ts", "created_ts_exchange", pl.min_horizontal("first_ts", "first_ts_exchange")),
            exchange_order_id="key",
            value_quote=notional(pl.col("price"), pl.col("quantity")),
        )
    )


def lacking_orders(case: Case, bot: str) -> str | None:
    """Return what is missing for comparing this bot's orders, or None."""
    if why := incomparable(case, bot):
        return why
    if bot not in case.with_database:
        return f"{bot} has no order records of its own: {absent_leg(case.sources, bot, 'local')}"
    missing = missing_order_exports(case.export_kinds.get(bot, set()))
    return f"{bot} has no export of the venue that lists {' and '.join(missing)}" if missing else None


def lists_all_orders(case: Case, bot: str) -> bool:
    """Return whether the venue's exports would list any order of this bot, even where some of their records are unreadable."""
    return bot in case.with_database and not missing_order_exports(set(order_exports(case, bot)["kind"]))


def order_exports(case: Case, bot: str | None = None) -> pl.DataFrame:
    """Return the venue's exports of orders, of one bot or of all, also those with an unreadable record: `Sources`."""
    mine = pl.lit(value=True) if bot is None else pl.col("bot") == bot
    is_export = (pl.col("leg") == "exchange") & ~pl.col("derived") & pl.col("kind").is_in(account_kinds("orders"))
    return case.sources.filter(mine & is_export)


def _coverage(case: Case, local: pl.DataFrame, both: pl.DataFrame, bot: str) -> Metric:
    name = "orders_checked_share"
    lacks = lacking_orders(case, bot)
    made = case.of_day(local.filter(pl.col("bot") == bot), "created_ts").filter(pl.col("created_ts") <= case.settled)
    if lacks is None and made.is_empty():
        lacks = f"{bot} made no order with a venue id on {case.day}, so nothing was compared"
    if lacks:
        return Metric(bot, name, None, 0, lacks)
    listed = made.join(both.filter(_compares(KINDS[2])), on=["bot", "pair", "key"], how="semi")
    return Metric(bot, name, listed.height / made.height, made.height)


def _measure(case: Case, both: pl.DataFrame, breaks: pl.DataFrame, bot: str, kind: str) -> list[Metric]:
    lacks = lacking_orders(case, bot)
    if lacks is None and kind == KINDS[2] and "exchange" not in case.legs.get(bot, set()):
        lacks = f"{bot}: {absent_leg(case.sources, bot, 'exchange')}"
    today = case.of_day(both.filter(pl.col("bot") == bot), "created_ts")
    compared = today.filter(_compares(kind))
    if lacks is None and today.is_empty():
        lacks = f"no order of {bot} made on {case.day} is in both legs, so nothing was compared"
    elif lacks is None and compared.is_empty():
        lacks = f"the venue's export lacks the filled quantity of all orders of {bot} on {case.day}"
    return tally(case, bot, kind, breaks, compared.height, lacks)


def _compares(kind: str) -> pl.Expr:
    """Return whether an order that both legs have could have shown a break of this kind."""
    comparable = pl.col("filled_quantity_exchange").is_not_null() | pl.col("final_exchange").is_null()
    return comparable if kind == KINDS[2] else pl.lit(value=True)
