"""KuCoin: what its API lists of a spot and of a futures account, as ccxt 4.5.90 asks for it (`ccxt/kucoin.py`, `ccxt/kucoinfutures.py`).

ccxt asks once whether the account is a unified one and whether its spot account is the high-frequency one, and then takes the
endpoints of that kind: neither is set in the options, for the wrong endpoint lists nothing without an error.
"""

from datetime import timedelta

from deskgate.collector.venue.api import Endpoint, Export, VenueApi, by_export

__all__ = ["VENUES"]

_WEEK = timedelta(days=7)
_THREE_MONTHS = timedelta(days=90)
_TRANSFERS = "ccxt asks accounts/ledgers, which list neither the high-frequency spot account nor the futures account; the ledger lists them"

_MONEY = (
    Endpoint(
        Export.DEPOSITS,
        limit=100,
        params={"accountType": "main"},
        key=("txid", "timestamp", "currency", "amount"),
        source="kucoin.fetch_deposits: deposits, paged; a deposit has no id there (parse_transaction). Of the main account:"
        " kucoinfutures asks the old list of the futures account otherwise",
    ),
    Endpoint(
        Export.WITHDRAWALS,
        limit=100,
        params={"accountType": "main"},
        source="kucoin.fetch_withdrawals: withdrawals, paged",
    ),
)

_SPOT = VenueApi(
    connector="kucoin",
    ccxt_id="kucoin",
    options={"defaultType": "spot", "fetchMarkets": {"types": ["spot"], "fetchTickersFees": False}},
    endpoints=by_export(
        Endpoint(
            Export.MY_TRADES,
            by_symbol=True,
            limit=100,
            span=_WEEK,
            source="kucoin.fetch_my_spot_trades: hf/fills, which needs a symbol, 100 a page, a week a request (features untilDays 7);"
            " fills, of accounts that are not high-frequency, takes no limit",
        ),
        Endpoint(
            Export.OPEN_ORDERS,
            by_symbol=True,
            source="kucoin.fetch_spot_orders_by_status: hf/orders/active, all of a symbol without pages",
        ),
        Endpoint(
            Export.CANCELED_AND_CLOSED_ORDERS,
            ccxt_method="fetch_closed_orders",
            by_symbol=True,
            limit=100,
            span=_WEEK,
            kept=_WEEK,
            kept_unfilled=timedelta(days=2),
            params={"limit": 100},
            source="kucoin.fetch_spot_orders_by_status: hf/orders/done lists filled and cancelled ones, its page is `limit`, which ccxt"
            " does not set; KuCoin keeps filled ones for seven days, cancelled ones for two (docs-new, get-order-history)",
        ),
        *_MONEY,
        Endpoint(
            Export.LEDGER,
            limit=200,
            span=timedelta(days=1),
            source="kucoin.fetch_ledger: hf/accounts/ledgers, 200 a page; the span of a request is KuCoin's for accounts/ledgers",
        ),
        Endpoint(
            Export.BALANCE,
            source="kucoin.fetch_balance: accounts, of type trade, or trade_hf where the account is high-frequency",
        ),
        Endpoint(
            Export.OHLCV,
            by_symbol=True,
            limit=1500,
            unit=timedelta(seconds=1),
            source="kucoin.fetch_spot_ohlcv: market/candles in seconds, 1500 a page; the end is since and the limit, not until",
            until_param="endAt",
        ),
    ),
    absent={
        Export.TRANSFERS: _TRANSFERS,
        Export.FUNDING_HISTORY: "a spot account has none",
        Export.POSITIONS: "a spot account has none",
    },
    passphrase=True,
)

_PERPETUAL = VenueApi(
    connector="kucoin_perpetual",
    ccxt_id="kucoinfutures",
    options={"defaultType": "swap", "fetchMarkets": {"types": ["swap", "future", "contract"]}},
    endpoints=by_export(
        Endpoint(
            Export.MY_TRADES,
            limit=1000,
            span=_WEEK,
            kept=_THREE_MONTHS,
            source="kucoin.fetch_my_contract_trades: fills, 1000 a page; KuCoin keeps three months and cuts a request to a week without"
            " an error (docs-new, futures get-trade-history)",
        ),
        Endpoint(
            Export.OPEN_ORDERS,
            most=1000,
            params={"pageSize": 1000},
            source="kucoin.fetch_contract_orders_by_status: orders of status active, 1000 a page; ccxt sets no page size (50)",
        ),
        Endpoint(
            Export.CANCELED_AND_CLOSED_ORDERS,
            ccxt_method="fetch_closed_orders",
            limit=1000,
            span=_WEEK,
            kept=_THREE_MONTHS,
            params={"pageSize": 1000},
            source="kucoin.fetch_contract_orders_by_status: orders of status done, filled and cancelled ones, 1000 a page; ccxt sets no"
            " page size (50); three months, a week a request (docs-new, get-order-history)",
        ),
        Endpoint(
            Export.FUNDING_HISTORY,
            by_symbol=True,
            until_param="endAt",
            key=("id", "timestamp"),
            source="kucoin.fetch_funding_history: funding-history of a symbol; since is ignored where a limit is given, so none is: ten"
            " a page; it does not know until",
        ),
        Endpoint(Export.POSITIONS, source="kucoin.fetch_positions: positions, no pages"),
        *_MONEY,
        Endpoint(
            Export.LEDGER,
            limit=50,
            span=timedelta(days=1),
            params={"type": "swap", "hf": False},
            key=("timestamp", "type", "direction", "amount", "currency"),
            source="kucoin.fetch_ledger: transaction-history, 50 a page; an entry has no id there. Without hf it asks for the ledger of"
            " the high-frequency spot account, whatever the type",
        ),
        Endpoint(
            Export.BALANCE,
            params={"type": "swap"},
            by_settle="code",
            source="kucoin.fetch_contract_balance: account-overview of one asset, USDT unless `code` names another; its total is the"
            " equity, with unrealized PnL",
        ),
        Endpoint(
            Export.OHLCV,
            by_symbol=True,
            limit=200,
            until_param="to",
            source="kucoin.fetch_contract_ohlcv: kline/query, 200 a page",
        ),
    ),
    absent={Export.TRANSFERS: _TRANSFERS},
    passphrase=True,
)

VENUES = (_SPOT, _PERPETUAL)
