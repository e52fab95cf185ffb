"""Who may sign a decision that awaits sign-offs: another person for each role, while it holds, with the desk's present key."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskgate.audit.keys import make_key
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.run.sign import Signed, sign
from whole_desks import IngestedDesk

from .day_runs import DAY, decide_anew

AT = datetime(2026, 3, 3, 1, tzinfo=UTC)
Sign = Callable[..., Signed]


@pytest.fixture
def signs(day: IngestedDesk, tmp_path: Path) -> Sign:
    """Sign the published day, whose decision awaits risk and ops."""
    key, _ = make_key(tmp_path / "keys" / "desk.pem", [])
    file = day.desk.file
    file.write_text(file.read_text() + f'\n[audit]\nkey = "{key.file}"\npublic_key = "{key.public_key}"\n')
    desk = load_desk(file)
    awaits = {"roles": ["risk", "ops"], "keys": [key.public_key]}
    decide_anew(desk, day.out, AT, decision="HOLD", blockers=[], awaits=awaits)
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
