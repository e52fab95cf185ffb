"""The ladder on the first screen: who may move on, and a warning for each bot that goes down."""

from typing import Any

import pytest

from deskgate.reports.pages.rungs import going_down, may_move_on


def _bot(name: str, says: str, *to: str, **changes: Any) -> dict[str, Any]:
    return {"bot": name, "rung": "micro", "says": says, "to": list(to), "missing": []} | changes


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        ({}, "not known, the decision has no ladder"),
        ({"ladder": "torn"}, "not known, the decision has no ladder"),
        ({"ladder": []}, "no rung declared"),
        ({"ladder": [_bot("b1", "stays", "size"), _bot("b2", "goes down", "paper")]}, "none"),
        ({"ladder": [_bot("b1", "may move on", "testnet", "micro"), _bot("b2", "stays")]}, "b1 to testnet or micro"),
        (
            {"ladder": [_bot(f"b{n}", "may move on", "size") for n in range(8)]},
            ", ".join([*(f"b{n} to size" for n in range(6)), "2 more"]),
        ),
    ],
)
def test_who_may_move_on(decision: dict[str, Any], expected: str) -> None:
    assert may_move_on(decision) == expected


def test_bot_that_goes_down_is_named_with_where_to_and_why() -> None:
    why = [{"sentence": "Days stopped: 1, expected <= 0"}, {"sentence": "more"}]
    rungs = [_bot("b1", "goes down", "testnet", "paper", missing=why), _bot("b2", "stays"), _bot("b3", "goes down")]
    assert going_down({"ladder": rungs}) == [
        "b1: the ladder says it goes down to testnet or paper: Days stopped: 1, expected <= 0, and 1 more",
        "b3: the ladder says it goes down: the decision does not say why",
    ]
    assert going_down({}) == []


def test_many_that_go_down_are_all_named_or_counted() -> None:
    said = going_down({"ladder": [_bot(f"b{n}", "goes down", "paper") for n in range(12)]})
    assert len(said) == 4
    assert said[-1] == "The ladder says that these go down too: b3, b4, b5, b6, b7, b8, and 3 more"
