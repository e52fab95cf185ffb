"""What desk.toml and the suites leave out."""

from datetime import timedelta
from typing import Any

import pytest

from deskgate.checks import policy
from deskgate.config.actions import Actions
from deskgate.config.bot import Mode, Opening
from deskgate.config.policy import Policy, Unnamed, Widened
from desks import NOON, START, bot, case, desk, fill, fills, values

QUOTED = Widened(entry="risk.cap", times=40, what="1 to 40", in_quote=True)
RELATIVE = Widened(entry="risk.loss", times=3, what="0.1 to 0.3", in_quote=False)


def of_desk(found: Policy | None) -> dict[str, float | None]:
    got = values(policy.check(case(desk(bot(opening=None)), policy=found)).metrics, "portfolio")
    # Of a desk without a sink and without a disabled bot.
    assert (got.pop("untaken_actions"), got.pop("disabled_active_bots")) == (None, 0)
    return got


@pytest.mark.parametrize(
    ("sinks", "count"),
    [
        ({}, None),
        ({"mqtt": {"url": "mqtt://h"}}, 1),
        ({"mqtt": {"url": "mqtt://h"}, "redis": {"url": "redis://h"}}, 0),
        ({"outbox": {}}, 0),
    ],
)
def test_actions_that_the_suites_call_for_and_no_sink_takes(sinks: Any, count: float | None) -> None:
    of = desk(bot(opening=None)).model_copy(update={"actions": Actions.model_validate(sinks)})
    found = policy.check(case(of, policy=Policy(actions=["kill_switch", "reduce"]))).metrics
    assert values(found, "portfolio")["untaken_actions"] == count


def test_nothing_is_known_where_nobody_looked_and_nothing_is_wrong_where_nothing_was_found() -> None:
    assert set(of_desk(None).values()) == {None}
    assert set(of_desk(Policy()).values()) == {0, 1}


def test_suites_and_bots_on_disk_are_counted() -> None:
    unnamed = {
        "copy": Unnamed(files=["old/copy.sqlite"], records=0),
        "works": Unnamed(files=["b9/b9.sqlite"], records=7),
        "torn": Unnamed(files=["b8/b8.sqlite"], records=None),
    }
    found = Policy(below_floor=["risk.loss: is missing"], widened=[QUOTED, RELATIVE], unnamed=unnamed)
    assert of_desk(found) == {
        "below_floor": 1,
        "widest_bound": 3,
        "widest_quote_bound": 40,
        "unnamed_bots": 3,
        "unnamed_active_bots": 2,
    }


@pytest.mark.parametrize(
    ("records", "count"),
    [
        ({}, 0),
        ({"fills": fills("local", "events", bot="b2")}, 1),
        ({"fills": fills("exchange", bot="b2")}, 0),
        ({"fills": [fill("local", bot="b2", ts=START - timedelta(seconds=1))]}, 0),
        ({"snapshots": [{"bot": "b2", "ts": NOON}]}, 1),
        ({"snapshots": [{"bot": "b2", "ts": NOON, "state": "Running"}]}, 1),
        ({"snapshots": [{"bot": "b2", "ts": NOON, "state": "HARD_STOP"}]}, 0),
        ({"orders": [{"bot": "b2", "ts": NOON, "created_ts": NOON}]}, 1),
    ],
)
def test_disabled_bot_that_records_something_of_the_day(records: Any, count: int) -> None:
    of = desk(bot("b1", opening=None), bot("b2", Mode.DISABLED))
    assert values(policy.check(case(of, **records)).metrics, "portfolio")["disabled_active_bots"] == count


BASELINE = {"effective_at": START - timedelta(days=1), "recorded_at": START, "by": "ann", "why": "w", "digests": "{}"}


@pytest.mark.parametrize(
    ("opening", "frozen", "count"),
    [
        (NOON, False, 0),
        (NOON + timedelta(seconds=1), False, 1),
        (START, False, 0),
        (START, True, 2),
        (START - timedelta(days=2), True, 0),
    ],
)
def test_fills_that_an_opening_leaves_out(opening: Any, frozen: bool, count: int) -> None:
    """Fills at noon of the day and, after the baseline, two of the day before."""
    before = [fill(leg, n, ts=START - timedelta(hours=4)) for leg in ("local", "exchange") for n in ("t8", "t9")]
    of = desk(bot(opening=Opening(at=opening)))
    rows: Any = {"fills": [*fills("local", "exchange"), *before], "baselines": [BASELINE] if frozen else []}
    assert values(policy.check(case(of, **rows)).metrics) == {"fills_before_opening": count}


def test_fills_before_the_opening_are_unknown_without_a_leg_that_lists_fills() -> None:
    assert values(policy.check(case(sources=[])).metrics) == {"fills_before_opening": None}
