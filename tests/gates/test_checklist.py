"""An item of the checklist is done by evidence that could have failed and passed, and by nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deskgate.config.errors import InputError
from deskgate.config.paths import CHECKLIST, SUITES
from deskgate.gates.checklist import Done, Item, ItemResult, judge_items, load_items
from deskgate.gates.checklist_marks import Mark
from deskgate.gates.evaluation import Status
from deskgate.gates.promotion import PROMOTION, GateResult, Step, promotion_gates
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


def test_item_of_a_gate_says_what_the_gate_says_of_its_waivers() -> None:
    verdicts = [
        verdict(Status.WAIVED, gate="parity", check="fill_ratio_delta"),
        verdict(Status.PASS, gate="parity", check="matched_share"),
    ]
    gates = promotion_gates(load_suites(SUITES), verdicts, {})
    (found,) = judge_items(
        [item(gates=["parity"])], verdicts, gates, {}, applies=lambda _: True, closed_at=CLOSE, now=CLOSE
    )
    assert found.status is Done.DONE
    assert found.reason == "gate parity passes: 2 critical checks pass; 1 of them waived"


def test_item_that_is_not_critical_does_not_block() -> None:
    (found,) = judged(item(entries=[ENTRY], critical=False), status=Status.FAIL)
    assert (found.status, found.blocks) == (Done.BLOCKED, False)


def test_shipped_list_names_what_the_shipped_suites_have() -> None:
    items = load_items(CHECKLIST, load_suites(SUITES), GATES)
    assert {each.section.split(":")[0] for each in items} >= {f"Day {day}" for day in range(1, 8)} | {"Stop conditions"}


SHIPPED = load_items(CHECKLIST, load_suites(SUITES), GATES)
DECIDED = ("2026-03-02", "b1")


def shipped(item: Item, statuses: dict[str, Status | None], mark: bool | None = True, *, applies: bool = True) -> Done:
    """Return how a shipped item stands where all that it names passes, but for what `statuses` names."""

    def of(name: str) -> Status | None:
        return statuses.get(name, Status.PASS)

    parts = [(entry, *entry.split("#")) for entry in item.entries]
    before = [
        item.model_copy(update={"id": part, "entries": (), "gates": (), "all_of": (), "steps": (part,), "manual": None})
        for part in item.all_of
    ]
    found = judge_items(
        [*before, item],
        [verdict(gate=suite, check=check, status=status) for name, suite, check in parts if (status := of(name))],
        [
            GateResult(name, name, status, status is not Status.PASS, False, 0, 1, "says why", "", ("x",))
            for name in item.gates
            if (status := of(name))
        ],
        {name: Step(status, "says so") for name in (*item.steps, *item.all_of) if (status := of(name))},
        applies=lambda each: applies or each.id != item.id,
        closed_at=CLOSE,
        now=CLOSE,
        marks=[] if mark is None else [Mark(item.id, *DECIDED, mark, "ann", "read it", CLOSE)],
        decided=DECIDED,
    )
    return found[-1].status


@pytest.mark.parametrize("item", SHIPPED, ids=[each.id for each in SHIPPED])
def test_each_shipped_item_passes_fails_is_skipped_and_is_unknown(item: Item) -> None:
    assert shipped(item, {}) is Done.DONE
    if item.manual:
        assert shipped(item, {}, mark=False) is Done.BLOCKED
        assert shipped(item, {}, mark=None) is Done.BLOCKED
    for name in (*item.entries, *item.gates, *item.steps, *item.all_of):
        for status in (Status.FAIL, Status.INSUFFICIENT, None):
            assert shipped(item, {name: status}) is Done.BLOCKED, name
    if item.applies_if:
        assert shipped(item, {}, mark=None, applies=False) is Done.SKIPPED


def of_mark(found: Mark | None, *, manual: str = "day", bundle: str = "b1", after_h: float = 0) -> ItemResult:
    """Return how a manual item stands with one mark, which is of the bundle b1."""
    (result,) = judge_items(
        *([item(manual=manual)], [], [], {}),
        applies=lambda _: True,
        closed_at=CLOSE,
        now=CLOSE + timedelta(hours=after_h),
        marks=[found] if found else [],
        decided=(DECIDED[0], bundle),
    )
    return result


READ = Mark("1", *DECIDED, True, "ann", "read notebook 03", CLOSE + timedelta(hours=1))


def test_mark_of_a_day_is_of_its_decision_alone() -> None:
    assert of_mark(READ).status is Done.DONE
    assert of_mark(READ).evidence == ("marked by ann at 2026-03-03T01:00:00Z: read notebook 03",)
    assert "in view of another decision" in of_mark(READ, bundle="b2").reason
    assert "nobody has marked it" in of_mark(replace(READ, day="2026-03-01")).reason
    assert of_mark(READ, after_h=49).status is Done.BLOCKED


def test_lasting_mark_counts_from_when_it_was_made_until_it_is_too_old() -> None:
    assert of_mark(READ, manual="lasting").status is Done.BLOCKED
    assert of_mark(READ, manual="lasting", bundle="b2", after_h=49).status is Done.DONE
    assert "marked it 49 h ago" in of_mark(READ, manual="lasting", after_h=50.1).reason


def test_last_mark_counts_and_without_an_intact_trail_none_does() -> None:
    back = replace(READ, done=False, note="it was the wrong day", at=READ.at + timedelta(hours=1))
    both = judge_items(
        *([item(manual="day")], [], [], {}),
        applies=lambda _: True,
        closed_at=CLOSE,
        now=CLOSE,
        marks=[back, READ],
        decided=DECIDED,
    )
    assert both[0].reason == "taken back by ann at 2026-03-03T02:00:00Z: it was the wrong day"
    unknown = judge_items(
        *([item(manual="day")], [], [], {}), applies=lambda _: True, closed_at=CLOSE, now=CLOSE, marks=None
    )
    assert unknown[0].status is Done.BLOCKED


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
        (
            '[[item]]\nid = "1"\nsection = "x"\ntitle = "x"\nowner = "ops"\nmanual = "day"\ngates = ["soak"]\n',
            "is manual and names evidence",
        ),
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
