"""Inject one break of each kind in a copy of a day's frames: what a drill lets the checks find.

Each fault changes as little as its kind needs, in a record of the day that every leg agrees on, so that nothing but the
injected break can be the reason for what the checks find anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import polars as pl

from deskgate.case import tolerances
from deskgate.case.case import Case
from deskgate.case.expressions import fill_time
from deskgate.case.markets import money_of
from deskgate.case.tolerances import MONEY
from deskgate.reconciliation.accounts.balances import rolled_balances
from deskgate.reconciliation.accounts.positions import rolled_positions
from deskgate.reconciliation.accounts.spot import spot_bases
from deskgate.reconciliation.fills import check as fills

__all__ = ["FAULTS", "Fault", "agreed_fill", "with_changed_row"]

Frames = Mapping[str, pl.DataFrame]
Row = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """A changed copy of a day's frames, and the break that must be found in it; `baseline_frames` are the frames to compare with."""

    bot: str
    frames: Frames
    ids: Mapping[str, str | None]
    baseline_frames: Frames | None = None


Inject = Callable[[Case, str], Fault | None]
# Far beyond every tolerance, and small enough to be a mistake somebody makes.
_SKEW = timedelta(seconds=90)


def agreed_fill(case: Case, bot: str, *legs: str) -> Row | None:
    """Return a fill of the day that all of `legs` have and record with the same values."""
    today = case.of_day(fills.settled_fills(case).filter((pl.col("bot") == bot) & pl.col("trade_id").is_not_null()))
    whole = today.filter(pl.all_horizontal([f"in_{leg}" for leg in legs]))
    same = [pl.col(f"side_{legs[0]}") == pl.col(f"side_{leg}") for leg in legs[1:]]
    rows = whole.filter(*same).with_columns(ts=fill_time()).sort("ts", "trade_id")
    return rows.row(rows.height // 2, named=True) if rows.height else None


def _ids(row: Row) -> dict[str, str | None]:
    return {"trade_id": row["trade_id"]}


def _without(case: Case, table: str, row_id: str) -> Frames:
    return {**case.frames, table: case.frames[table].filter(pl.col("row_id") != row_id)}


def with_changed_row(case: Case, table: str, row_id: str, **values: pl.Expr) -> Frames:
    """Return the frames with other values in one row of a table; none is changed where no row has that id."""
    frame = case.frames[table]
    mine = pl.col("row_id") == row_id
    changed = [
        pl.when(mine).then(value.cast(frame.schema[name])).otherwise(name).alias(name) for name, value in values.items()
    ]
    return {**case.frames, table: frame.with_columns(changed)}


def _missing(leg: str) -> Inject:
    others = [name for name in ("exchange", "events", "local") if name != leg]

    def inject(case: Case, bot: str) -> Fault | None:
        row = agreed_fill(case, bot, leg, *others)
        if row is None:
            return None
        return Fault(bot, _without(case, "fills", row[f"row_id_{leg}"]), _ids(row))

    return inject


def _change_value(**values: Callable[[Row], pl.Expr]) -> Inject:
    def inject(case: Case, bot: str) -> Fault | None:
        row = agreed_fill(case, bot, "exchange", "local", "events")
        if row is None:
            return None
        wrong = {name: value(row) for name, value in values.items()}
        return Fault(bot, with_changed_row(case, "fills", row["row_id_local"], **wrong), _ids(row))

    return inject


def _duplicate(case: Case, bot: str) -> Fault | None:
    row = agreed_fill(case, bot, "local", "exchange", "events")
    if row is None:
        return None
    recorded = case.frames["fills"]
    again = recorded.filter(pl.col("row_id") == row["row_id_local"]).with_columns(
        row_id=pl.lit("drill"), trade_id=pl.col("trade_id") + "_1"
    )
    return Fault(bot, {**case.frames, "fills": pl.concat([recorded, again])}, _ids(row))


def _paid(case: Case, bot: str) -> Row | None:
    """Return a payment of the day in the database that the venue has too, with the venue's id of it."""
    of_day = case.of_day(case.frames["funding"].filter((pl.col("bot") == bot) & (pl.col("ts") <= case.settled)))
    local = of_day.filter(pl.col("leg") == "local").with_columns(slot=tolerances.funding_slot())
    paid = of_day.filter(pl.col("leg") == "exchange").with_columns(slot=tolerances.funding_slot())
    both = local.join(paid.select("pair", "slot", venue_id="funding_id"), on=["pair", "slot"]).sort("ts")
    return both.row(0, named=True) if both.height else None


def _funding_missing(case: Case, bot: str) -> Fault | None:
    row = _paid(case, bot)
    if row is None:
        return None
    # The stream's word of it stays: two of three have it.
    return Fault(bot, _without(case, "funding", row["row_id"]), {"funding_id": row["venue_id"]})


def _funding_mismatch(case: Case, bot: str) -> Fault | None:
    row = _paid(case, bot)
    if row is None:
        return None
    wrong = with_changed_row(case, "funding", row["row_id"], amount=-pl.col("amount") - 1)
    return Fault(bot, wrong, {"funding_id": row["venue_id"]})


def _position_drift(case: Case, bot: str) -> Fault | None:
    today = rolled_positions(case).filter(
        (pl.col("bot") == bot)
        & ~pl.col("is_start")
        & (pl.col("ts") > case.start)
        & (pl.col("quantity") == pl.col("expected"))
    )
    # Not a whole number of any lot: no fill is of this size.
    off = pl.lit(tolerances.account(), MONEY) * 7_919
    # What is held on spot is a balance.
    bases = spot_bases(case).select("bot", "pair", "token")
    owned = today.join(bases, on=["bot", "pair"]).join(
        money_of(case, case.frames["balances"], "token").select("bot", "ts", "token", "row_id"),
        on=["bot", "ts", "token"],
    )
    if owned.height:
        row_id = owned.sort("ts", "pair")["row_id"][-1]
        return Fault(bot, with_changed_row(case, "balances", row_id, total=pl.col("total") + off), {})
    # A pair that its snapshot does not list has no row to be changed.
    today = today.join(case.frames["positions"], on=["bot", "pair", "ts"], how="semi")
    if today.is_empty():
        return None
    last = today.sort("ts", "pair").row(-1, named=True)
    mine = (pl.col("bot") == bot) & (pl.col("pair") == last["pair"]) & (pl.col("ts") == last["ts"])
    mine &= pl.col("leg") == "exchange"
    frame = case.frames["positions"]
    wrong = frame.with_columns(quantity=pl.when(mine).then(pl.col("quantity") + off).otherwise("quantity"))
    return Fault(bot, {**case.frames, "positions": wrong}, {})


def _balance_drift(case: Case, bot: str) -> Fault | None:
    rows = rolled_balances(case, rolled_positions(case)).filter((pl.col("bot") == bot) & (pl.col("ts") > case.start))
    today = rows.filter(~pl.col("is_start") & (pl.col("residual").abs() < tolerances.equity(pl.col("fills")))).sort(
        "ts"
    )
    if today.is_empty():
        return None
    wrong = with_changed_row(case, "balances", today["row_id"][-1], total=pl.col("total") - pl.col("total") / 7 - 1)
    return Fault(bot, wrong, {})


def _orders(case: Case, bot: str) -> pl.DataFrame:
    """Return the orders of the day that are final at the bot and at the venue: key, filled (the venue's), quantity."""
    mine = case.frames["orders"].filter((pl.col("bot") == bot) & pl.col("exchange_order_id").is_not_null())
    final = mine.filter(pl.col("status").is_in(["completed", "cancelled", "failed", "expired"]))
    venue = final.filter((pl.col("leg") == "exchange") & (pl.col("ts") <= case.settled))
    made = case.of_day(mine.filter(pl.col("leg") == "local"), "created_ts").select("exchange_order_id").unique()
    return (
        venue.join(made, on="exchange_order_id", how="semi")
        .join(final.filter(pl.col("leg") == "local"), on="exchange_order_id", how="semi")
        .select("row_id", "order_id", "filled_quantity", "quantity", "status", key="exchange_order_id")
        .sort("key")
    )


def _open_at_the_bot(case: Case, bot: str) -> Fault | None:
    cancelled = _orders(case, bot).filter(
        (pl.col("status") == "cancelled") & (pl.col("filled_quantity").fill_null(0) == 0)
    )
    if cancelled.is_empty():
        return None
    row = cancelled.row(0, named=True)
    final = pl.col("status").is_in(["completed", "cancelled", "failed", "expired"])
    mine = (pl.col("exchange_order_id") == row["key"]) & (pl.col("leg") == "local") & (pl.col("bot") == bot) & final
    return Fault(bot, {**case.frames, "orders": case.frames["orders"].filter(~mine)}, {"exchange_order_id": row["key"]})


def _open_at_the_venue(case: Case, bot: str) -> Fault | None:
    orders = _orders(case, bot)
    if orders.is_empty():
        return None
    row = orders.row(0, named=True)
    return Fault(bot, _without(case, "orders", row["row_id"]), {"exchange_order_id": row["key"]})


def _sum_mismatch(case: Case, bot: str) -> Fault | None:
    filled = _orders(case, bot).filter((pl.col("filled_quantity") > 0) & (pl.col("status") == "completed"))
    if filled.is_empty():
        return None
    row = filled.row(0, named=True)
    wrong = with_changed_row(case, "orders", row["row_id"], filled_quantity=pl.col("filled_quantity") * 2)
    return Fault(bot, wrong, {"exchange_order_id": row["key"]})


def _not_reconcilable(case: Case, bot: str) -> Fault | None:
    row = agreed_fill(case, bot, "exchange", "local") if bot in case.with_database else None
    if row is None:
        return None
    # Below what the database holds, and no stream that would hold it.
    heard = (pl.col("bot") == bot) & (pl.col("leg") == "events")
    quiet = {name: case.frames[name].filter(~heard) for name in ("sources", "fills", "orders", "funding")}
    silent = replace(case, frames={**case.frames, **quiet})
    named = fills.check(silent).breaks.filter((pl.col("kind") == "not_reconcilable") & (pl.col("bot") == bot))
    if named.height:
        # Its market is so fine that the stream alone makes it comparable: to lose that is enough.
        return Fault(bot, silent.frames, {})
    finer = pl.col("price") + pl.lit("0.0000001").cast(MONEY)
    return Fault(bot, with_changed_row(silent, "fills", row["row_id_exchange"], price=finer), {}, silent.frames)


def _unknown_to_the_bot(case: Case, bot: str) -> Fault | None:
    orders = _orders(case, bot)
    if orders.is_empty():
        return None
    recorded = case.frames["orders"]
    ids = {"order_id": "drill", "exchange_order_id": "drill"}
    again = recorded.filter(pl.col("row_id") == orders["row_id"][0]).with_columns(
        pl.lit("drill").alias("row_id"),
        pl.lit("open").alias("status"),
        **{name: pl.lit("drill") for name in ids},
    )
    return Fault(bot, {**case.frames, "orders": pl.concat([recorded, again])}, ids)


def _listed_nowhere(case: Case, bot: str) -> Fault | None:
    fault = _open_at_the_bot(case, bot)
    if fault is None:
        return None
    of_venue = (pl.col("exchange_order_id") == fault.ids["exchange_order_id"]) & (pl.col("leg") == "exchange")
    orders = fault.frames["orders"].filter(~(of_venue & (pl.col("bot") == bot)))
    return replace(fault, frames={**fault.frames, "orders": orders})


def _other_order(case: Case, bot: str) -> Fault | None:
    row = agreed_fill(case, bot, "exchange", "local", "events")
    if row is None:
        return None
    # The stream's, for the fills of the venue's own order have to add up.
    ids = ("exchange_order_id", "order_id")
    name = next((name for name in ids if row[f"{name}_events"] and row[f"{name}_exchange"]), None)
    if name is None:
        return None
    return Fault(bot, with_changed_row(case, "fills", row["row_id_events"], **{name: pl.lit("drill")}), _ids(row))


def _early_fill(case: Case, bot: str) -> Fault | None:
    row = agreed_fill(case, bot, "exchange", "local", "events")
    if row is None:
        return None
    # The venue later is the bot earlier, in both of its legs.
    return Fault(bot, with_changed_row(case, "fills", row["row_id_exchange"], ts=pl.col("ts") + _SKEW), _ids(row))


FAULTS: dict[str, Inject] = {
    "fill_missing_local": _missing("local"),
    "fill_missing_events": _missing("events"),
    "fill_missing_exchange": _missing("exchange"),
    "duplicate_local_fill": _duplicate,
    "price_mismatch": _change_value(price=lambda _: pl.col("price") + pl.col("price") / 50),
    "quantity_mismatch": _change_value(quantity=lambda _: pl.col("quantity") * 2),
    "fee_mismatch": _change_value(fee_amount=lambda _: pl.col("fee_amount") * 3 + 1),
    "wrong_side": _change_value(side=lambda row: pl.lit("SELL" if row["side_local"] == "BUY" else "BUY")),
    "timestamp_skew": _change_value(ts=lambda _: pl.col("ts") + _SKEW),
    "order_id_mismatch": _other_order,
    "fill_time_mismatch": _early_fill,
    "funding_missing": _funding_missing,
    "funding_mismatch": _funding_mismatch,
    "position_drift": _position_drift,
    "balance_drift": _balance_drift,
    "order_open_local_closed_exchange": _open_at_the_bot,
    "order_closed_local_open_exchange": _open_at_the_venue,
    "order_fill_sum_mismatch": _sum_mismatch,
    "order_missing_local": _unknown_to_the_bot,
    "order_missing_exchange": _listed_nowhere,
    "not_reconcilable": _not_reconcilable,
}
