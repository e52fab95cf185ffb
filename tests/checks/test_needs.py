"""What each check needs is declared, and what a bot lacks of it is a fact of its files."""

from datetime import timedelta
from typing import Any

import pytest

from deskgate.case.case import Case
from deskgate.checks.needs import CHECK_NEEDS, METRIC_NEEDS, Need, lacked_of, lacking
from deskgate.checks.registry import CHECKS
from deskgate.config.bot import Mode
from desks import START, bot, case, desk, fill, sources


def test_every_check_says_what_it_needs() -> None:
    assert list(CHECK_NEEDS) == [check.name for check in CHECKS]
    assert set(METRIC_NEEDS) <= {spec.name for check in CHECKS for spec in check.metrics}


def _without(*legs: str, **rows: Any) -> Case:
    return case(desk(bot(opening=None)), sources=sources(*legs), **rows)


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        ((), Need.ACCOUNT),
        (("local",), Need.ACCOUNT),
        (("exchange",), Need.EVENTS),
        (("local", "exchange"), None),
        (("local", "events"), None),
    ],
)
def test_fills_are_agreed_by_any_two_legs(legs: tuple[str, ...], expected: Need | None) -> None:
    lacked = lacked_of(_without(*legs), ["b1"], "parity", "matched_share")
    assert lacked == ((Need.REFERENCE, expected) if expected else (Need.REFERENCE,))


def test_account_without_any_export_lacks_the_account_and_not_each_export() -> None:
    assert lacked_of(_without("local"), ["b1"], "orders", "orders_checked_share") == (Need.ACCOUNT,)
    listed = sources("local", "exchange")
    some = [each for each in listed if each["kind"] not in ("closed_orders", "balance")]
    of = case(desk(bot(opening=None)), sources=some)
    assert lacked_of(of, ["b1"], "orders", "orders_checked_share") == (Need.ORDERS,)
    assert lacked_of(of, ["b1"], "soak", "balance_age_h") == (Need.BALANCES,)
    assert lacked_of(of, ["b1"], "funding", "funding_mismatch") == ()


def test_derived_export_is_no_account() -> None:
    derived = [each | {"derived": each["leg"] == "exchange"} for each in sources("local", "exchange")]
    assert "b1" in lacking(case(sources=derived))[Need.ACCOUNT]


def test_paper_bot_lacks_no_balances() -> None:
    paper = case(desk(bot(mode=Mode.PAPER, connector="bitget_paper_trade")), sources=sources("local"))
    assert lacking(paper)[Need.BALANCES] == lacking(paper)[Need.ORDERS] == frozenset()


def test_opening_config_reference_and_baseline() -> None:
    shadowed = bot(config=["conf/*.yml"], shadow="b2")
    bare, whole = _without("local", "exchange"), case(desk(shadowed, bot("b2", Mode.PAPER)))
    for need in (Need.OPENING, Need.CONFIG, Need.REFERENCE):
        assert "b1" in lacking(bare)[need]
        assert "b1" not in lacking(whole)[need]
    assert lacking(whole)[Need.BASELINE] == {"b1", "b2"}


def test_records_that_all_end_before_the_day() -> None:
    old, new = START - timedelta(hours=1), START
    of = case(fills=[fill(ts=old), fill("exchange", ts=old)])
    assert lacking(of)[Need.TODAY] == lacking(of)[Need.EXPORTS_TODAY] == {"b1"}
    # What does not look at the venue waits for no export of it, and what looks at no record for none at all.
    assert lacked_of(of, ["b1"], "smoke", "orders_seen") == (Need.TODAY,)
    assert lacked_of(of, ["b1"], "clocks", "clock_early_s") == (Need.TODAY, Need.EXPORTS_TODAY)
    assert lacked_of(of, ["b1"], "clock", "clock_behind_s") == ()
    assert lacking(case(fills=[fill(ts=old), fill(trade_id="t2", ts=new)]))[Need.TODAY] == frozenset()


def test_every_metric_has_its_needs() -> None:
    """Of a desk that lacks all there is to lack; a check without a declaration is a KeyError."""
    bare = case(desk(bot(opening=None)), sources=[])
    for each in CHECKS:
        for spec in each.metrics:
            assert set(lacked_of(bare, ["b1"], each.name, spec.name)) <= {*Need}


def test_spot_account_lacks_no_positions() -> None:
    others = [row for row in sources("local", "events", "exchange") if row["kind"] != "positions"]
    for connector, lacks in (("binance", set()), ("binance_perpetual", {"b1"})):
        assert lacking(case(desk(bot(connector=connector)), sources=others))[Need.POSITIONS] == lacks
