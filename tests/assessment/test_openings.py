"""The opening that an account's first snapshot stands for is read from the store: the same on every day, and none before it."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from day_inputs import day_inputs
from deskgate.assessment.assessment import Assessment, case_now
from deskgate.reports.views import baseline
from deskgate.store.tables import Store
from deskgate.store.transaction import Transaction
from desks import END, NOON, START, bot, case, desk, frame, sources

DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store to which exports of one account came at noon, and each day after it."""
    made = Store.open(tmp_path / "store", "desk")
    account = {"leg": "exchange"}
    times = [NOON + DAY * day for day in range(3)]
    balances = [
        {**account, "path": "b1/balance", "ts": at, "token": "USDT", "total": Decimal(60 + n)}
        for n, at in enumerate(times)
    ]
    positions = [
        {**account, "path": "b1/positions", "ts": at, "pair": "BTC-USDT", "quantity": Decimal(0)} for at in times
    ]

    def add(transaction: Transaction) -> None:
        made_of = {"balances": balances, "positions": positions, "sources": sources("local", "exchange")}
        for name, rows in made_of.items():
            transaction.add_new(name, frame(name, *rows))

    made.write(add)
    return made


@pytest.mark.parametrize(
    ("as_of", "is_there"), [(NOON - timedelta(hours=1), False), (END, True), (END + DAY, True), (END + 2 * DAY, True)]
)
def test_opening_is_that_of_the_first_snapshot(
    store: Store, tmp_path: Path, as_of: datetime, *, is_there: bool
) -> None:
    (tmp_path / "desk.toml").touch()
    of = desk(bot(opening="first_snapshot", account=["a"])).model_copy(update={"file": tmp_path / "desk.toml"})
    found = case_now(of, store, as_of)
    opening = found.desk.bots["b1"].opening
    assert (opening.at if opening else None) == (NOON if is_there else None)
    assert opening is None or opening.balance == {"USDT": Decimal(60)}


def test_page_says_where_an_opening_is_from() -> None:
    opened = bot(opening="first_snapshot", account=["a"])
    by_hand = bot("b2")
    snapshot = bot("b3", opening="first_snapshot").model_copy(update={"opening": by_hand.opening})
    of = case(desk(opened, by_hand, snapshot))
    shown = baseline.bots(Assessment(of, pl.DataFrame(), pl.DataFrame(), {}, day_inputs()))
    words = dict(shown.select("bot", "opening").iter_rows())
    assert "deskgate snapshot" in words["b1"]
    assert words["b2"] == f"from desk.toml, of {START:%Y-%m-%d %H:%M:%S} UTC: 1000 USDT"
    assert words["b3"].startswith("from the account's snapshot of")
