"""Records of several tables as lines of one timeline: when, whose, what, by which leg, in words, under which id, from which file."""

import polars as pl

from deskgate.schema import HEARTBEAT

__all__ = [
    "LINE",
    "adds_nothing",
    "event_lines",
    "fill_lines",
    "in_order",
    "order_lines",
    "payment_lines",
    "state_lines",
    "told_lines",
]

LINE = {
    "ts": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("bot", "what", "leg", "says", "id", "path"), pl.String()),
}
# Payloads are shown so far; `story.events` and `day.events` have them whole.
_MOST = 160
# Events that stand in a timeline as an order, a fill or a payment already, or say every minute that a bot or a market lives.
_SHOWN_ELSEWHERE = (
    *("order_created", "order_filled", "order_completed", "order_cancelled", "order_failed", "order_expired"),
    *("funding_payment", "state_snapshot", "market_snapshot", HEARTBEAT),
)


def in_order(*parts: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of all parts by time; of one instant by leg."""
    return pl.concat([pl.DataFrame(schema=LINE), *parts]).sort(
        "ts", "bot", "what", "leg", "id", "says", nulls_last=True
    )


def fill_lines(fills: pl.DataFrame) -> pl.DataFrame:
    """Return a line for each row of `Fills`."""
    paid = pl.format(", fee {} {}", _number("fee_amount"), pl.col("fee_token").fill_null(""))
    by = pl.format(", {}", "liquidity")
    says = pl.concat_str(pl.lit("filled"), _asked(), _or_nothing(by), _or_nothing(paid))
    return _lines(fills, "fill", says, pl.coalesce("trade_id", "order_id"))


def order_lines(orders: pl.DataFrame) -> pl.DataFrame:
    """Return a line for each row of `Orders`, a state that an order took."""
    filled = pl.format(", {} filled", _number("filled_quantity"))
    says = pl.concat_str(pl.col("status"), _asked(), _or_nothing(filled))
    return _lines(orders, "order", says, pl.coalesce("order_id", "exchange_order_id"))


def adds_nothing() -> pl.Expr:
    """Return whether an event stands in a timeline as another line already, or only says that something lives."""
    return pl.col("event_type").is_in(_SHOWN_ELSEWHERE)


def event_lines(events: pl.DataFrame) -> pl.DataFrame:
    """Return a line for each row of `Events`."""
    says = pl.format("{} {}", "event_type", pl.col("payload").str.slice(0, _MOST))
    return _lines(events, "event", says, pl.coalesce("trade_id", "order_id", "event_id"))


def payment_lines(funding: pl.DataFrame) -> pl.DataFrame:
    """Return a line for each row of `Funding`."""
    return _lines(funding, "funding", pl.format("{} on {}", _number("amount"), "pair"), pl.col("funding_id"))


def state_lines(minutes: pl.DataFrame) -> pl.DataFrame:
    """Return a line where a controller's state or its risk reasons are others than a minute before; the first one is shown too."""
    named = minutes.sort("bot", "pair", "ts", "row_id").with_columns(
        shown=pl.concat_str(
            pl.col("state").fill_null("no state named"),
            pl.when(pl.col("risk_reasons").fill_null("") != "")
            .then(pl.format(" ({})", "risk_reasons"))
            .otherwise(pl.lit("")),
        )
    )
    turned = named.filter(pl.col("shown").ne_missing(pl.col("shown").shift().over("bot", "pair")))
    return _lines(turned, "state", pl.col("shown"), pl.col("pair"))


def told_lines(rows: pl.DataFrame, what: str, says: pl.Expr, of: pl.Expr, ts: str = "effective_at") -> pl.DataFrame:
    """Return a line for each row of what operators and runs recorded; it has no leg and no file."""
    bot = pl.col("bot") if "bot" in rows.columns else pl.lit(None, pl.String)
    nothing = pl.lit(None, pl.String)
    return _select(rows, pl.col(ts), bot, what, nothing, says, of, nothing)


def _lines(rows: pl.DataFrame, what: str, says: pl.Expr, of: pl.Expr) -> pl.DataFrame:
    return _select(rows, pl.col("ts"), pl.col("bot"), what, pl.col("leg"), says, of, pl.col("path"))


def _select(
    rows: pl.DataFrame, ts: pl.Expr, bot: pl.Expr, what: str, leg: pl.Expr, says: pl.Expr, of: pl.Expr, path: pl.Expr
) -> pl.DataFrame:
    columns = {"ts": ts, "bot": bot, "what": pl.lit(what), "leg": leg, "says": says, "id": of, "path": path}
    return rows.select(column.cast(LINE[name]).alias(name) for name, column in columns.items())


def _asked() -> pl.Expr:
    """Return side, quantity and price in words, as far as a leg says them."""
    return pl.concat_str(
        _or_nothing(pl.format(" {}", "side")),
        _or_nothing(pl.format(" {}", _number("quantity"))),
        _or_nothing(pl.format(" at {}", _number("price"))),
    )


def _number(column: str) -> pl.Expr:
    """Return an exact number as text without the zeros behind its last digit."""
    return pl.col(column).cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")


def _or_nothing(text: pl.Expr) -> pl.Expr:
    return text.fill_null("")
