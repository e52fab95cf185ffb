"""Views of notebook 03: fills by leg, breaks, positions and waterfalls."""

from datetime import timedelta

import polars as pl

from deskgate.assessment.assessment import Assessment
from deskgate.case.markets import judged
from deskgate.reconciliation.accounts.waterfall import balance_waterfall, position_waterfall
from deskgate.reconciliation.agreed import agreed_fills
from deskgate.reconciliation.fill_fees import base_change
from deskgate.reconciliation.fills.check import checked_fills
from deskgate.reconciliation.matching.match import matched_fills
from deskgate.reports.break_values import value, value_note
from deskgate.reports.views.metrics import gate_metrics

__all__ = [
    "balance_steps",
    "break_ages",
    "breaks_by_leg",
    "checked_shares",
    "fill_coverage",
    "position_steps",
    "positions",
    "worst_breaks",
]


def fill_coverage(assessment: Assessment) -> pl.DataFrame:
    """Return how many of the day's fills each leg has: bot, fills, local, events, exchange, in_all."""
    legs = ("local", "events", "exchange")
    today = assessment.case.of_day(
        matched_fills(assessment.case).fills.with_columns(ts=pl.coalesce("ts_exchange", "ts_events", "ts_local"))
    )
    return (
        today.group_by("bot")
        .agg(
            fills=pl.len().cast(pl.Int64),
            **{leg: pl.col(f"in_{leg}").sum().cast(pl.Int64) for leg in legs},
            in_all=pl.all_horizontal([f"in_{leg}" for leg in legs]).sum().cast(pl.Int64),
        )
        .sort("bot")
    )


def checked_shares(assessment: Assessment) -> pl.DataFrame:
    """Return how much of the day an independent leg has really been compared with.

    Returns
    -------
    polars.DataFrame
        bot, of (fills, notional, orders), share, because (why there is none), notional_quote (what all fills of the day are worth, of which
        `share` is checked: of several days each share counts by it; null of the other kinds, and where it is not known of a fill).
    """
    wanted = ["fills_checked_share", "notional_checked_share", "orders_checked_share"]
    mine = gate_metrics(assessment, "reconciliation").filter(pl.col("metric").is_in(wanted))
    shares = mine.select(
        bot="subject", of=pl.col("metric").str.strip_suffix("_checked_share"), share="value", because="note"
    )
    worth = [(bot.name, "notional", _notional(assessment, bot.name)) for bot in assessment.case.desk.judged]
    schema = {"bot": pl.String, "of": pl.String, "notional_quote": pl.Float64}
    return shares.join(
        pl.DataFrame(worth, schema=schema, orient="row"), on=["bot", "of"], how="left", maintain_order="left"
    )


def _notional(assessment: Assessment, bot: str) -> float | None:
    worth = checked_fills(assessment.case, bot)["notional"]
    return None if worth.null_count() else float(worth.sum())


def breaks_by_leg(assessment: Assessment) -> pl.DataFrame:
    """Return the breaks counted: kind, bot, leg, breaks, accepted (how many of them an operator did), value_quote, note, first_seen.

    `value_quote` is null where the value of any is unknown; `note` then says what they are worth at least.
    """
    return (
        assessment.breaks.with_columns(leg=pl.when(pl.col("leg") == "").then(pl.lit("none named")).otherwise("leg"))
        .group_by("kind", "bot", "leg")
        .agg(
            breaks=pl.len().cast(pl.Int64),
            accepted=(pl.col("status") == "accepted").sum().cast(pl.Int64),
            value_quote=value(),
            note=value_note(),
            first_seen=pl.col("first_seen").min(),
        )
        .sort("kind", "bot", "leg")
    )


def worst_breaks(assessment: Assessment) -> pl.DataFrame:
    """Return the breaks, those with the largest value first: both sides, their difference, and what looks each of them up."""
    largest = assessment.breaks.sort("value_quote", "ts", "break_id", descending=[True, False, False], nulls_last=True)
    values = ("observed", "expected", "delta", "value_quote", "detail")
    return largest.select("break_id", "kind", "status", "bot", "leg", "ts", *values, "trade_id", "order_id")


def break_ages(assessment: Assessment) -> pl.DataFrame:
    """Return how long breaks have been open: kind, status, severity, breaks, oldest_h, value_quote, note (as in `breaks_by_leg`); the oldest first."""
    age = (pl.lit(assessment.case.as_of) - pl.col("ts")).dt.total_microseconds() / 3.6e9
    return (
        assessment.breaks.with_columns(age=age)
        .group_by("kind", "status", "severity")
        .agg(
            breaks=pl.len().cast(pl.Int64),
            oldest_h=pl.col("age").max().round(1),
            value_quote=value(),
            note=value_note(),
        )
        .sort("oldest_h", "kind", descending=[True, False])
    )


def positions(assessment: Assessment) -> pl.DataFrame:
    """Return each bot's position over the day and what the account's snapshots show: bot, pair, ts, position, snapshot."""
    fills = agreed_fills(assessment.case).select("bot", "pair", "ts", base=base_change(assessment.case))
    opening = pl.DataFrame(
        [
            (bot.name, pair, bot.opening.at, bot.opening_position(pair))
            for bot in assessment.case.desk.judged
            if bot.opening
            for pair in bot.pairs
        ],
        schema={"bot": pl.String, "pair": pl.String, "ts": pl.Datetime("us", "UTC"), "base": pl.Decimal(38, 18)},
        orient="row",
    )
    account = (
        judged(assessment.case, "positions")
        .filter((pl.col("leg") == "exchange") & pl.col("bot").is_in([bot.name for bot in assessment.case.desk.judged]))
        .select("bot", "pair", "ts", pl.lit(0, pl.Decimal(38, 18)).alias("base"), pl.col("quantity").alias("snapshot"))
    )
    rows = pl.concat([opening, fills, account], how="diagonal").sort("bot", "pair", "ts")
    end = assessment.case.start + timedelta(days=1)
    return (
        rows.with_columns(position=pl.col("base").cum_sum().over("bot", "pair"))
        .filter((pl.col("ts") >= assessment.case.start) & (pl.col("ts") <= end))
        .select("bot", "pair", "ts", pl.col("position").cast(pl.Float64), pl.col("snapshot").cast(pl.Float64))
    )


def position_steps(assessment: Assessment) -> pl.DataFrame:
    """Return the waterfall of each position: account, step, amount (base)."""
    account = pl.format("{} {}", "bot", "pair")
    return (
        position_waterfall(assessment.case)
        .select("step", "amount", account=account)
        .sort("account", maintain_order=True)
    )


def balance_steps(assessment: Assessment) -> pl.DataFrame:
    """Return the waterfall of each balance: account, step, amount (quote)."""
    return (
        balance_waterfall(assessment.case).select("step", "amount", account="bot").sort("account", maintain_order=True)
    )
