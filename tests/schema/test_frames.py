from datetime import UTC, datetime
from decimal import Decimal

import dataframely as dy
import polars as pl
import pytest

from deskgate.schema import TABLES, digest_rows
from deskgate.schema.market import Fills

NOON = datetime(2026, 2, 22, 12, tzinfo=UTC)
FILL: dict[str, object] = {
    "row_id": "r",
    "bot": "bot1",
    "leg": "local",
    "ts": NOON,
    "visible_at": NOON,
    "path": "a.csv",
    "pair": "BTC-USDT",
    "market": None,
    "trade_id": "t",
    "order_id": None,
    "exchange_order_id": None,
    "side": "BUY",
    "price": Decimal(1),
    "quantity": Decimal(2),
    "fee_amount": None,
    "fee_token": None,
    "fee_quote": None,
    "liquidity": None,
}


def _fills(*changes: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([FILL | change for change in changes], schema=Fills.create_empty().schema)


def test_fill_is_valid() -> None:
    assert Fills.is_valid(_fills({}))


@pytest.mark.parametrize("change", [{"leg": "venue"}, {"side": "buy"}, {"price": None}, {"pair": None}, {"bot": None}])
def test_fill_is_not_valid(change: dict[str, object]) -> None:
    with pytest.raises(dy.exc.ValidationError):
        Fills.validate(_fills(change))


def test_every_table_has_an_identity() -> None:
    assert all(schema.columns()["row_id"].nullable is False for schema in TABLES.values())


def test_digest_does_not_depend_on_path_or_row_order() -> None:
    here = digest_rows(_fills({}, {"trade_id": "u"}))
    there = digest_rows(_fills({"trade_id": "u", "path": "b.csv", "row_id": "s"}, {"path": "b.csv"}))
    assert here.to_list() == there.to_list()[::-1]


@pytest.mark.parametrize(
    "change", [{"price": Decimal("1.000000000000000001")}, {"trade_id": None}, {"order_id": ""}, {"bot": "bot2"}]
)
def test_digest_sees_every_difference(change: dict[str, object]) -> None:
    first, second = digest_rows(_fills({}, change))
    assert first != second


def test_digest_tells_equal_rows_of_one_file_apart() -> None:
    digests = digest_rows(_fills({}, {}, {}))
    assert digests.n_unique() == 3
    assert digests.to_list()[:2] == digest_rows(_fills({}, {})).to_list()


def test_digest_keeps_a_value_in_its_column() -> None:
    first, second = digest_rows(_fills({"order_id": "x"}, {"exchange_order_id": "x"}))
    assert first != second
