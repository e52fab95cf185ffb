"""Where an order that failed was refused, as far as the stream says why."""

import polars as pl

from deskgate.case.baselines import measured_since
from deskgate.case.case import Case

__all__ = ["STAGES", "failures", "stage"]

# Before it was sent, by the venue instead of taking it, after the venue had taken it.
BEFORE, AT_VENUE, AFTER, UNKNOWN = STAGES = ("before_sending", "at_venue", "after_acceptance", "unknown")

# What Hummingbot's own checks say (20260922, connector/exchange_py_base.py, _create_order).
_OWN_CHECKS = "is not in the list of supported order types|is lower than minimum (?:order|notional) size"
# A connector raises IOError where the venue answers with an error (core/web_assistant/rest_assistant.py, and the
# connectors' _place_order); Python names its class OSError.
_VENUE_ERRORS = ("OSError", "IOError")


def failures(case: Case) -> pl.DataFrame:
    """Return why orders failed in the soak, as the stream has it: bot, order_id, error_type, error_message."""
    inside = pl.col("ts").is_between(measured_since(case), case.end, closed="left")
    return (
        case.lazy("events")
        .filter(inside, pl.col("event_type") == "order_failed", pl.col("order_id").is_not_null())
        .select("bot", "order_id", _text("error_type"), _text("error_message"))
        .group_by("bot", "order_id")
        .agg(pl.col("error_type", "error_message").drop_nulls().min())
        .collect()
    )


def stage() -> pl.Expr:
    """Return where an order that failed was refused, one of `STAGES`.

    From error_type and error_message, and is_accepted: whether any record shows that the venue took the order. A bot that
    lacks the budget makes no order, and one that waits for a rate limit sends it later: neither leaves a record.
    """
    own = (pl.col("error_type") == "ValueError") & pl.col("error_message").str.contains(_OWN_CHECKS)
    return (
        pl.when("is_accepted")
        .then(pl.lit(AFTER))
        .when(own)
        .then(pl.lit(BEFORE))
        .when(pl.col("error_type").is_in(_VENUE_ERRORS))
        .then(pl.lit(AT_VENUE))
        .otherwise(pl.lit(UNKNOWN))
    )


def _text(name: str) -> pl.Expr:
    """Return a text of a payload; Hummingbot writes NaN, so that a payload need not be JSON."""
    return pl.col("payload").str.extract(rf'"{name}"\s*:\s*"((?:[^"\\]|\\.)*)"').alias(name)
