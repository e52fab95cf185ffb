"""The program in docs/ that verifies without Deskgate: it finds what the library finds."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from deskgate.audit.checkpoint import Checkpoint, checkpoint_line
from deskgate.audit.faults import link_of
from deskgate.audit.witnesses import Witness
from deskgate.config.desk import Audit
from deskgate.config.paths import ROOT
from tiers import quick

from .decided import AT, Decided
from .test_faults import PLACES, RECORDS, SIZE, WHOLE, forged, insertions, replaced, swapped

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
    texts = {str(day): decided.file(day).read_text() for day in range(1, 10) if decided.file(day).exists()}
    found = program.verify(program.read_chain(decided.trail.chain.file), texts, [decided.public_key])
    return [(how, seq) for how, seq, _ in found]


@pytest.mark.parametrize(
    "harm",
    quick(
        [
            lambda it: it.change(5, decision="GO"),
            lambda it: it.change(5, checkpoint=it.alerts[0].as_json()),
            lambda it: it.decide(5, recorded=False),
            lambda it: it.drop_checkpoint(5),
            lambda it: it.make_up(3),
            lambda it: it.make_up(7),
            lambda it: (it.cut(0), it.drop_checkpoint(5)),
            lambda it: it.publish_unrecorded(7, "STOP"),
            lambda it: it.publish_unrecorded(7, "GO"),
            lambda it: it.cut(3),
            lambda it: it.cut(0),
            lambda it: it.strip(5),
            lambda it: it.strip(4, 5, 6),
            lambda it: it.forge(),
            lambda it: it.change(6, desk="other"),
            lambda it: it.decide(5),
            lambda it: it.trail.chain.append("breach", {}, AT),
        ],
        6,
    ),
)
def test_program_judges_decisions_as_the_library_does(
    program: ModuleType, decided: Decided, harm: Callable[[Decided], None]
) -> None:
    harm(decided)
    assert judged(program, decided) == decided.found()


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
