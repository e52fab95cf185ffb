"""What venues put into a record of an export that its unified fields do not say: the truth is in `info`, by venue.

An export does not name its venue, so a record's venue is told by the keys that its `info` has. Each fact names where it
was read: ccxt 4.5.90, Hummingbot 20260922, or the venue's own documentation. `docs/venues.md` is generated from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "EXECUTIONS",
    "FUNDING",
    "ExecutionFacts",
    "FundingFacts",
    "Sign",
    "execution_facts",
    "funding_facts",
    "usual_sign",
]


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


@dataclass(frozen=True, kw_only=True)
class ExecutionFacts:
    """Which of one venue's records among trades are no trades.

    Attributes
    ----------
    venue
        ccxt's ids of the venues whose records look so.
    marks
        Keys that `info` has.
    key
        The field that says what a record is.
    fills
        Its values, in lower case, for what changed hands: liquidations and auto-deleveraging are fills. Empty: all that
        are not named elsewhere.
    funding
        Its values for a funding payment.
    others
        Its values for what is neither: a delivery or a settlement, whose effect the positions and balances show.
    source
        Where this was read.
    """

    venue: str
    marks: frozenset[str]
    key: str
    fills: frozenset[str] = frozenset()
    funding: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
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

EXECUTIONS = (
    ExecutionFacts(
        venue="bybit",
        marks=frozenset({"execId", "execType"}),
        key="execType",
        fills=frozenset({"trade", "adltrade", "busttrade", "blocktrade", "moveposition", "futurespread"}),
        funding=frozenset({"funding"}),
        others=frozenset({"delivery", "settle", "sessionsettlepnl"}),
        source="ccxt bybit.fetch_my_trades asks for execType Trade, fetch_funding_history and fetch_my_liquidations ask"
        " the same list for Funding and BustTrade, watchMyTrades filters by an option; Bybit v5 enum execType",
    ),
    ExecutionFacts(
        venue="bitmex",
        marks=frozenset({"execID", "execType"}),
        key="execType",
        fills=frozenset({"trade", "liquidation", "bankruptcy"}),
        funding=frozenset({"funding"}),
        others=frozenset({"settlement", "insurance"}),
        source="BitMEX's executions, /execution/tradeHistory; not in ccxt 4.5.90 nor in Hummingbot 20260922",
    ),
    ExecutionFacts(
        venue="phemex",
        marks=frozenset({"execStatus", "tradeType"}),
        key="tradeType",
        fills=frozenset({"1", "trade", "6", "liqtrade", "7", "adltrade"}),
        funding=frozenset({"4", "funding"}),
        others=frozenset({"amend"}),
        source="ccxt phemex.parse_trade: tradeType Trade, Amend, 1; the other numbers by Phemex's documentation",
    ),
    ExecutionFacts(
        venue="okx (bills)",
        marks=frozenset({"balChg", "billId", "type"}),
        key="type",
        fills=frozenset({"2", "5", "9"}),
        funding=frozenset({"8"}),
        others=frozenset({"1", "3", "4", "6", "7", "10", "11", "12", "13"}),
        source="ccxt okx.fetch_funding_history: the list of a bill's types",
    ),
    ExecutionFacts(
        venue="okx",
        marks=frozenset({"billId", "fillPx", "subType"}),
        key="subType",
        others=frozenset({"112", "113", "117", "170", "171", "172"}),
        funding=frozenset({"173", "174"}),
        source="ccxt okx.fetch_funding_history: the list of a bill's subTypes",
    ),
    ExecutionFacts(
        venue="kucoinfutures",
        # Spot fills have a tradeType as well, TRADE or MARGIN_TRADE, and no settleCurrency.
        marks=frozenset({"settleCurrency", "tradeId", "tradeType"}),
        key="tradeType",
        fills=frozenset({"trade", "cancel", "liquid", "liquidation", "adl"}),
        others=frozenset({"settlement"}),
        source="ccxt kucoin, fetch_my_trades: trade, liquidation, ADL or settlement",
    ),
    ExecutionFacts(
        venue="bitget",
        marks=frozenset({"tradeId", "tradeSide"}),
        key="tradeSide",
        others=frozenset({"delivery_close_long", "delivery_close_short"}),
        source="Bitget v2, order fills: tradeSide; ccxt bitget.parse_trade passes it over",
    ),
    ExecutionFacts(
        venue="hyperliquid",
        marks=frozenset({"closedPnl", "dir"}),
        key="dir",
        others=frozenset({"settlement"}),
        source="Hyperliquid's userFills: dir; ccxt hyperliquid.parse_trade passes it over",
    ),
    ExecutionFacts(
        venue="coinbase",
        marks=frozenset({"entry_id", "trade_type"}),
        key="trade_type",
        fills=frozenset({"fill"}),
        source="ccxt coinbase.parse_trade: trade_type FILL; reversals and corrections are not read",
    ),
)


def funding_facts(info: Mapping[str, object]) -> FundingFacts | None:
    """Return how a funding record is read, by the keys of its `info`; None: no known venue's."""
    return next((facts for facts in FUNDING if facts.marks <= set(info)), None)


def usual_sign(connector: str) -> bool:
    """Return whether ccxt's unified amount of funding is known to be negative when paid at a connector's venue."""
    name = connector.removesuffix("_testnet")
    return any(facts.unified is Sign.RECEIVED for facts in FUNDING if name in facts.connectors)


def execution_facts(info: Mapping[str, object]) -> ExecutionFacts | None:
    """Return by what a record among trades is told to be no trade; None: nothing in its `info` would say so."""
    return next((facts for facts in EXECUTIONS if facts.marks <= set(info)), None)
