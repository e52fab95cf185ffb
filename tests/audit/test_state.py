"""What a reader is told of the trail: how far it goes, and whether it was found whole."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskgate.audit.chain import Chain
from deskgate.audit.checkpoint import NO_KEY, checkpoint
from deskgate.audit.keys import make_key
from deskgate.audit.record import FIRST
from deskgate.audit.state import trail_state
from deskgate.config.desk import Audit, Desk
from desks import desk

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
DESK = desk()
Damage = Callable[[list[str]], list[str]]


def written(out: Path, records: int = 5) -> Chain:
    """Return a chain of some records, and a decision that holds the checkpoint of the third."""
    chain = Chain.open(out, DESK.name)
    for number in range(1, records + 1):
        chain.append("drill", {"number": number}, AT)
        if number == 3:
            (out / "2026-05-04").mkdir()
            content = json.dumps({"checkpoint": checkpoint(chain, None).as_json()})
            (out / "2026-05-04" / "decision.json").write_text(content)
    return chain


def told(out: Path, of: Desk = DESK) -> dict[str, str]:
    return dict(trail_state(of, out).iter_rows())


def test_whole_trail_is_verified(tmp_path: Path) -> None:
    head = written(tmp_path).head
    assert head is not None
    assert told(tmp_path) == {
        "records": "5",
        "last record": "a drill was run, 2026-05-04T12:00:00Z",
        "head": head.hash,
        "checkpoints of days beside it": "1",
        "key of its checkpoints": NO_KEY,
        "verified": "yes, just now: 5 records fit each other and 1 checkpoint",
    }


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda lines: [lines[0].replace('"number":1', '"number":7'), *lines[1:]], "NO, changed: record 1 is not"),
        (lambda lines: [lines[0], *lines[2:]], "NO, removed: record 2 is not there"),
        # The two that are left fit each other: the decision knows that there were three.
        (lambda lines: lines[:2], "NO, cut off: record 3 is not there, 2026-05-04/decision.json knows of it"),
        (lambda _: [], "NO, cut off: records 1 to 3 are not there"),
    ],
)
def test_damaged_trail_is_not(tmp_path: Path, damage: Damage, expected: str) -> None:
    file = written(tmp_path).file
    file.write_text("".join(damage(file.read_text().splitlines(keepends=True))))
    assert told(tmp_path)["verified"].startswith(expected)


def test_no_trail_is_not_verified(tmp_path: Path) -> None:
    state = told(tmp_path)
    assert (state["records"], state["head"]) == ("0", FIRST)
    assert state["verified"].startswith("NO, there is no record yet")


def test_trail_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    Chain.open(tmp_path, DESK.name).file.mkdir(parents=True)
    state = told(tmp_path)
    assert state["records"] == "0"
    assert "the audit trail is not readable" in state["verified"]


def test_unsigned_checkpoint_of_a_desk_with_a_key_vouches_for_nothing(tmp_path: Path) -> None:
    written(tmp_path)
    key = make_key(tmp_path / "key.pem", [])[0]
    state = told(tmp_path, DESK.model_copy(update={"audit": Audit(public_key=key.public_key)}))
    assert state["key of its checkpoints"] == key.id
    assert state["verified"].startswith("NO, changed: the checkpoint in 2026-05-04/decision.json is unsigned")
