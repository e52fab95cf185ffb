from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.sources.ccxt.transfers import read_transfers
from deskgate.sources.recognition import recognise

from ..desks import a_source, json_file

MOVED = {"id": "m1", "timestamp": 1773792091022, "currency": "USDT", "amount": 25.5, "status": "ok"}


@pytest.mark.parametrize(
    ("item", "amount"),
    [
        ({"fromAccount": "spot", "toAccount": "swap"}, "25.5"),
        ({"fromAccount": "linear", "toAccount": "funding"}, "-25.5"),
        ({"type": "deposit", "txid": "0x1"}, "25.5"),
        ({"type": "withdrawal", "txid": "0x1", "fee": {"currency": "USDT", "cost": 1}}, "-26.5"),
        ({"type": "withdrawal", "txid": "0x1", "fee": {"currency": "BNB", "cost": 1}}, "-25.5"),
        ({"fromAccount": "spot", "toAccount": "swap", "status": "pending"}, None),
        ({"fromAccount": "spot", "toAccount": "swap", "status": "failed"}, None),
    ],
)
def test_transfers_are_positive_into_the_account_of_contracts(
    tmp_path: Path, item: dict[str, object], amount: str | None
) -> None:
    file = json_file(tmp_path / "money.json", [MOVED | item])
    assert recognise(file)[0].name == "transfers"
    parsed = read_transfers(a_source(file))
    rows = parsed.frames["transfers"]["amount"].to_list() if amount else list(parsed.frames.values())
    assert rows == ([Decimal(amount)] if amount else [])
    assert (parsed.quarantine.height, parsed.records.height) == (0, 1)


@pytest.mark.parametrize("accounts", [("spot", "funding"), ("swap", "future"), (None, None)])
def test_transfer_outside_the_account_is_in_quarantine(tmp_path: Path, accounts: tuple[str | None, str | None]) -> None:
    item = MOVED | dict(zip(("fromAccount", "toAccount"), accounts, strict=True))
    parsed = read_transfers(a_source(json_file(tmp_path / "transfers.json", [item])))
    assert "does not say whether it reached or left" in parsed.quarantine["reason"].item()
