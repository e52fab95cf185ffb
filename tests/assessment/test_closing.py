"""The instant that a day's close is judged at."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from deskgate.assessment.closing import closing_instant
from deskgate.config.bot import Mode
from desks import DAY, END, bot, desk, frame


def known(*rows: dict[str, Any]) -> Callable[[datetime], pl.LazyFrame]:
    """Return how a store gives these source files."""
    return lambda as_of: frame("sources", *rows).lazy().filter(pl.col("exported_at") <= as_of)


def export(seconds: float, kind: str = "balance", **more: Any) -> dict[str, Any]:
    file = {"leg": "exchange", "kind": kind, "path": f"{kind}{seconds}", "sha256": "0", "bytes": 1, "rows": 1}
    return {**file, "quarantined": 0, "derived": False, "exported_at": END + timedelta(seconds=seconds), **more}


@pytest.mark.parametrize(
    ("rows", "seconds"),
    [
        ([], 0),
        ([export(0)], 0),
        ([export(3)], 3),
        ([export(3), export(7, "positions")], 7),
        ([export(3), export(9)], 3),
        # An account that was just exported is closed by that.
        ([export(-60), export(3)], 0),
        ([export(-300), export(3)], 3),
        ([export(0), export(3, bot="b2")], 3),
        ([export(300)], 300),
        ([export(301)], 0),
        ([export(3, derived=True)], 0),
        ([export(3, "my_trades")], 0),
        ([export(3, bot="off")], 0),
    ],
)
def test_end_of_a_day_is_when_its_account_was_exported(rows: list[dict[str, Any]], seconds: float) -> None:
    of = desk(bot(), bot("b2"), bot("off", Mode.DISABLED))
    found = closing_instant(of, known(*rows), DAY, END)
    assert found == END + timedelta(seconds=seconds)


def test_another_instant_is_left_as_it_is() -> None:
    for at in (END - timedelta(seconds=1), END + timedelta(seconds=1)):
        assert closing_instant(desk(), known(export(3)), DAY, at) == at
