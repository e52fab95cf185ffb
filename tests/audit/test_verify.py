"""Verifying against witnesses, decisions and the store; and the program in docs/ that does it without Deskgate."""

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from deskgate.audit import chain as chain_module
from deskgate.audit.chain import Chain
from deskgate.audit.checkpoint import Checkpoint, checkpoint, checkpoint_line
from deskgate.audit.decision_ids import identified
from deskgate.audit.faults import link_of
from deskgate.audit.keys import make_key
from deskgate.audit.trail import Trail
from deskgate.audit.verify import verify_trail
from deskgate.audit.witnesses import Witness, given_witnesses
from deskgate.config.desk import Audit, Desk
from deskgate.config.errors import InputError, RunError
from deskgate.config.paths import ROOT
from deskgate.gates.decision import bundle
from deskgate.run.freeze import anchor
from deskgate.run.publish import record_decision
from deskgate.store.tables import Store
from desks import desk

from .test_faults import PLACES, RECORDS, SIZE, WHOLE, forged, insertions, replaced, swapped

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
PROGRAM = ROOT / "docs" / "verify.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """The program as a module."""
    spec = importlib.util.spec_from_file_location("verify", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Decided:
    """A desk with three decided days, and a key."""

    def __init__(self, root: Path) -> None:
        self.out = root / "out"
        key, _ = make_key(root / "key.pem", [])
        self.public_key = key.public_key
        self.trail = Trail(Chain.open(self.out, "desk"), key)
        self.desk: Desk = desk().model_copy(update={"audit": Audit(public_key=key.public_key)})
        self.store = Store(str(root / "store"), "desk")
        self.alerts: list[Checkpoint] = []
        for day in (4, 5, 6):
            self.trail.chain.append("breach", {"day": day}, AT)
            self.decide(day)
            self.alerts.append(self.trail.checkpoint())

    def decide(self, day: int, *, recorded: bool = True) -> None:
        """Publish a decision."""
        made = bundle(
            [],
            desk="desk",
            bots={"b1": "live"},
            day=date(2026, 5, day),
            as_of=AT,
            inputs={"share": 0.1, "small": 1e-7, "large": 1e300},
            evidence=[],
            failures=[],
            previous=None,
            provisional=False,
            checkpoint=self.trail.checkpoint().as_json(),
        )
        if recorded:
            record_decision(self.trail, made, AT)
        self.file(day).parent.mkdir(parents=True, exist_ok=True)
        self.file(day).write_text(json.dumps(made, indent=1))

    def file(self, day: int) -> Path:
        """Return a day's decision."""
        return self.out / f"2026-05-0{day}" / "decision.json"

    def change(self, day: int, **values: Any) -> None:
        """Change a published decision, its bundle_id left as it is."""
        self.file(day).write_text(json.dumps(json.loads(self.file(day).read_text()) | values))

    def lines(self) -> list[bytes]:
        """Return the chain's lines."""
        return self.trail.chain.file.read_bytes().splitlines(keepends=True)

    def cut(self, size: int) -> None:
        """Cut the chain off after `size` records."""
        self.trail.chain.file.write_bytes(b"".join(self.lines()[:size]))

    def strip(self, *days: int) -> None:
        """Take the signatures off the checkpoints of decisions, as who has no key may, their ids computed anew."""
        for day in days:
            content = json.loads(self.file(day).read_text())
            content["checkpoint"] |= {"signed_by": None, "signature": None}
            self.file(day).write_text(json.dumps(identified(content)))

    def forge(self) -> None:
        """Compute the chain and all decisions anew, without the key."""
        self.trail.chain.file.unlink()
        self.trail = Trail(self.trail.chain)
        for day in (4, 5, 6):
            self.trail.chain.append("breach", {"forged": day}, AT)
            self.decide(day)

    def found(self, *given: Checkpoint) -> list[tuple[str, int | None]]:
        """Return what verifying finds."""
        done = verify_trail(self.desk, self.out, self.store, [Witness("alert", each) for each in given])
        assert done.intact is (not done.findings)
        return [(each.how, each.seq) for each in done.findings]

    def notes(self) -> str:
        """Return what verifying says cannot be shown."""
        return "\n".join(verify_trail(self.desk, self.out, self.store).notes)


@pytest.fixture
def decided(tmp_path: Path) -> Decided:
    return Decided(tmp_path)


