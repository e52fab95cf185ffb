"""What notebook 01 says where nobody looked: not nothing."""

from types import SimpleNamespace
from typing import Any

import pytest

from deskgate.config.policy import Policy
from deskgate.config.settings import Change
from deskgate.reports.views.baseline import changed_keys, images, left_out
from desks import frame

NOT_LOOKED = "this run judged neither baseline nor policy"


def assessment(policy: Policy | None, *frozen: dict[str, object]) -> Any:
    return SimpleNamespace(case=SimpleNamespace(policy=policy, frames={"baselines": frame("baselines", *frozen)}))


@pytest.mark.parametrize("view", [changed_keys, images, left_out])
def test_table_of_what_nobody_looked_at_says_so(view: Any) -> None:
    assert view(assessment(None)).row(0)[0] == NOT_LOOKED


def test_tables_of_what_was_looked_at() -> None:
    policy = Policy(images={"hb": "hb:2.6"}, below_floor=["risk.loss: is missing"])
    assert images(assessment(policy)).rows() == [("hb", "hb:2.6", "yes")]
    assert left_out(assessment(policy)).rows() == [("below the floor", "risk.loss: is missing")]
    assert left_out(assessment(Policy())).is_empty()


def test_keys_differ_from_a_baseline_only_where_one_is_frozen() -> None:
    policy = Policy(changes=[Change("a.yml", "x", "1", "2")])
    assert changed_keys(assessment(policy)).row(0)[0] == "no baseline is frozen"
    assert changed_keys(assessment(policy, {"digests": "{}", "settings": "{}"})).rows() == [("a.yml", "x", "1", "2")]
