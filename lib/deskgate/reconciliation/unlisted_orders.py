"""Orders that one side alone has: open at the venue and unknown to the bot, or open at the bot and in no export.

An order that no bot manages can fill at any time, whoever made it and whenever. And an order that the bot still counts as open
while the venue lists it neither as open nor as ended is gone, or was never there.
"""

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case
from deskgate.case.expressions import fill_value, notional, plain
from deskgate.case.findings import Findings, Metric, breaks_frame
from deskgate.case.markets import live_orders
from deskgate.case.metric_spec import WITH_ACCOUNT
from deskgate.case.values import without_inverse_values
from deskgate.reconciliation.breaks.counts import kind_metrics, tally
from deskgate.reconciliation.matching.match import every_matched_fill
from deskgate.reconciliation.order_history import last_states
from deskgate.reconciliation.orders import lacking_orders, lists_all_orders, order_exports
from deskgate.schema import BOT_LEGS

__all__ = ["KINDS", "METRICS", "check"]

KINDS = ("order_missing_local", "order_missing_exchange")
METRICS = (
    *kind_metrics(KINDS[0], WITH_ACCOUNT, "orders open at the venue that the bot does not know"),
    *kind_metrics(KINDS[1], WITH_ACCOUNT, "orders open at the bot that no export of the venue lists"),
)


def check(case: Case) -> Findings:
    """Look for the orders up to `as_of` that are open on one side and are not on the other at all.

    Returns
    -------
    Findings
        Breaks of orders of any day, dated by their creation, worth price times what is left to fill; and per bot their
        number, no value where the bot has no orders of its own, the venue's three order exports are not all there, or
        nothing shows that these are of the day or later.
    """
    judged = [bot.name for bot in case.desk.judged if lists_all_orders(case, bot.name)]
    mine = pl.col("bot").is_in(judged)
    local = last_states(live_orders(case), "local").filter(mine)
    venue = last_states(live_orders(case), "exchange").filter(mine)
    breaks = without_inverse_values(case, pl.concat([_unknown(case, venue), _nowhere(case, local, venue)]))
    known = _of_day(case, venue)
    metrics = [
        each for bot in case.desk.judged for kind in KINDS for each in _measure(case, breaks, bot.name, kind, known)
    ]
    return Findings(metrics, breaks)


def _of_day(case: Case, venue: pl.DataFrame) -> set[str]:
    """Return the bots whose order exports are of the day or later, by the time that one states or by the orders in them."""
    newest = pl.max_horizontal("created_ts", "first_ts", "final_ts")
    stated = order_exports(case).filter(pl.col("exported_at") >= case.start)
    return {*venue.filter(newest >= case.start)["bot"], *stated["bot"]}


def _unknown(case: Case, venue: pl.DataFrame) -> pl.DataFrame:
    """Return the venue's open orders of which none of the bot's records has an id."""
    still_open = venue.filter(
        pl.col("final").is_null(), pl.coalesce("created_ts", "first_ts") <= case.as_of - tolerances.placed()
    )
    together = _accounts(case)
    left = still_open.join(together, on="bot")
    for id_of_venue, own in (("key", "exchange_order_id"), ("order_id", "order_id")):
        known = _known(case, own, left[id_of_venue]).join(together, on="bot").select("account", "id").unique()
        left = left.join(known, left_on=["account", id_of_venue], right_on=["account", "id"], how="anti")
    # An account that several bots list has the order once: the first bot by name has the break.
    left = left.sort("bot").unique(["account", "pair", "key"], keep="first", maintain_order=True)
    return _as_breaks(
        left.with_columns(seen=pl.col("filled_quantity")),
        kind=pl.lit(KINDS[0]),
        leg=pl.lit("local"),
        observed=pl.lit("unknown"),
        expected=pl.lit("open"),
        detail=pl.format(
            "the venue has an order to {} {} at {} open that no record of the bot has",
            pl.col("side").fill_null("trade"),
            plain(pl.col("quantity")).fill_null("?"),
            plain(pl.col("price")).fill_null("any price"),
        ),
    )


def _nowhere(case: Case, local: pl.DataFrame, venue: pl.DataFrame) -> pl.DataFrame:
    """Return the orders open at the bot that exports made after them do not list."""
    newest = venue.group_by("bot").agg(newest=pl.max_horizontal("first_ts", "final_ts").max())
    left = local.filter(pl.col("final").is_null())
    for column in ("key", "order_id"):
        listed = venue.filter(pl.col(column).is_not_null())
        left = left.join(listed, on=["bot", column], how="anti")
    filled = (
        every_matched_fill(case)
        .select("bot", key=fill_value("exchange_order_id"), seen=fill_value("quantity"))
        .filter(pl.col("key").is_in(left["key"].implode()))
        .group_by("bot", "key")
        .agg(pl.col("seen").sum(), fills=pl.len())
        .collect()
    )
    # Hummingbot leaves an order at its last fill's state where that fill came late: what is filled has ended.
    unfilled = pl.col("seen").fill_null(0) + tolerances.summed(pl.col("fills")) < pl.col("quantity")
    made = pl.coalesce("created_ts", "first_ts")
    left = (
        left.join(filled, on=["bot", "key"], how="left")
        .join(newest, on="bot", how="left")
        .filter(unfilled.fill_null(value=True), made <= case.settled, made + tolerances.settle() <= pl.col("newest"))
    )
    return _as_breaks(
        left,
        kind=pl.lit(KINDS[1]),
        leg=pl.lit("exchange"),
        observed=pl.lit("not listed"),
        expected=pl.col("status"),
        detail=pl.lit("open at the bot; the venue's exports list it neither as open nor as ended"),
    )


def _known(case: Case, column: str, ids: pl.Series) -> pl.DataFrame:
    """Return which ids of orders the bots' own records have: bot, id. A fill may come before its order's record."""
    wanted = ids.drop_nulls().unique().implode()
    own = pl.col("leg").is_in(BOT_LEGS), pl.col(column).is_in(wanted)
    tables = [rows.filter(*own).select("bot", id=column) for rows in (live_orders(case), case.fills.lazy())]
    if case.fill_history:
        named = [(f"{column}_{leg}", case.fill_history.finished) for leg in BOT_LEGS]
        tables += [fills.filter(pl.col(name).is_in(wanted)).select("bot", id=name) for name, fills in named]
    return pl.concat(tables).unique().collect()


def _accounts(case: Case) -> pl.DataFrame:
    """Return which account each bot's order exports are of: bot, account; bots that list one export share one."""
    exports = order_exports(case).select("bot", "path").unique()
    first = exports.with_columns(account=pl.col("bot").min().over("path"))
    return first.group_by("bot").agg(pl.col("account").min())


def _as_breaks(orders: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    left = pl.max_horizontal(pl.col("quantity") - pl.col("seen").fill_null(0), pl.lit(0, tolerances.MONEY))
    return breaks_frame(
        orders.with_columns(
            ts=pl.coalesce("created_ts", "first_ts"),
            exchange_order_id="key",
            value_quote=notional(pl.col("price"), left),
            **columns,
        )
    )


def _measure(case: Case, breaks: pl.DataFrame, bot: str, kind: str, known: set[str]) -> list[Metric]:
    lacks = lacking_orders(case, bot)
    if lacks is None and bot not in known:
        lacks = (
            f"the venue's order exports of {bot} have no order of {case.day} or later and state no time from then on"
        )
    # Exports without an open order are evidence as well: what was compared is the exports.
    return tally(case, bot, kind, breaks, order_exports(case, bot).height, lacks)
