"""How far two legs may differ before it is a break, each with its reason in how Hummingbot or the venue behaves.

These are properties of the storage, not thresholds of a gate: what is enough stands in `expectations/`.
"""

from datetime import timedelta
from decimal import Decimal

import polars as pl

__all__ = [
    "account",
    "asset",
    "border",
    "clock_skew_s",
    "closing",
    "equity",
    "fee_differs",
    "funding_differs",
    "funding_slot",
    "placed",
    "price_differs",
    "quantity_differs",
    "settle",
    "step_pairs",
    "summed",
    "taker_fee",
    "to_local_step",
]

MONEY = pl.Decimal(38, 18)
LOCAL_STEP = Decimal("0.000001")
VENUE_STEP = Decimal("0.00000001")


def _lit(value: Decimal) -> pl.Expr:
    return pl.lit(value, dtype=MONEY)


def price_differs(leg: str, other: str) -> pl.Expr:
    """Return whether two legs' prices differ by more than storage explains; null where one has none.

    Hummingbot's SqliteDecimal(6) stores `int(value * 10**6)` (20260922, model/decimal_type_decorator.py): it cuts towards
    zero. Of a decimal that was made from a float, a little less than what it means, it cuts the whole step: 2.2981 is
    stored as 2.298099. So the database may be short by up to the step itself and is never above. The stream carries the
    shortest decimal of a double, exact for every price a venue quotes.
    """
    return _differs("price", leg, other, cut=_lies_on_step(pl.col("price_local")))


def quantity_differs(leg: str, other: str) -> pl.Expr:
    """Return whether two legs' quantities differ by more than storage explains: the storage of prices."""
    return _differs("quantity", leg, other, cut=_lies_on_step(pl.col("quantity_local")))


def fee_differs(leg: str, other: str) -> pl.Expr:
    """Return whether two legs' fees, in one token, differ by more than storage explains.

    Flat fees are kept exact in the `trade_fee` JSON and venues print eight decimals. A fee by percentage is only known
    as `trade_fee_in_quote`, cut as prices are, a rebate towards zero: such a row's fee equals its own quote conversion.
    """
    by_percentage = pl.col("fee_amount_local") == pl.col("fee_quote_local")
    exact = _is_off(pl.col(f"fee_amount_{leg}") - pl.col(f"fee_amount_{other}"), VENUE_STEP)
    if leg != "local":
        return exact
    on_step = _lies_on_step(pl.col("fee_amount_local"))
    return pl.when(by_percentage).then(_differs("fee_amount", leg, other, cut=on_step)).otherwise(exact)


def _differs(column: str, leg: str, other: str, *, cut: pl.Expr) -> pl.Expr:
    """Return whether a value of `leg` is not the one of `other`; `cut`: whether the database may have cut it."""
    mine, theirs = pl.col(f"{column}_{leg}"), pl.col(f"{column}_{other}")
    if leg != "local":
        return _is_off(mine - theirs, VENUE_STEP)
    short = (
        pl.when(theirs > 0).then(theirs - mine).when(theirs < 0).then(mine - theirs).when(theirs == 0).then(-mine.abs())
    )
    # A row with finer digits was not cut by the database: a controller's CSV, rounded to its own.
    stored = (short > -_lit(VENUE_STEP)) & (short <= _lit(LOCAL_STEP))
    return pl.when(cut).then(~stored).otherwise(_is_off(short, LOCAL_STEP))


def _is_off(difference: pl.Expr, bound: Decimal) -> pl.Expr:
    return difference.abs() >= _lit(bound)


def _lies_on_step(value: pl.Expr) -> pl.Expr:
    return value % _lit(LOCAL_STEP) == 0


def clock_skew_s() -> int:
    """Return how many seconds the database and the stream of one bot may differ about one fill.

    Both are stamped with the bot's own whole-second tick when the fill is processed, so they are equal up to one tick
    on either side. The venue's clock does not matter here: a late fill is late in both.
    """
    return 2


