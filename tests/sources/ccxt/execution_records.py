"""What the parsers of ccxt 4.5.90 make of venues' executions, some of which are no trades."""

from .venue_answers import BYBIT_FUNDING, BYBIT_TRADE, OKX_BILL_OF_FUNDING

Execution = dict[str, object]


def _fee(**values: object) -> Execution:
    """Return the fee of an execution, as ccxt gives it: alone and in a list."""
    return {"fee": values, "fees": [values]}


_BYBIT: Execution = {
    "id": BYBIT_FUNDING["execId"],
    "info": BYBIT_FUNDING,
    "timestamp": 1773820800000,
    "datetime": "2026-03-18T08:00:00.000Z",
    "symbol": "BTC/USDT:USDT",
    "order": "a11e5fe2-1dbf-4bab-a9b2-af80a14efc5d",
    "type": None,
    "side": "buy",
    "takerOrMaker": "taker",
    "price": 74030.1,
    "amount": 0.005,
    "cost": 370.1505,
    **_fee(currency="USDT", cost=0.03701505, rate=0.0001),
}
EXECUTIONS: dict[str, Execution] = {
    "bybit Funding": _BYBIT,
    "okx bill of funding": {
        "info": OKX_BILL_OF_FUNDING,
        "timestamp": 1773820800588,
        "datetime": "2026-03-18T08:00:00.588Z",
        "symbol": "ETH/USDT:USDT",
        "id": None,
        "order": None,
        "type": None,
        "takerOrMaker": None,
        "side": None,
        "price": 2300.1,
        "amount": 9.0,
        "cost": 2070.09,
        **_fee(currency=None, cost=0.0),
    },
    "bybit Trade": _BYBIT
    | {"id": BYBIT_TRADE["execId"], "info": BYBIT_TRADE}
    | _fee(currency="USDT", cost=0.0222, rate=6e-05),
    "okx fill": {
        "info": {
            "side": "buy",
            "fillSz": "9",
            "fillPx": "2300.1",
            "fee": "-0.41",
            "ordId": "317321390244397056",
            "instType": "SWAP",
            "instId": "ETH-USDT-SWAP",
            "clOrdId": "93027a12dac34fBC",
            "posSide": "net",
            "billId": "317321390265368576",
            "tag": "",
            "execType": "M",
            "tradeId": "107601752",
            "feeCcy": "USDT",
            "ts": "1773820800985",
            "subType": "1",
        },
        "timestamp": 1773820800985,
        "datetime": "2026-03-18T08:00:00.985Z",
        "symbol": "ETH/USDT:USDT",
        "id": "107601752",
        "order": "317321390244397056",
        "type": None,
        "takerOrMaker": "maker",
        "side": "buy",
        "price": 2300.1,
        "amount": 9.0,
        "cost": 2070.09,
        **_fee(currency="USDT", cost=0.41),
    },
    "kucoinfutures settlement": {
        "info": {
            "symbol": "ETHUSDTM",
            "tradeId": "5ce24c1f0c19fc3c58edc47c",
            "orderId": "5ce24c16b210233c36ee321d",
            "side": "sell",
            "liquidity": "taker",
            "price": "2302",
            "size": 10,
            "value": "230.2",
            "feeRate": "0.0005",
            "fixFee": "0",
            "feeCurrency": "USDT",
            "stop": "",
            "fee": "0.115",
            "orderType": "limit",
            "tradeType": "settlement",
            "createdAt": 1773820800000,
            "settleCurrency": "USDT",
            "tradeTime": 1773820800000000000,
        },
        "id": "5ce24c1f0c19fc3c58edc47c",
        "order": "5ce24c16b210233c36ee321d",
        "timestamp": 1773820800000,
        "datetime": "2026-03-18T08:00:00.000Z",
        "symbol": "ETH/USDT:USDT",
        "type": "limit",
        "takerOrMaker": "taker",
        "side": "sell",
        "price": 2302.0,
        "amount": 10.0,
        "cost": 230.2,
        **_fee(currency="USDT", cost=0.115, rate=0.0005),
    },
}
