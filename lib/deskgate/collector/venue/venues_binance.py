"""Binance: what its API lists of a spot account and of one of USD-M futures, as ccxt 4.5.90 asks for it (`ccxt/binance.py`).

The ids of trades and of orders are a market's own. `fetch_closed_orders`, `fetch_canceled_orders` and
`fetch_canceled_and_closed_orders` ask without a limit and then drop some of the page, so that nothing says whether it was full:
`fetch_orders` is asked instead. Without a symbol `fetch_open_orders` is an error of ccxt's own (warnOnFetchOpenOrdersWithoutSymbol).
`fetchCurrencies` and `fetchMargins` ask the wallet, with the key, before any market is known, and are off.

Amounts are in base: `contractSize` is 1 of contracts that are settled in their quote. Those settled in coins are not of this
connector: there amounts are in contracts of 10 or 100 dollars.
"""

from datetime import timedelta

from deskgate.collector.venue.api import Endpoint, Export, VenueApi, by_export

__all__ = ["VENUES"]

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)
_QUARTER = timedelta(days=90)
_HALF_YEAR = timedelta(days=180)
_PAGE = 1000
_CREATED = "by their creation: ccxt drops what was created before `since` (Exchange.parse_orders)"


def _money(*accounts: str) -> tuple[Endpoint, ...]:
    """Return the endpoints of transfers of the account `accounts[0]` from and to the others, of deposits and withdrawals."""
    mine, *others = accounts
    return (
        Endpoint(
            Export.TRANSFERS,
            each=tuple({"type": f"{a}_{b}"} for other in others for a, b in ((mine, other), (other, mine))),
            limit=100,
            span=_MONTH,
            kept=_HALF_YEAR,
            source="binance.fetch_transfers: sapi asset/transfer, of one direction (type); Binance: size up to 100, 30 days a request, six"
            " months back",
        ),
        Endpoint(
            Export.DEPOSITS,
            limit=_PAGE,
            span=_QUARTER,
            source="binance.fetch_deposits: sapi capital/deposit/hisrec, 90 days a request",
        ),
        Endpoint(
            Export.WITHDRAWALS,
            limit=_PAGE,
            span=_QUARTER,
            until_param="endTime",
            source="binance.fetch_withdrawals: sapi capital/withdraw/history; ccxt writes since and 90 days over `until`; applyTime has"
            " seconds",
        ),
    )


def _candles(method: str) -> Endpoint:
    return Endpoint(
        Export.OHLCV,
        by_symbol=True,
        limit=_PAGE,
        source=f"binance.fetch_ohlcv: {method}; its limit is at most 1000 (maxLimit)",
    )


_SPOT = VenueApi(
    connector="binance",
    ccxt_id="binance",
    options={
        "defaultType": "spot",
        "fetchCurrencies": False,
        "fetchMargins": False,
        "fetchMarkets": {"types": ["spot"]},
    },
    endpoints=by_export(
        Endpoint(
            Export.MY_TRADES,
            by_symbol=True,
            limit=_PAGE,
            span=_DAY,
            key=("symbol", "id"),
            source="binance.fetch_my_trades: myTrades, needs a symbol; features limit 1000, untilDays 1",
        ),
        Endpoint(
            Export.ORDERS,
            by_symbol=True,
            limit=_PAGE,
            span=_DAY,
            key=("symbol", "id"),
            kept_unfilled=_QUARTER,
            source=f"binance.fetch_orders: allOrders, open ones too, {_CREATED}; Binance: 24 hours a request (error -1127; features"
            " untilDays 10000 is wrong), orders without a fill are archived after 90 days",
        ),
        Endpoint(
            Export.OPEN_ORDERS,
            by_symbol=True,
            key=("symbol", "id"),
            source="binance.fetch_open_orders: openOrders, all of a symbol without pages; features limit None",
        ),
        *_money("MAIN", "UMFUTURE", "CMFUTURE", "MARGIN", "FUNDING"),
        Endpoint(Export.BALANCE, source="binance.fetch_balance: account; free and locked of each asset"),
        _candles("klines"),
    ),
    absent={
        Export.FUNDING_HISTORY: "a spot account has no funding payments",
        Export.POSITIONS: "a spot account has no positions; its balances are them",
        Export.LEDGER: "binance.fetch_ledger is of contract wallets only (NotSupported)",
    },
    has_testnet=True,
)

_PERPETUAL = VenueApi(
    connector="binance_perpetual",
    ccxt_id="binanceusdm",
    # ccxt refuses every signed request to the futures test network unless told that this is meant (binance.sign).
    options={
        "defaultType": "swap",
        "defaultSubType": "linear",
        "fetchCurrencies": False,
        "fetchMargins": False,
        "fetchMarkets": {"types": ["linear"]},
        "disableFuturesSandboxWarning": True,
    },
    endpoints=by_export(
        Endpoint(
            Export.MY_TRADES,
            by_symbol=True,
            limit=_PAGE,
            span=_WEEK,
            kept=_HALF_YEAR,
            key=("symbol", "id"),
            source="binance.fetch_my_trades: fapi userTrades, needs a symbol; features limit 1000, untilDays 7; Binance: six months back",
        ),
        Endpoint(
            Export.ORDERS,
            by_symbol=True,
            limit=_PAGE,
            span=_WEEK,
            kept=_QUARTER,
            kept_unfilled=timedelta(days=3),
            key=("symbol", "id"),
            source=f"binance.fetch_orders: fapi allOrders, open ones too, {_CREATED}; features untilDays 7, daysBack 90, of fetchClosedOrders"
            " daysBackCanceled 3: cancelled and expired ones without a fill are gone after three days",
        ),
        Endpoint(
            Export.OPEN_ORDERS,
            by_symbol=True,
            key=("symbol", "id"),
            source="binance.fetch_open_orders: fapi openOrders, all of a symbol without pages, without algo orders",
        ),
        Endpoint(
            Export.FUNDING_HISTORY,
            by_symbol=True,
            limit=_PAGE,
            kept=_QUARTER,
            source="binance.fetch_funding_history: fapi income of incomeType FUNDING_FEE, whose tranId is one payment's; Binance: limit 1000,"
            " three months back",
        ),
        *_money("UMFUTURE", "MAIN", "MARGIN", "FUNDING"),
        Endpoint(
            Export.LEDGER,
            limit=_PAGE,
            kept=_QUARTER,
            key=("id", "type", "currency", "amount", "timestamp"),
            source="binance.fetch_ledger: fapi income of every kind; a tranId is unique within one incomeType only; three months back",
        ),
        Endpoint(
            Export.POSITIONS,
            source="binance.fetch_positions: fapi v3 positionRisk, of every market with a position or an order; hedged where positionSide is"
            " not BOTH; the leverage brackets are asked for once before",
        ),
        Endpoint(
            Export.BALANCE,
            source="binance.fetch_balance: fapi v3 account; total is marginBalance, with the unrealised PnL in it; an asset whose updateTime"
            " is 0 is left out",
        ),
        _candles("fapi klines"),
    ),
    has_testnet=True,
)

VENUES = (_SPOT, _PERPETUAL)
