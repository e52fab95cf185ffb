"""The venues that can be played, by ccxt's id."""

from loopback.binance import Binance
from loopback.bitget import Bitget
from loopback.bybit import Bybit
from loopback.gate import Gate
from loopback.hyperliquid import Hyperliquid
from loopback.kucoin import Kucoin
from loopback.okx import Okx
from loopback.server import Dialect

__all__ = ["DIALECTS"]

DIALECTS: dict[str, type[Dialect]] = {
    "binance": Binance,
    "bitget": Bitget,
    "bybit": Bybit,
    "gate": Gate,
    "hyperliquid": Hyperliquid,
    "kucoin": Kucoin,
    "kucoinfutures": Kucoin,
    "okx": Okx,
}
