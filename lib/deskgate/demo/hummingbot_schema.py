"""The tables and indices of Hummingbot's trades database, as its models of 2026 create them.

Only the text of the schema: what stands in the tables is written by `hummingbot_files`. SQLite keeps the statements
as they were typed, so the spelling (a tab before and `, ` with a line break after each column) is part of it.
"""

__all__ = ["COLUMNS", "statements"]

_TABLES: dict[str, tuple[str, ...]] = {
    "Controllers": (
        "id TEXT",
        "controller_id INTEGER NOT NULL",
        "timestamp FLOAT NOT NULL",
        "type TEXT NOT NULL",
        "config JSON NOT NULL",
        "PRIMARY KEY (controller_id)",
    ),
    "Executors": (
        "id TEXT NOT NULL",
        "timestamp FLOAT NOT NULL",
        "type TEXT NOT NULL",
        "close_type INTEGER",
        "close_timestamp BIGINT",
        "status INTEGER NOT NULL",
        "config JSON NOT NULL",
        "net_pnl_pct FLOAT NOT NULL",
        "net_pnl_quote FLOAT NOT NULL",
        "cum_fees_quote FLOAT NOT NULL",
        "filled_amount_quote FLOAT NOT NULL",
        "is_active BOOLEAN NOT NULL",
        "is_trading BOOLEAN NOT NULL",
        "custom_info JSON NOT NULL",
        "controller_id TEXT",
        "PRIMARY KEY (id)",
    ),
    "FundingPayment": (
        "timestamp BIGINT NOT NULL",
        "config_file_path TEXT NOT NULL",
        "market TEXT NOT NULL",
        "rate FLOAT NOT NULL",
        "symbol TEXT NOT NULL",
        "amount FLOAT NOT NULL",
        "PRIMARY KEY (timestamp)",
    ),
    "InventoryCost": (
        "id INTEGER NOT NULL",
        "base_asset VARCHAR(45) NOT NULL",
        "quote_asset VARCHAR(45) NOT NULL",
        "base_volume NUMERIC(48, 18) NOT NULL",
        "quote_volume NUMERIC(48, 18) NOT NULL",
        "PRIMARY KEY (id)",
        "UNIQUE (base_asset, quote_asset)",
    ),
    "MarketData": (
        "timestamp BIGINT NOT NULL",
        "exchange TEXT NOT NULL",
        "trading_pair TEXT NOT NULL",
        "mid_price BIGINT NOT NULL",
        "best_bid BIGINT NOT NULL",
        "best_ask BIGINT NOT NULL",
        "order_book JSON",
        "PRIMARY KEY (timestamp)",
    ),
    "MarketState": (
        "id INTEGER NOT NULL",
        "config_file_path TEXT NOT NULL",
        "market TEXT NOT NULL",
        "timestamp BIGINT NOT NULL",
        "saved_state JSON NOT NULL",
        "PRIMARY KEY (id)",
    ),
    "Metadata": (
        '"key" TEXT NOT NULL',
        "value TEXT NOT NULL",
        'PRIMARY KEY ("key")',
    ),
    "Order": (
        "id TEXT NOT NULL",
        "config_file_path TEXT NOT NULL",
        "strategy TEXT NOT NULL",
        "market TEXT NOT NULL",
        "symbol TEXT NOT NULL",
        "base_asset TEXT NOT NULL",
        "quote_asset TEXT NOT NULL",
        "creation_timestamp BIGINT NOT NULL",
        "order_type TEXT NOT NULL",
        "amount BIGINT NOT NULL",
        "leverage INTEGER NOT NULL",
        "price BIGINT NOT NULL",
        "last_status TEXT NOT NULL",
        "last_update_timestamp BIGINT NOT NULL",
        "exchange_order_id TEXT",
        "position TEXT",
        "PRIMARY KEY (id)",
    ),
    "OrderStatus": (
        "id INTEGER NOT NULL",
        "order_id TEXT NOT NULL",
        "timestamp BIGINT NOT NULL",
        "status TEXT NOT NULL",
        "PRIMARY KEY (id)",
        'FOREIGN KEY(order_id) REFERENCES "Order" (id)',
    ),
    "Position": (
        "id TEXT NOT NULL",
        "controller_id TEXT NOT NULL",
        "connector_name TEXT NOT NULL",
        "side TEXT NOT NULL",
        "trading_pair TEXT NOT NULL",
        "timestamp BIGINT NOT NULL",
        "volume_traded_quote BIGINT NOT NULL",
        "amount BIGINT NOT NULL",
        "breakeven_price BIGINT NOT NULL",
        "unrealized_pnl_quote BIGINT NOT NULL",
        "realized_pnl_quote BIGINT NOT NULL",
        "cum_fees_quote BIGINT NOT NULL",
        "PRIMARY KEY (id)",
    ),
    "RangePositionCollectedFees": (
        "id INTEGER NOT NULL",
        "config_file_path TEXT NOT NULL",
        "strategy TEXT NOT NULL",
        "token_id INTEGER NOT NULL",
        "token_0 TEXT NOT NULL",
        "token_1 TEXT NOT NULL",
        "claimed_fee_0 FLOAT NOT NULL",
        "claimed_fee_1 FLOAT NOT NULL",
        "PRIMARY KEY (id)",
    ),
    "RangePositionUpdate": (
        "id INTEGER NOT NULL",
        "hb_id TEXT NOT NULL",
        "timestamp BIGINT NOT NULL",
        "tx_hash TEXT",
        "token_id INTEGER NOT NULL",
        "trade_fee JSON NOT NULL",
        "config_file_path TEXT",
        "market TEXT",
        "order_action TEXT",
        "trading_pair TEXT",
        "position_address TEXT",
        "lower_price FLOAT",
        "upper_price FLOAT",
        "mid_price FLOAT",
        "base_amount FLOAT",
        "quote_amount FLOAT",
        "base_fee FLOAT",
        "quote_fee FLOAT",
        "position_rent FLOAT",
        "position_rent_refunded FLOAT",
        "trade_fee_in_quote FLOAT",
        "PRIMARY KEY (id)",
    ),
    "TradeFill": (
        "config_file_path TEXT NOT NULL",
        "strategy TEXT NOT NULL",
        "market TEXT NOT NULL",
        "symbol TEXT NOT NULL",
        "base_asset TEXT NOT NULL",
        "quote_asset TEXT NOT NULL",
        "timestamp BIGINT NOT NULL",
        "order_id TEXT NOT NULL",
        "trade_type TEXT NOT NULL",
        "order_type TEXT NOT NULL",
        "price BIGINT NOT NULL",
        "amount BIGINT NOT NULL",
        "leverage INTEGER NOT NULL",
        "trade_fee JSON NOT NULL",
        "trade_fee_in_quote BIGINT",
        "exchange_trade_id TEXT NOT NULL",
        "position TEXT",
        "PRIMARY KEY (market, order_id, exchange_trade_id)",
        'FOREIGN KEY(order_id) REFERENCES "Order" (id)',
    ),
}

