"""Which of a venue's records among trades are no trades: funding payments, settlements, deliveries.

A record's venue is known by the keys that its `info` has, and each fact names where it was read, as in `funding_facts`.
`docs/venues.md` is generated from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["EXECUTIONS", "ExecutionFacts", "execution_facts"]


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


def execution_facts(info: Mapping[str, object]) -> ExecutionFacts | None:
    """Return which field says whether a record among trades is one; None: nothing in its `info` does."""
    return next((facts for facts in EXECUTIONS if facts.marks <= set(info)), None)
