"""Gate: what its API lists of a spot and of a futures account, as ccxt 4.5.90 asks for it (`ccxt/gate.py`; Gate API v4).

Its filters know whole seconds. A futures account is of one settlement asset. An order that was cancelled without a fill is gone
after ten minutes. ccxt asks once whether the account is a unified one, and takes it for a classic one where that request fails.
"""

from datetime import timedelta

from deskgate.collector.venue.api import Endpoint, Export, VenueApi, by_export

__all__ = ["VENUES"]

_SECOND = timedelta(seconds=1)
_MONTH = timedelta(days=30)
_TRANSFERS = "ccxt's gate has no fetch_transfers; the ledger lists them"

_MONEY = tuple(
    Endpoint(
        export,
        limit=100,
        span=_MONTH,
        unit=_SECOND,
        source=f"gate.fetch_{export}: wallet/{export}, ccxt asks for 30 days at most",
    )
    for export in (Export.DEPOSITS, Export.WITHDRAWALS)
)

_SPOT = VenueApi(
    connector="gate_io",
    ccxt_id="gate",
    options={"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}},
    endpoints=by_export(
        Endpoint(
            Export.MY_TRADES,
            limit=1000,
            span=_MONTH,
            unit=_SECOND,
            source="gate.fetch_my_trades: spot/my_trades, 1000 a page, 30 days a request (features untilDays)",
        ),
        Endpoint(
            Export.OPEN_ORDERS, limit=100, source="gate.fetch_orders_by_status: spot/open_orders, 100 of each market"
        ),
        Endpoint(
            Export.CANCELED_AND_CLOSED_ORDERS,
            ccxt_method="fetch_closed_orders",
            limit=100,
            span=_MONTH,
            unit=_SECOND,
            source="gate.fetch_orders_by_status: spot/orders of status finished, filled and cancelled ones, 100 a page, 30 days a"
            " request (features untilDays); ccxt cuts by creation",
        ),
        *_MONEY,
        Endpoint(
            Export.LEDGER,
            limit=100,
            span=_MONTH,
            since_param="from",
            until_param="to",
            unit=_SECOND,
            source="gate.fetch_ledger: spot/account_book; ccxt passes on milliseconds where Gate expects seconds",
        ),
        Endpoint(Export.BALANCE, source="gate.fetch_balance: spot/accounts"),
        Endpoint(
            Export.OHLCV,
            by_symbol=True,
            limit=1000,
            unit=_SECOND,
            source="gate.fetch_ohlcv: spot/candlesticks, 1000 a page",
        ),
    ),
    absent={
        Export.TRANSFERS: _TRANSFERS,
        Export.FUNDING_HISTORY: "a spot account has none",
        Export.POSITIONS: "a spot account has none",
    },
    has_testnet=True,
)

_PERPETUAL = VenueApi(
    connector="gate_io_perpetual",
    ccxt_id="gate",
    options={
        "defaultType": "swap",
        "fetchMarkets": {"types": ["swap"]},
        "swap": {"fetchMarkets": {"settlementCurrencies": ["usdt", "btc"]}},
    },
    endpoints=by_export(
        Endpoint(
            Export.MY_TRADES,
            limit=1000,
            unit=_SECOND,
            by_settle="settle",
            source="gate.fetch_my_trades: futures/{settle}/my_trades_timerange, 1000 a page (features)",
        ),
        Endpoint(
            Export.OPEN_ORDERS,
            limit=100,
            most=100,
            by_settle="settle",
            source="gate.fetch_orders_by_status: futures/{settle}/orders of status open; ccxt passes on neither since nor until",
        ),
        Endpoint(
            Export.CANCELED_AND_CLOSED_ORDERS,
            ccxt_method="fetch_closed_orders",
            limit=100,
            unit=_SECOND,
            params={"historical": True},
            kept_unfilled=timedelta(minutes=10),
            by_settle="settle",
            source="gate.fetch_closed_orders: futures/{settle}/orders_timerange, of any status; without a fill an order is not listed ten"
            " minutes after it was cancelled (Gate v4, futures orders)",
        ),
        Endpoint(
            Export.FUNDING_HISTORY,
            limit=100,
            since_param="from",
            until_param="to",
            unit=_SECOND,
            key=("symbol", "timestamp", "amount"),
            by_settle="settle",
            source="gate.fetch_funding_history: futures/{settle}/account_book of type fund; it does not know until, and a payment has"
            " no id there (parse_funding_history)",
        ),
        Endpoint(Export.POSITIONS, by_settle="settle", source="gate.fetch_positions: futures/{settle}/positions"),
        *_MONEY,
        Endpoint(
            Export.LEDGER,
            limit=100,
            since_param="from",
            until_param="to",
            unit=_SECOND,
            key=("id", "timestamp", "type", "amount", "currency"),
            by_settle="settle",
            source="gate.fetch_ledger: futures/{settle}/account_book; ccxt passes on milliseconds where Gate expects seconds",
        ),
        Endpoint(
            Export.BALANCE,
            by_settle="settle",
            source="gate.fetch_balance: futures/{settle}/accounts; its total is without unrealized PnL",
        ),
        Endpoint(
            Export.OHLCV,
            by_symbol=True,
            limit=1000,
            unit=_SECOND,
            source="gate.fetch_ohlcv: futures/{settle}/candlesticks, 1999 a page",
        ),
    ),
    absent={Export.TRANSFERS: _TRANSFERS},
    has_testnet=True,
)

VENUES = (_SPOT, _PERPETUAL)
