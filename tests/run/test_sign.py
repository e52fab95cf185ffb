"""Who may sign a decision that awaits sign-offs: another person for each role, while it holds, with the desk's present key."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from deskgate.audit.decision_ids import identified
from deskgate.audit.keys import make_key
from deskgate.audit.trail import Trail
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.run.publish import record_decision
from deskgate.run.sign import Signed, sign
from whole_desks import IngestedDesk

DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 3, 1, tzinfo=UTC)
Sign = Callable[..., Signed]


@pytest.fixture
def signs(day: IngestedDesk, tmp_path: Path) -> Sign:
    """Sign the published day, whose decision awaits risk and ops."""
    key, _ = make_key(tmp_path / "keys" / "desk.pem", [])
    file = day.desk.file
    file.write_text(file.read_text() + f'\n[audit]\nkey = "{key.file}"\npublic_key = "{key.public_key}"\n')
    desk = load_desk(file)
    trail, decision = Trail.open(desk, day.out), day.out / str(DAY) / "decision.json"
    awaits = {"roles": ["risk", "ops"], "keys": [key.public_key]}
    held = {"decision": "HOLD", "blockers": [], "awaits": awaits, "checkpoint": trail.checkpoint().as_json()}
    decided = identified(json.loads(decision.read_text()) | held)
    record_decision(trail, decided, AT)
    decision.write_text(json.dumps(decided))
    return lambda role, by, at=AT: sign(desk, day.out, DAY, role=role, by=by, at=at)


def test_each_role_is_signed_by_another_person(signs: Sign) -> None:
    assert signs("risk", "Ann").awaits == ["ops"]
    with pytest.raises(InputError, match="'ann' has signed this decision for risk, expected another person for ops"):
        signs("ops", " ann ")
    assert signs("risk", "Ann").awaits == ["ops"]
    done = signs("ops", "bob")
    assert (done.word, done.awaits) == ("GO", [])


def test_expired_decision_is_not_signed_into_a_go(signs: Sign) -> None:
    with pytest.raises(InputError, match="expired at 2026-03-04T00:00:00Z"):
        signs("risk", "ann", AT + timedelta(days=1))
