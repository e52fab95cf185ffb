"""The funding payments of a venue account, from ccxt-shaped exports.

ccxt's `amount` is whatever the venue sends: on Bybit it is positive when paid. The sign is therefore read where the
venue puts it, by `funding_facts`; where nothing says what it means, the row says so.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from deskgate.sources.ccxt.exports import Item, exact, pair_of, read_entries, symbol_of
from deskgate.sources.ccxt.funding_facts import FundingFacts, Sign, funding_facts, usual_sign
from deskgate.sources.exact_json import field, first
from deskgate.sources.fees import decimal_of, product
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.records import RecordError, Row
from deskgate.sources.source_file import SourceFile

__all__ = ["payment_among_trades", "read_funding_history"]


def read_funding_history(source: SourceFile) -> ParsedSource:
    """Return one row a payment, negative when paid."""
    return read_entries(source, partial(_payment, connector=source.owner.connector))


def _payment(item: Item, *, connector: str) -> Iterator[tuple[str, Row]]:
    info = field(item, "info")
    facts, unified = funding_facts(info), first(item, "amount")
    # Without the venue's own field only the bot's venue can say what the unified sign means.
    usual = usual_sign(connector) and facts is None
    amount, sure = (_of_venue(info, facts, unified) if facts else None) or (unified, usual)
    # Of KuCoin's ids, ccxt makes floats.
    number = exact(first(item, "id"), first(info, "id")) if facts is None or facts.numbered else None
    yield "funding", _row(item, info, facts, amount, sure=sure, number=number, rate=first(item, "rate", "fundingRate"))


def payment_among_trades(item: Item) -> tuple[str, Row]:
    """Return the payment that a venue lists as an execution: the one that its funding history has, under the same id."""
    info, fee = field(item, "info"), field(item, "fee")
    facts = funding_facts(info)
    # ccxt's fees are positive when paid.
    paid = f"{-decimal_of('fee', first(fee, 'cost') or '0'):f}"
    amount, sure = (_of_venue(info, facts, None) if facts else None) or (paid, False)
    number = first(info, "billId") or first(item, "id")
    return "funding", _row(item, info, facts, amount, sure=sure, number=number, rate=first(fee, "rate"))


def _row(
    item: Item,
    info: Item,
    facts: FundingFacts | None,
    amount: str | None,
    *,
    sure: bool,
    number: str | None,
    rate: str | None,
) -> Row:
    factors = [first(info, key) for key in facts.recorded] if facts else []
    return {
        "ts": first(item, "timestamp", "datetime"),
        "pair": pair_of(first(item, "symbol")),
        "symbol": symbol_of(first(item, "symbol")),
        "funding_id": number,
        "amount": amount,
        "rate": rate,
        "sign_unknown": None if sure else "true",
        "recorded_amount": product(*(abs(decimal_of("info", factor)) for factor in factors if factor))
        if factors and all(factors)
        else None,
    }


def _of_venue(info: Item, facts: FundingFacts, unified: str | None) -> tuple[str, bool] | None:
    """Return the venue's own amount, negative when paid where its sign is known, and whether it is; None without one.

    Raises
    ------
    RecordError
        It is of another size than the unified amount.
    """
    found = {key: decimal_of(key, text) for key in facts.amounts if (text := _at(info, key)) is not None}
    if not found:
        return None
    key, value = next(((key, value) for key, value in found.items() if value), next(iter(found.items())))
    if unified is not None and abs(float(value)) != abs(float(decimal_of("amount", unified))):
        raise RecordError(f"amount {unified} is not the venue's own, info.{key} {value:f}: export it again")
    sign = _sign(info, facts)
    if sign is None:
        return f"{value:f}", False
    return f"{sign * (abs(value) if facts.sign is Sign.DIRECTION else value):f}", True


def _sign(info: Item, facts: FundingFacts) -> Decimal | None:
    """Return by what the venue's amount is multiplied to be negative when paid; None: not known."""
    match facts.sign:
        case Sign.RECEIVED:
            return Decimal(1)
        case Sign.PAID:
            return Decimal(-1)
        case Sign.DIRECTION:
            said = first(info, facts.direction)
            return Decimal(-1) if said in facts.paid else Decimal(1) if said in facts.received else None
        case Sign.UNKNOWN:
            return None


def _at(info: Item, key: str) -> str | None:
    *outer, last = key.split(".")
    return first(field(info, *outer), last)
