"""Hyperliquid: what its API lists of an address, as ccxt 4.5.90 asks for it (`ccxt/hyperliquid.py`).

Everything is public, by address. ccxt must never be given a private key: with one, it signs an approval of its own when it loads the
markets (initialize_client). Spot and perpetual fills, payments and orders of an address come in one list, which ccxt cuts by symbol
after the page: a page without one's own symbol is not the end, so they are asked for without a symbol. Pages are oldest first.
"""

from deskgate.collector.venue.api import Endpoint, Export, VenueApi, by_export

__all__ = ["VENUES"]

_PAGE = 500
_LATEST = 2000

_LISTS = (
    Endpoint(
        Export.MY_TRADES,
        limit=2000,
        most=10_000,
        source="hyperliquid.fetch_my_trades: userFillsByTime; at most 2000 fills an answer, and only the newest 10000 at all"
        " (Hyperliquid, info endpoint)",
    ),
    Endpoint(Export.OPEN_ORDERS, source="hyperliquid.fetch_open_orders: frontendOpenOrders, no pages"),
    Endpoint(
        Export.CANCELED_AND_CLOSED_ORDERS,
        ignores_until=True,
        # An order is listed with each status that it had, three at most in its life, and ccxt keeps the last one.
        most=_LATEST // 3,
        source="hyperliquid.fetch_orders: historicalOrders, the newest 2000 statuses of orders, without a filter by time; ccxt cuts by"
        " creation",
    ),
    Endpoint(
        Export.LEDGER,
        limit=_PAGE,
        key=("id", "timestamp", "type", "amount"),
        source="hyperliquid.fetch_ledger: userNonFundingLedgerUpdates, 500 an answer: deposits, withdrawals and transfers; its id is the"
        " transaction's hash",
    ),
    Endpoint(
        Export.OHLCV,
        by_symbol=True,
        limit=5000,
        most=5000,
        source="hyperliquid.fetch_ohlcv: candleSnapshot, only the newest 5000 candles",
    ),
)
_FUNDING = Endpoint(
    Export.FUNDING_HISTORY,
    limit=_PAGE,
    key=("symbol", "timestamp", "amount"),
    source="hyperliquid.fetch_funding_history: userFunding, 500 an answer; its id is a hash that is zero for every payment",
)
_TRANSFERS = "ccxt's hyperliquid has no fetch_transfers; the ledger lists them"
_MONEY = "the ledger lists them, each once: fetch_deposits and fetch_withdrawals are parts of it"


_POSITIONS = Endpoint(Export.POSITIONS, source="hyperliquid.fetch_positions: clearinghouseState, no pages")
_OF_CONTRACTS = (_FUNDING, _POSITIONS)


def _venue(connector: str, market: str) -> VenueApi:
    contracts = market == "swap"
    balance = Endpoint(
        Export.BALANCE,
        params={"type": market},
        source="hyperliquid.fetch_balance: clearinghouseState, whose total is the equity with unrealized PnL"
        if contracts
        else "hyperliquid.fetch_balance: spotClearinghouseState",
    )
    not_of_spot = dict.fromkeys((each.export for each in _OF_CONTRACTS), "a spot account has none")
    return VenueApi(
        connector=connector,
        ccxt_id="hyperliquid",
        options={"defaultType": market, "fetchMarkets": {"types": ["spot", "swap"]}},
        endpoints=by_export(*_LISTS, *(_OF_CONTRACTS if contracts else ()), balance),
        absent={
            Export.TRANSFERS: _TRANSFERS,
            **dict.fromkeys((Export.DEPOSITS, Export.WITHDRAWALS), _MONEY),
            **({} if contracts else not_of_spot),
        },
        by_address=True,
        has_testnet=True,
    )


VENUES = (_venue("hyperliquid", "spot"), _venue("hyperliquid_perpetual", "swap"))
