"""What the names and amounts of a market mean, by connector: facts of Hummingbot's connectors and of ccxt, each with its source.

Read in the source of Hummingbot 20260922 (`hummingbot/connector/`) and of ccxt 4.5.90. What is not in the table is not
known: then a venue's amounts of contracts are compared only where a record says how large a contract is.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from deskgate.config.connectors import connector_name

__all__ = ["VENUES", "Symbol", "Venue", "parse_symbol", "same_asset", "venue_of"]


class Symbol(NamedTuple):
    """ccxt's unified symbol: BTC/USDT is spot, BTC/USDT:USDT a swap settled in USDT, BTC/USDT:USDT-260327 one that expires."""

    base: str
    quote: str
    settle: str | None = None
    expiry: str | None = None

    @property
    def is_contract(self) -> bool:
        """Whether it is a contract, of any kind."""
        return self.settle is not None

    @property
    def is_inverse(self) -> bool:
        """Whether it is settled in its base: then its value in quote is not price times quantity."""
        return self.settle == self.base

    @property
    def is_option(self) -> bool:
        """Whether it is an option: behind its expiry are a strike and a type, BTC/USD:BTC-240628-70000-C."""
        return self.expiry is not None and "-" in self.expiry


def parse_symbol(symbol: str) -> Symbol:
    """Return the parts of a unified symbol."""
    name, _, settlement = symbol.partition(":")
    base, _, quote = name.partition("/")
    settle, _, expiry = settlement.partition("-")
    return Symbol(base, quote, settle or None, expiry or None)


@dataclass(frozen=True)
class Venue:
    """One connector.

    Attributes
    ----------
    contract_size
        The size of a contract of its linear markets in ccxt's exports, in base, where all of them have the same; None
        where amounts count contracts of a size that differs by market.
    money
        What Hummingbot calls a settlement asset: USDC -> USD on Hyperliquid.
    funding_h
        How many hours lie between its payments of funding where that is not the usual eight.
    source
        Where this was read.
    """

    contract_size: Decimal | None
    source: str
    money: dict[str, str] = field(default_factory=dict)
    funding_h: int | None = None


_ONE = Decimal(1)
VENUES: dict[str, Venue] = {
    "binance_perpetual": Venue(_ONE, "ccxt binance.py parse_market: contractSize 1 of linear markets (quantities in base)"),
    "bitget_perpetual": Venue(_ONE, "ccxt bitget.py parse_market: contractSize 1 of linear markets; fills have baseVolume"),
    "bybit_perpetual": Venue(_ONE, "ccxt bybit.py parse_market: contractSize 1 of linear markets (lotSizeFilter in base)"),
    "hyperliquid_perpetual": Venue(
        _ONE,
        "ccxt hyperliquid.py parse_market: contractSize 1, quote and settle USDC;"
        " Hummingbot hyperliquid_perpetual_constants.py: CURRENCY = USD, also the token of fees;"
        " ccxt hyperliquid.py parse_funding_rate: interval 1h",
        {"USDC": "USD"},
        funding_h=1,
    ),
    "dydx_v4_perpetual": Venue(
        _ONE,
        "ccxt dydx.py parse_market: contractSize 1 (trades in absolute size), settle USDC;"
        " Hummingbot dydx_v4_perpetual_constants.py: CURRENCY = USD, also the token of fees;"
        " Hummingbot dydx_v4_perpetual_api_order_book_data_source.py _next_funding_time: funding every hour",
        {"USDC": "USD"},
        funding_h=1,
    ),
    "okx_perpetual": Venue(
        None, "ccxt okx.py parse_market: contractSize = ctVal, fillSz is in contracts; Hummingbot multiplies by ctVal"
    ),
    "gate_io_perpetual": Venue(
        None,
        "ccxt gate.py parse_contract_market: contractSize = quanto_multiplier, size is in contracts;"
        " Hummingbot multiplies by quanto_multiplier",
    ),
    "kucoin_perpetual": Venue(
        None,
        "ccxt kucoin.py parse_contract_markets: contractSize = multiplier, size is in contracts; Hummingbot multiplies by"
        " it, and keeps the venue's XBT where ccxt says BTC (commonCurrencies)",
    ),
    "backpack_perpetual": Venue(_ONE, "ccxt backpack.py parse_market: contractSize 1 of swaps, settled in their quote"),
    "pacifica_perpetual": Venue(_ONE, "ccxt pacifica.py parse_market: contractSize 1"),
    "bitmart_perpetual": Venue(None, "Hummingbot bitmart_perpetual_derivative.py: sizes are in contracts of contract_size"),
}  # fmt: skip
_UNKNOWN = Venue(None, "not known")
# ccxt's base class calls XBT BTC on every venue (Exchange.commonCurrencies).
_COMMON = {"XBT": "BTC"}


def venue_of(connector: str) -> Venue:
    """Return what is known of a connector; its test network is as its main one."""
    return VENUES.get(connector_name(connector), _UNKNOWN)


def same_asset(asset: str) -> str:
    """Return the one name of an asset that has two, in capitals: BTC for XBT."""
    return _COMMON.get(asset.upper(), asset.upper())
