"""One authentic record of each dialect, for tests to change what they are about."""

DB_FILL: dict[str, object] = {
    "market": "bitget_perpetual",
    "symbol": "BTC-USDT",
    "timestamp": 1773792091000,
    "order_id": "o1",
    "trade_type": "SELL",
    "price": 73839200000,
    "amount": 200,
    "trade_fee": '{"percent": "0", "percent_token": "USDT", "flat_fees": [{"token": "USDT", "amount": "0.00295357"}]}',
    "trade_fee_in_quote": 2953,
    "exchange_trade_id": "t1",
}
DB_ORDER: dict[str, object] = {
    "id": "o1",
    "market": "bitget_perpetual",
    "symbol": "BTC-USDT",
    "base_asset": "BTC",
    "quote_asset": "USDT",
    "creation_timestamp": 1773792030000,
    "order_type": "LIMIT",
    "amount": 200,
    "price": 73839200000,
    "last_status": "SellOrderCompleted",
    "last_update_timestamp": 1773792091065,
    "exchange_order_id": "x1",
}
MQTT_FEE = {"percent": "0", "flat_fees": [{"token": "USDT", "amount": "0.00295357"}]}
MQTT_FILL = {
    "order_id": "o1",
    "trading_pair": "BTC-USDT",
    "trade_type": "TradeType.SELL",
    "price": 73839.2,
    "amount": 0.0002,
    "trade_fee": MQTT_FEE,
    "exchange_trade_id": "t1",
    "exchange_order_id": "",
}
ENVELOPE = {
    "event_id": "e1",
    "event_type": "market_snapshot",
    "event_version": "v1",
    "ts_utc": "1771722564009",
    "producer": "hb",
    "instance_name": "bot1",
    "controller_id": "",
    "connector_name": "bitget_perpetual",
    "trading_pair": "BTC-USDT",
    "correlation_id": "c1",
    "payload": {"mid_price": 68009.7},
    "ingest_ts_utc": "2026-02-22T01:09:34.309805+00:00",
}
ENVELOPE_FILL = {
    "order_id": "o1",
    "trade_id": "t1",
    "side": "buy",
    "price": "68000",
    "amount": "0.001",
    "fee_quote": "0.068",
}
MINUTE_HEADER = "ts,exchange,trading_pair,state,mid,equity_quote,base_pct,fills_count_today,best_bid_price,risk_reasons"
MINUTE_ROW = "2026-02-24T00:01:00+00:00,bitget_perpetual,BTC-USDT,running,64000.5,101,0E+10,7,64000,a|b"
FILL_HEADER = "ts,exchange,trading_pair,side,price,amount_base,fee_quote,order_id,is_maker"
FILL_ROW = "2026-02-24T00:01:00.5+00:00,bitget_paper_trade,BTC-USDT,buy,64831.05,0.0001218,0.00789642189,paper-1,False"
VENUE_TRADE = {
    "info": {
        "price": "73839.20",
        "baseVolume": "0.0002",
        "feeDetail": [{"feeCoin": "USDT", "totalFee": "-0.00295357"}],
    },
    "id": "t1",
    "order": "x1",
    "symbol": "BTC/USDT:USDT",
    "side": "sell",
    "takerOrMaker": "maker",
    "price": 73839.2,
    "amount": 0.0002,
    "timestamp": 1773792091022,
    "fee": {"currency": "USDT", "cost": 0.00295357},
}
VENUE_ORDER = {
    "info": {"size": "0.0002", "baseVolume": "0.0001", "price": "73839.2"},
    "id": "x1",
    "clientOrderId": "o1",
    "timestamp": 1773792030243,
    "lastTradeTimestamp": 1773792091022,
    "lastUpdateTimestamp": 1773792091033,
    "symbol": "BTC/USDT:USDT",
    "side": "sell",
    "price": 73839.2,
    "amount": 0.0002,
    "filled": 0.0001,
    "status": "closed",
}


def a_message(
    kind: str, data: object, *, instance: str = "bot1", received_at: object = 1773792091.07
) -> dict[str, object]:
    """Return a message of the MQTT bridge."""
    payload = {"timestamp": 1773792091, "type": kind, "data": data}
    return {"topic": f"hbot/{instance}/events", "received_at": received_at, "payload": payload}
