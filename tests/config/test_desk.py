"""The keys of a bot's markets: connectors and symbols."""

from pathlib import Path

import pytest

from deskgate.config.connectors import unit_of
from deskgate.config.desk import load_desk
from deskgate.config.errors import InputError

BOT = '[desk]\nname = "d"\n[bots.b1]\nmode = "live"\npairs = ["BTC-USDT"]\n'


def _desk(folder: Path, more: str) -> Path:
    (folder / "desk.toml").write_text(BOT + more)
    return folder


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('connector = "binance"', ["binance"]),
        ('connector = ["binance", "binance_perpetual"]', ["binance_perpetual", "binance"]),
        ('connectors = ["okx_perpetual", "okx"]', ["okx_perpetual", "okx"]),
        ('connector = "okx"\nconnectors = ["okx", "okx_perpetual"]', ["okx_perpetual", "okx"]),
    ],
)
def test_connectors_of_a_bot(tmp_path: Path, line: str, expected: list[str]) -> None:
    bot = load_desk(_desk(tmp_path, line)).bots["b1"]
    assert (bot.connectors, bot.connector) == (expected, expected[0])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('connector = ["binance", "kucoin"]', "expected at most one of spot and one of contracts"),
        ('connector = "okx"\nconnectors = ["binance", "binance_perpetual"]', "expected one of its connectors"),
        ("connector = []", "connector"),
        ('connector = "okx"\nsymbols = { "HYPE-USD" = "HYPEUSD" }', "expected a unified symbol of ccxt"),
        ('connector = "okx"\nsymbols = { "PEPE-USDT" = "1000PEPE/USDT:USDT" }', "1 and 1000 coins"),
    ],
)
def test_markets_that_cannot_be_told_apart_are_refused(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        load_desk(_desk(tmp_path, line))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("BTC-USDT", 1), ("1INCH-USDT", 1), ("1000PEPE/USDT:USDT", 1000), ("10000LADYS-USDT", 10_000)),
        *(("kPEPE-USD", 1000), ("KPEPE/USDC:USDC", 1000), ("1MBABYDOGE-USDT", 1_000_000), ("KAVA-USDT", 1)),
    ],
)
def test_unit_in_a_name(name: str, expected: int) -> None:
    assert unit_of(name) == expected
