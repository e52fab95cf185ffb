"""Hummingbot's trade_fee JSON -> one amount in one token, and its value in quote where that follows.

A flat fee is the exact commission the venue took. A percent fee is an estimate on the notional (paper trading), in
quote. What a fee in a third token is worth in quote is not known here.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from functools import reduce
from typing import NamedTuple

from deskgate.sources.exact_json import first, text_of
from deskgate.sources.records import RecordError

__all__ = ["Fee", "decimal_of", "fee_in_quote", "product", "trade_fee"]

# Wide enough that a product of two numbers of 38 digits is exact; rounding to 18 places comes later, once.
_WIDE = Context(prec=80, rounding=ROUND_HALF_EVEN)
# Far beyond what a frame holds. A huge exponent would otherwise be written out as as many digits.
_MOST_DIGITS = 60


class Fee(NamedTuple):
    """A fee as text: its amount, its token, and its value in quote; each None where the source lacks it."""

    amount: str | None = None
    token: str | None = None
    quote: str | None = None


def decimal_of(name: str, text: str | None) -> Decimal:
    """Return the number in `text`.

    Raises
    ------
    RecordError
        It is missing, is not a finite number, or has too many digits.
    """
    if text is None:
        raise RecordError(f"{name} is missing")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise RecordError(f"{name} '{text[:60]}' is not a number") from error
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise RecordError(f"{name} '{text[:60]}' is not a number of at most {_MOST_DIGITS} digits")
    return number or Decimal(0)


def product(*factors: Decimal) -> str:
    """Return the exact product as plain text."""
    result = Decimal(1)
    for factor in factors:
        result = _WIDE.multiply(result, factor)
    return f"{result:f}"


def fee_in_quote(amount: str | None, token: str | None, pair: str | None, price: str | None) -> str | None:
    """Return a fee's value in quote: itself in quote, times the fill's price in base, None in any other token."""
    base, _, quote = (pair or "").partition("-")
    if amount is None or token is None or not quote:
        return None
    if token == quote:
        return amount
    return product(decimal_of("fee", amount), decimal_of("price", price)) if token == base else None


def trade_fee(
    fee: object, *, pair: str | None, price: str | None, quantity: str | None, recorded_quote: str | None = None
) -> Fee:
    """Return the fee of one fill.

    Parameters
    ----------
    fee
        The parsed JSON, or None where the source has none.
    pair, price, quantity
        The fill's, for what is a percentage of it.
    recorded_quote
        The recorder's own value of the whole fee in quote. It stands where price and quantity are truncated and a
        percentage of them would be off.

    Raises
    ------
    RecordError
        The JSON is not a fee, a number in it is malformed, or price or quantity is where the fee is a percentage of them.
    """
    quote = (pair or "").partition("-")[2] or None
    whole = Fee(recorded_quote, quote if recorded_quote else None, recorded_quote)
    if fee is None:
        return whole
    if not isinstance(fee, Mapping):
        raise RecordError("trade_fee is not a JSON object")
    percent = decimal_of("trade_fee percent", first(fee, "percent") or "0")
    flat = [_flat(entry) for entry in _entries(fee.get("flat_fees"))]
    tokens = {token for token, _ in flat}
    if percent and not flat and recorded_quote is None:
        estimate = product(percent, decimal_of("price", price), decimal_of("quantity", quantity))
        return Fee(estimate, quote, estimate)
    if percent or len(tokens) > 1:
        # Several parts in several tokens are one amount only in the recorder's own sum.
        return whole
    amount = f"{reduce(_WIDE.add, (part for _, part in flat), Decimal(0)):f}"
    token = tokens.pop() if tokens else first(fee, "percent_token") or quote
    return Fee(amount, token, recorded_quote or ("0" if not flat else fee_in_quote(amount, token, pair, price)))


def _entries(flat_fees: object) -> Sequence[object]:
    if flat_fees is None:
        return ()
    if not isinstance(flat_fees, list):
        raise RecordError("trade_fee flat_fees is not a list")
    return flat_fees


def _flat(entry: object) -> tuple[str, Decimal]:
    """Read {token, amount}, or the pair [token, amount] of older databases."""
    if isinstance(entry, list):
        token, amount = (*map(text_of, entry), None, None)[:2]
    else:
        token, amount = (first(entry, "token"), first(entry, "amount")) if isinstance(entry, Mapping) else (None, None)
    if token is None:
        raise RecordError("trade_fee has a flat fee without a token")
    return token, decimal_of("trade_fee amount", amount)
