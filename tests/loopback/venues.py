"""The venues that can be played, by ccxt's id."""

from loopback.binance import Binance
from loopback.bitget import Bitget
from loopback.bybit import Bybit
from loopback.gate import Gate
from loopback.hyperliquid import Hyperliquid
from loopback.kucoin_futures import KucoinFutures
from loopback.kucoin_spot import KucoinSpot
from loopback.okx import Okx
from loopback.server import Dialect

__all__ = ["DIALECTS"]

DIALECTS: dict[str, type[Dialect]] = {
    "binance": Binance,
    "binanceusdm": Binance,
    "bitget": Bitget,
    "bybit": Bybit,
    "gate": Gate,
    "hyperliquid": Hyperliquid,
    "kucoin": KucoinSpot,
    "kucoinfutures": KucoinFutures,
    "okx": Okx,
}
