import pytest

from deskgate.sources.exact_json import parse
from deskgate.sources.fees import Fee, fee_in_quote, trade_fee
from deskgate.sources.records import RecordError

FILL = {"pair": "BTC-USDT", "price": "70000", "quantity": "0.002"}


@pytest.mark.parametrize(
    ("json", "recorded", "expected"),
    [
        ('{"percent": "0", "flat_fees": [{"token": "USDT", "amount": "0.10"}]}', "0.1", Fee("0.10", "USDT", "0.1")),
        ('{"percent": "0", "flat_fees": [{"token": "USDT", "amount": "0.10"}]}', None, Fee("0.10", "USDT", "0.10")),
        ('{"percent": "0", "flat_fees": [["USDT", 0.1], ["USDT", 0.2]]}', None, Fee("0.3", "USDT", "0.3")),
        ('{"flat_fees": [{"token": "BTC", "amount": "0.001"}]}', None, Fee("0.001", "BTC", "70.000")),
        ('{"flat_fees": [{"token": "BNB", "amount": "0.001"}]}', "0", Fee("0.001", "BNB", "0")),
        ('{"flat_fees": [{"token": "BNB", "amount": "0.001"}]}', None, Fee("0.001", "BNB", None)),
        ('{"flat_fees": [["BNB", "1"], ["USDT", "2"]]}', "5", Fee("5", "USDT", "5")),
        ('{"flat_fees": [["BNB", "1"], ["USDT", "2"]]}', None, Fee(None, None, None)),
        ('{"percent": "0.001", "percent_token": null, "flat_fees": []}', "0.139", Fee("0.139", "USDT", "0.139")),
        ('{"percent": "0.001", "percent_token": null, "flat_fees": []}', None, Fee("0.140000", "USDT", "0.140000")),
        ('{"percent": "0", "percent_token": "BNB", "flat_fees": []}', None, Fee("0", "BNB", "0")),
        ('{"percent": "0", "percent_token": null, "flat_fees": []}', None, Fee("0", "USDT", "0")),
        ("null", "0.3", Fee("0.3", "USDT", "0.3")),
        ("null", None, Fee(None, None, None)),
    ],
)
def test_trade_fee_of_every_shape(json: str, recorded: str | None, expected: Fee) -> None:
    assert trade_fee(parse(json), **FILL, recorded_quote=recorded) == expected


@pytest.mark.parametrize(
    "json",
    [
        '"0.1"',
        '{"percent": "x"}',
        '{"flat_fees": "none"}',
        '{"flat_fees": [["USDT"]]}',
        '{"flat_fees": [{"amount": 1}]}',
    ],
)
def test_malformed_trade_fee_is_refused(json: str) -> None:
    with pytest.raises(RecordError, match="trade_fee"):
        trade_fee(parse(json), **FILL)


def test_percent_of_a_huge_exponent_is_refused() -> None:
    with pytest.raises(RecordError, match="price '1e999999999' is not a number of at most 60 digits"):
        trade_fee({"percent": "0.001"}, pair="BTC-USDT", price="1e999999999", quantity="1")


def test_fee_in_quote_needs_a_pair() -> None:
    assert fee_in_quote("1", "USDT", None, "2") is None