def test_trail_as_it_was_written_is_intact(decided: Decided) -> None:
    assert decided.found(*decided.alerts) == []
    assert "shows only against a checkpoint that lies elsewhere" in decided.notes()


def test_cut_off_end_is_found_by_the_decision_that_it_recorded(decided: Decided) -> None:
    for size in range(5, -1, -1):
        decided.cut(size)
        assert decided.found()[0] == ("cut off", size + 1)


def test_missing_chain_is_cut_off_wholly(decided: Decided) -> None:
    decided.trail.chain.file.unlink()
    assert decided.found()[0] == ("cut off", 1)
    assert decided.found(decided.alerts[-1])[0] == ("cut off", 1)


def test_end_that_was_cut_off_with_its_decision_is_found_by_an_alert(decided: Decided) -> None:
    decided.cut(4)
    decided.file(6).unlink()
    assert decided.found() == []
    assert decided.found(decided.alerts[-1]) == [("cut off", 5)]


def test_chain_computed_anew_is_found_after_the_last_checkpoint_that_fits(decided: Decided) -> None:
    decided.cut(2)
    for file in (decided.file(5), decided.file(6)):
        file.unlink()
    for number in range(4):
        decided.trail.chain.append("breach", {"forged": number}, AT)
    assert decided.found() == []
    assert decided.found(*decided.alerts) == [("changed", 3), ("changed", 3)]


def test_checkpoint_of_another_key_or_changed_is_found(decided: Decided, tmp_path: Path) -> None:
    other, _ = make_key(tmp_path / "other.pem", [])
    forged = checkpoint(decided.trail.chain, other)
    last = decided.alerts[-1]
    assert decided.found(forged) == [("changed", None)]
    assert decided.found(replace(last, size=5)) == [("changed", None)]
    decided.desk = decided.desk.model_copy(
        update={"audit": Audit(public_key=other.public_key, former_keys=[decided.public_key])}
    )
    assert decided.found(forged, last) == []


def test_desk_without_a_key_says_that_nothing_vouches_for_checkpoints(decided: Decided) -> None:
    decided.desk = decided.desk.model_copy(update={"audit": Audit()})
    assert decided.found() == []
    assert "deskgate audit key" in decided.notes()
    decided.cut(2)
    assert ("cut off", 3) in decided.found()


def test_unsigned_checkpoint_is_found_until_a_signed_one_vouches_for_it(decided: Decided) -> None:
    signing = decided.trail
    decided.trail = Trail(decided.trail.chain)
    decided.decide(7)
    assert decided.found() == [("changed", None)]
    signing.record_key(AT)
    assert decided.found() == []


def test_chain_and_decisions_computed_anew_without_the_key_are_found(decided: Decided) -> None:
    decided.forge()
    assert decided.found() == [("changed", None)] * 3
    # A record of the key that the key did not sign vouches for nothing.
    held = checkpoint(decided.trail.chain, None).as_json()
    for body in ({}, {"checkpoint": held}, {"checkpoint": held | {"signed_by": decided.alerts[0].signed_by}}):
        decided.trail.chain.append("key", {"public_key": decided.public_key, **body}, AT)
        assert ("changed", None) in decided.found()


def test_unsigned_checkpoints_of_before_the_key_are_as_they_were(tmp_path: Path) -> None:
    decided = Decided(tmp_path)
    key = decided.trail.key
    decided.forge()
    Trail(decided.trail.chain, key).record_key(AT)
    assert decided.found() == []


def test_decision_that_is_gone_is_found(decided: Decided) -> None:
    decided.file(5).unlink()
    assert decided.found() == [("removed", 4)]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("drill", {"table": ["drills"], "rows": []}),
        ("drill", {"table": "drills", "rows": ["x", {}, {"row_id": 1}]}),
        ("adopted", {"tables": {"drills": "x", "nowhere": [], "anchors": [None]}}),
        ("decision", {"date": "2026-05-06"}),
        ("decision", {"date": ["2026-05-06"]}),
        ("key", {"checkpoint": "x"}),
        ("key", {"checkpoint": {"size": 1}}),
    ],
)
def test_record_of_another_shape_breaks_no_verifier(
    program: ModuleType, decided: Decided, kind: str, body: dict[str, Any]
) -> None:
    decided.trail.chain.append(kind, body, AT)
    found = [each for each in decided.found() if each[0] != "removed"]
    assert judged(program, decided) == found
    assert bool(found) == (body.get("date") == "2026-05-06")


