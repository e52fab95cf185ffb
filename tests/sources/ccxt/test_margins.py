"""What a position's margin is by the venue's word, and what it leaves unsaid."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from deskgate.sources.ccxt.account import read_positions

from ..desks import a_source, json_file

NAME = "positions/20260318T080000Z.json"
LONG = {"symbol": "BTC/USDT:USDT", "contracts": 2.0, "contractSize": 1.0, "side": "long", "markPrice": 100.0}
SHORT = {**LONG, "contracts": 1.0, "side": "short"}
ISOLATED = {"marginMode": "isolated", "maintenanceMargin": 1.0, "collateral": 20.0}


def read(tmp_path: Path, *positions: dict[str, Any]) -> dict[str, Any]:
    parsed = read_positions(a_source(json_file(tmp_path / NAME, list(positions))))
    assert parsed.quarantine.is_empty()
    return parsed.frames["positions"].row(0, named=True)


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (80.5, Decimal("80.5")),
        ("80.25", Decimal("80.25")),
        (0, None),
        ("0", None),
        (None, None),
        ("", None),
        (-12.5, None),
        (1e15, None),
        ("NaN", None),
        ("none", None),
    ],
)
def test_liquidation_price_is_known_or_not_and_never_refuses_the_position(
    tmp_path: Path, price: object, expected: Decimal | None
) -> None:
    row = read(tmp_path, {**LONG, "liquidationPrice": price})
    assert (row["long_liquidation_price"], row["short_liquidation_price"]) == (expected, None)
    assert row["quantity"] == 2


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"marginRatio": 0.03}, Decimal("0.03")),
        ({"marginRatio": 0.0}, None),
        ({}, None),
        (ISOLATED, Decimal("0.05")),
        ({**ISOLATED, "marginRatio": 0.07}, Decimal("0.07")),
        ({**ISOLATED, "collateral": 0.0}, None),
        ({**ISOLATED, "collateral": -3.0}, None),
        ({**ISOLATED, "maintenanceMargin": None}, None),
        # Gate calls the unrealised PnL of a cross position its collateral.
        ({**ISOLATED, "marginMode": "cross"}, None),
        # OKX: the initial margin and the unrealised PnL of the position alone, not what the account has.
        (
            {**ISOLATED, "marginMode": "cross", "marginRatio": 0.5, "initialMargin": 3.0, "unrealizedPnl": -1.0}
            | {"collateral": 2.0},
            None,
        ),
        ({**ISOLATED, "marginMode": "cross", "marginRatio": 0.05, "initialMargin": 3.0}, Decimal("0.05")),
    ],
)
def test_margin_ratio_is_the_venues_or_of_an_isolated_positions_own_numbers(
    tmp_path: Path, fields: dict[str, Any], expected: Decimal | None
) -> None:
    assert read(tmp_path, {**LONG, **fields})["margin_ratio"] == expected


def test_sides_of_a_market_keep_their_prices_and_the_larger_ratio(tmp_path: Path) -> None:
    long = {**LONG, **ISOLATED, "liquidationPrice": 80.0, "marginMode": "crossed", "marginRatio": 0.05}
    short = {**SHORT, **ISOLATED, "liquidationPrice": 130.0, "marginMode": "isolated", "marginRatio": 0.02}
    row = read(tmp_path, long, short)
    assert (row["long_liquidation_price"], row["short_liquidation_price"]) == (80, 130)
    assert (row["margin_ratio"], row["maintenance_margin"], row["margin_mode"]) == (Decimal("0.05"), 2, None)


@pytest.mark.parametrize(("second", "expected"), [(90.0, Decimal(90)), (None, None)])
def test_of_two_positions_of_one_side_the_first_to_be_liquidated(
    tmp_path: Path, second: float | None, expected: Decimal | None
) -> None:
    row = read(tmp_path, {**LONG, "liquidationPrice": 80.0}, {**LONG, "liquidationPrice": second})
    assert row["long_liquidation_price"] == expected


def test_flat_position_has_no_margin(tmp_path: Path) -> None:
    row = read(tmp_path, {**LONG, "contracts": 0.0, "liquidationPrice": 80.0, "marginRatio": 0.03})
    assert (row["long_liquidation_price"], row["margin_ratio"], row["margin_mode"]) == (None, None, None)


def test_position_of_hyperliquid_needs_half_of_what_its_largest_leverage_asks(tmp_path: Path) -> None:
    # As ccxt 4.5.90 gives a cross position that no price liquidates.
    stated = {"coin": "BTC", "szi": "2", "positionValue": "200.0", "maxLeverage": "40", "liquidationPx": None}
    cross = {**LONG, "marginMode": "cross", "maintenanceMargin": None, "initialMargin": 10.0, "collateral": 10.0}
    row = read(tmp_path, {**cross, "info": {"type": "oneWay", "position": stated}})
    assert (row["maintenance_margin"], row["long_liquidation_price"], row["margin_ratio"]) == (
        Decimal("2.5"),
        None,
        None,
    )
    for name in ("positionValue", "maxLeverage"):
        without = {key: value for key, value in stated.items() if key != name}
        assert read(tmp_path, {**cross, "info": {"position": without}})["maintenance_margin"] is None
