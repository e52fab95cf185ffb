"""Contracts of every kind: converted by the venue's own size, or refused by name. Amounts are worked out by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.accounting.amounts import unvaluable
from deskgate.case.case import Case
from deskgate.config.bot import Bot, Opening
from deskgate.reconciliation.accounts.check import check
from desks import END, NOON, START, bot, case, desk, fill, values
from tiers import quick

HOUR = timedelta(hours=1)


def trades(symbol: str, size: str, pair: str, *rows: tuple[str, str, str, str]) -> list[dict[str, Any]]:
    """Return fills of both sides: the bot's in coins, the venue's in contracts; side, amount (of the bot), price, fee."""
    found = []
    for number, (side, amount, price, fee) in enumerate(rows, start=1):
        at = {
            "ts": NOON + number * HOUR,
            "side": side,
            "price": Decimal(price),
            "fee_amount": Decimal(fee),
            "pair": pair,
        }
        found += [fill(leg, f"t{number}", quantity=Decimal(amount), **at) for leg in ("local", "events")]
        contracts = Decimal(amount) / Decimal(size)
        found.append(
            fill("exchange", f"t{number}", quantity=contracts, symbol=symbol, contract_size=Decimal(size), **at)
        )
    return found


def account(symbol: str, size: str, contracts: str, total: str, pair: str = "BTC-USDT") -> dict[str, Any]:
    at = {"leg": "exchange", "ts": END}
    held = {"pair": pair, "symbol": symbol, "quantity": Decimal(contracts), "contract_size": Decimal(size)}
    return {
        "positions": [{**at, **held, "mark_price": Decimal(70500), "path": "b1/positions"}],
        "balances": [{**at, "token": "USDT", "total": Decimal(total), "path": "b1/balance"}],
    }


def deltas(of: Case) -> list[tuple[str, str | None]]:
    return sorted(check(of).breaks.select("kind", "delta").iter_rows())


# Linear: profit is contracts x size x (exit - entry), in quote (OKX, Gate and KuCoin alike): 0.25 BTC bought at 70000, 0.1 sold at 71000
# and 0.15 held at the mark 70500 gain 0.1 x 1000 + 0.15 x 500 = 175, less the fees 3.5 + 1.42: 1000 becomes 1170.08.
ROWS = (("BUY", "0.25", "70000", "3.5"), ("SELL", "0.1", "71000", "1.42"))


@pytest.mark.parametrize(
    ("connector", "symbol", "size", "contracts"),
    quick(
        [
            ("okx_perpetual", "BTC/USDT:USDT", "0.01", "15"),
            ("gate_io_perpetual", "BTC/USDT:USDT", "0.0001", "1500"),
            # The size is what differs, which tests/case shows of each venue.
            pytest.param("kucoin_perpetual", "BTC/USDT:USDT", "0.001", "150", marks=pytest.mark.long),
            pytest.param("bybit_perpetual", "BTC/USDT:USDT", "1", "0.15", marks=pytest.mark.long),
            ("okx_perpetual", "BTC/USDT:USDT-260626", "0.01", "15"),
        ]
    ),
)
def test_linear_contracts_are_base_times_size(connector: str, symbol: str, size: str, contracts: str) -> None:
    of = desk(bot(connector=connector, symbols={"BTC-USDT": symbol}))
    fills = trades(symbol, size, "BTC-USDT", *ROWS)
    assert deltas(case(of, fills=fills, **account(symbol, size, contracts, "1170.08"))) == []
    # The tolerance is 0.00002 and a rounding of 1e-8 for each fill.
    assert deltas(case(of, fills=fills, **account(symbol, size, contracts, "1170.08002001"))) == []
    assert deltas(case(of, fills=fills, **account(symbol, size, contracts, "1170.08002002"))) == [
        ("balance_drift", "0.00002002")
    ]
    one_less = str(Decimal(contracts) - 1)
    lost = deltas(case(of, fills=fills, **account(symbol, size, one_less, "1170.08")))
    assert ("position_drift", f"{-Decimal(size):f}") in lost


def inverse_bot(connector: str) -> Bot:
    opening = Opening(at=START, balance={"BTC": Decimal(1)})
    return bot(connector=connector, pairs=["BTC-USD"], symbols={"BTC-USD": "BTC/USD:BTC"}, opening=opening)


# Inverse: amounts are of USD (OKX and Binance COIN-M 100 a contract, Bybit 1); profit is contracts x size x (1/entry - 1/exit) in BTC.
@pytest.mark.parametrize(
    ("connector", "size", "contracts"), [("okx_perpetual", "100", "3"), ("bybit_perpetual", "1", "300")]
)
def test_inverse_contracts_are_compared_and_their_money_is_refused_by_name(
    connector: str, size: str, contracts: str
) -> None:
    of = desk(inverse_bot(connector)).model_copy(update={"quote": "USD"})
    fills = trades(
        "BTC/USD:BTC", size, "BTC-USD", ("BUY", "500", "70000", "0.000001"), ("SELL", "200", "71000", "0.0000004")
    )
    whole = case(of, fills=fills, **account("BTC/USD:BTC", size, contracts, "1", "BTC-USD"))
    found, reasons = values(check(whole).metrics), {metric.metric: metric.note for metric in check(whole).metrics}
    assert (found["position_drift"], found["balance_drift"]) == (0, None)
    assert "BTC-USD, an inverse contract" in str(reasons["balance_drift"])
    assert "BTC-USD, an inverse contract" in str(unvaluable(whole, whole.desk.bots["b1"]))
    lost = case(of, fills=fills, **account("BTC/USD:BTC", size, "0", "1", "BTC-USD"))
    assert deltas(lost) == [("position_drift", "-300")]
