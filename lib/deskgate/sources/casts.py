"""Text -> typed: the one place that decides what counts as a number and as an instant.

Everything comes in as text, and a malformed value becomes null, so that the caller can tell garbage (text before, null
after) from absence (null before). Rounding to 18 places is half-even.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache

import polars as pl

__all__ = ["MONEY", "TIME", "first_instant", "in_utc", "instant", "is_naive", "money", "stamp_in_name", "whole"]

MONEY = pl.Decimal(38, 18)
TIME = pl.Datetime("us", "UTC")

# Beyond these years an epoch number is a count, a date without dashes or a broken field, never a trade.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
# An epoch below the first bound is in seconds, below the second in milliseconds, below the third in microseconds.
_SECONDS, _MILLISECONDS, _MICROSECONDS = 10**11, 10**14, 10**17
_ISO = (
    r"^(?<day>\d{4}-\d{2}-\d{2})[T ](?<minute>\d{2}:\d{2})(?::(?<second>\d{2}))?(?:[.,](?<fraction>\d+))?"
    r"\s?(?<sign>[+-])?(?<hours>\d{2})?:?(?<minutes>\d{2})?(?<zone>[Zz])?$"
)
_NAIVE = r"^\s*\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?([.,]\d+)?\s*$"

_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z")


def money(text: pl.Expr) -> pl.Expr:
    """Return the number as Decimal(38, 18), exponents and any count of digits allowed; null where the text is not one."""
    return text.str.strip_chars().cast(MONEY, strict=False)


def whole(text: pl.Expr) -> pl.Expr:
    """Return the whole number as Int64; null where the text is not one, 3.5 included."""
    number = money(text)
    count = number.cast(pl.Int64, strict=False)
    return pl.when(count.cast(MONEY) == number).then(count)


def instant(text: pl.Expr) -> pl.Expr:
    """Return the instant in UTC with microseconds; null where the text is not one.

    An epoch may be in seconds, milli- or microseconds, with a fraction. ISO 8601 may have any offset from UTC; without
    one it is the time of some wall clock, and nothing shows of which: see `is_naive`.
    """
    return text.map_batches(_instants, return_dtype=TIME, is_elementwise=True)


def _instants(text: pl.Series) -> pl.Series:
    """Try one notation after the other, each only on what the ones before it could not read."""
    rows = text.to_frame("text")
    first, *others = _notations()
    found = rows.select(first).to_series()
    for notation in others:
        # A count of nulls is at hand; every other question is one of polars' own, and an export has one text.
        if (missing := found.null_count()) == text.null_count():
            break
        if missing == text.len():
            found = rows.select(notation).to_series()
            continue
        left = (found.is_null() & text.is_not_null()).arg_true()
        found = found.scatter(left, text.gather(left).to_frame("text").select(notation).to_series())
    return found.rename(text.name)


# Made once: an export of one record would take longer to make them than to be read.
@cache
def _notations() -> Sequence[pl.Expr]:
    """Return how an instant may be written, what is met most first."""
    text = pl.col("text")
    return [_within_reason(notation(text)) for notation in (_whole_epoch, _usual_iso, _iso_of_utc, _epoch, _iso)]


# The entries of an export ask for its one instant, one after the other.
@lru_cache(maxsize=16)
def first_instant(text: str | None) -> datetime | None:
    """Return the instant of one text, None where it is not one."""
    found: datetime | None = _instants(pl.Series([text], dtype=pl.String)).item()
    return found


def is_naive(text: pl.Expr) -> pl.Expr:
    """Return whether a text is ISO 8601 without an offset: a summer, a host or a user may have set that clock."""
    return text.str.contains(_NAIVE)


def in_utc(text: pl.Expr) -> pl.Expr:
    """Return texts of a field whose name says that it is in UTC with the offset that they lack."""
    return pl.when(is_naive(text)).then(pl.concat_str(text.str.strip_chars(), pl.lit("Z"))).otherwise(text)


def stamp_in_name(name: str) -> str | None:
    """Return the instant of a `YYYYMMDDTHHMMSSZ` in a file's name as ISO text."""
    found = _STAMP.search(name)
    return "{}-{}-{}T{}:{}:{}Z".format(*found.groups()) if found else None


def _whole_epoch(text: pl.Expr) -> pl.Expr:
    return _from_epoch(text.cast(pl.Int64, strict=False)).cast(TIME)


def _usual_iso(text: pl.Expr) -> pl.Expr:
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)


def _iso_of_utc(text: pl.Expr) -> pl.Expr:
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC", strict=False)


def _epoch(text: pl.Expr) -> pl.Expr:
    return _from_epoch(money(text)).cast(pl.Int64, strict=False).cast(TIME)


def _from_epoch(number: pl.Expr) -> pl.Expr:
    return (
        pl.when(number < 0)
        .then(None)
        .when(number < _SECONDS)
        .then(number * 1_000_000)
        .when(number < _MILLISECONDS)
        .then(number * 1_000)
        .when(number < _MICROSECONDS)
        .then(number)
    )


def _iso(text: pl.Expr) -> pl.Expr:
    part = text.str.strip_chars().str.extract_groups(_ISO).struct
    second, fraction = part["second"].fill_null("00"), part["fraction"].fill_null("0").str.slice(0, 6)
    # A sign without hours, or hours without a sign, is half an offset: not an instant.
    offset = (
        pl.when(part["sign"].is_null() & part["hours"].is_null() & part["zone"].is_not_null())
        .then(pl.lit("+00:00"))
        .otherwise(pl.concat_str(part["sign"], part["hours"], pl.lit(":"), part["minutes"].fill_null("00")))
    )
    canonical = pl.concat_str(
        part["day"], pl.lit("T"), part["minute"], pl.lit(":"), second, pl.lit("."), fraction, offset
    )
    return canonical.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)


def _within_reason(ts: pl.Expr) -> pl.Expr:
    return pl.when(ts.is_between(_EARLIEST, _LATEST)).then(ts)
