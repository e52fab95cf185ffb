"""Positions and balances: does the venue's account say what the agreed fills add up to?

A difference that a listed break already explains is told with that break, and is not another one.
"""

from datetime import timedelta

import polars as pl

from deskgate.checks import tolerances
from deskgate.checks.agreed import confirmed
from deskgate.checks.case import Case
from deskgate.checks.causes import explained, price_span, said, suspects
from deskgate.checks.findings import Findings, Metric, breaks_frame
from deskgate.checks.legs import absent_leg, export_kinds
from deskgate.checks.open_breaks import nothing_to_tally, tally
from deskgate.checks.roll_forward import quote_balances, rolled_balances, rolled_positions
from deskgate.checks.tolerances import MONEY
from deskgate.checks.views import notional, plain

__all__ = ["check"]


def check(case: Case) -> Findings:
    """Compare each account snapshot up to `as_of` with the roll-forward.

    Returns
    -------
    Findings
        `position_drift` and `balance_drift` breaks, per venue bot how many are open, and which other breaks they are
        explained by. A difference that stays as it is from one snapshot to the next is one break, at the first of them.
    """
    positions = rolled_positions(case)
    balances = rolled_balances(case, positions)
    effects = suspects(case)
    moved = _drifted(
        positions.with_columns(residual=pl.col("quantity") - pl.col("expected")),
        pl.lit(tolerances.account(), MONEY),
        ["bot", "pair"],
    )
    by_fills = explained(
        moved, effects.rename({"base": "effect"}).drop("cash").filter(pl.col("effect") != 0), ["bot", "pair"]
    )
    moved = moved.join(by_fills, on=["bot", "pair", "ts"], how="anti", maintain_order="left")
    paid = _drifted(balances, tolerances.equity(pl.col("fills")), ["bot"])
    by_breaks = explained(paid, _in_money(effects, positions, paid), ["bot", "ts"])
    paid = paid.join(by_breaks, on=["bot", "ts"], how="anti", maintain_order="left")
    by_position = _by_position(case, moved, paid)
    paid = paid.join(by_position, left_on=["bot", "ts"], right_on=["bot", "paid_at"], how="anti", maintain_order="left")
    drifts = pl.concat([_position_drifts(moved), _balance_drifts(paid)])
    metrics = [
        each
        for bot in case.desk.judged
        for kind, rows in (("position_drift", positions), ("balance_drift", balances))
        for each in _measure(case, rows, drifts, bot.name, kind)
    ]
    return Findings(
        metrics,
        drifts,
        pl.concat([said(by_fills, "position"), said(by_breaks, "balance"), by_position.drop("paid_at")]),
    )


def _drifted(rows: pl.DataFrame, bound: pl.Expr, over: list[str]) -> pl.DataFrame:
    """Return the snapshots whose residual is beyond `bound` and not simply the one of the snapshot before.

    With `since`, the snapshot before; `change` of the residual; `bound`; and `stays`, whether the next one has it too.
    """
    before, after = pl.col("residual").shift(1).over(over), pl.col("residual").shift(-1).over(over)
    return (
        rows.sort(*over, "ts")
        .with_columns(
            bound=bound,
            since=pl.col("ts").shift(1).over(over),
            change=pl.col("residual") - before.fill_null(0),
            stays=((after - pl.col("residual")).abs() < bound).fill_null(value=True),
        )
        .filter((pl.col("residual").abs() >= pl.col("bound")) & (pl.col("change").abs() >= pl.col("bound")))
    )


