"""Three-leg fill reconciliation: which fills are missing, repeated or differ, and in which leg.

Of a fill that two legs of three have, the third is named; of two legs alone neither is. Database and stream are one
process: of a fill that they alone have the break names the bot's side beside the venue's. The values of a fill are the
venue's where it has the fill: a bot's leg that differs from the venue while the other agrees is named; where both of the
bot's legs differ the break names no leg.
"""

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case, per_case
from deskgate.case.expressions import fill_time, fill_value, notional
from deskgate.case.findings import Findings, Metric, breaks_frame
from deskgate.case.legs import absent_leg
from deskgate.case.markets import incomparable, judged
from deskgate.case.metric_spec import EVERY_BOT, MetricSpec
from deskgate.case.values import is_of_inverse, openings, without_inverse_values
from deskgate.config.plural import count_of
from deskgate.reconciliation.breaks.counts import kind_metrics, tally
from deskgate.reconciliation.fills.existence import duplicates, missing
from deskgate.reconciliation.fills.order_ids import COMPARED, KIND, with_order_ids, wrong_orders
from deskgate.reconciliation.fills.values import VALUES, differences, skews
from deskgate.reconciliation.matching.match import matched_fills, unfinished_fills
from deskgate.schema import LEGS

__all__ = [
    "METRICS",
    "check",
    "checked_fills",
    "compared_fills",
    "fill_breaks",
    "is_unresolved",
    "settled_fills",
    "unfinished_settled",
]

NEEDS = {
    "fill_missing_local": ("local",),
    "fill_missing_events": ("events",),
    "fill_missing_exchange": ("exchange",),
    "duplicate_local_fill": ("local",),
    "price_mismatch": ("local", "exchange"),
    "quantity_mismatch": ("local", "exchange"),
    "fee_mismatch": ("local", "exchange"),
    "wrong_side": ("local", "exchange"),
    KIND: ("local", "exchange"),
    "timestamp_skew": ("local", "events"),
    "not_reconcilable": ("local", "exchange"),
}

_KINDS = {
    "fill_missing_local": "fills that other legs have and the bot's own records lack",
    "fill_missing_events": "fills that other legs have and the event stream lacks",
    "fill_missing_exchange": "fills that the bot's legs have and the venue lacks",
    "duplicate_local_fill": "fills that the bot's own records have more than once",
    "price_mismatch": "fills whose price differs between the legs",
    "quantity_mismatch": "fills whose quantity differs between the legs",
    "fee_mismatch": "fills whose fee differs between the legs",
    "wrong_side": "fills that one leg bought and another sold",
    KIND: "fills that the legs have under different orders",
    "timestamp_skew": "fills whose time differs between the bot's database and its stream",
    "not_reconcilable": "markets traded in finer steps than the bot's database holds, without a stream",
}
METRICS = (
    *[
        spec
        for kind, needed in NEEDS.items()
        for spec in kind_metrics(kind, EVERY_BOT, _KINDS[kind], leg="events" if "events" in needed else "")
    ],
    MetricSpec("fills_checked_share", "share", EVERY_BOT, "Share of the day's fills compared with an independent leg."),
    MetricSpec(
        "notional_checked_share", "share", EVERY_BOT, "Share of the day's notional compared with an independent leg."
    ),
)


def check(case: Case) -> Findings:
    """Reconcile the fills of every judged bot up to `as_of`.

    Returns
    -------
    Findings
        Breaks of all days up to `as_of` that still hold, and per bot: the open breaks by kind, and `fills_checked_share`
        and `notional_checked_share`, the shares of the day's fills and of their notional that were really compared with
        an independent leg, in every value.
    """
    wide, unresolved = compared_fills(case), _not_reconcilable(case, compared_fills(case))
    breaks = without_inverse_values(case, pl.concat([fill_breaks(case), unresolved]))
    metrics = [metric for bot in case.desk.judged for metric in _measure(case, wide, breaks, bot.name)]
    return Findings(metrics, breaks)


@per_case
def fill_breaks(case: Case) -> pl.DataFrame:
    """Return the breaks of single fills: what a leg lacks, repeats, or records differently."""
    wide = compared_fills(case)
    return pl.concat(
        [
            missing(wide),
            duplicates(unfinished_fills(case).duplicates, wide),
            skews(wide),
            wrong_orders(wide),
            *(differences(wide, kind) for kind in VALUES),
        ]
    )


