"""Whatever came in whatever order: what is carried of finished fills gives what all of history gives."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.carried import PAIRS, Story, at, kept_on_each, opened, same, same_fills, snapshot, trade
from deskgate.checks.registry import GATES
from examples import few

pytestmark = pytest.mark.slow

VARIANTS = (
    *("ok", "ok", "ok", "ok", "missing_local", "missing_events", "missing_exchange", "price", "fee", "side", "order"),
    *("early", "late", "again", "suffix", "same_id", "same_order", "no_order_id", "fine", "old_version", "nameless"),
)
DAYS = 9


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Return rows with the day on which they are ingested: trades, orders, payments and snapshots, some of them late."""
    told: Story = []
    for number in range(draw(st.integers(8, 24))):
        day = draw(st.integers(0, DAYS))
        name, pair = draw(st.sampled_from(["b1", "b1", "b2"])), draw(st.sampled_from([PAIRS[0], *PAIRS]))
        rows = trade(number, at(day, draw(st.integers(0, 1439))), name=name, pair=pair)
        rows["fills"] = _vary(draw(st.sampled_from(VARIANTS)), number, rows["fills"])
        if draw(st.integers(0, 5)) == 0:
            rows["orders"] = [{**row, "created_ts": None, "order_id": None} for row in rows["orders"]][-1:]
        told += [(day + draw(st.sampled_from([0, 0, 0, 0, 0, 1, 4])), {table: each}) for table, each in rows.items()]
    for day in range(DAYS + 1):
        if draw(st.booleans()):
            told.append((day, snapshot(at(day, 1400), draw(st.integers(-1, 1)), 1000 + draw(st.integers(-1, 1)))))
        if draw(st.booleans()):
            paid = {"ts": at(day, 480), "pair": PAIRS[0], "amount": Decimal("0.5"), "funding_id": f"f{day}"}
            told.append((day, {"funding": [{**paid, "leg": leg} for leg in ("local", "exchange")]}))
    return told


def _vary(how: str, number: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of one fill with something odd about it."""
    own = rows[0]
    changes: dict[str, dict[str, Any]] = {
        "price": {"price": Decimal(101)},
        "fee": {"fee_amount": Decimal("0.2")},
        "side": {"side": "SELL" if own["side"] == "BUY" else "BUY"},
        "order": {"exchange_order_id": "x-other"},
        "early": {"ts": own["ts"] - timedelta(seconds=30)},
        "late": {"ts": own["ts"] + timedelta(minutes=20)},
        "nameless": {"trade_id": None},
    }
    everywhere: dict[str, dict[str, Any]] = {
        "same_id": {"trade_id": f"t{number // 2}"},
        "suffix": {"trade_id": f"t{number // 2}_1"},
        "same_order": {name: f"{name[0]}-t{number // 2}" for name in ("order_id",)},
        "no_order_id": {"order_id": None},
        "fine": {"quantity": Decimal("1.00000001")},
    }
    if how.startswith("missing_"):
        return [row for row in rows if row["leg"] != how.removeprefix("missing_")]
    if how in changes:
        return [{**own, **changes[how]}, *rows[1:]]
    if how in everywhere:
        return [{**row, **everywhere[how]} for row in rows]
    if how == "again":
        return [*rows, {**own, "order_id": "o-more"}]
    if how == "old_version":
        return [*rows[:-1], {**rows[-1], "path": "older", "liquidity": "maker"}, rows[-1]]
    return rows


@pytest.mark.usefixtures("cut_at_midnight")
@few(is_shared=True)
@given(stories(), st.integers(3, DAYS - 1))
def test_every_story_gives_what_all_of_history_gives(told: Story, day: int) -> None:
    with TemporaryDirectory() as folder:
        made = opened(Path(folder))
        *_, last = kept_on_each(made, told, [day, DAYS])
        same_fills(made, last)


@pytest.mark.long
@pytest.mark.usefixtures("cut_at_midnight")
@few(is_shared=True, one_in=10)
@given(stories(), st.lists(st.integers(2, DAYS), min_size=3, max_size=4).map(sorted))
def test_every_day_of_a_story_gives_what_all_of_history_gives(told: Story, days: list[int]) -> None:
    with TemporaryDirectory() as folder:
        made = opened(Path(folder))
        for day in kept_on_each(made, told, days):
            same(made, day, gates=GATES)
        # An earlier day again.
        same(made, days[0], gates=GATES)
