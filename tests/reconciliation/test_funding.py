"""Funding payments: which of them a leg lacks."""

from datetime import timedelta

import pytest

from deskgate.reconciliation import funding
from desks import NOON, bot, case, desk, sources, values

from .account_rows import ALL, payment


@pytest.mark.parametrize(
    ("present", "leg"), [(("local", "exchange"), None), (("exchange",), "local"), (("local", "events"), "exchange")]
)
def test_funding_payment_of_one_slot_is_one_payment(present: tuple[str, ...], leg: str | None) -> None:
    lag = {"local": 0.231, "events": 0, "exchange": 0.231}
    found = funding.check(case(funding=[payment(name, lag[name]) for name in present])).breaks
    assert found.get_column("leg").to_list() == ([leg] if leg else [])


def test_two_pairs_paid_at_one_instant_are_two_payments() -> None:
    of = desk(bot(pairs=["BTC-USDT", "ETH-USDT"]))
    # At the very same time the database would have one of them alone.
    later = NOON + timedelta(milliseconds=31)
    rows = [payment("local"), payment("exchange"), payment("exchange", pair="ETH-USDT", ts=later)]
    found = funding.check(case(of, funding=rows)).breaks
    assert found.select("pair", "leg").rows() == [("ETH-USDT", "local")]


def test_funding_without_any_payment_or_export_has_no_value() -> None:
    unknown = desk(bot(opening=None))
    assert values(funding.check(case(unknown)).metrics)["funding_missing"] is None
    rest = [row for row in sources(*ALL) if row["kind"] != "funding_history"]
    both = [payment("local"), payment("exchange")]
    assert values(funding.check(case(funding=both, sources=rest)).metrics)["funding_missing"] is None


def test_controller_csv_has_no_missing_funding() -> None:
    rows = [row if row["kind"] != "hummingbot_db" else {**row, "kind": "controller_fills"} for row in sources(*ALL)]
    found = funding.check(case(funding=[payment("exchange")], sources=rows))
    assert (values(found.metrics)["funding_missing"], found.breaks.height) == (None, 0)
