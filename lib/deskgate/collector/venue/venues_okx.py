"""OKX: what its API lists of a trading account, as ccxt 4.5.90 asks for it (`ccxt/okx.py`; OKX API v5).

Times are in milliseconds, pages are newest first. The bills, which have funding and transfers, take `begin` and `end`, which ccxt
does not pass on. An order that was cancelled without a fill is gone after two hours.
"""

from datetime import timedelta

from deskgate.collector.venue.api import Endpoint, Export, VenueApi, by_export

__all__ = ["VENUES"]

_PAGE = 100
_QUARTER = timedelta(days=90)
_UNFILLED = timedelta(hours=2)


def _venue(connector: str, market: str, instrument: str) -> VenueApi:
    contracts = (
        Endpoint(
            Export.FUNDING_HISTORY,
            limit=_PAGE,
            kept=_QUARTER,
            since_param="begin",
            until_param="end",
            source="okx.fetch_funding_history: account/bills-archive of type 8, three months; it passes on the limit alone",
        ),
        Endpoint(
            Export.POSITIONS, params={"instType": instrument}, source="okx.fetch_positions: account/positions, no pages"
        ),
    )
    none = "a spot account has none"
    return VenueApi(
        connector=connector,
        ccxt_id="okx",
        options={"defaultType": market, "fetchMarkets": {"types": [market]}},
        endpoints=by_export(
            Endpoint(
                Export.MY_TRADES,
                limit=_PAGE,
                kept=_QUARTER,
                source="okx.fetch_my_trades: trade/fills-history, three months, by the trade's ts; ccxt drops the limit where since"
                " is given, OKX's own is 100",
            ),
            Endpoint(
                Export.OPEN_ORDERS,
                limit=_PAGE,
                most=_PAGE,
                params={"instType": instrument},
                source="okx.fetch_open_orders: trade/orders-pending, the newest 100, without a filter by time",
            ),
            Endpoint(
                Export.CLOSED_ORDERS,
                limit=_PAGE,
                kept=_QUARTER,
                params={"method": "privateGetTradeOrdersHistoryArchive"},
                source="okx.fetch_closed_orders: state filled only; trade/orders-history has seven days,"
                " trade/orders-history-archive three months; begin and end are of cTime",
            ),
            Endpoint(
                Export.CANCELED_ORDERS,
                limit=_PAGE,
                kept=timedelta(days=7),
                kept_unfilled=_UNFILLED,
                source="okx.fetch_canceled_orders: trade/orders-history, seven days, never the archive; features daysBackCanceled"
                " 1/12: without a fill it is kept for two hours (OKX v5, orders-history)",
            ),
            *(contracts if market == "swap" else ()),
            Endpoint(
                Export.TRANSFERS,
                limit=_PAGE,
                kept=_QUARTER,
                since_param="begin",
                until_param="end",
                source="okx.fetch_transfers: account/bills-archive of type 1, three months; it does not know until",
            ),
            Endpoint(
                Export.DEPOSITS,
                limit=_PAGE,
                source="okx.fetch_deposits: asset/deposit-history; until is `after`, which leaves out that instant itself",
            ),
            Endpoint(
                Export.WITHDRAWALS,
                limit=_PAGE,
                source="okx.fetch_withdrawals: asset/withdrawal-history; until is `after`, which leaves out that instant itself",
            ),
            Endpoint(
                Export.LEDGER,
                limit=_PAGE,
                kept=_QUARTER,
                params={"method": "privateGetAccountBillsArchive"},
                since_param="begin",
                source=f"okx.fetch_ledger: account/bills-archive of instType {instrument}, so without transfers; it does not pass on since",
            ),
            Endpoint(
                Export.BALANCE,
                source="okx.fetch_balance: account/balance, the trading account, which spot and contracts share",
            ),
            Endpoint(
                Export.OHLCV,
                by_symbol=True,
                limit=300,
                source="okx.fetch_ohlcv: market/candles of the last 1439 candles, market/history-candles before; 300 a page",
            ),
        ),
        absent={} if market == "swap" else dict.fromkeys((Export.FUNDING_HISTORY, Export.POSITIONS), none),
        passphrase=True,
        has_testnet=True,
    )


VENUES = (_venue("okx", "spot", "SPOT"), _venue("okx_perpetual", "swap", "SWAP"))
