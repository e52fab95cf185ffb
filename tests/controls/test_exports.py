"""What the newest exports of the venue say of an account."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.controls.exports import ExportLooks
from deskgate.controls.looks import Look
from desks import END, NOON, START, bot, case, desk, fill, sources

LATER = NOON + timedelta(minutes=1)


def exports(**stamps: Any) -> list[dict[str, Any]]:
    """Return the sources of all exports, with the stamps of some kinds."""
    return [{**row, "exported_at": stamps.get(row["kind"])} for row in sources("exchange")]


def order(status: str, at: Any = NOON, **more: Any) -> dict[str, Any]:
    ids = {"order_id": "o1", "exchange_order_id": "x1", "pair": "BTC-USDT", "created_ts": NOON}
    return {"leg": "exchange", "ts": at, "status": status, "quantity": Decimal(1), **ids, **more}


def held(quantity: str, at: Any = NOON) -> dict[str, Any]:
    return {"leg": "exchange", "ts": at, "pair": "BTC-USDT", "quantity": Decimal(quantity)}


def look(of: Case) -> Look | None:
    return ExportLooks(of).look("b1", START)


STAMPED = exports(open_orders=LATER, positions=NOON)


def test_look_is_as_old_as_the_older_export() -> None:
    found = look(case(sources=STAMPED, positions=[held("-2")], orders=[order("open")]))
    assert found is not None
    assert (found.at, found.open_orders, found.positions) == (NOON, ("x1",), {"BTC-USDT": Decimal(-2)})
    assert found.last_order_at == NOON


def test_order_counts_as_open_until_an_export_shows_its_end() -> None:
    found = look(case(sources=STAMPED, orders=[order("open"), order("cancelled", LATER)]))
    assert found is not None
    assert found.open_orders == ()


def test_market_that_the_newest_snapshot_does_not_list_is_flat() -> None:
    found = look(case(sources=STAMPED, positions=[held("2", START)]))
    assert found is not None
    assert (found.positions, found.is_flat) == ({"BTC-USDT": Decimal(0)}, True)


def test_newest_fill_of_the_venue_is_told() -> None:
    found = look(case(sources=STAMPED, fills=[fill("exchange"), fill("local", ts=LATER)]))
    assert found is not None
    assert found.last_fill_at == NOON


def lists(**stamps: Any) -> list[dict[str, Any]]:
    """Return the sources of an account and of lists of open orders, by what their names begin with."""
    (made,) = [row for row in STAMPED if row["kind"] == "open_orders"]
    listed = [{**made, "path": f"b1/{path}.json", "exported_at": at} for path, at in stamps.items()]
    return [*listed, *exports(positions=LATER)]


def test_list_of_another_market_says_nothing_of_this_one() -> None:
    found = look(case(sources=lists(open_orders_btc=START, open_orders_eth=LATER)))
    assert found is not None
    assert found.at == START


def test_exports_of_one_list_over_time_are_as_new_as_the_newest() -> None:
    found = look(case(sources=lists(open_orders_20260503T2300=START, open_orders_20260504T1201=LATER)))
    assert found is not None
    assert found.at == LATER


def test_bot_with_a_market_that_is_not_compared_may_have_orders_there() -> None:
    other = desk(bot(connector="other_perpetual", pairs=["ETH-USD"])).model_copy(update={"quote": "USD"})
    named: dict[str, Any] = {
        "pair": "ETH-USDC",
        "symbol": "ETH/USDC:USDC",
        "fee_token": "USDC",
        "contract_size": Decimal(1),
    }
    rows = [fill("local", pair="ETH-USD", fee_token="USD"), fill("exchange", **named)]
    found = look(
        case(
            other,
            sources=[*STAMPED, *sources("local")],
            fills=rows,
            orders=[order("open", **{**named, "fee_token": None})],
        )
    )
    assert found is not None
    assert (found.is_known, "ETH/USDC:USDC" in found.lacks) == (False, True)


def test_spot_account_holds_what_its_balance_says() -> None:
    spot = desk(bot(connector="bitget"))
    rows = [{"leg": "exchange", "ts": NOON, "token": "BTC", "total": Decimal("0.5")}]
    found = look(case(spot, sources=exports(open_orders=LATER, balance=NOON), balances=rows))
    assert found is not None
    assert found.positions == {"BTC-USDT": Decimal("0.5")}


@pytest.mark.parametrize(
    "listed",
    [
        exports(),
        exports(open_orders=LATER),
        exports(positions=LATER),
        exports(closed_orders=LATER, positions=LATER),
        exports(open_orders=END + timedelta(seconds=1), positions=LATER),
        [{**row, "derived": True} for row in STAMPED],
        [],
    ],
)
def test_exports_without_a_stamp_or_of_the_bots_own_making_show_nothing(listed: list[dict[str, Any]]) -> None:
    assert look(case(sources=listed)) is None
