"""Which instance is which bot: patterns, those that two bots may claim, and what to write for one that nobody claims."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.config.instances import Instances, overlap, patterns_of, unclaimed


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (["grid-*"], ["pmm-*"], False),
        (["grid-*"], ["grid-b-*"], True),
        (["grid-*"], ["*-000000"], True),
        (["grid-????????-??????"], ["grid-b-????????-??????"], False),
        (["grid-[0-9]*"], ["grid-1*"], True),
        (["blue", "green"], ["red"], False),
        (["blue", "green"], ["g*n"], True),
        (["b*"], [], True),  # the other bot's own name
        (["*"], ["x"], True),
        ([], [], False),
    ],
)
def test_patterns_that_two_bots_may_claim(one: list[str], other: list[str], meet: bool) -> None:
    assert (overlap({"a": one, "bot2": other}) is not None) is meet


@given(st.lists(st.text("ab*?", min_size=1, max_size=6), min_size=2, max_size=2), st.text("ab", max_size=6))
def test_name_that_both_patterns_match_is_an_overlap(patterns: list[str], name: str) -> None:
    one, other = ({"x": [pattern]} for pattern in patterns)
    if Instances(one).bot_of(name) and Instances(other).bot_of(name) and name != "x":
        assert overlap({"x": [patterns[0]], "y": [patterns[1]]}) is not None


def test_bot_is_an_instance_of_itself() -> None:
    instances = Instances({"grid": ["grid-*"], "pmm": []})
    names = ("grid", "grid-20260318-000000", "pmm", "pmm-1", None)
    assert [instances.bot_of(name) for name in names] == ["grid", "grid", "pmm", None, None]


@pytest.mark.parametrize(
    ("instance", "pattern"),
    [
        ("grid-20260318-000000", "grid-*"),
        ("hplperp_hip3-20260122-050100", "hplperp_hip3-*"),
        ("grid_2026-03-18_00-00-00", "grid_*"),
        ("grid-1773792000", "grid-*"),
        ("blue", "blue"),
    ],
)
def test_unclaimed_instance_says_what_to_write(instance: str, pattern: str) -> None:
    assert unclaimed(instance).endswith(f'write instances = ["{pattern}"] at its bot')


def test_patterns_are_narrow_where_a_wide_one_would_take_another_bots_instances() -> None:
    found = patterns_of(
        {"a": {"a-20260318-000000"}, "a-b": {"a-b-20260318-000000"}, "c": {"c_1773792000", "c"}, "d": {"d"}}
    )
    assert found == {"a": ["a-????????-??????"], "a-b": ["a-b-????????-??????"], "c": ["c_*"], "d": []}
    assert overlap(found) is None


def test_desk_whose_bots_share_an_instance_is_refused(tmp_path: Path) -> None:
    bot = '[bots.{}]\nmode = "live"\nconnector = "x"\npairs = ["A-B"]\ninstances = ["{}"]\n'
    (tmp_path / "desk.toml").write_text('[desk]\nname = "d"\n' + bot.format("a", "grid-*") + bot.format("b", "g*"))
    with pytest.raises(
        InputError, match=r"bots\.a\.instances 'grid-\*' and bots\.b\.instances 'g\*' may be one instance"
    ):
        load_desk(tmp_path)
