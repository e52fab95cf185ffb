"""Answers of venues as they come: what ccxt 4.5.90 keeps as `info` of a record. Several of its parsers read one answer."""

Answer = dict[str, object]

BYBIT_FUNDING: Answer = {
    "symbol": "BTCUSDT",
    "orderType": "UNKNOWN",
    "underlyingPrice": "",
    "orderLinkId": "",
    "orderId": "a11e5fe2-1dbf-4bab-a9b2-af80a14efc5d",
    "stopOrderType": "UNKNOWN",
    "execTime": "1773820800000",
    "feeCurrency": "",
    "createType": "",
    "feeRate": "0.0001",
    "execPrice": "74030.1",
    "orderQty": "0",
    "orderPrice": "0",
    "execValue": "370.1505",
    "closedSize": "0",
    "execType": "Funding",
    "seq": "28097658790",
    "side": "Buy",
    "leavesQty": "0",
    "isMaker": False,
    "execFee": "0.03701505",
    "execId": "8d1ef156-4ec6-4445-9a6c-1c0c24dbd046",
    "execQty": "0.005",
}
BYBIT_TRADE = BYBIT_FUNDING | {
    "feeCurrency": "USDT",
    "feeRate": "0.00006",
    "execType": "Trade",
    "execFee": "0.0222",
    "execId": "x-Trade",
}
OKX_FUNDING: Answer = {
    "bal": "999.5",
    "balChg": "-0.1480012",
    "billId": "377970609204146187",
    "ccy": "USDT",
    "execType": "",
    "fee": "0",
    "from": "",
    "instId": "ETH-USDT-SWAP",
    "instType": "SWAP",
    "mgnMode": "cross",
    "notes": "",
    "ordId": "",
    "pnl": "-0.1480012",
    "posBal": "0",
    "posBalChg": "0",
    "subType": "173",
    "sz": "9",
    "to": "",
    "ts": "1773820800588",
    "type": "8",
    "px": "2300.1",
}
OKX_FUNDING_ISOLATED = OKX_FUNDING | {
    "balChg": "0",
    "billId": "377970609204146188",
    "posBalChg": "0.02",
    "subType": "174",
    "ts": "1773849600000",
}
# The account's bills have these as well.
OKX_BILL_OF_FUNDING = OKX_FUNDING | {"tradeId": "", "side": "", "fillPx": "", "fillSz": ""}
