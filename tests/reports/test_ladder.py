"""The ladder's days are read from their folders: which of them count for a bot, and why the others do not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deskgate.assessment.artifacts import DayArtifacts
from deskgate.audit.decision_file import load_decision
from deskgate.audit.keys import make_key
from deskgate.audit.sign_offs import sign_off
from deskgate.gates.ladder.rule import Says
from deskgate.reports.ladder import standings
from ladder_days import FIRST, RULES
from published_ladder import BLOCKER, DAYS, OTHERS, SPOILED, TODAY, TWO_BOTS, Published, a_desk
from report_inputs import decision
from tiers import quick


def _remove(published: Published) -> None:
    published.folder(SPOILED).rename(published.out / ".gone")


def _tear(published: Published) -> None:
    (published.folder(SPOILED) / "views/ladder.parquet").write_bytes(b"PAR1")


def _unrecord(published: Published) -> None:
    published.publish(SPOILED, 3, recorded=False)


def _again(**changes: Any) -> Callable[[Published], object]:
    return lambda published: published.publish(SPOILED, 3, **changes)


@pytest.mark.parametrize(
    ("spoil", "words"),
    quick(
        [
            (_remove, "on record, and its files are gone or changed"),
            (_tear, "on record, and its files are gone or changed, `deskgate verify` says what"),
            (_unrecord, "on record, and its files are gone or changed"),
            (
                _again(failures=[{"notebook": "04_parity", "error": "e"}], decision="HOLD"),
                "the step 04_parity of its run failed",
            ),
            (_again(provisional=True, decision="HOLD"), "looked at before the day was over"),
            (_again(decision="STOP", blockers=[BLOCKER]), "blocked, b1: Fills missing"),
            (
                _again(decision="HOLD", blockers=[BLOCKER | {"subject": "portfolio"}]),
                "blocked, portfolio: Fills missing",
            ),
            (
                _again(
                    decision="HOLD",
                    blockers=[OTHERS, BLOCKER | {"subject": "portfolio", "gate": "operations"}],
                    bots=TWO_BOTS,
                ),
                "blocked, portfolio: Fills missing",
            ),
            (
                _again(decision="HOLD", blockers=[], awaits={"roles": ["risk"], "keys": []}),
                "blocked, it waits for the sign-off of risk",
            ),
            (_again(decision="HOLD", blockers=[]), "blocked, the desk was on HOLD, and no verdict says why"),
            (_again(decision="STOP", blockers=[OTHERS], bots=TWO_BOTS), "the desk was on STOP"),
            (
                _again(waivers=[{"gate": "parity", "subject": "b1"}]),
                "blocked, it rests on the waiver of parity of b1",
            ),
            (_again(ladder=[]), "without a declared rung"),
        ],
        6,
    ),
)
def test_day_that_is_no_good_day_of_the_bot_does_not_count(
    published: Published, spoil: Callable[[Published], object], words: str
) -> None:
    assert published.stands().days.counting == DAYS
    spoil(published)
    standing = published.stands()
    assert standing.days.counting == DAYS - 1
    assert [words in gap and str(SPOILED) in gap for gap in standing.gaps] == [True]


def test_view_with_other_columns_is_left_out_by_name(published: Published) -> None:
    published.publish(SPOILED, 3, row={"more": 1})
    standing = published.stands()
    assert standing.days.counting == DAYS - 1
    assert "with other columns" in standing.gaps[0]


@pytest.mark.parametrize(
    "changes", [{"bots": {"b1": "live"}}, {"bots": {}}, {"ladder": [{"bot": "b1", "rung": "micro"}]}]
)
def test_day_of_another_mode_or_rung_starts_the_count_anew(published: Published, changes: dict[str, Any]) -> None:
    published.publish(SPOILED, 3, **changes)
    standing = published.stands()
    assert (standing.says, standing.days.counting, standing.days.first) == (Says.STAYS, 18, SPOILED + timedelta(days=1))


@pytest.mark.parametrize(
    ("then", "is_other"),
    quick(
        [
            ({"conf/pmm.yml": "a", "desk.toml": "x"}, False),
            ({"conf/pmm.yml": "a", "desk.toml": "y"}, False),
            # A day of which nobody says what was configured is not taken for one of another strategy.
            ({}, False),
            ({"conf/pmm.yml": "b"}, True),
            ({"conf/pmm.yml": "a", "conf/second.yml": "c"}, True),
        ],
        2,
    ),
)
def test_another_strategy_starts_the_count_anew(published: Published, then: dict[str, str], is_other: bool) -> None:
    published.publish(SPOILED, 3, inputs={"config": then})
    for number in range(4, DAYS):
        now = {"config": {"conf/pmm.yml": "a", "desk.toml": "x"}}
        published.publish(FIRST + timedelta(days=number), number, inputs=now)
    desk = a_desk(published.out)
    bot = desk.bots["b1"].model_copy(update={"config": ["conf/*.yml"]})
    standing = published.stands(desk.model_copy(update={"bots": {"b1": bot}}))
    assert standing.days.counting == (DAYS - 4 if is_other else DAYS)
    assert standing.days.first == (SPOILED + timedelta(days=1) if is_other else FIRST)


def test_hold_of_other_bots_counts_and_is_named_but_not_on_the_day_itself(published: Published) -> None:
    hold: dict[str, Any] = {"decision": "HOLD", "blockers": [OTHERS], "bots": TWO_BOTS}
    published.publish(SPOILED, 3, **hold)
    standing = published.stands()
    assert (standing.says, standing.days.counting) == (Says.MOVES, DAYS)
    assert standing.notes == (f"1 of the days that count were on HOLD for other bots: {SPOILED}",)
    published.publish(TODAY, DAYS - 1, **hold)
    standing = published.stands()
    assert (standing.says, [each.metric for each in standing.missing]) == (Says.STAYS, ["today"])


def test_signed_decision_counts_as_a_go(published: Published) -> None:
    key, _ = make_key(published.out.parent / "key.pem", [published.out])
    awaits = {"roles": ["risk"], "keys": [key.public_key]}
    published.publish(TODAY, DAYS - 1, decision="HOLD", blockers=[], awaits=awaits)
    assert published.stands().says is Says.STAYS
    made = load_decision(published.folder(TODAY) / "decision.json")
    sign_off(published.trail.chain, key, made, role="risk", by="ann", at=datetime(2026, 5, 23, tzinfo=UTC))
    assert published.stands().says is Says.MOVES


def test_day_being_run_that_awaits_sign_offs_is_not_one_that_counts(published: Published) -> None:
    today = DayArtifacts.open(published.folder(TODAY))
    decided = decision(decision="HOLD", blockers=[], bots={"b1": "paper"}, awaits={"roles": ["ops"], "keys": []})
    (standing,) = standings(a_desk(published.out), RULES, published.out, today, decided)
    assert (standing.says, standing.missing[0].metric) == (Says.STAYS, "today")
    assert "it waits for the sign-off of ops" in standing.missing[0].sentence