def _in_money(effects: pl.DataFrame, positions: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """Return what suspects do to the balance of each snapshot that differs, at its mark."""
    marks = positions.select("bot", "pair", "ts", "mark_price").sort("ts")
    at = (
        paid.select("bot", "ts")
        .join(effects, on="bot")
        .sort("ts")
        .join_asof(marks, on="ts", by=["bot", "pair"], strategy="nearest", check_sortedness=False)
    )
    value = pl.col("base") * pl.col("mark_price").fill_null(0) + pl.col("cash")
    return at.select("bot", "ts", "kind", "pair", "at", "trade_id", effect=value)


def _by_position(case: Case, moved: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """Return the balance drifts (`paid_at`) that a position drift of the same snapshot accounts for, in that one's words."""
    spans = price_span(case, moved)
    return (
        paid.select("bot", "ts", "change", paid_at="ts")
        .sort("ts")
        .join_asof(
            spans.sort("ts").rename({"change": "held"}).with_columns(drift_ts="ts"),
            on="ts",
            by="bot",
            strategy="nearest",
            tolerance=timedelta(minutes=1),
            check_sortedness=False,
        )
        .filter(pl.col("change").cast(pl.Float64).abs() <= pl.col("most"))
        .select(
            pl.lit("position_drift").alias("kind"),
            "bot",
            "pair",
            pl.col("drift_ts").alias("ts"),
            pl.lit(None, pl.String).alias("trade_id"),
            text=pl.format("the balance differs by {}, no more than its price can do", plain(pl.col("change"))),
            paid_at="paid_at",
        )
    )


def _position_drifts(moved: pl.DataFrame) -> pl.DataFrame:
    # The fills are what the legs agree on, so it is the account that says otherwise.
    return breaks_frame(
        moved.with_columns(
            kind=pl.lit("position_drift"),
            leg=pl.lit("exchange"),
            observed=plain(pl.col("quantity")),
            expected=plain(pl.col("expected")),
            delta=plain(pl.col("residual")),
            value_quote=notional(pl.col("residual").abs(), pl.col("mark_price")),
            detail=pl.format("the venue's snapshot against {} agreed fills", "fills"),
        ),
        day_offset="1us",
    )


def _balance_drifts(paid: pl.DataFrame) -> pl.DataFrame:
    return breaks_frame(
        paid.with_columns(
            kind=pl.lit("balance_drift"),
            leg=pl.lit("exchange"),
            pair=pl.lit(None, pl.String),
            observed=plain(pl.col("total")),
            expected=plain(pl.col("expected")),
            delta=plain(pl.col("residual")),
            value_quote=pl.col("residual").abs(),
            detail=pl.format("{} against opening, fills, fees, funding and transfers", "token"),
        ),
        day_offset="1us",
    )


def _measure(case: Case, rows: pl.DataFrame, drifts: pl.DataFrame, bot: str, kind: str) -> list[Metric]:
    what = {"position_drift": "positions", "balance_drift": "balance"}[kind]
    lacks = _lacks(case, bot, what)
    today = _closed(case, rows.filter((pl.col("bot") == bot) & ~pl.col("anchored")))
    if lacks is None and today.is_empty():
        lacks = f"{bot} has no {what} snapshot of {case.day} that can be rolled forward to"
    unsure = _closed(case, quote_balances(case).filter(pl.col("bot") == bot)).height - today.height
    if lacks is None and kind == "balance_drift" and unsure > 0 and case.desk.bots[bot].opening:
        lacks = f"{unsure} balances of {bot} on {case.day} have no positions with a mark price of the same moment"
    if lacks:
        return nothing_to_tally(bot, kind, lacks)
    return tally(case, bot, kind, drifts, today.height)


def _closed(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the snapshots of the day, the one of exactly 24:00 included and the one of 00:00 not."""
    return rows.filter((pl.col("ts") > case.start) & (pl.col("ts") <= case.start + timedelta(days=1)))


def _lacks(case: Case, bot: str, what: str) -> str | None:
    """Return what is missing for rolling this bot's account forward, or None."""
    if not confirmed(case, bot):
        return f"{bot} has no agreed fills to roll forward: {absent_leg(case.sources, bot, 'exchange')}"
    # A balance is only rolled forward with the positions of its moment.
    missing = [kind for kind in dict.fromkeys((what, "positions")) if kind not in export_kinds(case.sources, bot)]
    if missing:
        return f"{bot} has no readable {' and no '.join(missing)} export of the venue"
    opening = case.desk.bots[bot].opening
    if opening and opening.at >= case.end:
        return (
            f"bots.{bot}.opening is of {opening.at:%Y-%m-%d %H:%M} UTC, after the day, so nothing can be rolled forward"
        )
    if bot in case.shared_accounts:
        return f"{bot} shares its venue account with another bot, and an account is not divided among bots yet"
    foreign = case.desk.bots[bot].foreign_pairs(case.desk.quote)
    if what == "balance" and foreign:
        return f"{bot} trades {', '.join(foreign)}, whose money is not the desk's {case.desk.quote}"
    return None
