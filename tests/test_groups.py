"""Tests that share what is dear to make stay on one worker: their group is in their id, by which xdist schedules."""

import pytest


@pytest.mark.xdist_group("a group")
@pytest.mark.parametrize("value", ["a", "b@[c]"])
def test_group_of_a_test_is_in_its_id(request: pytest.FixtureRequest, value: str) -> None:
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith(f"[{value}]@a group")
    else:
        assert request.node.nodeid.endswith(f"[{value}]")
