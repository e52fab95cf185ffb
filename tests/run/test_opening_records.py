"""The first run that has an account's first snapshot records which it was; no later run does."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from deskgate.audit.trail import Trail
from deskgate.config.bot import Opening
from deskgate.run.opening_records import record_openings
from deskgate.store.tables import Store
from desks import END, NOON, bot, case, desk


@pytest.mark.parametrize("is_first", [True, False])
def test_opening_is_recorded_once(tmp_path: Path, *, is_first: bool) -> None:
    one = bot(opening="first_snapshot", account=["a"])
    at = {total: Opening(at=NOON, balance={"USDT": Decimal(total)}) for total in (1000, 900)}
    of = desk(one, bot("b2")).model_copy(update={"file": tmp_path / "desk.toml"})
    store = Store.open(tmp_path / "out/store", "desk")
    trail = Trail.open(of, tmp_path / "out")
    record_openings(store, trail, case(of), END)
    for hour, total in enumerate(at if is_first else reversed(at)):
        opened = one.model_copy(update={"opening": at[total]})
        day = case(of.model_copy(update={"bots": {"b1": opened, "b2": bot("b2")}}))
        record_openings(store, trail, day, END + timedelta(hours=hour))
    (row,) = store.read(store.pin(), END, ("openings",))["openings"].iter_rows(named=True)
    assert (row["bot"], row["account"], row["recorded_at"]) == ("b1", "a", END)
    assert Opening.model_validate_json(row["opening"]) == at[1000 if is_first else 900]
