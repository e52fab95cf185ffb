"""The files of what was measured: of orders that are over one of orders and one of priced fills for each cut, and of the book's worth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from deskgate.assessment.carried_state import link
from deskgate.case.fill_history import MeasuredHistory, RanHistory, WorthHistory

__all__ = ["about_worth", "read_measured", "read_worth", "write_measured", "write_worth"]

_ORDERS, _PRICED = "orders", "priced"
_ROWS, _FILLS = "orders_left.parquet", "fills_left.parquet"
_RUNS, _LIFE = "ran.parquet", "life_left.parquet"
_TAIL, _BOTS = "worth_tail.parquet", "worth_bots.parquet"


def write_measured(place: Path, history: MeasuredHistory, orders: pl.DataFrame, priced: pl.DataFrame) -> None:
    """Write what a state has, with the orders and priced fills that are new in it; those before are linked."""
    number = len(history.files) // 2
    for file in history.files:
        link(file, place / file.name)
    orders.write_parquet(place / f"{_ORDERS}-{number:04}.parquet")
    priced.write_parquet(place / f"{_PRICED}-{number:04}.parquet")
    history.rows.write_parquet(place / _ROWS)
    history.fills.write_parquet(place / _FILLS)
    if history.ran:
        history.ran.runs.write_parquet(place / _RUNS)
        history.ran.life_left.write_parquet(place / _LIFE)


def read_measured(place: Path, made_of: str, *, with_ran: bool) -> MeasuredHistory:
    """Return what a state has, of which `made_of` is what was written about it; the minutes in which bots ran where they are asked for."""
    ran = with_ran and (place / _RUNS).exists()
    orders, priced = (sorted(place.glob(f"{name}-*.parquet")) for name in (_ORDERS, _PRICED))
    return MeasuredHistory(
        made_of=made_of,
        orders=pl.scan_parquet(orders, glob=False),
        priced=pl.scan_parquet(priced, glob=False),
        rows=pl.read_parquet(place / _ROWS),
        fills=pl.read_parquet(place / _FILLS),
        ran=RanHistory(pl.read_parquet(place / _RUNS), pl.read_parquet(place / _LIFE)) if ran else None,
        files=(*orders, *priced),
    )


def about_worth(worth: WorthHistory | None) -> dict[str, Any] | None:
    """Return what is written about what was read of the book's worth, beside its files."""
    return {"made_of": worth.made_of, "peak": worth.peak} if worth else None


def write_worth(place: Path, worth: WorthHistory) -> None:
    """Write the files of what was read of the book's worth."""
    worth.tail.write_parquet(place / _TAIL)
    worth.bots.write_parquet(place / _BOTS)


def read_worth(place: Path, about: Mapping[str, Any] | None) -> WorthHistory | None:
    """Return what was read of the book's worth, of which `about` was written."""
    if about is None:
        return None
    tail, bots = pl.read_parquet(place / _TAIL), pl.read_parquet(place / _BOTS)
    return WorthHistory(about["made_of"], about["peak"], tail, bots)
