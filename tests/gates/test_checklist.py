"""An item of the checklist is done by evidence that could have failed and passed, and by nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.errors import InputError
from deskgate.config.paths import CHECKLIST, SUITES
from deskgate.gates.checklist import Done, Item, ItemResult, judge_items, load_items
from deskgate.gates.evaluation import Status
from deskgate.gates.promotion import PROMOTION, GateResult, Step
from deskgate.gates.suites import load_suites
from verdicts import verdict

CLOSE = datetime(2026, 3, 3, tzinfo=UTC)
ENTRY = "reconciliation#position_drift"
GATES = [gate.name for gate in PROMOTION]


def item(**keys: object) -> Item:
    return Item.model_validate({"id": "1", "section": "Day", "title": "x", "owner": "ops", **keys})


def gate(status: Status) -> GateResult:
    return GateResult("soak", "Soak", status, status is not Status.PASS, False, 0, 1, "says why", "", ("soak.json",))


def judged(
    *items: Item,
    status: Status | None = Status.PASS,
    of_gate: Status | None = Status.PASS,
    of_step: Status | None = Status.PASS,
    applies: bool = True,
    after_h: float = 0,
) -> list[ItemResult]:
    """Return how items stand where the verdict, the gate and the step that they name have a status, or are not there."""
    verdicts = [] if status is None else [verdict(gate="reconciliation", check="position_drift", status=status)]
    steps = {} if of_step is None else {"audit": Step(of_step, "says so", evidence=("chain",))}
    return judge_items(
        items,
        verdicts,
        [] if of_gate is None else [gate(of_gate)],
        steps,
        applies=lambda _: applies,
        closed_at=CLOSE,
        now=CLOSE + timedelta(hours=after_h),
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.PASS, Done.DONE),
        (Status.WAIVED, Done.DONE),
        (Status.FAIL, Done.BLOCKED),
        (Status.INSUFFICIENT, Done.BLOCKED),
        (None, Done.BLOCKED),
    ],
)
@pytest.mark.parametrize(
    ("names", "given"),
    [({"entries": [ENTRY]}, "status"), ({"gates": ["soak"]}, "of_gate"), ({"steps": ["audit"]}, "of_step")],
)
def test_item_is_done_by_what_passes_alone(
    names: dict[str, list[str]], given: str, status: Status | None, expected: Done
) -> None:
    outcomes: dict[str, Any] = {given: status}
    (found,) = judged(item(**names), **outcomes)
    assert found.status is expected
    assert found.reason
    assert found.blocks == (expected is Done.BLOCKED)


def test_item_that_does_not_apply_is_skipped_and_says_why() -> None:
    (found,) = judged(item(entries=[ENTRY], applies_if="funded"), status=None, applies=False)
    assert (found.status, found.reason, found.blocks) == (Done.SKIPPED, "no bot of desk.toml has `funded`", False)


@pytest.mark.parametrize(("after_h", "expected"), [(48, Done.DONE), (48.1, Done.BLOCKED)])
def test_evidence_that_is_too_old_blocks(after_h: float, expected: Done) -> None:
    assert judged(item(entries=[ENTRY]), after_h=after_h)[0].status is expected


def test_item_of_items_is_blocked_by_each_of_them_but_not_by_a_skipped_one() -> None:
    first, second = item(entries=[ENTRY]), item(id="2", gates=["soak"], applies_if="live")
    both = item(id="3", all_of=["1", "2"])
    assert [each.status for each in judged(first, second, both)] == [Done.DONE] * 3
    assert judged(first, second, both, status=Status.FAIL)[-1].reason == "item 1 is BLOCKED"
    skipped = judged(first, second, both, of_gate=None, applies=False)
    assert [each.status for each in skipped] == [Done.DONE, Done.SKIPPED, Done.DONE]
    assert skipped[-1].reason == "items that are done: 1"
    of_skipped = judged(second, item(id="3", all_of=["2"]), of_gate=None, applies=False)
    assert [each.status for each in of_skipped] == [Done.SKIPPED, Done.SKIPPED]


def test_item_that_is_not_critical_does_not_block() -> None:
    (found,) = judged(item(entries=[ENTRY], critical=False), status=Status.FAIL)
    assert (found.status, found.blocks) == (Done.BLOCKED, False)


def test_shipped_list_names_what_the_shipped_suites_have() -> None:
    items = load_items(CHECKLIST, load_suites(SUITES), GATES)
    assert {each.section.split(":")[0] for each in items} >= {f"Day {day}" for day in range(1, 8)} | {"Stop conditions"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "missing key item; correct"),
        ('item = ["x"]', "item number 1: "),
        (
            'itm = 1\n[[item]]\nid = "1"\nsection = "x"\ntitle = "x"\nowner = "ops"\ngates = ["soak"]\n',
            "did you mean 'item'",
        ),
        (
            '[[item]]\nid = "a"\nsection = "x"\ntitle = "x"\nowner = "op"\ngates = ["soak"]\n',
            "item a: owner: .* got 'op'",
        ),
        ("[[item]", "not readable as TOML"),
        ('[[item]]\nid = "1"\nsection = "x"\ntitle = "x"\nowner = "ops"\n', "nothing could block it"),
        (
            '[[item]]\nid = "1"\nsection = "x"\ntitle = "x"\nowner = "ops"\nentrys = []\n',
            r"item 1: unknown key entrys \(did you mean 'entries'\?\)",
        ),
        ('[[item]]\nid = "1"\nsection = "x"\ntitle = "x"\nowner = "ops"\nentries = ["soak#clean_h"]\n', "did you mean"),
        ('[[item]]\nid = "1"\nsection = "x"\ntitle = "x"\nowner = "ops"\ngates = ["sok"]\n', "did you mean 'soak'"),
        ('[[item]]\nid = "1"\nsection = "x"\ntitle = "x"\nowner = "ops"\nall_of = ["1"]\n', "no item before it"),
        (2 * '[[item]]\nid = "1"\nsection = "x"\ntitle = "x"\nowner = "ops"\ngates = ["soak"]\n', "is there twice"),
    ],
)
def test_list_that_is_not_understood_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "list.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        load_items(file, load_suites(SUITES), GATES)


def test_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        load_items(tmp_path / "none.toml", load_suites(SUITES), GATES)
