"""How far two legs may differ before it is a break, each with its reason in how Hummingbot or the venue behaves.

These are properties of the storage, not thresholds of a gate: what is enough stands in `expectations/`.
"""

from datetime import timedelta
from decimal import Decimal

import polars as pl

__all__ = [
    "account",
    "border",
    "clock_skew_s",
    "equity",
    "fee",
    "funding_slot",
    "price",
    "quantity",
    "settle",
    "taker_fee",
    "to_local_step",
]

MONEY = pl.Decimal(38, 18)
LOCAL_STEP = Decimal("0.000001")
VENUE_STEP = Decimal("0.00000001")


def _lit(value: Decimal) -> pl.Expr:
    return pl.lit(value, dtype=MONEY)


def price(leg: str) -> pl.Expr:
    """Return the first difference in price that counts for `leg` against the venue.

    Hummingbot's SqliteDecimal(6) truncates to 1e-6, so the database is always less than one step away. The stream
    carries the shortest decimal of a double, exact for every price a venue quotes.
    """
    return _lit(LOCAL_STEP if leg == "local" else VENUE_STEP)


def quantity(leg: str) -> pl.Expr:
    """Return the first difference in quantity that counts: the same storage as prices, for the same reason."""
    return price(leg)


def fee(leg: str) -> pl.Expr:
    """Return the first difference in fee that counts.

    Flat fees are kept exact in the `trade_fee` JSON and venues print eight decimals. A fee by percentage is only known
    as `trade_fee_in_quote`, truncated to 1e-6: such a row's fee equals its own quote conversion.
    """
    if leg != "local":
        return _lit(VENUE_STEP)
    truncated = pl.col("fee_amount_local") == pl.col("fee_quote_local")
    return pl.when(truncated).then(_lit(LOCAL_STEP)).otherwise(_lit(VENUE_STEP))


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


def border() -> timedelta:
    """Return how far apart two records of one id may be if they are of different UTC days.

    A fill of the last seconds of a day is noticed, or polled, in the first minutes of the next; an id that comes back
    later than that is another fill's, for paper trading and some event logs count anew with every start.
    """
    return settle() + timedelta(minutes=2)


def to_local_step(column: str) -> pl.Expr:
    """Return a price or quantity as the database can hold it, truncated to 1e-6, whichever leg it is of."""
    return pl.col(column) - pl.col(column) % _lit(LOCAL_STEP)


def funding_slot(ts: str = "ts") -> pl.Expr:
    """Return the funding instant that a payment belongs to.

    Venues settle on the hour and stamp the payment up to some hundred milliseconds later; the stream truncates to the
    second. Nothing settles more often than hourly, so the nearest minute is the same slot in every leg.
    """
    return pl.col(ts).dt.round("1m")


def account() -> Decimal:
    """Return the position difference in base that counts: venue quantities are exact, the bot's truncated to 1e-6."""
    return LOCAL_STEP


def equity(fills: pl.Expr) -> pl.Expr:
    """Return the balance difference in quote that counts after so many fills with their fees.

    The venue rounds each of them, and its unrealised PnL, to 1e-8 at best and 1e-5 for the latter (binance).
    """
    return _lit(Decimal("0.00002")) + fills.cast(MONEY) * _lit(VENUE_STEP)


def taker_fee() -> float:
    """Return the most that a trade nobody recorded costs, as a share: spot's 0.1 %, contracts cost less on both venues."""
    return 0.001
