"""When a receipt is complete, and what it says."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from deskgate.controls.ledger import Action, Sent
from deskgate.controls.looks import Look
from deskgate.controls.receipts import Receipt, earlier_looks, first_sent, make_receipt
from deskgate.controls.sinks.sink import Outcome

from .logs import AT, SECOND, intent

APART, RECENT = timedelta(seconds=20), timedelta(seconds=120)


def look(seconds: float, *orders: str, position: str | None = "0", **more: Any) -> Look:
    held = None if position is None else {"BTC-USDT": Decimal(position)}
    return Look(AT + seconds * SECOND, "test", **{"open_orders": orders, "positions": held, **more})


def action(what: str = "kill_switch", before: Look | None = None, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Action:
    made = Action(intent(what))
    made.sent["b1", "mqtt"] = Sent("c1", "b1", "mqtt", outcome, "", AT)
    if before:
        made.before["b1"] = before.body()
    return made


def receipt(of: Action, *looks: Look) -> Receipt:
    return make_receipt(of, "b1", looks, apart=APART, recent=RECENT)


MOVED: dict[str, Any] = {"last_fill_at": AT + 6 * SECOND}


@pytest.mark.parametrize(
    ("looks", "is_complete", "why"),
    [
        ([look(5), look(25)], True, ""),
        ([look(25), look(5)], True, ""),
        ([look(5, "x"), look(10), look(30)], True, ""),
        # A fill before the first look is the last of what was going on.
        ([look(10), look(30, **MOVED)], True, ""),
        ([], False, "no look at the account"),
        ([look(-5), look(0)], False, "no look at the account"),
        ([look(5)], False, "a second one, at least 20 s later, is missing"),
        ([look(5), look(24.9)], False, "a second one, at least 20 s later, is missing"),
        ([look(5), look(25, "x", "y")], False, "2 orders are open at 2026-05-04 12:00:25 UTC: x, y"),
        ([look(5), look(15, "x"), look(34.9)], False, "a second one"),
        ([look(5), look(25, **MOVED)], False, "a second one"),
        ([look(5), look(25, last_order_at=AT + 6 * SECOND)], False, "a second one"),
        ([look(5), look(25, last_fill_at=AT + 26 * SECOND)], False, "a fill at 2026-05-04 12:00:26 UTC"),
        # What is not known shows nothing.
        ([look(5, open_orders=None, lacks="timed out")], False, "timed out"),
        ([look(5), look(25, position=None, lacks="no positions")], False, "a second one"),
    ],
)
def test_receipt_needs_two_quiet_looks_apart(looks: list[Look], is_complete: bool, why: str) -> None:
    made = receipt(action(), *looks)
    assert made.is_complete is is_complete
    assert why in made.why


def test_look_from_before_a_sink_took_the_command_counts_for_nothing() -> None:
    of = action()
    # Another sink refused it a minute earlier.
    of.sent["b1", "redis"] = Sent("c1", "b1", "redis", Outcome.REFUSED, "", AT - 60 * SECOND)
    assert receipt(of, look(-30), look(5)).why.startswith("one look without open orders at 2026-05-04 12:00:05 UTC")
    assert receipt(of, look(-30), look(5), look(25)).to_no_orders_ms == 5_000
    assert first_sent(of, "b1") == AT - 60 * SECOND


@pytest.mark.parametrize(
    ("before", "after", "is_complete"),
    [
        ("2", "1", True),
        ("-2", "-1", True),
        ("2", "2", False),
        ("2", "3", False),
        ("0", "0", False),
        (None, "1", False),
        # Smaller, and on the other side: it was reduced.
        ("2", "-1", True),
    ],
)
def test_reduction_needs_a_smaller_position(before: str | None, after: str, is_complete: bool) -> None:
    was = look(-1, position=before)
    looks = look(5, position=after), look(25, position=after)
    assert receipt(action("reduce", was), *looks).is_complete is is_complete


@pytest.mark.parametrize(
    ("before", "looks", "why"),
    [
        (None, [look(5), look(25)], "the position before the command is not known"),
        (look(-120, position="2"), [look(5), look(25)], ""),
        (look(-121, position="2"), [look(5), look(25)], "the position before the command is 121 s older than it"),
        (look(-1, position="2"), [look(5)], "one look with a smaller position"),
        (look(-1, position="2"), [look(5), look(24.9)], "one look with a smaller position"),
        (look(-1, position="2"), [look(5), look(15, position="2"), look(30)], "one look with a smaller position"),
        (look(-1, position="2"), [look(5), look(25, position="2")], "the position is not smaller than before"),
        (look(-1, position="2"), [look(5), look(25, position=None, lacks="no size")], "one look with a smaller"),
        (look(-1, position="2"), [], "no look at the account since the command"),
    ],
)
def test_reduction_needs_two_looks_apart_and_a_recent_one_before(
    before: Look | None, looks: list[Look], why: str
) -> None:
    made = receipt(action("reduce", before), *looks)
    assert (made.is_complete, made.why.startswith(why)) == (not why, True), made.why


def test_receipt_tells_times_residuals_and_who() -> None:
    made = receipt(
        action(before=look(-1, "x", position="2")), look(5, "x", position="2"), look(10, position="2"), look(40)
    )
    assert (made.to_no_orders_ms, made.to_flat_ms, made.residuals) == (10_000, 40_000, ())
    assert (made.authorised_by, made.delivered, made.acknowledged) == ("ann", True, True)
    assert made.before is not None
    assert made.before.open_orders == ("x",)
    held = receipt(action(outcome=Outcome.DELIVERED), look(5, position="2"), look(30, position="-0.5"))
    # A stop cancels orders and closes no position.
    assert (held.is_complete, held.to_flat_ms, held.residuals) == (True, None, ("position of -0.5 BTC-USDT",))
    assert held.acknowledged is False


def test_next_look_completes_what_the_last_receipt_saw() -> None:
    of = action()
    of.receipts["b1"] = receipt(of, look(5)).body()
    assert receipt(of, *earlier_looks(of, "b1"), look(25)).is_complete
    assert not receipt(of, look(25)).is_complete


def test_look_is_the_same_from_its_record() -> None:
    seen = look(5, "x", position="-0.000000000000000001", last_fill_at=AT)
    assert Look.from_body(seen.body()) == seen
    assert Look.from_body(look(5, open_orders=None).body()).open_orders is None
