"""Books with more records than a few pages hold."""

from decimal import Decimal

from loopback.book import Account, Book, Candle, Market, Movement, Order, Payment, Position, Trade, plain
from loopback.listing import DAY_MS

__all__ = ["BEGIN", "NOW", "busy"]

# 2026-03-18 to 2026-03-20, UTC.
BEGIN, NOW = 1_773_792_000_000, 1_773_964_800_000
_STATES = ("closed", "canceled", "closed", "open", "canceled")


def busy(*markets: Market, records: int = 340, hedge: bool = False) -> Book:
    """Return two days of an account: trades, ended and open orders, payments and transfers, `records` of each in each market.

    Of trades, some are of one millisecond; of orders, some end a long time after they began.
    """
    step = 2 * DAY_MS // records
    return Book(
        markets=markets,
        trades=tuple(
            _trade(m, k, n, step, hedge) for m, market in enumerate(markets) for k in range(records) for n in [market]
        ),
        orders=tuple(
            _order(m, k, n, step, hedge) for m, market in enumerate(markets) for k in range(records) for n in [market]
        ),
        payments=tuple(
            _payment(m, k, market, step)
            for m, market in enumerate(markets)
            if not market.is_spot
            for k in range(records)
        ),
        movements=tuple(_movement(k, step) for k in range(records)),
        accounts=(
            Account(
                ts=BEGIN,
                positions=tuple(_position(market, hedge) for market in markets if not market.is_spot),
                balances={"USDT": ("50.5", "57.89945674"), "BTC": ("0.3", "0.4")},
            ),
        ),
        candles=tuple(
            Candle(
                symbol=market.symbol,
                ts=BEGIN + k * 60_000,
                open="70000.1",
                high="70001",
                low="69999.5",
                close="70000.7",
            )
            for market in markets
            for k in range(records)
        ),
    )


def _ts(k: int, step: int) -> int:
    # Every seventh is of the same millisecond as the one before it.
    return BEGIN + (k - (k % 7 == 6)) * step + 137


def _side(k: int) -> str:
    return "buy" if k % 3 else "sell"


def _trade(m: int, k: int, market: Market, step: int, hedge: bool) -> Trade:
    amount = plain(Decimal(market.lot) * (k % 9 + 1))
    return Trade(
        id=f"{700_000_000 + m * 100_000 + k}",
        order=f"{900_000_000 + m * 100_000 + k}",
        symbol=market.symbol,
        side=_side(k),
        price=plain(Decimal("70000.1") + k),
        amount=amount,
        fee=plain(Decimal("0.0123") + Decimal(k) / 10_000),
        fee_asset=market.settle or market.quote,
        maker=k % 4 > 0,
        ts=_ts(k, step),
        hedge=("long", "short")[k % 2] if hedge else None,
    )


def _order(m: int, k: int, market: Market, step: int, hedge: bool) -> Order:
    state, created = _STATES[k % len(_STATES)], _ts(k, step)
    amount = plain(Decimal(market.lot) * (k % 9 + 1))
    price = plain(Decimal("70000.1") + k)
    filled = amount if state == "closed" else "0"
    return Order(
        id=f"{900_000_000 + m * 100_000 + k}",
        client=f"x-{m}-{k}",
        symbol=market.symbol,
        side=_side(k),
        price=price,
        amount=amount,
        filled=filled,
        average=price if state == "closed" else "0",
        status=state,
        fee="0.01" if state == "closed" else "0",
        fee_asset=market.settle or market.quote,
        created=created,
        updated=min(created + 40 * step, NOW) if state != "open" else created,
        hedge=("long", "short")[k % 2] if hedge else None,
    )


def _payment(m: int, k: int, market: Market, step: int) -> Payment:
    amount = plain(Decimal("0.00059082") * (k + 1) * (-1) ** k)
    return Payment(
        id=f"{500_000_000 + m * 100_000 + k}",
        symbol=market.symbol,
        asset=market.settle or "",
        amount=amount,
        ts=BEGIN + k * step,
    )


def _movement(k: int, step: int) -> Movement:
    kind = ("transfer", "deposit", "withdrawal")[k % 3]
    source, target = ("spot", "swap") if k % 2 else ("swap", "spot")
    return Movement(
        id=f"{300_000_000 + k}",
        kind=kind,
        amount=plain(Decimal(k) + 1),
        source=source,
        target=target,
        ts=BEGIN + k * step,
    )


def _position(market: Market, hedge: bool) -> Position:
    return Position(
        symbol=market.symbol, side="short", amount="0.005", entry="70000.1", mark="70010.5", hedged=hedge, ts=BEGIN
    )
