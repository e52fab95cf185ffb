"""Connectors whose payments Hummingbot does not record, or records as something else: such records are no evidence.

Read in Hummingbot 20260922, `hummingbot/connector/derivative/<connector>/<connector>_derivative.py`. A database that has
datable payments of such a connector comes from a version that records them, and counts from the first of them on.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from deskgate.config.connectors import connector_name

__all__ = ["EARLIEST", "UNRECORDED", "is_undatable", "unrecorded_funding"]

# By connector, what the connector does instead.
UNRECORDED: Mapping[str, str] = {
    "gate_io_perpetual": "_fetch_last_fee_payment and _update_funding_payment do nothing",
    "dydx_v4_perpetual": "_fetch_last_fee_payment and _update_funding_payment do nothing",
    "aevo_perpetual": "_fetch_last_fee_payment always says that there is none",
    "evedex_perpetual": "_fetch_last_fee_payment reads the list of positions, whose updatedAt is no number",
    "kucoin_perpetual": "_fetch_last_fee_payment takes milliseconds for nanoseconds: one payment in 11 days at most, dated to"
    " January 1970, and in it fundingRate x positionQty",
}
# 2001 in seconds: before it there was no Hummingbot, so that such a time is of another unit.
EARLIEST = 10**9


def unrecorded_funding(connector: str) -> str | None:
    """Return why the bot's own records say nothing about a connector's funding; None where they do."""
    name = connector_name(connector)
    if name not in UNRECORDED:
        return None
    return f"Hummingbot does not record the funding of {name} (20260922, {UNRECORDED[name]})"


def is_undatable(connector: object, timestamp: object) -> bool:
    """Return whether a payment has a time of no known unit, as `unrecorded_funding` explains."""
    try:
        return str(connector) in UNRECORDED and abs(Decimal(str(timestamp))) < EARLIEST
    except InvalidOperation:
        return False
