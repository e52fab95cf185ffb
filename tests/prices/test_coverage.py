from datetime import datetime, timedelta

import pytest

from deskgate.prices.coverage import coverage
from desks import END, NOON, START, case, sources
from measures.prices import mid

MINUTES = {"path": "minute.csv"}
FILLS = {"path": "fills.csv"}


def test_each_minute_counts_for_its_most_trusted_source() -> None:
    log = {**sources("local")[0], "kind": "controller_fills", **FILLS}
    rows = [
        *[mid(0, "100"), mid(1, "101", **MINUTES), mid(30, "102")],
        *[mid(60, "103", **MINUTES), mid(120, "104", leg="events", path="stream"), mid(601, "105", **FILLS)],
        *[mid(180, "106", "99", None), mid(240, "0"), mid(300, "107", "108", "109"), mid(0, "99", ts=END)],
    ]
    (row,) = coverage(case(mids=rows, sources=[*sources("local", "events", "exchange"), log])).to_dicts()
    assert (row["bot"], row["pair"], row["minutes"], row["share_with_mid"]) == ("b1", "BTC-USDT", 1440, 4 / 1440)
    assert [row[name] for name in ("MarketData", "market_snapshot", "minute.csv", "mid_ref", "no_mid")] == [
        1,
        1,
        1,
        1,
        1436,
    ]
    assert [row[name] for name in ("impossible", "one_sided", "frozen")] == [2, 1, 0]


def test_hanging_feed_has_minutes_without_a_mid() -> None:
    (row,) = coverage(case(mids=[mid(60 * at, "100") for at in range(60)])).to_dicts()
    assert (row["MarketData"], row["no_mid"], row["frozen"]) == (1, 1439, 59)


@pytest.mark.parametrize(("as_of", "minutes"), [(END, 1440), (NOON + timedelta(seconds=1), 721), (START, 1)])
def test_declared_pair_without_quotes_has_none_of_the_minutes_that_are_over(as_of: datetime, minutes: int) -> None:
    assert coverage(case(as_of=as_of)).select("pair", "minutes", "share_with_mid", "no_mid").rows() == [
        ("BTC-USDT", minutes, 0.0, minutes)
    ]
