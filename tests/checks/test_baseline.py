"""The baseline and what of the desk it speaks for."""

import pytest

from deskgate.checks import baseline
from deskgate.config.bot import Mode
from deskgate.config.desk import Deployment
from deskgate.config.policy import Policy
from deskgate.config.settings import Change
from desks import START, bot, case, desk, values

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


def test_controller_that_no_pattern_names_counts_as_a_pattern_without_a_file() -> None:
    policy = Policy(config={"b1": {STRATEGY: ["conf/a.yml"]}}, unfrozen={"b1": ["mm.yml is not named"]})
    (metric,) = [
        each
        for each in baseline.check(case(desk(bot(config=[STRATEGY])), policy=policy)).metrics
        if each.subject == "b1"
    ]
    assert (metric.value, metric.note) == (1, "mm.yml is not named")


def test_config_of_a_paper_bot_may_be_missing_and_is_counted() -> None:
    given, not_given = bot("given", Mode.PAPER, config=[STRATEGY]), bot("not_given", Mode.PAPER)
    policy = Policy(config={"given": {STRATEGY: ["conf/a.yml", "conf/b.yml"]}})
    found = baseline.check(case(desk(given, not_given), policy=policy)).metrics
    assert values(found, "given") == {"config_unmatched": 0, "config_files": 2}
    assert values(found, "not_given") == {"config_files": None}


def test_nothing_is_known_where_nobody_looked() -> None:
    got = values(baseline.check(case(desk(bot(config=[STRATEGY])))).metrics)
    assert got == {"config_unmatched": None}


MOVING = {"hb": "hb:2.6", "emqx": "emqx:latest", "built": None}


@pytest.mark.parametrize(
    ("images", "problems", "unpinned"),
    [({"hb": "hb:2.6"}, [], 0), (MOVING, [], 2), ({}, ["main.yml: names no service"], 0)],
)
def test_images_that_compose_files_start(images: dict[str, str | None], problems: list[str], unpinned: float) -> None:
    declared = desk(bot(config=[])).model_copy(update={"deployment": Deployment(compose=["main.yml"])})
    of = case(declared, policy=Policy(images=images, start_problems=problems))
    got = {metric.metric: (metric.value, metric.sample) for metric in baseline.check(of).metrics}
    expected = {"images_unpinned": unpinned, "start_problems": len(problems), "compose_services": len(images)}
    assert {name: got[name] for name in expected} == {name: (n, len(images)) for name, n in expected.items()}


def test_desk_without_compose_files_is_told_what_to_name() -> None:
    found = {metric.metric: metric for metric in baseline.check(case(policy=Policy())).metrics}
    assert found["compose_services"].value is None
    assert "[deployment] compose" in str(found["compose_services"].note)
    assert "images_unpinned" not in found


def test_drift_says_which_keys_moved() -> None:
    frozen = {"effective_at": START, "recorded_at": START, "by": "ann", "why": "w", "digests": '{"a.yml": "1"}'}
    policy = Policy(changes=[Change("a.yml", f"key{n}", "1", "2") for n in range(7)])
    found = baseline.check(case(digests={"a.yml": "2"}, baselines=[frozen], policy=policy)).metrics
    note = next(metric.note for metric in found if metric.metric == "config_drift")
    assert note is not None
    assert note.startswith("a.yml changed; a.yml: key0 1 -> 2;")
    assert note.endswith("and 2 more keys")
