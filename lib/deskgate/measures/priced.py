"""The agreed fills of the soak beside the mids that price them: before them, when their order was made, and after them.

Nothing is looked up ahead: a price is the last mid at or before an instant, of the bot's own pair and kind of market,
and no older than a bound. A fill without one keeps its row, with a null.
"""

from datetime import timedelta

import polars as pl

from deskgate.case import tolerances
from deskgate.case.baselines import measured_since, read_since
from deskgate.case.case import Case, per_case
from deskgate.case.expressions import notional
from deskgate.case.values import is_of_inverse
from deskgate.measures.horizons import HORIZONS
from deskgate.measures.measure import ROWS
from deskgate.measures.measured_history import agreed_left, measured_history, rows_left
from deskgate.prices.flaws import sort_within
from deskgate.prices.mids import MID_AGE, MarketMids, mids_between, mids_near
from deskgate.reconciliation.agreed import in_order
from deskgate.schema import BOT_LEGS

__all__ = ["mid_after", "price_fills", "priced", "priced_left", "priced_rows", "side_sign", "unpriced"]

# How old the mid of a horizon may be, as a share of it: one of 1 min is measured between 30 s and 1 min after the fill.
HORIZON_AGE = 0.5
_KEY = ["bot", "pair"]
_READ = (*_KEY, "ts", "trade_id", "order_id", "side", "liquidity", "price", "quantity")
_ORDER = ["ts", "id", "pair", "side", "price", "quantity"]


def mid_after(horizon: str) -> str:
    """Return the column of `priced` that has the mid of a horizon."""
    return f"mid_{horizon}"


def side_sign() -> pl.Expr:
    """Return 1 of a buy and -1 of a sell."""
    return pl.when(pl.col("side") == "BUY").then(1).otherwise(-1)


@per_case
def priced(case: Case) -> pl.DataFrame:
    """Return the agreed fills of the soak, [measured_since, end), of each judged bot, with their mids.

    Returns
    -------
    polars.DataFrame
        One row per fill: bot, pair, ts, id (its trade id, else its order's), order_id, side, liquidity, price, quantity,
        notional (price x quantity, in the pair's quote), made (when its order was created), mid (the last at or before
        the fill), source (of that mid), mid_at_order (likewise, at `made`), both no older than `MID_AGE`, and
        `mid_<horizon>` for each of `HORIZONS`: the last mid at or before that instant and after the fill, no older than
        half of the horizon, and after the fill no close of a candle. A mid is null where there is none, where the horizon lies after `as_of`, and of inverse
        contracts, whose price times quantity is no value. Sorted by (bot, ts, id).
    """
    known, left = measured_history(case), priced_left(case)
    return left if known is None else sort_within(pl.concat([known.priced.collect(), left]), ["bot"], _ORDER)


@per_case
def priced_left(case: Case) -> pl.DataFrame:
    """Return `priced` without the fills of the orders in `measured_history`."""
    inside = pl.col("ts").is_between(measured_since(case), case.end, closed="left")
    agreed = in_order(agreed_left(case).filter(inside).select(_READ))
    fills = _with_creation(case, agreed.collect())
    since = read_since(case)
    is_old = pl.min_horizontal("ts", "made") < since
    old, recent = fills.filter(is_old), fills.filter(~is_old)
    rows = price_fills(recent, mids_between(case, since, case.end))
    if old.height:
        # One that was never finished may be as old as the soak.
        near = mids_near(case, pl.concat([old["ts"], old["made"]]).clip(lower_bound=measured_since(case)))
        rows = sort_within(pl.concat([rows, price_fills(old, near)]), ["bot"], _ORDER)
    found = ["mid", "mid_at_order", *map(mid_after, HORIZONS)]
    ended = [pl.col("ts") + after > case.as_of for after in HORIZONS.values()]
    return rows.with_columns(pl.when(~is_of_inverse(case)).then(name).alias(name) for name in found).with_columns(
        pl.when(~late).then(mid_after(name)).alias(mid_after(name)) for name, late in zip(HORIZONS, ended, strict=True)
    )


