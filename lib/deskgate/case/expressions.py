"""How a matched fill is read: its time, its values, and amounts as text."""

import polars as pl

# Decimal(38, 18) has 20 digits before the point.
LARGEST = 1e19

__all__ = ["fill_text", "fill_time", "fill_value", "id_digest", "notional", "plain"]


def fill_time() -> pl.Expr:
    """Return when a matched fill was: the venue's time, else the bot's."""
    return pl.coalesce("ts_exchange", "ts_events", "ts_local")


def fill_value(column: str) -> pl.Expr:
    """Return what a matched fill was: the venue's value, else the stream's (exact), else the database's (truncated)."""
    return pl.coalesce([f"{column}_{leg}" for leg in ("exchange", "events", "local")])


def plain(amount: pl.Expr) -> pl.Expr:
    """Return a decimal as text without trailing zeros."""
    return amount.cast(pl.String).str.replace(r"(\.[0-9]*?)0+$", "$1").str.strip_suffix(".")


def fill_text() -> pl.Expr:
    """Return a fill in words: `BUY 0.0002 at 73839.2`."""
    return pl.format("{} {} at {}", fill_value("side"), plain(fill_value("quantity")), plain(fill_value("price")))


def notional(price: pl.Expr, quantity: pl.Expr) -> pl.Expr:
    """Return price times quantity in quote, exact to 18 places as both factors are; null where no decimal holds it."""
    fits = price.cast(pl.Float64) * quantity.cast(pl.Float64) < LARGEST
    return pl.when(fits).then(price) * pl.when(fits).then(quantity)


def id_digest(*names: str) -> pl.Expr:
    """Return a digest of some columns, the last of which is an id; of an id that is null there is none."""
    text = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in names], separator="\x1f")
    return pl.when(pl.col(names[-1]).is_not_null()).then(text.hash(7))
