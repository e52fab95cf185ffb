"""How each venue's record of a funding payment is read: ccxt's unified `amount` does not say what its sign means.

An export does not name its venue, so a record's venue is known by the keys that its `info` has. Each fact names where it
was read: ccxt 4.5.90, Hummingbot 20260922, or the venue's own documentation. `docs/venues.md` is generated from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from deskgate.config.connectors import connector_name

__all__ = ["FUNDING", "FundingFacts", "Sign", "funding_facts", "usual_sign"]


class Sign(StrEnum):
    """What a positive amount of funding means."""

    RECEIVED = "positive when received"
    PAID = "positive when paid"
    DIRECTION = "by a field of its own"
    UNKNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class FundingFacts:
    """How one venue's record of a funding payment is read.

    Attributes
    ----------
    venue
        ccxt's ids of the venues whose records look so.
    connectors
        Hummingbot's names of them; an export without `info` is known by these alone.
    marks
        Keys that `info` has.
    amounts
        Where `info` has the amount; the first that is not 0. A dot leads into an object.
    sign
        What a positive amount there means.
    direction, paid, received
        For `Sign.DIRECTION`: the field that says it, and its values when the account pays or is paid.
    unified
        What a positive `amount` of ccxt means.
    recorded
        Fields of `info` whose product Hummingbot's connector records in place of the payment.
    numbered
        Whether ccxt's `id` is the payment's own.
    source
        Where this was read.
    """

    venue: str
    connectors: tuple[str, ...] = ()
    marks: frozenset[str]
    amounts: tuple[str, ...]
    sign: Sign = Sign.RECEIVED
    direction: str = ""
    paid: frozenset[str] = frozenset()
    received: frozenset[str] = frozenset()
    unified: Sign = Sign.RECEIVED
    recorded: tuple[str, ...] = ()
    numbered: bool = True
    source: str


FUNDING = (
    FundingFacts(
        venue="bybit",
        connectors=("bybit_perpetual",),
        marks=frozenset({"execFee", "execType"}),
        amounts=("execFee",),
        sign=Sign.PAID,
        unified=Sign.PAID,
        recorded=("execFee", "execQty"),
        source="ccxt bybit.parse_income: amount is execFee; Bybit v5 transaction log: funding is positive when received,"
        " the opposite of execFee; Hummingbot bybit_perpetual_derivative._fetch_last_fee_payment: funding x size",
    ),
    FundingFacts(
        venue="okx",
        connectors=("okx_perpetual",),
        marks=frozenset({"balChg", "subType"}),
        amounts=("balChg", "posBalChg"),
        source="ccxt okx.fetch_funding_history: the balance's change, subType 173 expense and 174 income; Hummingbot"
        " okx_perpetual_derivative._fetch_last_fee_payment: pnl",
    ),
    FundingFacts(
        venue="gate",
        connectors=("gate_io_perpetual",),
        marks=frozenset({"change", "text"}),
        amounts=("change",),
        source="ccxt gate.parse_funding_history: the balance's change",
    ),
    FundingFacts(
        venue="kucoin, kucoinfutures",
        connectors=("kucoin_perpetual",),
        marks=frozenset({"funding", "timePoint"}),
        amounts=("funding",),
        recorded=("fundingRate", "positionQty"),
        source="ccxt kucoin.fetch_funding_history: a long of 12 at rate 0.0001 has -0.055; Hummingbot"
        " kucoin_perpetual_derivative._fetch_last_fee_payment: fundingRate x positionQty",
    ),
    FundingFacts(
        venue="kucoin (unified account)",
        marks=frozenset({"fundingFee", "settlementTime"}),
        amounts=("fundingFee",),
        recorded=("fundingRate", "size"),
        source="ccxt kucoin.fetch_funding_history: a short of 1 at rate 0.000172 has 0.0016",
    ),
    FundingFacts(
        venue="bitget",
        connectors=("bitget_perpetual",),
        marks=frozenset({"billId", "businessType"}),
        amounts=("amount",),
        source="ccxt bitget.parse_funding_history: the bill's amount; Hummingbot"
        " bitget_perpetual_derivative._fetch_last_fee_payment: the same",
    ),
    FundingFacts(
        venue="bitget (unified account)",
        marks=frozenset({"category", "coin", "type", "balance"}),
        amounts=("amount",),
        sign=Sign.DIRECTION,
        direction="type",
        paid=frozenset({"CONTRACT_MAIN_SETTLE_FEE_USER_OUT"}),
        received=frozenset({"CONTRACT_MAIN_SETTLE_FEE_USER_IN"}),
        source="ccxt bitget.fetch_funding_history: types CONTRACT_MAIN_SETTLE_FEE_USER_IN and _OUT",
    ),
    FundingFacts(
        venue="binance, binanceusdm, binancecoinm, aster, bingx, weex",
        connectors=("binance_perpetual",),
        marks=frozenset({"income"}),
        amounts=("income",),
        source="ccxt binance.parse_income: income; Hummingbot binance_perpetual_derivative._fetch_last_fee_payment: the"
        " same; ccxt/ccxt#26404: negative when paid",
    ),
    FundingFacts(
        venue="hyperliquid",
        connectors=("hyperliquid_perpetual",),
        marks=frozenset({"delta", "hash"}),
        amounts=("delta.usdc",),
        numbered=False,
        source="ccxt hyperliquid.parse_income: a short at a positive rate has a positive usdc; Hummingbot"
        " hyperliquid_perpetual_derivative._fetch_last_fee_payment: the same",
    ),
    FundingFacts(
        venue="htx",
        marks=frozenset({"contract_code", "type"}),
        amounts=("amount",),
        sign=Sign.DIRECTION,
        direction="type",
        paid=frozenset({"31"}),
        received=frozenset({"30"}),
        source="ccxt htx.fetch_funding_history, htx.parse_income: type 30 positive, 31 negative",
    ),
    FundingFacts(
        venue="mexc",
        marks=frozenset({"funding", "positionType"}),
        amounts=("funding",),
        source="ccxt mexc.fetch_funding_history: a long at a negative rate has a positive amount",
    ),
    FundingFacts(
        venue="krakenfutures",
        marks=frozenset({"realized_funding"}),
        amounts=("realized_funding",),
        source="ccxt krakenfutures.fetch_funding_history: -0.0002 takes the balance from 0.0002 to 0",
    ),
    FundingFacts(
        venue="woo",
        marks=frozenset({"fundingFee", "paymentType"}),
        amounts=("fundingFee",),
        sign=Sign.DIRECTION,
        direction="paymentType",
        paid=frozenset({"Pay"}),
        received=frozenset({"Receive"}),
        source="ccxt woo.parse_income: paymentType Pay is made negative",
    ),
    FundingFacts(
        venue="woofipro, modetrade",
        marks=frozenset({"funding_fee", "payment_type"}),
        amounts=("funding_fee",),
        sign=Sign.DIRECTION,
        direction="payment_type",
        paid=frozenset({"Pay"}),
        received=frozenset({"Receive"}),
        source="ccxt woofipro.parse_income: payment_type Pay is made negative",
    ),
    FundingFacts(
        venue="pacifica",
        connectors=("pacifica_perpetual",),
        marks=frozenset({"payout", "history_id"}),
        amounts=("payout",),
        source="ccxt pacifica.parse_income, Hummingbot pacifica_perpetual_derivative._fetch_last_fee_payment: payout",
    ),
    FundingFacts(
        venue="backpack",
        connectors=("backpack_perpetual",),
        marks=frozenset({"intervalEndTimestamp", "quantity"}),
        amounts=("quantity",),
        sign=Sign.UNKNOWN,
        unified=Sign.UNKNOWN,
        numbered=False,
        source="ccxt backpack.parse_income: quantity as it is, the user's id for the payment's; Hummingbot"
        " backpack_perpetual_derivative._fetch_last_fee_payment: the same",
    ),
    FundingFacts(
        venue="phemex",
        marks=frozenset({"execFeeEv"}),
        amounts=(),
        sign=Sign.UNKNOWN,
        unified=Sign.UNKNOWN,
        source="ccxt phemex.fetch_funding_history: execFee as it is, without a word on its sign",
    ),
    FundingFacts(
        venue="phemex (hedged)",
        marks=frozenset({"execFeeRv"}),
        amounts=(),
        sign=Sign.UNKNOWN,
        unified=Sign.UNKNOWN,
        source="ccxt phemex.fetch_funding_history: execFee as it is, without a word on its sign",
    ),
)


def funding_facts(info: Mapping[str, object]) -> FundingFacts | None:
    """Return how a funding record is read, by the keys of its `info`; None: no known venue's."""
    return next((facts for facts in FUNDING if facts.marks <= set(info)), None)


def usual_sign(connector: str) -> bool:
    """Return whether ccxt's unified amount of funding is known to be negative when paid at a connector's venue."""
    name = connector_name(connector)
    return any(facts.unified is Sign.RECEIVED for facts in FUNDING if name in facts.connectors)
