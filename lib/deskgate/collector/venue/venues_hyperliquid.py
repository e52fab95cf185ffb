"""Hyperliquid: what its API lists of an address, as ccxt 4.5.90 asks for it (`ccxt/hyperliquid.py`).

Everything is public, by address. ccxt must never be given a private key: with one, it signs an approval of its own when it loads the
markets (initialize_client). Spot and perpetual fills, payments and orders of an address come in one list, which ccxt cuts by symbol
after the page: a page without one's own symbol is not the end, so they are asked for without a symbol. Pages are oldest first.
"""

from collections.abc import Mapping

from deskgate.collector.venue.api import Endpoint, Export, FiltersBy, VenueApi

__all__ = ["VENUES"]

_PAGE = 500
_LATEST = 2000

_LISTS: Mapping[Export, Endpoint] = {
    Export.MY_TRADES: Endpoint(
        method="fetch_my_trades",
        by_symbol=False,
        limit=2000,
        most=10_000,
        source="hyperliquid.fetch_my_trades: userFillsByTime; at most 2000 fills an answer, and only the newest 10000 at all"
        " (Hyperliquid, info endpoint)",
    ),
    Export.OPEN_ORDERS: Endpoint(
        method="fetch_open_orders",
        by_symbol=False,
        filters_by=FiltersBy.STATE,
        source="hyperliquid.fetch_open_orders: frontendOpenOrders, no pages",
    ),
    Export.CANCELED_AND_CLOSED_ORDERS: Endpoint(
        method="fetch_canceled_and_closed_orders",
        by_symbol=False,
        filters_by=FiltersBy.CREATED,
        ignores_until=True,
        # An order is listed with each status that it had, three at most in its life, and ccxt keeps the last one.
        most=_LATEST // 3,
        source="hyperliquid.fetch_orders: historicalOrders, the newest 2000 statuses of orders, without a filter by time; ccxt cuts by"
        " creation",
    ),
    Export.LEDGER: Endpoint(
        method="fetch_ledger",
        by_symbol=False,
        limit=_PAGE,
        key=("id", "timestamp", "type", "amount"),
        source="hyperliquid.fetch_ledger: userNonFundingLedgerUpdates, 500 an answer: deposits, withdrawals and transfers; its id is the"
        " transaction's hash",
    ),
    Export.OHLCV: Endpoint(
        method="fetch_ohlcv",
        by_symbol=True,
        limit=5000,
        most=5000,
        source="hyperliquid.fetch_ohlcv: candleSnapshot, only the newest 5000 candles",
    ),
}
_FUNDING = Endpoint(
    method="fetch_funding_history",
    by_symbol=False,
    limit=_PAGE,
    key=("symbol", "timestamp", "amount"),
    source="hyperliquid.fetch_funding_history: userFunding, 500 an answer; its id is a hash that is zero for every payment",
)
_TRANSFERS = "ccxt's hyperliquid has no fetch_transfers; the ledger lists them"
_MONEY = "the ledger lists them, each once: fetch_deposits and fetch_withdrawals are parts of it"


def _venue(connector: str, market: str) -> VenueApi:
    contracts = market == "swap"
    balance = Endpoint(
        method="fetch_balance",
        by_symbol=False,
        filters_by=FiltersBy.STATE,
        params={"type": market},
        source="hyperliquid.fetch_balance: clearinghouseState, whose total is the equity with unrealized PnL"
        if contracts
        else "hyperliquid.fetch_balance: spotClearinghouseState",
    )
    positions = Endpoint(
        method="fetch_positions",
        by_symbol=False,
        filters_by=FiltersBy.STATE,
        source="hyperliquid.fetch_positions: clearinghouseState, no pages",
    )
    none = "a spot account has none"
    own = {Export.FUNDING_HISTORY: _FUNDING, Export.POSITIONS: positions} if contracts else {}
    return VenueApi(
        connector=connector,
        ccxt_id="hyperliquid",
        options={"defaultType": market, "fetchMarkets": {"types": ["spot", "swap"]}},
        endpoints={**_LISTS, **own, Export.BALANCE: balance},
        absent={
            Export.TRANSFERS: _TRANSFERS,
            **dict.fromkeys((Export.DEPOSITS, Export.WITHDRAWALS), _MONEY),
            **({} if contracts else dict.fromkeys((Export.FUNDING_HISTORY, Export.POSITIONS), none)),
        },
        by_address=True,
        has_testnet=True,
    )


VENUES = (_venue("hyperliquid", "spot"), _venue("hyperliquid_perpetual", "swap"))
