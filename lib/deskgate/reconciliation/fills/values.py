"""What legs that both have a fill tell differently about it: side, price, quantity, fee, and the bot's own two clocks."""

import polars as pl

from deskgate.case import tolerances
from deskgate.case.expressions import fill_value, notional, plain
from deskgate.case.findings import breaks_frame
from deskgate.schema import BOT_LEGS

__all__ = ["VALUES", "differences", "skews"]

VALUES = {
    "price_mismatch": "price",
    "quantity_mismatch": "quantity",
    "fee_mismatch": "fee_amount",
    "wrong_side": "side",
}


def skews(wide: pl.DataFrame) -> pl.DataFrame:
    """Return a break where database and stream date one fill differently; the leg further from the venue is named."""
    apart = (pl.col("ts_local") - pl.col("ts_events")).dt.total_microseconds() / 1e6
    off = {leg: (pl.col(f"ts_{leg}") - pl.col("ts_exchange")).dt.total_microseconds().abs() for leg in BOT_LEGS}
    return breaks_frame(
        wide.filter(apart.abs() > tolerances.clock_skew_s()).with_columns(
            kind=pl.lit("timestamp_skew"),
            leg=pl.when(off["local"] > off["events"])
            .then(pl.lit("local"))
            .when(off["events"] > off["local"])
            .then(pl.lit("events"))
            .otherwise(pl.lit("")),
            observed=pl.col("ts_local").cast(pl.String),
            expected=pl.col("ts_events").cast(pl.String),
            delta=pl.format("{} s", apart.round(3)),
            value_quote=pl.col("notional"),
            detail=pl.lit("database and stream share the bot's clock, so this is no lag"),
        )
    )


def differences(wide: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Return the breaks of one value: side, price, quantity or fee."""
    column = VALUES[kind]
    venue = {leg: _differs(column, leg, "exchange") for leg in BOT_LEGS}
    between = _differs(column, *BOT_LEGS)
    broken = venue["local"] | venue["events"] | (between & ~pl.col("in_exchange"))
    leg = (
        pl.when(~pl.col("in_exchange"))
        .then(pl.lit(""))
        .when(venue["local"] & pl.col("in_events") & ~venue["events"])
        .then(pl.lit("local"))
        .when(venue["events"] & pl.col("in_local") & ~venue["local"])
        .then(pl.lit("events"))
        .otherwise(pl.lit(""))
    )
    observed = (
        pl.when(venue["events"] & ~venue["local"]).then(_text(column, "events")).otherwise(_text(column, "local"))
    )
    right = pl.when("in_exchange").then(_text(column, "exchange")).otherwise(_text(column, "events"))
    return breaks_frame(
        wide.filter(broken).with_columns(
            kind=pl.lit(kind),
            leg=leg,
            observed=observed,
            expected=right,
            delta=pl.lit(None, pl.String) if column == "side" else plain(_difference(column, venue)),
            value_quote=_at_stake(column, venue),
            detail=_explain(column, venue),
        )
    )


def _differs(column: str, leg: str, other: str) -> pl.Expr:
    """Return whether two legs that both have the fill differ in `column` by more than storage explains."""
    mine, theirs = pl.col(f"{column}_{leg}"), pl.col(f"{column}_{other}")
    if column == "side":
        return (mine != theirs).fill_null(value=False)
    if column == "fee_amount":
        token = (pl.col(f"fee_token_{leg}") != pl.col(f"fee_token_{other}")).fill_null(value=False)
        nothing = (mine == 0) & (theirs == 0)
        return (tolerances.fee_differs(leg, other) | (token & ~nothing)).fill_null(value=False)
    differs = tolerances.price_differs if column == "price" else tolerances.quantity_differs
    return differs(leg, other).fill_null(value=False)


def _difference(column: str, venue: dict[str, pl.Expr]) -> pl.Expr:
    right = pl.when("in_exchange").then(f"{column}_exchange").otherwise(f"{column}_events")
    observed = pl.when(venue["events"] & ~venue["local"]).then(f"{column}_events").otherwise(f"{column}_local")
    return observed - right


def _at_stake(column: str, venue: dict[str, pl.Expr]) -> pl.Expr:
    """Return the difference in quote: of the notional for price and quantity, of the fee for fees, of both sides for a side."""
    if column == "side":
        return pl.col("notional") * 2
    other = {"price": "quantity", "quantity": "price"}.get(column)
    size = _difference(column, venue).abs()
    return notional(size, fill_value(other)) if other else size


def _text(column: str, leg: str) -> pl.Expr:
    if column == "side":
        return pl.col(f"side_{leg}")
    if column == "fee_amount":
        token = pl.col(f"fee_token_{leg}").fill_null("?")
        return pl.format("{} {}", plain(pl.col(f"fee_amount_{leg}")), token)
    return plain(pl.col(f"{column}_{leg}"))


def _explain(column: str, venue: dict[str, pl.Expr]) -> pl.Expr:
    both = pl.when(venue["local"] & venue["events"]).then(pl.lit("both of the bot's legs differ from the venue"))
    if column != "fee_amount":
        return both.otherwise(pl.lit(""))
    sign = (pl.col("fee_amount_local") == -pl.col("fee_amount_exchange")) & (pl.col("fee_amount_local") != 0)
    return (
        pl.when(pl.col("fee_token_local") != pl.col("fee_token_exchange"))
        .then(pl.lit("the fee is in another token"))
        .when(sign)
        .then(pl.lit("the same fee with the other sign: a rebate recorded as a cost, or the reverse"))
        .when((pl.col("fee_amount_local") == 0) & (pl.col("fee_amount_exchange") != 0))
        .then(pl.lit("the bot has no fee where the venue charged one"))
        .otherwise(both.otherwise(pl.lit("")))
    )
