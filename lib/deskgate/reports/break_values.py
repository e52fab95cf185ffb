"""What breaks are worth: of some whose value is unknown nobody can say it, only what they are worth at least."""

import polars as pl

__all__ = ["known_value", "value", "value_note"]

_UNKNOWN = pl.col("value_quote").is_null().sum()


def known_value() -> pl.Expr:
    """Return the sum of the known values of a group of breaks, in quote."""
    return pl.col("value_quote").cast(pl.Float64).sort().sum()


def value() -> pl.Expr:
    """Return what a group of breaks is worth, in quote; null where the value of any is unknown."""
    return pl.when(_UNKNOWN == 0).then(known_value())


def value_note() -> pl.Expr:
    """Return what is known of a group in which values are unknown, as text; null where all are known."""
    least = pl.format("at least {}, {} of unknown value", known_value().round(2), _UNKNOWN)
    return pl.when(_UNKNOWN > 0).then(least)
