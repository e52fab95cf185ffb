"""Views of what a bot's own record says where no second leg confirms it: shown apart from everything that is agreed."""

from collections.abc import Iterator

import polars as pl

from deskgate.accounting.own_record import counted_from, own_fills, own_records
from deskgate.assessment.assessment import Assessment
from deskgate.case.case import Case
from deskgate.case.expressions import notional
from deskgate.case.tolerances import MONEY
from deskgate.prices.marks import mids_at
from deskgate.reconciliation.agreed import agreed_funding, signed
from deskgate.reconciliation.order_history import FINAL
from deskgate.schema import BOT_LEGS
from deskgate.sources.market_names import pair_quote

__all__ = ["own_record", "own_record_bots", "own_record_fills", "own_record_orders", "own_record_pnl"]

# Fills of each bot in the table.
NEWEST = 20
# The chart's line has a point at the last fill of each such span.
STEP = "15m"
# Each row of each view says it, so that no number of them is ever read alone.
CONFIRMED_BY = "nothing"
_TIME = pl.Datetime("us", "UTC")
_NUMBERS = {
    **dict.fromkeys(("bot", "pair", "number", "unit"), pl.String()),
    **dict.fromkeys(("of_the_day", "since_the_first_fill"), pl.Float64()),
    "confirmed_by": pl.String(),
}
_KEY = ["bot", "pair"]


def own_record_bots(assessment: Assessment) -> pl.DataFrame:
    """Return the bots that have fills which no second leg confirms.

    Returns
    -------
    polars.DataFrame
        bot, is_shown (whether none of its fills is confirmed: the other views have it), mark (whose record it is, and that nothing
        confirms it), because, not_booked (why it has no PnL), counted_from (the opening in desk.toml; null: the first fill, with nothing
        held before), first_fill, last_fill, agreed, not_confirmed and not_confirmed_of_day (how many fills).
    """
    case = assessment.case
    bots = [bot for bot in case.desk.judged if bot.name in set(own_records(case)["bot"])]
    opened = pl.DataFrame(
        [(bot.name, counted_from(case, bot)) for bot in bots],
        schema={"bot": pl.String, "counted_from": _TIME},
        orient="row",
    )
    spans = own_fills(case).group_by("bot").agg(first_fill=pl.col("ts").min(), last_fill=pl.col("ts").max())
    joined = own_records(case).join(opened, on="bot", how="left").join(spans, on="bot", how="left").sort("bot")
    return joined.select(
        *("bot", "is_shown", "mark", "because", "not_booked", "counted_from", "first_fill", "last_fill"),
        *("agreed", "not_confirmed", "not_confirmed_of_day"),
    )


def own_record(assessment: Assessment) -> pl.DataFrame:
    """Return the numbers of each market of the bots whose fills nothing confirms; see `own_record_bots`.

    Returns
    -------
    polars.DataFrame
        bot, pair, number, unit, of_the_day, since_the_first_fill (or the opening), confirmed_by (nothing). A number that is not known is null: unrealised PnL and PnL
        where no mid of the 5 minutes before the day's end values what is held, PnL where a fee is not known. A PnL of the day is only
        given of its realised part. Positions are those at the day's end.
    """
    case = assessment.case
    return pl.DataFrame([(*row, CONFIRMED_BY) for row in _numbers(case)], schema=_NUMBERS, orient="row")


def own_record_pnl(assessment: Assessment) -> pl.DataFrame:
    """Return realised PnL less known fees after the last fill of each quarter of an hour: bot, pair, ts, pnl_quote; none where it is not booked."""
    booked = own_fills(assessment.case).filter(pl.col("realized").is_not_null())
    earned = pl.col("realized") - pl.col("fee_quote").fill_null(0)
    rows = booked.select(*_KEY, "ts", pnl_quote=earned.cum_sum().over(_KEY).cast(pl.Float64))
    step = pl.col("ts").dt.truncate(STEP).alias("step")
    last = rows.with_columns(step).unique([*_KEY, "step"], keep="last", maintain_order=True)
    return last.drop("step").sort(*_KEY, "ts")


def own_record_orders(assessment: Assessment) -> pl.DataFrame:
    """Return the orders by the last state that the bot's own legs say: bot, state, orders, made_on_the_day, confirmed_by; up to the day's end."""
    case = assessment.case
    shown = own_records(case).filter("is_shown")["bot"]
    of_bot = pl.col("leg").is_in(BOT_LEGS) & pl.col("bot").is_in(shown.implode()) & (pl.col("ts") < case.end)
    is_final = pl.col("status").is_in(FINAL)
    orders = (
        case.lazy("orders")
        .filter(of_bot)
        .select("bot", "ts", "row_id", "status", "created_ts", id=pl.coalesce("order_id", "exchange_order_id"))
        .sort("ts", is_final, "row_id")
        .group_by("bot", "id")
        .agg(
            state=pl.coalesce(pl.col("status").filter(is_final).last(), pl.col("status").last()),
            created=pl.coalesce(pl.col("created_ts").min(), pl.col("ts").min()),
        )
        .collect()
    )
    made = case.in_day("created").sum().cast(pl.Int64)
    counted = orders.group_by("bot", "state").agg(orders=pl.len().cast(pl.Int64), made_on_the_day=made)
    marked = counted.with_columns(confirmed_by=pl.lit(CONFIRMED_BY))
    return marked.sort("bot", "orders", "state", descending=[False, True, False])


