"""Live against shadow: does the bot trade as its paper twin, or its stated expectation, says it should?

Four measures over the day, from agreed fills, observed mids and the orders of the bot's own record. Deltas are live
minus reference; PnL is compared before fees and per turnover, for live and paper seldom share size or fee schedule.
"""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.findings import Findings, Metric
from deskgate.case.markets import judged, live_orders
from deskgate.case.metric_spec import MetricSpec, bots_that
from deskgate.case.values import not_linear
from deskgate.config.bot import Bot, Mode
from deskgate.reconciliation.agreed import MID_AGE, agreed_fills, unconfirmed
from deskgate.schema import BOT_LEGS

__all__ = ["MEASURES", "METRICS", "Trading", "check", "compared", "is_compared", "trading"]

MEASURES = ("fill_ratio", "slippage_bps", "reject_rate", "realized_pnl_bps")
BPS = 1e4
# A fill without a young mid cannot be judged; a volume-weighted mean over what is left would flatter.
MID_SHARE = 0.99


@dataclass(frozen=True)
class Trading:
    """What one bot's day amounted to; a value is None where `why` says so."""

    values: dict[str, float | None]
    sample: int
    turnover_quote: float
    why: str | None = None


def compared(case: Case) -> list[Bot]:
    """Return the bots that parity judges: live ones, and any that has a shadow or an expectation."""
    return [bot for bot in case.desk.judged if is_compared(bot)]


def is_compared(bot: Bot) -> bool:
    """Return whether parity judges this bot, if it is judged at all."""
    return bot.mode is Mode.LIVE or bot.shadow is not None or bot.expected is not None


COMPARED = bots_that("bots that parity compares: live, or with `shadow` or `expected`", is_compared)
_MEASURED = (
    ("fill_ratio", "share", "filled over ordered quantity of the day"),
    ("slippage_bps", "bps", "price against the mid, weighted by notional; positive is worse than the mid"),
    ("reject_rate", "share", "failed over all orders of the day"),
    ("realized_pnl_bps", "bps of turnover", "PnL of what was both bought and sold on the day, before fees"),
)
METRICS = tuple(
    MetricSpec(f"{name}{suffix}", unit, COMPARED, f"{of}: {doc}.")
    for name, unit, doc in _MEASURED
    for suffix, of in (("", "Live"), ("_reference", "Its reference"), ("_delta", "Live minus reference, without sign"))
)


def check(case: Case) -> Findings:
    """Compare every bot that parity judges with its shadow or expectation.

    Returns
    -------
    Findings
        Per bot: `<measure>` (live), `<measure>_reference` and `<measure>_delta` (absolute), for the four measures;
        the sample is the smaller number of orders or fills of the two sides.
    """
    days = {bot.name: trading(case, bot.name) for bot in case.desk.judged}
    return Findings([metric for bot in compared(case) for metric in _compare(case, bot, days)])


def trading(case: Case, bot: str) -> Trading:
    """Measure one bot's day.

    Fill ratio = filled / ordered quantity. Slippage = notional-weighted side * (price - mid) / mid in bps, positive
    when worse than mid. Reject rate = failed / all orders. Realised PnL = the quantity both bought and sold times the
    difference of the two average prices, before fees, in bps of turnover.
    """
    nothing: dict[str, float | None] = dict.fromkeys(MEASURES)
    if why := unconfirmed(case, bot) or not_linear(case, bot):
        return Trading(nothing, 0, 0.0, why)
    fills = case.of_day(agreed_fills(case).filter(pl.col("bot") == bot))
    orders = _orders(case, bot)
    if fills.is_empty() or orders.is_empty():
        return Trading(
            nothing, 0, 0.0, f"{bot} has {fills.height} agreed fills and {orders.height} orders on {case.day}"
        )
    priced = _with_mids(case, fills)
    turnover = float(priced.get_column("notional").sum())
    if not turnover:
        return Trading(nothing, 0, 0.0, f"the fills of {bot} on {case.day} are worth nothing: price or quantity is 0")
    covered = float(priced.filter(pl.col("mid").is_not_null()).get_column("notional").sum())
    ordered = float(orders.filter(~pl.col("failed")).get_column("quantity").sum())
    values: dict[str, float | None] = {
        "fill_ratio": float(priced.get_column("size").sum()) / ordered if ordered else None,
        "slippage_bps": _slippage(priced) if covered >= MID_SHARE * turnover else None,
        "reject_rate": orders.filter("failed").height / orders.height,
        "realized_pnl_bps": _realized(priced) / turnover * BPS,
    }
    why = (
        None
        if covered >= MID_SHARE * turnover
        else f"only {covered / turnover:.1%} of {bot}'s turnover has a mid of the last 5 minutes, {MID_SHARE:.0%} are needed"
    )
    return Trading(values, min(fills.height, orders.height), turnover, why)


