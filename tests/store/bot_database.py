"""A bot's database for tests of the store: the rows that Hummingbot's recorder adds, and what a store holds of them."""

import sqlite3

from deskgate.store.tables import Store

from .event_files import rows

COMPARED = ("fills", "orders", "funding", "mids", "positions", "liquidity_operations", "quarantine", "sources")
MS = 1_777_900_000_000
ORDER = (
    'INSERT INTO "Order" (id, config_file_path, strategy, market, symbol, base_asset, quote_asset, creation_timestamp,'
    " order_type, amount, leverage, price, last_status, last_update_timestamp, exchange_order_id, position) VALUES"
    " (?, 'c', 's', 'bitget_perpetual', 'BTC-USDT', 'BTC', 'USDT', ?, 'LIMIT', 10000, 1, 100500000, ?, ?, ?, 'NIL')"
)
FILL = (
    "INSERT INTO TradeFill (config_file_path, strategy, market, symbol, base_asset, quote_asset, timestamp, order_id,"
    " trade_type, order_type, price, amount, leverage, trade_fee, trade_fee_in_quote, exchange_trade_id, position) VALUES"
    " ('c', 's', 'bitget_perpetual', 'BTC-USDT', 'BTC', 'USDT', ?, ?, 'BUY', 'LIMIT', 100500000, 10000, 1,"
    " '{\"percent\": 0, \"flat_fees\": []}', 0, ?, 'NIL')"
)
STATE = "INSERT INTO OrderStatus (order_id, timestamp, status) VALUES (?, ?, ?)"
PAYMENT = (
    "INSERT INTO FundingPayment (timestamp, config_file_path, market, rate, symbol, amount) VALUES"
    " (?, 'c', 'bitget_perpetual', 0.0001, 'BTC-USDT', -0.01)"
)
POSITION = (
    "INSERT OR REPLACE INTO Position (id, controller_id, connector_name, side, trading_pair, timestamp, volume_traded_quote,"
    " amount, breakeven_price, unrealized_pnl_quote, realized_pnl_quote, cum_fees_quote) VALUES"
    " (?, 'k', 'bitget_perpetual', 'BUY', 'BTC-USDT', ?, 0, ?, 100500000, 0, 0, 0)"
)


RANGE = (
    "INSERT INTO RangePositionUpdate (hb_id, timestamp, token_id, trade_fee, market, order_action, trading_pair) VALUES"
    " ('x', ?, 0, '{}', 'bitget_perpetual', ?, 'BTC-USDT')"
)


def trade(database: sqlite3.Connection, number: int) -> None:
    """Add an order with its states and its fill, as the recorder does."""
    at = MS + 60_000 * number
    database.execute(ORDER, (f"c{number}", at, "BuyOrderCompleted", at + 900, f"v{number}"))
    database.execute(STATE, (f"c{number}", at, "BuyOrderCreated"))
    database.execute(FILL, (at + 800, f"c{number}", f"t{number}"))
    database.execute(STATE, (f"c{number}", at + 900, "BuyOrderCompleted"))


def open_orders(database: sqlite3.Connection) -> None:
    """Add orders that are not finished: with a state, with none, and states and a fill whose order is not there."""
    database.execute(ORDER, ("open", MS, "BuyOrderCreated", MS, None))
    database.execute(STATE, ("open", MS, "BuyOrderCreated"))
    database.execute(ORDER, ("stateless", MS, "BuyOrderCreated", MS, "v"))
    database.execute(ORDER, ("sideless", MS, "OrderCancelled", MS, "v"))
    database.execute(STATE, ("sideless", MS, "OrderCancelled"))
    database.execute(STATE, ("orphan", MS, "OrderCancelled"))
    database.execute(FILL, (MS + 5, "orphan fill", "t-orphan"))


def assert_same(store: Store, whole: Store) -> None:
    """Hold two stores to the same rows."""
    for name in COMPARED:
        found = [rows(each, name).drop({"sources": ["row_id"]}.get(name, [])) for each in (store, whole)]
        assert found[0].sort(found[0].columns).equals(found[1].sort(found[1].columns)), name
