"""The venues that can be played, by ccxt's id."""

from loopback.binance import Binance
from loopback.bitget import Bitget
from loopback.server import Dialect

__all__ = ["DIALECTS"]

DIALECTS: dict[str, type[Dialect]] = {"binance": Binance, "bitget": Bitget}