_INDICES: dict[str, dict[str, str]] = {
    "Controllers": {
        "c_type": "type",
    },
    "Executors": {
        "ex_close_timestamp": "close_timestamp",
        "ex_status": "status",
        "ex_timestamp": "timestamp",
        "ex_type": "type",
        "ex_type_status": "type, status",
        "ex_type_timestamp": "type, timestamp",
    },
    "FundingPayment": {
        "fp_config_timestamp_index": "config_file_path, timestamp",
        "fp_market_trading_pair_timestamp_index": "market, symbol, timestamp",
    },
    "Order": {
        "o_config_timestamp_index": "config_file_path, creation_timestamp",
        "o_market_base_asset_timestamp_index": "market, base_asset, creation_timestamp",
        "o_market_quote_asset_timestamp_index": "market, quote_asset, creation_timestamp",
        "o_market_trading_pair_timestamp_index": "market, symbol, creation_timestamp",
    },
    "OrderStatus": {
        "os_order_id_timestamp_index": "order_id, timestamp",
    },
    "Position": {
        "p_connector_name_trading_pair_timestamp_index": "connector_name, trading_pair, timestamp",
        "p_controller_id_timestamp_index": "controller_id, timestamp",
    },
    "RangePositionCollectedFees": {
        "rpf_id_index": "token_id, config_file_path",
    },
    "RangePositionUpdate": {
        "rpu_config_file_index": "config_file_path, timestamp",
        "rpu_position_index": "position_address",
        "rpu_timestamp_index": "hb_id, timestamp",
    },
    "TradeFill": {
        "tf_config_timestamp_index": "config_file_path, timestamp",
        "tf_market_base_asset_timestamp_index": "market, base_asset, timestamp",
        "tf_market_quote_asset_timestamp_index": "market, quote_asset, timestamp",
        "tf_market_trading_pair_timestamp_index": "market, symbol, timestamp",
    },
    "MarketData": {
        "timestamp": "exchange, trading_pair",
    },
}

_CONSTRAINTS = ("PRIMARY KEY", "FOREIGN KEY", "UNIQUE")

COLUMNS: dict[str, tuple[str, ...]] = {
    table: tuple(line.split()[0].strip('"') for line in lines if not line.startswith(_CONSTRAINTS))
    for table, lines in _TABLES.items()
}


def statements() -> list[str]:
    """Return the statements that create the empty database, tables first."""
    tables = [f'CREATE TABLE "{table}" (\n\t{_lines(lines)}\n)' for table, lines in _TABLES.items()]
    indices = [
        f'CREATE INDEX {index} ON "{table}" ({columns})'
        for table, named in _INDICES.items()
        for index, columns in named.items()
    ]
    return tables + indices


def _lines(lines: tuple[str, ...]) -> str:
    return ", \n\t".join(lines)
