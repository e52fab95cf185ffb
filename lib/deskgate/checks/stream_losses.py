"""What the event stream lost: fills and orders of the bot's own records that it does not have."""

from datetime import timedelta

import polars as pl

from deskgate.case.case import Case
from deskgate.case.findings import Findings, Metric
from deskgate.case.legs import absent_leg
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.case.tolerances import border
from deskgate.reconciliation.fills.check import unfinished_settled
from deskgate.reconciliation.order_history import FINAL

__all__ = ["METRICS", "check"]

METRICS = tuple(
    MetricSpec(name, unit, EVERY_BOT, doc, leg="events")
    for name, unit, doc in (
        ("fills_without_event", "fills", "Fills of the day in the bot's own records that the stream lacks."),
        ("orders_without_event", "orders", "Orders of the day in the bot's own records that the stream does not name."),
    )
)


def check(case: Case) -> Findings:
    """Count what the stream of every judged bot lacks of the bot's own records of the day.

    Returns
    -------
    Findings
        Per bot: `fills_without_event` and `orders_without_event`; no value where there is nothing to look for.
    """
    fills, orders = _fills_without_event(case), _orders_without_event(case)
    return Findings([found[bot.name] for bot in case.desk.judged for found in (fills, orders)])


def _fills_without_event(case: Case) -> dict[str, Metric]:
    name, today = "fills_without_event", case.of_day(unfinished_settled(case)).filter("in_local")
    found = {}
    for bot in (bot.name for bot in case.desk.judged):
        lacking = [leg for leg in ("events", "local") if leg not in case.legs.get(bot, set())]
        mine = today.filter(pl.col("bot") == bot)
        if lacking:
            found[bot] = Metric(bot, name, None, 0, f"{bot}: {absent_leg(case.sources, bot, lacking[0])}")
        elif mine.is_empty():
            found[bot] = Metric(bot, name, None, 0, f"{bot} has no fill of {case.day} in its own record to look for")
        else:
            found[bot] = Metric(bot, name, float((~mine["in_events"]).sum()), mine.height, None)
    return found


def _orders_without_event(case: Case) -> dict[str, Metric]:
    """Count the orders that the database made, or ended, on the day and settled, of which the stream does not say so."""
    name = "orders_without_event"
    ended = pl.col("status").is_in(FINAL)
    # An event of the last second may be of the next day.
    near = pl.col("ts").is_between(case.start - border(), case.start + timedelta(days=1) + border())
    own_day = case.in_day() & (pl.col("ts") <= case.settled)
    of_day = case.lazy("orders").filter(near, pl.col("order_id").is_not_null())
    states = of_day.select("bot", "leg", "order_id", ended=ended, mine=own_day).unique().collect()
    heard = states.filter(pl.col("leg") == "events").drop("leg", "mine")
    own = states.filter((pl.col("leg") == "local") & pl.col("mine")).drop("leg", "mine")
    lacking = own.join(heard, on=["bot", "order_id", "ended"], how="anti")
    found = {}
    for bot in (bot.name for bot in case.desk.judged):
        known = own.filter(pl.col("bot") == bot)["order_id"].n_unique()
        absent = next((leg for leg in ("events", "local") if leg not in case.legs.get(bot, set())), None)
        if absent:
            found[bot] = Metric(bot, name, None, 0, f"{bot}: {absent_leg(case.sources, bot, absent)}")
        elif bot not in case.with_database:
            found[bot] = _orders_of_fills(case, bot, heard)
        elif not known:
            found[bot] = Metric(bot, name, None, 0, f"{bot} has no order of {case.day} in its database to look for")
        else:
            lost = lacking.filter(pl.col("bot") == bot)["order_id"].n_unique()
            found[bot] = Metric(bot, name, float(lost), known)
    return found


def _orders_of_fills(case: Case, bot: str, heard: pl.DataFrame) -> Metric:
    """Count the orders that a bot without a database of orders names in its fills of the day, and its stream nowhere."""
    name = "orders_without_event"
    fills = unfinished_settled(case).filter(pl.col("bot") == bot)
    own = case.of_day(fills.filter("in_local"))["order_id_local"].drop_nulls().unique()
    if own.is_empty():
        why = f"{bot} keeps no database of orders, and names no order in its fills of {case.day}"
        return Metric(bot, name, None, 0, why)
    named = pl.concat([fills["order_id_events"], heard.filter(pl.col("bot") == bot)["order_id"]]).drop_nulls()
    if case.fill_history:
        mine = (pl.col("bot") == bot) & pl.col("order_id_events").is_in(own.implode())
        earlier = case.fill_history.finished.filter(mine).select("order_id_events").collect().to_series()
        named = pl.concat([named, earlier])
    lost = own.filter(~own.is_in(named.unique().implode()))
    note = f"{bot} keeps no database of orders: those of its fills"
    return Metric(bot, name, float(lost.len()), own.len(), note)
