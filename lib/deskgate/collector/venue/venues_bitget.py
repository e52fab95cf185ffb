"""Bitget: what its API, version 2, lists of a classic spot and of a classic futures account, as ccxt 4.5.90 asks for it (`ccxt/bitget.py`).

`uta` is off: ccxt asks before its first private request whether the account is a unified one, and takes any error, a time-out
too, for a no. A unified account is refused by these endpoints in so many words (40085). Its demo trading is a header at the same
host (`bitget.set_sandbox_mode`), not a test network.

Amounts are in base, of coin-margined contracts as well: `baseVolume` of a fill, `size` of an order, `total` of a position.
"""

from datetime import timedelta

from deskgate.collector.venue.api import Endpoint, Export, VenueApi, by_export

__all__ = ["VENUES"]

_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)
_QUARTER = timedelta(days=90)
_PAGE = 100
_KEPT = "Bitget v2: 90 days in one request and 90 days back (error 40704)"
_CREATED = "by cTime: ccxt drops what was created before `since` (Exchange.parse_orders)"


def _ended(method: str) -> Endpoint:
    return Endpoint(
        Export.CANCELED_AND_CLOSED_ORDERS,
        by_symbol=True,
        limit=_PAGE,
        span=_QUARTER,
        kept=_QUARTER,
        source=f"bitget.fetch_canceled_and_closed_orders: {method}, {_CREATED}; features untilDays 90; {_KEPT}. fetch_closed_orders and"
        " fetch_canceled_orders ask the same and drop the others",
    )


def _open(method: str) -> Endpoint:
    return Endpoint(
        Export.OPEN_ORDERS,
        by_symbol=True,
        limit=_PAGE,
        source=f"bitget.fetch_open_orders: {method}, without trigger orders; features limit 100",
    )


_MONEY = (
    Endpoint(
        Export.TRANSFERS,
        by_asset=True,
        each=({"fromAccount": "spot"}, {"fromAccount": "swap"}),
        limit=_PAGE,
        span=_QUARTER,
        kept=_QUARTER,
        source="bitget.fetch_transfers: v2/spot/account/transferRecords, of one coin and from one account (accountsByType)",
    ),
    Endpoint(
        Export.DEPOSITS,
        limit=_PAGE,
        span=_QUARTER,
        kept=_QUARTER,
        source="bitget.fetch_deposits: v2/spot/wallet/deposit-records, 90 days a request",
    ),
    Endpoint(
        Export.WITHDRAWALS,
        limit=_PAGE,
        span=_QUARTER,
        kept=_QUARTER,
        source="bitget.fetch_withdrawals: v2/spot/wallet/withdrawal-records, 90 days a request",
    ),
)


def _candles(method: str) -> Endpoint:
    return Endpoint(
        Export.OHLCV,
        by_symbol=True,
        limit=200,
        source=f"bitget.fetch_ohlcv: {method}, 1000 a page of the last month and 200 a page of what is older (features limit 200)",
    )


_SPOT = VenueApi(
    connector="bitget",
    ccxt_id="bitget",
    options={"defaultType": "spot", "uta": False, "fetchMarkets": {"types": ["spot"]}},
    endpoints=by_export(
        Endpoint(
            Export.MY_TRADES,
            by_symbol=True,
            limit=_PAGE,
            span=_QUARTER,
            kept=_QUARTER,
            source=f"bitget.fetch_my_trades: v2/spot/trade/fills, needs a symbol; features untilDays 90; {_KEPT}",
        ),
        _open("v2/spot/trade/unfilled-orders"),
        _ended("v2/spot/trade/history-orders"),
        *_MONEY,
        Endpoint(
            Export.LEDGER, limit=_PAGE, span=_MONTH, kept=_QUARTER, source="bitget.fetch_ledger: v2/spot/account/bills"
        ),
        Endpoint(Export.BALANCE, source="bitget.fetch_balance: v2/spot/account/assets; used is frozen and locked"),
        _candles("v2/spot/market/candles"),
    ),
    absent={
        Export.FUNDING_HISTORY: "a spot account has no funding payments",
        Export.POSITIONS: "a spot account has no positions; its balances are them",
    },
    passphrase=True,
)

_PERPETUAL = VenueApi(
    connector="bitget_perpetual",
    ccxt_id="bitget",
    options={"defaultType": "swap", "defaultSubType": "linear", "uta": False, "fetchMarkets": {"types": ["swap"]}},
    endpoints=by_export(
        Endpoint(
            Export.MY_TRADES,
            by_symbol=True,
            limit=_PAGE,
            span=_WEEK,
            kept=_QUARTER,
            source="bitget.fetch_my_trades: v2/mix/order/fills, needs a symbol; features untilDays 7; Bitget v2: 90 days back",
        ),
        _open("v2/mix/order/orders-pending"),
        _ended("v2/mix/order/orders-history"),
        Endpoint(
            Export.FUNDING_HISTORY,
            by_symbol=True,
            limit=_PAGE,
            span=_MONTH,
            kept=_QUARTER,
            source="bitget.fetch_funding_history: v2/mix/account/bill of businessType contract_settle_fee; Bitget v2: 30 days a request,"
            " 90 days back",
        ),
        *_MONEY,
        Endpoint(
            Export.LEDGER,
            limit=_PAGE,
            span=_MONTH,
            kept=_QUARTER,
            source="bitget.fetch_ledger: v2/mix/account/bill; Bitget v2: 30 days a request, 90 days back",
        ),
        Endpoint(
            Export.POSITIONS,
            settles=("USDT",),
            source="bitget.fetch_positions: v2/mix/position/all-position of one product type; the first symbol says which, without any it is"
            " that of defaultSubType; hedged where posMode is hedge_mode",
        ),
        Endpoint(
            Export.BALANCE,
            settles=("USDT",),
            source="bitget.fetch_balance: v2/mix/account/accounts of the product type of defaultSubType; total is accountEquity, with the"
            " unrealised PnL in it, free is maxTransferOut",
        ),
        _candles("v2/mix/market/candles"),
    ),
    passphrase=True,
)

VENUES = (_SPOT, _PERPETUAL)
