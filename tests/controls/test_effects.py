"""What is looked for at the venue after a command: the effect, and nothing else, makes a receipt complete."""

from datetime import timedelta

import pytest

from deskgate.controls.effects import await_receipts, look_for_receipts
from deskgate.controls.ledger import read_ledger
from deskgate.controls.receipts import Receipt
from deskgate.controls.sinks.sink import Outcome

from .logs import AT, MemoryLog, MemorySink, breach
from .runs import APART, WITHIN, Channel, Clock, Orders, Venue, alert, run


def wait(log: MemoryLog, orders: Orders, *, live: bool = True) -> list[Receipt]:
    clock = Clock(AT + timedelta(seconds=1))
    return await_receipts(
        log, Venue(clock, orders, live), now=clock.now, sleep=clock.sleep, apart=APART, recent=WITHIN, within=WITHIN
    )


@pytest.mark.parametrize(
    ("orders", "is_complete"),
    [
        (lambda _: (), True),
        (lambda seconds: ("x",) if seconds < 60 else (), True),
        # A bot that says 200 and keeps an order open.
        (lambda _: ("x",), False),
        # Or that makes a new one.
        (lambda seconds: ("y",) if seconds > 20 else (), False),
    ],
)
def test_only_an_effect_at_the_venue_gives_a_receipt(orders: Orders, is_complete: bool) -> None:
    log, sink, channel = MemoryLog(), MemorySink(), Channel()
    run(log, sink, breach())
    (made,) = wait(log, orders)
    assert (made.acknowledged, made.is_complete) == (True, is_complete)
    assert (read_ledger(log).open_actions == []) is is_complete
    alert(log, channel, at=timedelta(seconds=119))
    assert [title for title, _ in channel.heard] == ["desk: bots were told to act"]
    assert (alert(log, channel, at=timedelta(seconds=121)) is None) is is_complete
    assert is_complete or "no receipt since 2026-05-04 12:00:00 UTC" in channel.heard[1][1]


def test_without_a_key_nobody_waits_and_a_later_look_closes_the_action() -> None:
    log, sink = MemoryLog(), MemorySink()
    run(log, sink, breach())
    assert [made.is_complete for made in wait(log, lambda _: (), live=False)] == [False]
    clock = Clock(AT + timedelta(hours=1))
    assert look_for_receipts(log, Venue(clock), now=clock.now, apart=APART, recent=WITHIN)[0].is_complete
    assert look_for_receipts(log, Venue(clock), now=clock.now, apart=APART, recent=WITHIN) == []


def test_quiet_account_is_no_receipt_of_what_nobody_took_until_a_later_command_is() -> None:
    log, sink = MemoryLog(), MemorySink(answers=[Outcome.FAILED, Outcome.ACKNOWLEDGED])
    run(log, sink, breach("soft_pause"))
    assert [(made.is_complete, made.delivered) for made in wait(log, lambda _: ())] == [(False, False)]
    run(log, sink, breach("kill_switch", entry="drawdown"), at=timedelta(minutes=6))
    later = Clock(AT + timedelta(minutes=7))
    receipts = await_receipts(
        log, Venue(later), now=later.now, sleep=later.sleep, apart=APART, recent=WITHIN, within=WITHIN
    )
    assert [(made.action, made.is_complete) for made in receipts] == [("soft_pause", True), ("kill_switch", True)]
    assert len({made.told_by for made in receipts}) == 1


def test_actions_through_which_a_bot_was_told_at_once_share_one_look() -> None:
    log, sink, clock = MemoryLog(), MemorySink(answers=[Outcome.FAILED, Outcome.ACKNOWLEDGED]), Clock()
    run(log, sink, breach("soft_pause"))
    run(log, sink, breach("kill_switch", entry="drawdown"), at=timedelta(minutes=6))
    clock.sleep(600)
    venue = Venue(clock)
    assert len(look_for_receipts(log, venue, now=clock.now, apart=APART, recent=WITHIN)) == 2
    assert venue.asked == ["b1"]


def test_looks_that_say_nothing_new_are_not_recorded_again() -> None:
    log, sink, clock = MemoryLog(), MemorySink(), Clock()
    run(log, sink, breach())
    for _ in range(5):
        clock.sleep(60)
        look_for_receipts(log, Venue(clock, lambda _: ("x",)), now=clock.now, apart=APART, recent=WITHIN)
    assert log.kinds().count("receipt") == 1