@pytest.mark.parametrize("content", ["", "[]", '{"checkpoint": '])
def test_decision_that_cannot_be_read_is_found(decided: Decided, content: str) -> None:
    decided.file(5).write_text(content)
    assert decided.found() == [("changed", None)]


def test_decision_that_names_another_desk_is_judged(decided: Decided) -> None:
    content = json.loads(decided.file(5).read_text())
    decided.file(5).write_text(json.dumps(identified(content | {"desk": "other", "decision": "GO"})))
    assert decided.found() == [("inserted", None)]


def test_row_that_a_killed_write_left_out_is_noted(decided: Decided, tmp_path: Path) -> None:
    kept, lost = Store.open(tmp_path / "a", "desk"), Store.open(tmp_path / "b", "desk")
    for why in ("first", "second"):
        anchor(kept, decided.trail, by="ann", why=why, effective_at=AT, recorded_at=AT)
    decided.store = lost
    # The one of the record before is none that a kill leaves.
    assert decided.found() == [("removed", 7)]
    assert "1 of the rows of record 8 not in the store" in decided.notes()


def test_verifying_waits_for_a_write_that_is_going_on(decided: Decided, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_module, "LOCK_TIMEOUT_S", 0.0)
    with Chain(decided.trail.chain.file, "desk").lock(), pytest.raises(RunError, match="busy"):
        decided.found()


def test_changed_decision_is_found(decided: Decided) -> None:
    decided.change(5, decision="GO")
    assert decided.found() == [("changed", None)]


def test_decision_that_no_run_made_is_found(decided: Decided) -> None:
    decided.decide(5, recorded=False)
    decided.trail.chain.append("breach", {}, AT)
    assert decided.found() == [("inserted", None)]


def test_decision_put_back_in_place_of_a_later_one_is_found(decided: Decided) -> None:
    before = decided.file(5).read_text()
    decided.decide(5)
    assert decided.found() == []
    decided.file(5).write_text(before)
    assert decided.found() == [("changed", None)]


def test_decision_of_before_there_was_a_trail_is_noted(decided: Decided) -> None:
    decided.decide(7, recorded=False)
    bare = without_checkpoint(decided.file(7))
    assert decided.found() == []
    assert "1 decision holds no checkpoint, first 2026-05-07/decision.json" in decided.notes()
    # Of a day that the trail knows, it is not one of before.
    decided.file(7).unlink()
    decided.file(4).write_text(bare.replace("2026-05-07", "2026-05-04"))
    without_checkpoint(decided.file(4))
    assert decided.found() == [("inserted", None)]


def without_checkpoint(file: Path) -> str:
    """Take the checkpoint out of a decision, and compute its id anew."""
    content = json.loads(file.read_text())
    file.write_text(json.dumps(identified({name: content[name] for name in content if name != "checkpoint"})))
    return file.read_text()


def test_day_that_a_killed_run_set_aside_is_not_published(decided: Decided) -> None:
    shutil.copytree(decided.file(5).parent, decided.out / ".2026-05-05.old")
    decided.decide(5)
    assert decided.found() == []


def test_unfinished_last_line_is_noted(decided: Decided) -> None:
    with decided.trail.chain.file.open("ab") as end:
        end.write(b'{"at":')
    assert decided.found() == []
    assert "the last line is unfinished (6 bytes)" in decided.notes()


def test_file_without_a_checkpoint_or_of_another_desk_is_refused(decided: Decided, tmp_path: Path) -> None:
    for text in ("nothing", checkpoint_line(replace(decided.alerts[0], name="other").as_json())):
        (tmp_path / "text").write_text(text)
        with pytest.raises(InputError, match="expected"):
            given_witnesses(tmp_path / "text", "desk")
    with pytest.raises(InputError, match="not readable"):
        given_witnesses(tmp_path / "nowhere", "desk")


# The program in docs/ -------------------------------------------------------------------------------------------------