def own_record_fills(assessment: Assessment) -> pl.DataFrame:
    """Return the newest fills of each of these bots: ts, bot, pair, side, price, quantity, fee, fee_token, realized_quote, trade_id, order_id, confirmed_by."""
    newest = own_fills(assessment.case).group_by("bot", maintain_order=True).tail(NEWEST)
    return newest.sort("ts", "bot", "trade_id", descending=[True, False, True]).select(
        *("ts", "bot", "pair", "side"),
        pl.col("price", "quantity").cast(pl.Float64),
        pl.col("fee_amount").cast(pl.Float64).alias("fee"),
        "fee_token",
        pl.col("realized").cast(pl.Float64).alias("realized_quote"),
        *("trade_id", "order_id"),
        pl.lit(CONFIRMED_BY).alias("confirmed_by"),
    )


def _numbers(case: Case) -> Iterator[tuple[str, str, str, str, float | None, float | None]]:
    fills = own_fills(case)
    sums, of_day = _sums(fills), _sums(case.of_day(fills))
    today = {(row["bot"], row["pair"]): row for row in of_day.iter_rows(named=True)}
    for row in sums.iter_rows(named=True):
        bot, pair = row["bot"], row["pair"]
        quote, base = pair_quote(pair), pair.partition("-")[0]
        day = today.get((bot, pair), dict.fromkeys(row, 0))
        units = {**dict.fromkeys(("fills", "buys", "sells"), "fills"), "bought": base, "sold": base}
        for name, title in _SUMMED.items():
            yield bot, pair, title, units.get(name, quote), day[name], row[name]
        unknown = int(row["unknown"])
        if unknown:
            yield bot, pair, "Fills of unknown fee", "fills", day["unknown"], unknown
        paid_of_day, paid = _funding(case, bot, pair)
        yield bot, pair, "Funding", quote, paid_of_day, paid
        held = _held(case, bot, pair)
        yield bot, pair, "Position at the day's end", base, None, held["position"]
        yield bot, pair, "Unrealised PnL", quote, None, held["unrealized"]
        known = row["realized"] is not None and held["unrealized"] is not None and not unknown
        pnl = row["realized"] - row["fee"] + held["unrealized"] + paid if known else None
        yield bot, pair, "PnL", quote, None, pnl


# Column of the sums -> its name.
_SUMMED = {
    "fills": "Fills",
    "buys": "Buys",
    "sells": "Sells",
    "bought": "Bought",
    "sold": "Sold",
    "volume": "Volume",
    "fee": "Fees paid",
    "realized": "Realised PnL, before fees",
}


def _sums(fills: pl.DataFrame) -> pl.DataFrame:
    buys = pl.col("side") == "BUY"
    whole = pl.when(pl.col("realized").null_count() == 0).then(pl.col("realized").sum())
    return (
        fills.group_by(_KEY)
        .agg(
            fills=pl.len(),
            buys=buys.sum(),
            sells=(~buys).sum(),
            bought=pl.col("quantity").filter(buys).sum(),
            sold=pl.col("quantity").filter(~buys).sum(),
            volume=pl.when(pl.col("notional").null_count() == 0).then(pl.col("notional").sum()),
            fee=pl.col("fee_quote").sum(),
            realized=whole,
            unknown=pl.col("fee_quote").null_count(),
        )
        .with_columns(pl.exclude(_KEY).cast(pl.Float64))
        .sort(_KEY)
    )


def _funding(case: Case, bot: str, pair: str) -> tuple[float, float]:
    """Return the funding of the day and since the bot's record counts, quote, negative when paid."""
    mine = agreed_funding(case).filter(pl.col("bot") == bot, pl.col("pair") == pair, pl.col("ts") < case.end)
    if opened := counted_from(case, case.desk.bots[bot]):
        mine = mine.filter(pl.col("ts") >= opened)
    return float(case.of_day(mine)["amount"].sum()), float(mine["amount"].sum())


def _held(case: Case, bot: str, pair: str) -> dict[str, float | None]:
    """Return what is held of a market at the day's end (base, signed), and its unrealised PnL (quote), null where nothing values it."""
    mine = own_fills(case).filter(pl.col("bot") == bot, pl.col("pair") == pair)
    last = mine.group_by("key").agg(pl.col("position", "cost").last())
    if last["cost"].null_count():
        moved = mine.select(signed().sum()).item()
        return {"position": float(moved), "unrealized": None}
    position, cost = last["position"].sum(), last["cost"].sum()
    if not (last["position"] != 0).any():
        return {"position": 0.0, "unrealized": 0.0}
    end = pl.Series([case.end], dtype=_TIME)
    value = last.join(mids_at(case, bot, pair, end), how="cross").select(
        pl.when(pl.col("mid").null_count() == 0).then(notional(pl.col("mid"), pl.col("position")).sum().cast(MONEY))
    )
    worth = value.item(0, 0)
    return {"position": float(position), "unrealized": None if worth is None else float(worth - cost)}
