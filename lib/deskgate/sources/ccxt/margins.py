"""What a ccxt-shaped position says of its margin: when it is liquidated, and how much of what backs it must stay.

ccxt (4.5.90, `parse_position` of each venue) states what it lacks as null, and so do venues with 0 or an empty text
(Bitget and Binance: a cross position far from liquidation). Neither says that there is no liquidation, so both are unknown
here. Gate, Hyperliquid, KuCoin, MEXC and BingX give no margin ratio at all, Bybit none on a unified account.
"""

from decimal import Decimal

from deskgate.sources.ccxt.exports import Item, exact
from deskgate.sources.exact_json import field, first
from deskgate.sources.fees import decimal_of
from deskgate.sources.records import RecordError, Row

__all__ = ["margin_of"]

# No price, margin or ratio is above it; ccxt's numbers are floats, and a placeholder may be any.
_MOST = Decimal(10) ** 12
# Two of ccxt's floats that stand for one amount differ by less, as a share of it.
_SAME = Decimal("1e-6")
# The words of the venues that ccxt hands through.
_MODES = {"cross": "cross", "crossed": "cross", "isolated": "isolated", "fixed": "isolated"}


def margin_of(item: Item, side: str) -> Row:
    """Return the margin columns of one open position as text; null where it is not said.

    Parameters
    ----------
    item
        The position in ccxt's unified shape.
    side
        `long` or `short`: whose liquidation price it is.
    """
    info, mode = field(item, "info"), _MODES.get((first(item, "marginMode") or "").lower())
    price = _positive(exact(first(item, "liquidationPrice"), first(info, "liquidationPrice"), first(info, "liqPx")))
    return {
        f"{side}_liquidation_price": _text(price),
        "maintenance_margin": _text(_number(item, "maintenanceMargin") or _by_largest_leverage(info)),
        "initial_margin": _text(_number(item, "initialMargin")),
        "margin_ratio": _text(_ratio(item, mode)),
        "margin_mode": mode,
    }


def _ratio(item: Item, mode: str | None) -> Decimal | None:
    """Return maintenance margin over what backs the position: ccxt's, or of its own two numbers; at 1 it is liquidated."""
    needed, backing = _number(item, "maintenanceMargin"), _number(item, "collateral")
    if mode == "cross" and backing is not None and _is_own_margin(item, backing):
        # The whole account backs a cross position. OKX's `collateral` is the position's own initial margin there.
        return None
    stated = _number(item, "marginRatio")
    # What ccxt calls a cross position's collateral is not the account's on every venue: Gate gives the unrealised PnL.
    if stated is None and mode == "isolated" and needed is not None and backing is not None:
        return Decimal(f"{needed / backing:.18f}") or None
    return stated


def _by_largest_leverage(info: Item) -> Decimal | None:
    """Return half of what a position's value needs at the largest leverage of its market, as Hyperliquid asks.

    ccxt gives Hyperliquid's positions no maintenance margin. A large position of a market with margin tiers needs more.
    Source: Hyperliquid's documentation, Margining; `clearinghouseState` has `positionValue` and `maxLeverage`.
    """
    position = field(info, "position")
    value, leverage = _positive(first(position, "positionValue")), _positive(first(position, "maxLeverage"))
    return Decimal(f"{value / (2 * leverage):.18f}") if value and leverage else None


def _is_own_margin(item: Item, backing: Decimal) -> bool:
    margin, profit = _number(item, "initialMargin"), first(item, "unrealizedPnl")
    if margin is None:
        return False
    return any(abs(backing - margin - each) <= _SAME * backing for each in {Decimal(0), _finite(profit) or Decimal(0)})


def _number(item: Item, name: str) -> Decimal | None:
    return _positive(first(item, name))


def _positive(text: str | None) -> Decimal | None:
    """Return a number that says something: above 0, and no placeholder."""
    number = _finite(text)
    return number if number is not None and 0 < number < _MOST else None


def _finite(text: str | None) -> Decimal | None:
    try:
        return decimal_of("", text)
    except RecordError:
        return None


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"