def _orders(case: Case, bot: str) -> pl.DataFrame:
    """Return one row per order made on the day, from the bot's record and its stream: quantity, failed."""
    return (
        case.of_day(
            _own_orders(case)
            .filter(pl.col("bot") == bot)
            .group_by("order_id")
            .agg(
                made=pl.coalesce(pl.col("created_ts").min(), pl.col("ts").min()),
                quantity=pl.col("quantity").drop_nulls().first(),
                failed=(pl.col("status") == "failed").any(),
            ),
            "made",
        )
        .sort("order_id")
        .with_columns(pl.col("quantity").cast(pl.Float64))
    )


@per_case
def _own_orders(case: Case) -> pl.DataFrame:
    """Return all states of the orders that the bots' own legs have any of the day, sorted by (ts, row_id)."""
    own = (
        live_orders(case)
        .filter(pl.col("leg").is_in(BOT_LEGS) & pl.col("order_id").is_not_null())
        .select("bot", "order_id", "created_ts", "ts", "quantity", "status", "row_id")
    )
    of_day = own.filter(case.in_day("created_ts") | case.in_day()).select("bot", "order_id").unique()
    return own.join(of_day, on=["bot", "order_id"], how="semi").sort("ts", "row_id").collect()


def _with_mids(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    mids = (
        judged(
            case,
            "mids",
            pl.col("bot").is_in(fills["bot"].unique().implode()),
            pl.col("ts").is_between(case.start - MID_AGE, case.start + timedelta(days=1)),
        )
        .sort("ts", "row_id")
        .unique(["bot", "pair", "ts"], keep="last", maintain_order=True)
    )
    return (
        fills.sort("ts", "trade_id")
        .join_asof(
            mids.select("bot", "pair", "ts", pl.col("mid").cast(pl.Float64)),
            on="ts",
            by=["bot", "pair"],
            strategy="backward",
            tolerance=MID_AGE,
            check_sortedness=False,
        )
        .with_columns(
            sign=pl.when(pl.col("side") == "BUY").then(1.0).otherwise(-1.0),
            size=pl.col("quantity").cast(pl.Float64),
            at=pl.col("price").cast(pl.Float64),
        )
        .with_columns(notional=pl.col("size") * pl.col("at"))
    )


def _slippage(priced: pl.DataFrame) -> float | None:
    value = priced.filter(pl.col("mid").is_not_null()).select(
        ((pl.col("at") / pl.col("mid") - 1) * pl.col("sign") * pl.col("notional")).sum()
        / pl.col("notional").sum()
        * BPS
    )
    return float(value.item()) if value.item() is not None else None


def _realized(priced: pl.DataFrame) -> float:
    """Return the matched PnL of the day in quote, pair by pair: min(bought, sold) * (average sold - average bought)."""
    sums = priced.group_by("pair", "side").agg(pl.col("size").sum(), pl.col("notional").sum())
    bought, sold = (
        sums.filter(pl.col("side") == side).select(
            "pair", pl.col("size"), (pl.col("notional") / pl.col("size")).alias("average")
        )
        for side in ("BUY", "SELL")
    )
    both = bought.join(sold, on="pair", suffix="_sold")
    return float(
        both.select(
            (pl.min_horizontal("size", "size_sold") * (pl.col("average_sold") - pl.col("average"))).sum()
        ).item()
    )


def _reference(bot: Bot, live: Trading, days: dict[str, Trading]) -> Trading:
    """Return what the bot is compared with: its shadow's day, or its stated expectation."""
    if bot.shadow:
        return days.get(bot.shadow) or Trading(dict.fromkeys(MEASURES), 0, 0.0, f"its shadow {bot.shadow} is disabled")
    if bot.expected:
        constants = bot.expected
        pnl = constants.realized_pnl_quote / live.turnover_quote * BPS if live.turnover_quote else None
        values = {
            "fill_ratio": constants.fill_ratio,
            "slippage_bps": constants.slippage_bps,
            "reject_rate": constants.reject_rate,
            "realized_pnl_bps": pnl,
        }
        return Trading(values, live.sample, live.turnover_quote)
    return Trading(
        dict.fromkeys(MEASURES),
        0,
        0.0,
        f"bots.{bot.name} has neither `shadow` nor `expected` in desk.toml to compare with",
    )


def _compare(case: Case, bot: Bot, days: dict[str, Trading]) -> list[Metric]:
    live = days[bot.name]
    other = _reference(bot, live, days)
    sample = min(live.sample, other.sample)
    against = f"against {bot.shadow}" if bot.shadow else "against desk.toml's expectation"
    metrics = []
    for name in MEASURES:
        mine, theirs = live.values[name], other.values[name]
        missing = live.why if mine is None else other.why
        known = mine is not None and theirs is not None
        note = (
            f"{bot.name} {mine:.4g} {against} {theirs:.4g}"
            if known
            else missing or f"{name} could not be measured on {case.day}"
        )
        metrics += [
            Metric(bot.name, name, mine, live.sample, None if mine is not None else note),
            Metric(bot.name, f"{name}_reference", theirs, other.sample, None if theirs is not None else note),
            Metric(
                bot.name,
                f"{name}_delta",
                abs(mine - theirs) if mine is not None and theirs is not None else None,
                sample,
                note,
            ),
        ]
    return metrics
