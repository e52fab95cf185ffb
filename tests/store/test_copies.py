"""Two copies of one record of the venue: the fuller counts in any order, and what differs is a conflict."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.checks.copies import conflicting_copies
from deskgate.config.desk_file import load_desk
from deskgate.store.copies import COPIED
from deskgate.store.ingest import Ingestor, read_desk
from deskgate.store.tables import Store
from sources.desks import a_desk
from tiers import quick

NOW = datetime(2026, 3, 20, tzinfo=UTC)
FULL: dict[str, Any] = {
    "id": "t1",
    "order": "x1",
    "symbol": "BTC/USDT:USDT",
    "side": "sell",
    "takerOrMaker": "maker",
    "price": 70000.5,
    "amount": 0.2,
    "timestamp": 1773792091022,
    "fee": {"currency": "USDT", "cost": 0.03},
}
NO_FEE = FULL | {"fee": {"currency": None, "cost": None}, "takerOrMaker": None}
NO_ORDER = FULL | {"order": None, "timestamp": 1773792091000}
OTHER_FEE = FULL | {"fee": {"currency": "USDT", "cost": 0.04}}
OTHER_PRICE = NO_FEE | {"price": 70001}


def _desk(root: Path, files: Mapping[str, object]) -> Path:
    (root / "exchange").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (root / "exchange" / name).write_text(json.dumps(content))
    return a_desk(root, {"bot1": 'exchange = ["exchange"]'})


def _fills(root: Path, *files: dict[str, list[dict[str, Any]]]) -> tuple[pl.DataFrame, int]:
    """Return the fills after each of `files` was ingested, and how many records are in conflict."""
    store = Store.open(root / "store", "test")
    for content in files:
        desk = load_desk(_desk(root / "desk", content))
        Ingestor(store, desk, lambda: NOW).ingest_files()
    frames = store.read(store.pin(), NOW, tuple(COPIED))
    return frames["fills"], conflicting_copies(frames).height


def _said(fills: pl.DataFrame) -> list[tuple[str, str | None, str]]:
    return [
        (str(fee), order, liquidity)
        for fee, order, liquidity in fills.select("fee_amount", "exchange_order_id", "liquidity").iter_rows()
    ]


WHOLE = [("0.030000000000000000", "x1", "maker")]


@pytest.mark.parametrize(
    "copies",
    quick(map(pytest.param, [*permutations([FULL, NO_FEE, NO_ORDER], 3), (NO_FEE, NO_ORDER), (FULL, FULL)]), 3),
)
def test_fullest_copy_in_one_file_counts(tmp_path: Path, copies: tuple[dict[str, Any], ...]) -> None:
    desk = load_desk(_desk(tmp_path, {"my_trades.json": list(copies)}))
    assert _said(read_desk(desk)["fills"]) == WHOLE


@pytest.mark.parametrize(
    "files",
    quick(
        map(
            pytest.param,
            [
                ({"a.json": [NO_FEE]}, {"b.json": [FULL]}),
                ({"a.json": [FULL]}, {"b.json": [NO_FEE]}),
                ({"a.json": [FULL]}, {"a.json": [NO_FEE]}),
                ({"a.json": [NO_FEE]}, {"a.json": [FULL]}),
            ],
        ),
        1,
    ),
)
def test_fullest_copy_counts_in_any_order_of_files_and_ingests(tmp_path: Path, files: tuple[Any, ...]) -> None:
    fills, conflicts = _fills(tmp_path, *files)
    assert (_said(fills), conflicts) == (WHOLE, 0)


@pytest.mark.parametrize("other", quick([OTHER_FEE, OTHER_PRICE, FULL | {"timestamp": FULL["timestamp"] + 60_000}]))
@pytest.mark.parametrize("is_later", [False, True])
def test_contradiction_is_a_conflict_in_any_order(tmp_path: Path, other: dict[str, Any], is_later: bool) -> None:
    files = [{"a.json": [FULL]}, {"b.json": [other]}]
    fills, conflicts = _fills(tmp_path, *(files if is_later else files[::-1]))
    assert (fills.height, conflicts) == (2, 1)


def test_corrected_file_is_no_conflict(tmp_path: Path) -> None:
    fills, conflicts = _fills(tmp_path, {"a.json": [OTHER_FEE]}, {"a.json": [FULL]})
    assert (_said(fills), conflicts) == (WHOLE, 0)


def test_two_orders_of_one_trade_id_are_two_fills(tmp_path: Path) -> None:
    both = [FULL, FULL | {"order": "x2", "side": "buy"}]
    fills, conflicts = _fills(tmp_path, {"a.json": both})
    assert (fills.height, conflicts) == (2, 0)


def test_conflicts_of_orders_payments_and_snapshots(tmp_path: Path) -> None:
    order = {"id": "x1", "clientOrderId": "o1", "symbol": "BTC/USDT:USDT", "side": "sell", "timestamp": 1773792030243}
    ended = order | {"status": "closed", "lastUpdateTimestamp": 1773792091022, "filled": 0.2, "amount": 0.2}
    payment = {"id": "f1", "symbol": "BTC/USDT:USDT", "code": "USDT", "timestamp": 1773792000000}
    position = {"symbol": "BTC/USDT:USDT", "side": "long", "contracts": 0.2, "contractSize": 1}
    stamp = {"exported_at": "2026-03-18T08:00:00Z"}
    copies: list[dict[str, Any]] = [
        {
            "closed_orders.json": [ended | {"filled": filled}],
            "open_orders.json": [order | {"status": "open", "filled": 0}],
            "funding_history.json": [payment | {"amount": filled}],
            "positions.json": stamp | {"positions": [position | {"contracts": filled}]},
            "balance.json": stamp | {"info": {}, "total": {"USDT": filled}, "USDT": {"total": filled}},
        }
        for filled in (0.2, 0.1)
    ]
    second = {name.replace(".", "_2."): content for name, content in copies[1].items()}
    store = Store.open(tmp_path / "store", "test")
    Ingestor(store, load_desk(_desk(tmp_path / "desk", copies[0] | second)), lambda: NOW).ingest_files()
    found = conflicting_copies(store.read(store.pin(), NOW, tuple(COPIED)))
    assert sorted(found["table"]) == ["balances", "funding", "orders", "positions"]


@pytest.mark.slow
@given(st.lists(st.sampled_from([FULL, NO_FEE, NO_ORDER]), min_size=1, max_size=5).filter(lambda seen: FULL in seen))
def test_any_copies_with_a_full_one_are_the_full_one(
    tmp_path_factory: pytest.TempPathFactory, copies: list[Any]
) -> None:
    # Of what the venue gave `info` is kept: without it most of these entries would show nothing of the venue.
    listed = [copy | {"info": {"tradeId": "t1"}} for copy in copies]
    desk = load_desk(_desk(tmp_path_factory.mktemp("desk"), {"my_trades.json": listed}))
    assert _said(read_desk(desk)["fills"]) == WHOLE
