from decimal import Decimal
from pathlib import Path

from deskgate.sources.ccxt.funding import read_funding_history

from ..desks import a_source, json_file


def test_funding_is_signed(tmp_path: Path) -> None:
    row = {"id": "f1", "symbol": "ETH/USDT:USDT", "code": "USDT", "timestamp": 1773820800000, "amount": -0.00051896}
    source = a_source(json_file(tmp_path / "x.json", [row | {"info": {"income": "-0.00051896"}}]))
    funding = read_funding_history(source).frames["funding"]
    assert funding.select("pair", "funding_id", "amount", "rate").row(0) == (
        *("ETH-USDT", "f1", Decimal("-0.00051896"), None),
    )
