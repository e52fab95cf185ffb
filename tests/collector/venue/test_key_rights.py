"""What venues say that a key may do."""

import pytest

from deskgate.collector.venue.key_rights import rights_in

READS: dict[str, object] = {"enableReading": True, "enableFutures": False}


@pytest.mark.parametrize(
    ("venue", "answer", "expected"),
    [
        ("binance", READS, "reads only"),
        ("binance", READS | {"enableFutures": True, "enableWithdrawals": True}, "trade, withdraw"),
        ("binance", {}, "not known"),
        ("bybit", {"result": {"readOnly": "1"}}, "reads only"),
        ("bybit", {"result": {"readOnly": 0, "permissions": {"Wallet": ["Withdraw"], "Spot": ["SpotTrade"]}}}, "trade, withdraw"),
        ("okx", {"data": [{"perm": "read_only"}]}, "reads only"),
        ("okx", {"data": [{"perm": "read_only,withdraw,trade"}]}, "trade, withdraw"),
        ("bitget", {"data": {"authorities": ["coor", "stor"]}}, "reads only"),
        ("bitget", {"data": {"authorities": ["coow", "wtow"]}}, "trade, withdraw"),
        ("bitget", {"data": {}}, "not known"),
        ("kucoin", {"data": {"permission": "General,Futures"}}, "trade"),
        ("gate", {"data": {}}, "not known"),
        ("okx", None, "not known"),
    ],
)  # fmt: skip
def test_rights_are_those_the_venue_names(venue: str, answer: object, expected: str) -> None:
    rights = rights_in(venue, answer)
    assert rights.text == expected
    assert (rights.remark is None) == (expected in {"reads only", "not known"})