@per_case
def compared_fills(case: Case) -> pl.DataFrame:
    """Return `unfinished_settled` with what the legs say of their orders, see `with_order_ids`."""
    settled, history = unfinished_settled(case), case.fill_history
    listed = _order_ids(case, settled["exchange_order_id_exchange"], pl.col("leg") == "exchange")
    return with_order_ids(settled, listed, history.alike if history else None)


@per_case
def settled_fills(case: Case) -> pl.DataFrame:
    """Return the matched fills of judged bots that every leg has had time to show, with `ts` and the legs there are.

    They are the fills of all days; see `unfinished_settled`.
    """
    return _settled(case, matched_fills(case).fills) if case.fill_history else unfinished_settled(case)


@per_case
def unfinished_settled(case: Case) -> pl.DataFrame:
    """Return `settled_fills` without the finished ones of `Case.fill_history`, none of which is a break."""
    return _settled(case, unfinished_fills(case).fills)


def _settled(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    bots = [bot.name for bot in case.desk.judged]
    has = [
        pl.col("bot").is_in([bot for bot in bots if leg in case.legs.get(bot, set())]).alias(f"has_{leg}")
        for leg in LEGS
    ]
    wide = (
        fills.filter(pl.col("bot").is_in(bots))
        .with_columns(*has, ts=fill_time())
        # Fills before the opening are not judged, for exports need not cover them.
        .join(openings(case), on="bot", how="left")
        .filter((pl.col("ts") <= case.settled) & (pl.col("opened").is_null() | (pl.col("ts") >= pl.col("opened"))))
        .with_columns(
            exchange_order_id=pl.coalesce([f"exchange_order_id_{leg}" for leg in ("exchange", "events", "local")]),
            notional=_worth(case),
        )
        .with_columns(order_id=pl.coalesce([f"order_id_{leg}" for leg in LEGS]))
    )
    return (
        wide.join(_client_ids(case, wide), on=["bot", "pair", "exchange_order_id"], how="left", maintain_order="left")
        .with_columns(order_id=pl.coalesce("order_id", "client_id"))
        .drop("client_id")
    )


def _worth(case: Case) -> pl.Expr:
    """Return what a fill is worth in quote; the quantity of an inverse contract is in quote itself."""
    value = notional(fill_value("price"), fill_value("quantity"))
    return pl.when(is_of_inverse(case)).then(fill_value("quantity")).otherwise(value)


def _client_ids(case: Case, wide: pl.DataFrame) -> pl.DataFrame:
    """Return the bot's own id of the venue's orders that have a fill without one: the venue alone has such a fill."""
    nameless = wide.filter(pl.col("order_id").is_null())["exchange_order_id"]
    if nameless.drop_nulls().is_empty():
        return wide.select("bot", "pair", "exchange_order_id", client_id="order_id").clear()
    return _order_ids(case, nameless)


def _order_ids(case: Case, ids: pl.Series, *which: pl.Expr) -> pl.DataFrame:
    """Return the bot's own id of the venue's orders with these ids, from the records for which expressions hold."""
    wanted = pl.col("exchange_order_id").is_in(ids.drop_nulls().unique().implode())
    orders = judged(case, "orders", pl.col("order_id").is_not_null(), wanted, *which)
    return orders.group_by("bot", "pair", "exchange_order_id").agg(client_id=pl.col("order_id").min())


def _measure(case: Case, wide: pl.DataFrame, breaks: pl.DataFrame, bot: str) -> list[Metric]:
    """Return the metrics of one bot; a kind whose legs are absent, or that compared no fill today, has no value."""
    today = case.of_day(wide.filter(pl.col("bot") == bot))
    legs = case.legs.get(bot, set())
    metrics = []
    for kind, needs in NEEDS.items():
        lacking = [leg for leg in needs if leg not in legs]
        if not lacking and len(legs) == 1:
            lacking = [leg for leg in ("exchange", "events", "local") if leg not in legs][:1]
        sample = today.filter(_comparable(kind)).height
        lacks = f"{bot}: {absent_leg(case.sources, bot, lacking[0])}" if lacking else incomparable(case, bot)
        if lacks is None and not sample:
            lacks = _nothing(case, bot, today, kind)
        metrics += tally(case, bot, kind, breaks, sample, lacks)
    return [*metrics, *_coverage(case, today, bot, legs)]


def _comparable(kind: str) -> pl.Expr:
    """Return whether a fill could have shown a break of this kind: whether a leg that can speak of it has the fill."""
    others = {leg: pl.any_horizontal([f"in_{other}" for other in LEGS if other != leg]) for leg in LEGS}
    if kind.startswith("fill_missing_"):
        return others[kind.removeprefix("fill_missing_")]
    if kind == "duplicate_local_fill":
        return pl.col("in_local") & others["local"]
    if kind == KIND:
        return pl.col(COMPARED)
    if kind == "timestamp_skew":
        return pl.col("in_local") & pl.col("in_events")
    return pl.col("in_exchange") & others["exchange"]


def _nothing(case: Case, bot: str, today: pl.DataFrame, kind: str = "") -> str:
    """Return why a bot whose legs are there had no fill to compare."""
    if today.is_empty():
        return f"{bot} has no fill on {case.day} in any leg, so nothing was compared"
    seen = [leg for leg in LEGS if today.get_column(f"in_{leg}").any()]
    if kind == KIND and len(seen) > 1:
        return (
            f"no fill of {bot} on {case.day} has an order id that bot and venue write alike, so no order was compared"
        )
    return f"all {today.height} fills of {bot} on {case.day} are in the {' and '.join(seen)} leg alone, so nothing was compared"


def _resolved(column: str) -> pl.Expr:
    """Return whether the venue's value fits the database's resolution: digits that it truncates cannot be compared."""
    return pl.col(f"{column}_exchange") % pl.lit(tolerances.LOCAL_STEP, tolerances.MONEY) == 0


def is_unresolved() -> pl.Expr:
    """Return whether the database cannot hold a fill that no stream has exactly."""
    return pl.col("in_exchange") & pl.col("in_local") & ~pl.col("has_events") & ~_is_resolved()


def _not_reconcilable(case: Case, wide: pl.DataFrame) -> pl.DataFrame:
    """Return a break for each market whose fills the database cannot hold, where no stream has them exactly."""
    markets = (
        wide.filter(pl.col("bot").is_in(sorted(case.with_database)), is_unresolved())
        .group_by("bot", "pair")
        .agg(pl.col("ts").min(), count=pl.len(), value_quote=pl.col("notional").sum())
        .sort("bot", "pair")
    )
    return breaks_frame(
        markets.with_columns(
            kind=pl.lit("not_reconcilable"),
            leg=pl.lit("local"),
            observed=pl.lit(f"steps of {tolerances.LOCAL_STEP:f}"),
            detail=pl.format(
                "{} is traded in finer steps than the database holds, in {} fills; its stream would tell them exactly",
                "pair",
                "count",
            ),
        )
    )


def _is_resolved() -> pl.Expr:
    return _resolved("price") & _resolved("quantity")


def checked_fills(case: Case, bot: str) -> pl.DataFrame:
    """Return the day's fills of a bot, each with whether an independent leg has it: ts, notional (null: unknown), is_checked."""
    today = case.of_day(compared_fills(case).filter(pl.col("bot") == bot))
    return today.select("ts", "notional", is_checked=_is_checked().fill_null(value=False))


def _is_checked() -> pl.Expr:
    return (
        pl.col("in_exchange")
        & (pl.col("in_local") | pl.col("in_events"))
        & pl.col("fee_amount_exchange").is_not_null()
        & pl.coalesce("fee_amount_local", "fee_amount_events").is_not_null()
        & (pl.col("in_events") | _is_resolved())
    )


def _coverage(case: Case, today: pl.DataFrame, bot: str, legs: set[str]) -> list[Metric]:
    names = ("fills_checked_share", "notional_checked_share")
    absent = None if "exchange" in legs else f"{bot}: {absent_leg(case.sources, bot, 'exchange')}"
    if why := incomparable(case, bot) or absent or (_nothing(case, bot, today) if today.is_empty() else None):
        return [Metric(bot, name, None, 0, why) for name in names]
    checked = today.filter(_is_checked())
    whole, known = float(today["notional"].sum() or 0), float(checked["notional"].sum() or 0)
    unpriced = today["notional"].null_count()
    share = known / whole if whole and not unpriced else None
    note = count_of(unpriced, "fill has no known notional", "fills have no known notional") if unpriced else None
    return [
        Metric(bot, names[0], checked.height / today.height, today.height),
        Metric(
            bot, names[1], share, today.height, note or ("the day's fills are worth nothing" if not whole else None)
        ),
    ]
