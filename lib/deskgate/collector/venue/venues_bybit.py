"""Bybit: what its API, version 5, lists of a unified account's spot and contracts, as ccxt 4.5.90 asks for it (`ccxt/bybit.py`).

With the markets ccxt asks for the coins, with the key (fetch_currencies). Before balances and ledgers ccxt asks once whether the
account is a unified one (user/query-api, account/info). The first record of a page has `nextPageCursor` in its `info`, which is
the page's and not the record's (add_pagination_cursor_to_result).

Amounts are in base, of contracts that are settled in coins in dollars: their `contractSize` is the least order in ccxt, 1 dollar.
"""

from datetime import timedelta

from deskgate.collector.venue.api import Endpoint, Export, VenueApi, by_export

__all__ = ["VENUES"]

_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)
_TWO_YEARS = timedelta(days=730)
# All kinds of execution that change a position; ccxt asks for Trade alone.
_FILLS = ("Trade", "AdlTrade", "BustTrade", "BlockTrade", "MovePosition", "FutureSpread")
_EXECUTIONS = "bybit.fetch_my_trades: v5/execution/list; features limit 100, untilDays 7, daysBack 730"

_ORDERS = (
    Endpoint(
        Export.OPEN_ORDERS,
        by_symbol=True,
        limit=50,
        source="bybit.fetch_open_orders: v5/order/realtime, of one symbol, without conditional ones of spot; features limit 50",
    ),
    Endpoint(
        Export.CANCELED_AND_CLOSED_ORDERS,
        by_symbol=True,
        limit=50,
        span=_WEEK,
        kept=_TWO_YEARS,
        kept_unfilled=timedelta(days=1),
        source="bybit.fetch_canceled_and_closed_orders: v5/order/history; ccxt drops what was created before `since`"
        " (Exchange.parse_orders); features limit 50, untilDays 7, daysBack 730, daysBackCanceled 1: without a fill they are gone after"
        " a day",
    ),
)

_MONEY = (
    Endpoint(
        Export.TRANSFERS,
        limit=50,
        span=_WEEK,
        source="bybit.fetch_transfers: v5/asset/transfer/query-inter-transfer-list, both directions; Bybit: limit 50, seven days a request",
    ),
    Endpoint(
        Export.DEPOSITS,
        limit=50,
        span=_MONTH,
        source="bybit.fetch_deposits: v5/asset/deposit/query-record, on chain; Bybit: limit 50, 30 days a request",
    ),
    Endpoint(
        Export.WITHDRAWALS,
        limit=50,
        span=_MONTH,
        params={"withdrawType": 2},
        source="bybit.fetch_withdrawals: v5/asset/withdraw/query-record; withdrawType 2 are all, without it those on chain; Bybit: limit"
        " 50, 30 days a request",
    ),
    Endpoint(
        Export.LEDGER,
        limit=50,
        span=_WEEK,
        kept=_TWO_YEARS,
        until_param="endTime",
        source="bybit.fetch_ledger: v5/account/transaction-log of a unified account, which does not know `until`; Bybit: limit 50, seven"
        " days a request, two years back",
    ),
    Endpoint(
        Export.BALANCE,
        source="bybit.fetch_balance: v5/account/wallet-balance of the unified account, for spot and contracts; total is walletBalance,"
        " without the unrealised PnL",
    ),
    Endpoint(
        Export.OHLCV, by_symbol=True, limit=1000, source="bybit.fetch_ohlcv: v5/market/kline; features limit 1000"
    ),
)


_SPOT = VenueApi(
    connector="bybit",
    ccxt_id="bybit",
    options={"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}},
    endpoints=by_export(
        Endpoint(
            Export.MY_TRADES,
            by_symbol=True,
            limit=100,
            span=_WEEK,
            kept=_TWO_YEARS,
            source=f"{_EXECUTIONS}; of execType Trade",
        ),
        *_ORDERS,
        *_MONEY,
    ),
    absent={
        Export.FUNDING_HISTORY: "a spot account has no funding payments",
        Export.POSITIONS: "a spot account has no positions; its balances are them",
    },
    has_testnet=True,
)

_PERPETUAL = VenueApi(
    connector="bybit_perpetual",
    ccxt_id="bybit",
    options={"defaultType": "swap", "defaultSubType": "linear", "fetchMarkets": {"types": ["linear", "inverse"]}},
    endpoints=by_export(
        Endpoint(
            Export.MY_TRADES,
            by_symbol=True,
            each=tuple({"execType": kind} for kind in _FILLS),
            limit=100,
            span=_WEEK,
            kept=_TWO_YEARS,
            source=f"{_EXECUTIONS}; ccxt asks for execType Trade, liquidations and auto-deleveraging are others (fetch_my_liquidations)",
        ),
        *_ORDERS,
        Endpoint(
            Export.FUNDING_HISTORY,
            by_symbol=True,
            limit=100,
            span=_WEEK,
            kept=_TWO_YEARS,
            params={"limit": 100},
            source="bybit.fetch_funding_history: v5/execution/list of execType Funding; ccxt sends `size` for the limit, which Bybit does not"
            " know (50 without `limit`); amount is execFee, positive when paid",
        ),
        Endpoint(
            Export.POSITIONS,
            by_settle="settleCoin",
            settles=("USDT", "USDC"),
            limit=200,
            source="bybit.fetch_positions: v5/position/list of one symbol or of one settleCoin (USDT where none is said), 200 a page, of category"
            " linear alone; hedged where positionIdx is not 0",
        ),
        *_MONEY,
    ),
    has_testnet=True,
)

VENUES = (_SPOT, _PERPETUAL)
