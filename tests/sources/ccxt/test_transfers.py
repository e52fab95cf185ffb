from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.sources.ccxt.transfers import read_transfers
from deskgate.sources.parsed_source import ParsedSource
from deskgate.sources.recognition import recognise

from ..desks import a_bot, a_source, json_file

MOVED = {"id": "m1", "timestamp": 1773792091022, "currency": "USDT", "amount": 25.5, "status": "ok"}
IN, OUT = {"fromAccount": "spot", "toAccount": "swap"}, {"fromAccount": "linear", "toAccount": "funding"}
DEPOSIT, WITHDRAWAL = {"type": "deposit", "txid": "0x1"}, {"type": "withdrawal", "txid": "0x1"}
FEE = {"fee": {"currency": "USDT", "cost": 1}}


def moved(tmp_path: Path, item: Mapping[str, object], connector: str = "bitget_perpetual") -> ParsedSource:
    file = json_file(tmp_path / "money.json", [{**MOVED, **item}])
    assert recognise(file)[0].name == "transfers"
    return read_transfers(a_source(file, a_bot().model_copy(update={"connector": connector})))


@pytest.mark.parametrize(
    ("connector", "item", "amount"),
    [
        ("bitget_perpetual", IN, "25.5"),
        ("bitget_perpetual", OUT, "-25.5"),
        ("bitget_perpetual", IN | {"status": "pending"}, None),
        ("bitget_perpetual", IN | {"status": "failed"}, None),
        # Neither end is the account that the bot trades on.
        ("bitget_perpetual", {"fromAccount": "spot", "toAccount": "funding"}, None),
        ("bitget_perpetual", DEPOSIT, None),
        ("bitget_perpetual", WITHDRAWAL | FEE, None),
        ("bitget", DEPOSIT, "25.5"),
        ("bitget", IN, "-25.5"),
        ("kraken", WITHDRAWAL | FEE, "-26.5"),
        ("kraken", WITHDRAWAL | {"fee": {"currency": "BNB", "cost": 1}}, "-25.5"),
        ("okx_perpetual", DEPOSIT, None),
        ("okx_perpetual", {"fromAccount": "funding", "toAccount": "trading"}, "25.5"),
        ("okx", {"fromAccount": "trading", "toAccount": "funding"}, "-25.5"),
        ("bybit_perpetual", {"fromAccount": "fund", "toAccount": "unified"}, "25.5"),
        # KuCoin's ledger has one end only.
        ("kucoin_perpetual", {"fromAccount": None, "toAccount": "contract"}, "25.5"),
        ("binance_perpetual", {"fromAccount": "funding", "toAccount": "linear"}, "25.5"),
        ("binance_perpetual_testnet", DEPOSIT, None),
    ],
)
def test_only_what_reaches_or_leaves_the_bot_s_account_counts(
    tmp_path: Path, connector: str, item: dict[str, object], amount: str | None
) -> None:
    parsed = moved(tmp_path, item, connector)
    rows = parsed.frames["transfers"].select("amount", "account_unknown").rows() if amount else [*parsed.frames]
    assert rows == ([(Decimal(amount), None)] if amount else [])
    assert (parsed.quarantine.height, parsed.records.height) == (0, 1)


@pytest.mark.parametrize("connector", ["bybit_perpetual", "injective_v2_perpetual"])
def test_deposit_says_where_its_account_is_not_known(tmp_path: Path, connector: str) -> None:
    frame = moved(tmp_path, DEPOSIT, connector).frames["transfers"]
    assert frame.select("amount", "account_unknown").row(0) == (Decimal("25.5"), True)


@pytest.mark.parametrize(
    ("connector", "delta", "amount"),
    [
        ("hyperliquid_perpetual", {"type": "deposit", "usdc": "50.0"}, "50"),
        ("hyperliquid_perpetual", {"type": "withdraw", "usdc": "50.0"}, "-50"),
        ("hyperliquid_perpetual", {"type": "accountClassTransfer", "usdc": "50.0", "toPerp": False}, "-50"),
        ("hyperliquid", {"type": "accountClassTransfer", "usdc": "50.0", "toPerp": False}, "50"),
    ],
)
def test_ledger_without_type_and_currency(
    tmp_path: Path, connector: str, delta: dict[str, object], amount: str
) -> None:
    # What ccxt 4.5.90 hyperliquid.parse_transaction makes of it.
    item = {"id": None, "txid": "0x620a", "type": None, "amount": 50.0, "currency": None, "fromAccount": None}
    parsed = moved(tmp_path, item | {"status": None, "toAccount": None, "info": {"delta": delta}}, connector)
    assert parsed.frames["transfers"].select("token", "amount").row(0) == ("USDC", Decimal(amount))


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"fromAccount": "swap", "toAccount": "future"}, "does not say whether it reached or left"),
        ({"fromAccount": None, "toAccount": None}, "does not say whether it reached or left"),
        ({"fromAccount": "spot", "toAccount": None}, "does not say whether it reached or left"),
        ({"fromAccount": "spot", "toAccount": "42"}, "does not say whether it reached or left"),
        (IN | {"status": "reverting"}, "status 'reverting' is not one of canceled, failed, ok, pending"),
    ],
)
def test_movement_that_does_not_say_what_it_moved_is_in_quarantine(
    tmp_path: Path, item: dict[str, object], reason: str
) -> None:
    assert reason in moved(tmp_path, item).quarantine["reason"].item()