def settle() -> timedelta:
    """Return how long after a fill at the venue the bot may still lack it.

    Fills that the websocket missed are found by polling: every 5-12 s, at worst every 120 s (the long poll), plus the
    stream's own delivery. A fill younger than this at `as_of` is pending, and judged the day after.
    """
    return timedelta(minutes=3)


def closing() -> timedelta:
    """Return how long after 24:00 an export of the account still shows how the day closed.

    A job that starts at 24:00 asks one venue after the other, and its exports are stamped with the seconds, or minutes, that
    it took.
    """
    return timedelta(minutes=5)


def placed() -> timedelta:
    """Return how long after an order's creation at the venue the bot may still lack it.

    The bot records an order when the venue's answer to its own request arrives; a request times out after seconds.
    """
    return timedelta(seconds=30)


def border() -> timedelta:
    """Return how far apart two records of one id may be if they are of different UTC days.

    A fill of the last seconds of a day is noticed, or polled, in the first minutes of the next; an id that comes back
    later than that is another fill's, for paper trading and some event logs count anew with every start.
    """
    return settle() + timedelta(minutes=2)


def to_local_step(column: str) -> pl.Expr:
    """Return a price or quantity as the database can hold it, truncated to 1e-6, whichever leg it is of."""
    return pl.col(column) - pl.col(column) % _lit(LOCAL_STEP)


def step_pairs(column: str, way: int) -> pl.Expr:
    """Return the number of the two neighbouring steps that a value lies in; `way` 0 or 1: which steps are neighbours.

    A value of the venue and what the database has cut of it are equal in at least one of the two ways.
    """
    steps = (pl.col(column).cast(pl.Float64) / float(LOCAL_STEP)).round().cast(pl.Int64, strict=False)
    return (steps + way).floordiv(2)


def funding_slot(ts: str = "ts") -> pl.Expr:
    """Return the funding instant that a payment belongs to.

    Venues settle on the hour and stamp the payment up to some hundred milliseconds later; the stream truncates to the
    second. Nothing settles more often than hourly, so the nearest minute is the same slot in every leg.
    """
    return pl.col(ts).dt.round("1m")


def funding_differs(mine: pl.Expr, theirs: pl.Expr) -> pl.Expr:
    """Return whether two amounts of one funding payment differ by more than storage explains.

    The database and the stream keep a double (20260922, model/funding_payment.py), venues print eight decimals; a figure that
    a connector multiplies out (KuCoin: rate x contracts) is a double's product, good to some 1e-15 of itself.
    """
    return (mine - theirs).abs() > _lit(VENUE_STEP) + (theirs.abs().cast(pl.Float64) * 1e-12).cast(MONEY)


def account() -> Decimal:
    """Return the difference in base that counts between a position, or an order's filled quantity, and its agreed fills.

    Both are exact: an agreed fill has the venue's quantity or the stream's, never the database's alone.
    """
    return LOCAL_STEP


def summed(fills: pl.Expr) -> pl.Expr:
    """Return by how much the sum of so many fills of the database may be short of what the venue filled."""
    return pl.max_horizontal(fills.fill_null(0), 1).cast(MONEY) * _lit(LOCAL_STEP)


def equity(fills: pl.Expr) -> pl.Expr:
    """Return the balance difference in quote that counts after so many fills with their fees.

    The venue rounds each of them, and its unrealised PnL, to 1e-8 at best and 1e-5 for the latter (binance).
    """
    return _lit(Decimal("0.00002")) + fills.cast(MONEY) * _lit(VENUE_STEP)


def asset(fills: pl.Expr, total: pl.Expr) -> pl.Expr:
    """Return the difference in an asset that counts between its balance and what so many fills add up to.

    A venue keeps eight decimals of an asset and rounds each fee to them; an export's number without the venue's own text is a
    double, good to some 1e-15 of itself.
    """
    double = (total.abs().cast(pl.Float64) * 1e-15).cast(MONEY)
    return (fills.cast(MONEY) + 1) * _lit(VENUE_STEP) + double.fill_null(0)


def taker_fee() -> float:
    """Return the most that a trade nobody recorded costs, as a share: spot's 0.1 %, contracts cost less on both venues."""
    return 0.001
