"""The baseline and what of the desk it speaks for."""

import pytest

from deskgate.checks import baseline
from deskgate.config.bot import Mode
from deskgate.config.policy import Policy
from desks import bot, case, desk, values

STRATEGY, SCRIPT = "conf/*.yml", "scripts/*.yml"


@pytest.mark.parametrize(
    ("patterns", "unmatched"),
    [
        ({STRATEGY: ["conf/a.yml"]}, 0),
        ({STRATEGY: ["conf/a.yml"], SCRIPT: []}, 1),
        ({STRATEGY: [], SCRIPT: []}, 2),
        (None, None),
    ],
)
def test_config_patterns_of_a_live_bot_that_match_no_file(
    patterns: dict[str, list[str]] | None, unmatched: float | None
) -> None:
    live = bot(config=list(patterns or ()))
    policy = Policy(config={"b1": patterns} if patterns else {})
    got = values(baseline.check(case(desk(live), policy=policy)).metrics)
    assert got == {"config_unmatched": unmatched}


def test_config_of_a_paper_bot_may_be_missing_and_is_counted() -> None:
    given, not_given = bot("given", Mode.PAPER, config=[STRATEGY]), bot("not_given", Mode.PAPER)
    policy = Policy(config={"given": {STRATEGY: ["conf/a.yml", "conf/b.yml"]}})
    found = baseline.check(case(desk(given, not_given), policy=policy)).metrics
    assert values(found, "given") == {"config_unmatched": 0, "config_files": 2}
    assert values(found, "not_given") == {"config_files": None}


def test_nothing_is_known_where_nobody_looked() -> None:
    got = values(baseline.check(case(desk(bot(config=[STRATEGY])))).metrics)
    assert got == {"config_unmatched": None}