def tampered() -> list[list[bytes]]:
    """Return chains of 1,000 with a record changed, removed, inserted or swapped, at many places, and cut off."""
    chains = []
    for place in PLACES[::13]:
        line = WHOLE[place]
        chains += [replaced(place, line.replace(b"drill", b"drilt")), replaced(place, forged(place)), replaced(place)]
        chains += [replaced(place, extra, gone=0) for extra in insertions(place)]
        chains += [swapped(place, other) for other in (place + 1, (place + SIZE) // 2) if place < other < SIZE]
        chains += [WHOLE[:place], replaced(place, forged(place, seq=place + 50))]
    return [*chains, [*WHOLE[:-1], forged(SIZE - 1)], WHOLE]


def test_program_names_what_the_library_names(program: ModuleType) -> None:
    from deskgate.audit.faults import first_fault
    from deskgate.audit.witnesses import judge_witnesses

    parsed: dict[bytes, Any] = {}
    linked: dict[bytes, Any] = {}
    marks = [Checkpoint("desk", size, RECORDS[size - 1].hash) for size in (SIZE // 2, SIZE)]
    texts = {str(each.size): json.dumps(each.as_json()) for each in marks}
    witnesses = [Witness(str(each.size), each) for each in marks]
    unseen = 0
    for lines in tampered():
        records = [parsed[line] if line in parsed else parsed.setdefault(line, program.parse(line)) for line in lines]
        links = [linked[line] if line in linked else linked.setdefault(line, link_of(line)) for line in lines]
        fault = first_fault(links)
        mine = [*([fault] if fault else []), *judge_witnesses(links, witnesses, Audit())]
        assert [(how, seq) for how, seq, _ in program.verify(records, texts, [])] == [(i.how, i.seq) for i in mine]
        # Whatever was done is found by the chain, or by the checkpoints.
        unseen += not mine
    assert unseen == 1


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    )
)
def test_program_writes_json_as_rfc_8785_does(program: ModuleType, value: Any) -> None:
    assert program.rfc8785(value).encode() == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [0.1, -0.0, 1e-6, 9.9e-7, 1e16, 123456789012345680000.0, 1e21, 1.5e-7, -2.0, 5e-324, 1.7e308]
)
def test_program_writes_numbers_as_rfc_8785_does(program: ModuleType, value: float) -> None:
    assert program.rfc8785(value).encode() == rfc8785.dumps(value)


def run(decided: Decided, *options: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", PROGRAM, decided.trail.chain.file, *options], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_program_runs_by_itself(decided: Decided, tmp_path: Path) -> None:
    alert = tmp_path / "alert.txt"
    alert.write_text("1 critical break\n" + checkpoint_line(decided.alerts[-1].as_json()))
    key = ("--public-key", decided.public_key)
    files = [decided.file(day) for day in (4, 5, 6)]
    code, text = run(decided, *key, *files, alert)
    assert (code, text.startswith("intact: 6 records")) == (0, True), text
    decided.cut(5)
    code, text = run(decided, *key, *files, alert)
    assert (code, text.splitlines()[0].startswith("cut off 6:")) == (1, True), text


@pytest.mark.parametrize("wrong", ["nowhere.jsonl", "empty.txt"])
def test_program_refuses_what_it_cannot_compare(decided: Decided, tmp_path: Path, wrong: str) -> None:
    (tmp_path / "empty.txt").write_text("no checkpoint")
    chain = decided.trail.chain.file
    given = (tmp_path / wrong,) if wrong == "nowhere.jsonl" else (chain, tmp_path / wrong)
    done = subprocess.run([sys.executable, "-I", PROGRAM, *given], capture_output=True, text=True, check=False)
    assert (done.returncode, wrong in done.stderr, done.stdout) == (2, True, "")


def judged(program: ModuleType, decided: Decided) -> list[tuple[str, int | None]]:
    texts = {str(day): decided.file(day).read_text() for day in (4, 5, 6) if decided.file(day).exists()}
    found = program.verify(program.read_chain(decided.trail.chain.file), texts, [decided.public_key])
    return [(how, seq) for how, seq, _ in found]


@pytest.mark.parametrize(
    "harm",
    [
        lambda it: it.change(5, decision="GO"),
        lambda it: it.change(5, checkpoint=it.alerts[0].as_json()),
        lambda it: it.decide(5, recorded=False),
        lambda it: without_checkpoint(it.file(5)),
        lambda it: it.cut(3),
        lambda it: it.cut(0),
        lambda it: it.strip(5),
        lambda it: it.strip(4, 5, 6),
        lambda it: it.forge(),
        lambda it: it.change(6, desk="other"),
        lambda it: it.decide(5),
        lambda it: it.trail.chain.append("breach", {}, AT),
    ],
)
def test_program_judges_decisions_as_the_library_does(
    program: ModuleType, decided: Decided, harm: Callable[[Decided], None]
) -> None:
    harm(decided)
    assert judged(program, decided) == decided.found()
