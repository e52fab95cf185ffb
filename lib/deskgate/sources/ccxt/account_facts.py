"""Which of a venue's accounts a bot trades on, what ccxt calls them, and which of them the venue books deposits on.

Read in ccxt 4.5.90 (`options.accountsById` and `parse_transfer` of each venue); where a venue books deposits is in no
library: it comes from the venue's documentation, by the page that is named, else from common knowledge that no page was
read for. What is wrong here shows as a drift of the balance, in one amount. `docs/venues.md` is generated from here.
"""

from collections.abc import Mapping

from deskgate.config.connectors import connector_name, is_of_contracts

__all__ = ["ACCOUNT_NAMES", "BOOKS_DEPOSITS", "SAME_ACCOUNT", "account_of", "books_deposits"]

# By ccxt's names, in lower case: contracts, spot, or one account for both.
ACCOUNT_NAMES: Mapping[str, str] = (
    dict.fromkeys(
        ("swap", "future", "futures", "linear", "inverse", "contract", "delivery", "usdc_swap", "umfuture", "cmfuture"),
        "contracts",
    )
    | dict.fromkeys(("spot", "trade", "trade_hf", "hf", "exchange"), "spot")
    | dict.fromkeys(("unified", "trading", "uta"), "both")
    | dict.fromkeys(
        ("funding", "fund", "main", "margin", "cross", "isolated", "option", "investment", "p2p", "earn", "pool"),
        "other",
    )
)
# Which of these are the account of a bot on contracts or on spot.
SAME_ACCOUNT: Mapping[str, frozenset[str]] = {
    "contracts": frozenset({"contracts", "both"}),
    "spot": frozenset({"spot", "both"}),
}
# By connector, whether the venue books a deposit on the account that the bot trades on; None: by the user's own
# settings, or not known.
BOOKS_DEPOSITS: Mapping[str, tuple[bool | None, str]] = {
    "binance": (True, "Binance: deposits are booked on the spot account"),
    "binance_perpetual": (False, "Binance: deposits are booked on the spot account"),
    "bitget": (True, "Bitget, classic account: deposits are booked on the spot account"),
    "bitget_perpetual": (False, "Bitget, classic account: deposits are booked on the spot account"),
    "bybit": (None, "Bybit v5, set-deposit-account: the user chooses UNIFIED, FUND or another"),
    "bybit_perpetual": (None, "Bybit v5, set-deposit-account: the user chooses UNIFIED, FUND or another"),
    "okx": (False, "OKX v5, /asset/deposit-history and /asset/transfer: deposits are of the funding account"),
    "okx_perpetual": (False, "OKX v5, /asset/deposit-history and /asset/transfer: deposits are of the funding account"),
    "kucoin": (None, "KuCoin: the user chooses the funding (`main`) or the trading account"),
    "kucoin_perpetual": (False, "KuCoin: deposits are booked on the funding (`main`) or the trading account"),
    "gate_io": (True, "Gate: deposits are booked on the spot account"),
    "gate_io_perpetual": (False, "Gate: deposits are booked on the spot account"),
    "htx": (True, "HTX: deposits are booked on the spot account"),
    "mexc": (True, "MEXC: deposits are booked on the spot account"),
    "kraken": (True, "Kraken: one account"),
    "coinbase_advanced_trade": (True, "Coinbase: one account"),
    "bitmart": (True, "BitMart: deposits are booked on the spot account"),
    "bitmart_perpetual": (False, "BitMart: deposits are booked on the spot account"),
    "hyperliquid_perpetual": (True, "Hyperliquid: the bridge books deposits on the account of perpetuals"),
    "hyperliquid": (False, "Hyperliquid: the bridge books deposits on the account of perpetuals"),
}


def account_of(connector: str) -> str:
    """Return which account a bot of `connector` trades on: contracts or spot."""
    return "contracts" if is_of_contracts(connector) else "spot"


def books_deposits(connector: str) -> bool | None:
    """Return whether the venue books deposits on the account that a bot of `connector` trades on; None: not known."""
    return BOOKS_DEPOSITS.get(connector_name(connector), (None, ""))[0]
