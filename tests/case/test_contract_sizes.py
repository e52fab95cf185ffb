"""How large a contract is: what records say, what costs say, and when neither is enough."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.case.contract_sizes import contract_size, size_in_costs
from deskgate.config.bot import Bot, Mode

SYMBOL = "PEOPLE/USDT:USDT"
MONEY = pl.Decimal(38, 18)


def a_bot(connector: str, mode: Mode = Mode.LIVE) -> Bot:
    return Bot(name="b1", mode=mode, connector=connector, pairs=["PEOPLE-USDT"])


def trades(*rows: tuple[str, str, str]) -> pl.DataFrame:
    schema = dict.fromkeys(("price", "quantity", "cost"), MONEY)
    return pl.DataFrame([tuple(map(Decimal, row)) for row in rows], schema=schema, orient="row")


@pytest.mark.parametrize(
    ("connector", "symbol", "recorded", "by_cost", "expected"),
    [
        ("okx_perpetual", SYMBOL, [Decimal(100)], None, Decimal(100)),
        ("okx_perpetual", SYMBOL, [], Decimal(100), Decimal(100)),
        ("okx_perpetual", SYMBOL, [Decimal(100)], Decimal(100), Decimal(100)),
        ("okx_perpetual", SYMBOL, [], None, "no record says how large one is"),
        (
            "okx_perpetual",
            SYMBOL,
            [Decimal(10)],
            Decimal(100),
            "10 by the contractSize of its records and 100 by the cost",
        ),
        ("okx_perpetual", SYMBOL, [Decimal(10), Decimal(100)], None, "contradict each other"),
        ("other_perpetual", SYMBOL, [], None, "no record says how large one is"),
        ("other_perpetual", SYMBOL, [], Decimal("0.001"), Decimal("0.001")),
        ("binance_perpetual", SYMBOL, [], None, Decimal(1)),
        ("binance_perpetual", SYMBOL, [], Decimal(3), Decimal(1)),
        ("binance_perpetual_testnet", SYMBOL, [Decimal(1)], None, Decimal(1)),
        ("binance_perpetual", SYMBOL, [Decimal(10)], None, "10 by the contractSize of its records and 1 by its venue"),
        ("binance_perpetual", "BTC/USD:BTC", [Decimal(100)], Decimal(100), Decimal(100)),
        ("binance_perpetual", "BTC/USD:BTC", [], None, "no record says how large one is"),
        ("okx", "PEOPLE/USDT", [], None, Decimal(1)),
        ("okx_paper_trade", SYMBOL, [], None, Decimal(1)),
    ],
)
def test_size_of_a_contract(
    connector: str, symbol: str, recorded: list[Decimal], by_cost: Decimal | None, expected: Decimal | str
) -> None:
    found = contract_size(a_bot(connector), symbol, recorded, by_cost)
    assert expected in found if isinstance(expected, str) and isinstance(found, str) else found == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("0.03881", "12", "46.572"), ("0.0388", "8", "31.04")], Decimal(100)),
        ([("74000", "3", "222"), ("74010", "2", "148.02")], Decimal("0.001")),
        # Rounded to cents.
        ([("0.03881", "12", "46.57"), ("0.0388", "8", "31.04")], Decimal(100)),
        # A cost of so few digits says nothing.
        ([("0.3", "1", "0.3")], None),
        ([("0.34", "1", "0.4")], None),
        # Another cost shows to how many decimals both are.
        ([("0.3", "1", "0.3"), ("0.30001", "1", "0.30001")], Decimal(1)),
        # They disagree.
        ([("10", "1", "100"), ("10", "1", "1000")], None),
        # One of many has a wrong price.
        ([("10", str(n), str(n * 100)) for n in range(1, 15)] + [("11", "1", "100")], Decimal(10)),
        ([], None),
    ],
)
def test_size_in_costs(rows: list[tuple[str, str, str]], expected: Decimal | None) -> None:
    assert size_in_costs(trades(*rows), inverse=False) == expected


def test_size_in_costs_of_an_inverse_contract() -> None:
    rows = [(str(price), "3", repr(float(Decimal(300) / price))) for price in (Decimal(74000), Decimal(74010))]
    assert size_in_costs(trades(*rows), inverse=True) == 100


@given(
    exponent=st.integers(-6, 5),
    digit=st.sampled_from([1, 2, 5, 25]),
    price=st.integers(1, 10**6),
    quantity=st.integers(1, 10**4),
)
def test_exact_cost_says_the_size(exponent: int, digit: int, price: int, quantity: int) -> None:
    size = Decimal(digit).scaleb(exponent)
    row = (Decimal(price) / 100, Decimal(quantity), Decimal(price) / 100 * quantity * size)
    text = (f"{row[0]:f}", f"{row[1]:f}", f"{row[2]:f}")
    found = size_in_costs(trades(text, text), inverse=False)
    # A small cost without decimals is not sure, and is never another size.
    assert found in (size, None)
