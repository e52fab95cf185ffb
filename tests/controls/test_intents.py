"""Planning: idempotent, scoped, never wider than asked."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from deskgate.config.errors import RunError
from deskgate.controls.intents import Intent, commands, plan, refuse_out_of_scope

from .logs import AT, acting_desk, breach, intent

VALIDITY = timedelta(minutes=5)
VALID, OVER = AT + timedelta(minutes=5, microseconds=-1), AT + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("action", "bots", "now", "expected"),
    [
        ("kill_switch", ("b1",), VALID, []),
        ("kill_switch", ("b1",), OVER, [("kill_switch", ("b1",))]),
        ("kill_switch", ("b1", "b2"), VALID, [("kill_switch", ("b2",))]),
        # A bot that is told to stop is not asked for less.
        ("soft_pause", ("b1",), VALID, []),
        ("reduce", ("b1", "b2"), VALID, [("reduce", ("b2",))]),
        ("kill_switch", (), VALID, []),
    ],
)
def test_bot_is_told_once_within_an_intents_validity(
    action: str, bots: tuple[str, ...], now: datetime, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    asked = replace(breach(action, entry="another"), bots=bots)
    planned = plan([asked], now, [intent("kill_switch", "b1")], validity=VALIDITY)
    assert [(each.action, each.bots) for each in planned] == expected


@pytest.mark.parametrize(
    ("action", "now", "expected"),
    [
        # It told nobody to stop, so a milder action is not covered by it.
        ("soft_pause", VALID, ["soft_pause"]),
        # The same would be refused again.
        ("kill_switch", VALID, []),
        ("kill_switch", OVER, ["kill_switch"]),
    ],
)
def test_intent_that_every_sink_refused_stands_for_no_other(action: str, now: datetime, expected: list[str]) -> None:
    planned = plan([breach(action)], now, [], validity=VALIDITY, refused=[intent("kill_switch", "b1")])
    assert [each.action for each in planned] == expected


@pytest.mark.parametrize("worse", ["reduce", "kill_switch"])
def test_worse_action_is_planned_within_the_validity_of_a_milder_one(worse: str) -> None:
    assert [each.action for each in plan([breach(worse)], VALID, [intent("soft_pause")], validity=VALIDITY)] == [worse]


def test_pause_is_planned_beside_a_reduction() -> None:
    """A bot that reduces still trades."""
    planned = plan([breach("reduce"), breach("soft_pause", entry="drawdown")], AT, [], validity=VALIDITY)
    assert [each.action for each in planned] == ["reduce", "soft_pause"]


def test_breaches_of_one_run_tell_a_bot_the_worst_alone() -> None:
    planned = plan(
        [breach("kill_switch", "b1"), breach("soft_pause", "b1", "b2", entry="drawdown")], AT, [], validity=VALIDITY
    )
    assert [(each.action, each.bots) for each in planned] == [("kill_switch", ("b1",)), ("soft_pause", ("b2",))]


def test_intent_names_verdict_reason_end_and_authoriser() -> None:
    (planned,) = plan([breach()], AT, [], validity=timedelta(minutes=2), authorised_by="ann")
    assert planned.correlation_id == breach().verdict_id
    assert (planned.issued_at, planned.expires_at) == (AT, AT + timedelta(minutes=2))
    assert (planned.authorised_by, planned.reason) == ("ann", breach().reason)
    assert Intent.from_body(planned.body()) == planned


def test_each_bot_has_a_command_of_its_own_that_is_the_same_again() -> None:
    made = commands(intent("kill_switch", "b1", "b2"))
    assert [each.bot for each in made] == ["b1", "b2"]
    assert len({each.command_id for each in made}) == 2
    assert commands(intent("kill_switch", "b1", "b2")) == made


@pytest.mark.parametrize("name", ["paper", "testnet", "disabled", "nobody"])
def test_bot_out_of_scope_is_refused(name: str) -> None:
    refuse_out_of_scope(acting_desk(), [intent("kill_switch", "b1", "b2")])
    with pytest.raises(RunError, match=f"names {name}, which"):
        refuse_out_of_scope(acting_desk(), [intent("kill_switch", "b1", name)])