def unpriced(case: Case, bot: str) -> str | None:
    """Return why no fill of a bot can be priced, or None where one is, or there is none."""
    fills = priced(case).filter(pl.col("bot") == bot)
    if fills.is_empty() or fills["mid"].count():
        return None
    return (
        f"none of the {fills.height} agreed fills of {bot} since {measured_since(case):%Y-%m-%d %H:%M} UTC has a mid of the 5 minutes"
        " before it. Notebook 04 lists which prices were there"
    )


def price_fills(fills: pl.DataFrame, known: MarketMids) -> pl.DataFrame:
    """Return fills with their mids, see `priced`.

    Parameters
    ----------
    fills
        bot, pair, ts, trade_id, order_id, side, liquidity, price, quantity, made, in any order.
    """
    rows = fills.select(
        *_KEY,
        "ts",
        pl.coalesce("trade_id", "order_id", pl.lit("")).alias("id"),
        *("order_id", "side", "liquidity", "price", "quantity", "made"),
        notional=notional(pl.col("price"), pl.col("quantity")),
    )
    rows = sort_within(rows, ["bot"], _ORDER)
    at = pl.col("ts")
    before = known.as_of(rows, at, at - MID_AGE)
    at_order = known.as_of(rows, pl.col("made"), pl.col("made") - MID_AGE)
    # The last trade of a candle after the fill may be the fill itself, which would then have cost nothing.
    after = {
        mid_after(name): known.as_of(rows, at + horizon, _oldest(horizon), candles=horizon <= timedelta(0))["mid"]
        for name, horizon in HORIZONS.items()
    }
    return rows.with_columns(before["mid"], before["source"], at_order["mid"].alias("mid_at_order"), **after)


def _oldest(horizon: timedelta) -> pl.Expr:
    """Return how early the mid of a horizon may be: half of it before the instant, and after the fill.

    Half of a horizon before its instant is after the fill already.
    """
    return pl.col("ts") + horizon - abs(horizon) * HORIZON_AGE


def _with_creation(case: Case, fills: pl.DataFrame) -> pl.DataFrame:
    """Add when the order of each fill was made, by the bot's own record or its stream: `made`."""
    key = ["bot", "order_id"]
    # An order has a state at about each of its fills; a stream without one still says when it was made.
    start, columns = measured_since(case), [*key, "ts", "created_ts", "status"]
    earlier = (pl.col("ts") >= start - timedelta(days=1)) & (pl.col("ts") < start)
    before = case.lazy("orders").filter(earlier, pl.col("leg").is_in(BOT_LEGS), pl.col("order_id").is_not_null())
    near = (pl.col("ts") >= start) & (pl.col("ts") <= case.end + tolerances.border())
    rows = rows_left(case).lazy().filter(near)
    orders = (
        pl.concat([before.select(columns), rows.select(columns)])
        .join(fills.lazy().select(key).drop_nulls().unique(), on=key, how="semi")
        .group_by(key)
        .agg(made=pl.coalesce(pl.col("created_ts").min(), pl.col("ts").filter(pl.col("status") == "open").min()))
        .collect()
    )
    return fills.join(orders, on=key, how="left")


def priced_rows(case: Case, gain: pl.Expr) -> pl.DataFrame:
    """Return the rows of a measure of bps of traded notional.

    Parameters
    ----------
    gain
        Over the columns of `priced`: an amount of the pair's quote, exact; null where it cannot be measured.
    """
    return priced(case).select(*list(ROWS)[:6], num=gain.cast(pl.Float64), den=_traded())


def _traded() -> pl.Expr:
    price, quantity = pl.col("price").cast(pl.Float64), pl.col("quantity").cast(pl.Float64)
    return pl.coalesce(pl.col("notional").cast(pl.Float64), price * quantity)
