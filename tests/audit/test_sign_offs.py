"""Sign-offs: of one decision, and valid only with a key that desk.toml names."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deskgate.audit.chain import Chain
from deskgate.audit.keys import Key, make_key
from deskgate.audit.sign_offs import sign_off, sign_offs, stands_as, unsigned_roles
from deskgate.config.desk import Audit

AT = datetime(2026, 5, 5, 9, tzinfo=UTC)
DECISION = {"bundle_id": "ab" * 32, "date": "2026-05-04", "decision": "GO", "desk": "fleet"}


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain.open(tmp_path / "out", "fleet")


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return make_key(tmp_path / "keys" / "fleet.pem", [])[0]


def signed(chain: Chain, key: Key, role: str, by: str, **changes: Any) -> None:
    sign_off(chain, key, DECISION | changes, role=role, by=by, at=AT)


def found(chain: Chain, key: Key | None) -> list[tuple[str, str, bool]]:
    audit = Audit(public_key=key.public_key if key else None)
    return [(each.role, each.by, each.is_valid) for each in sign_offs(chain, DECISION["bundle_id"], audit)]


def test_last_sign_off_of_each_role_counts(chain: Chain, key: Key) -> None:
    assert found(chain, key) == []
    for role, by in (("ops", "ann"), ("risk", "bob"), ("ops", "cid")):
        signed(chain, key, role, by)
    assert found(chain, key) == [("risk", "bob", True), ("ops", "cid", True)]


def test_sign_off_is_of_one_decision_and_of_a_known_key(chain: Chain, key: Key) -> None:
    signed(chain, key, "risk", "bob", bundle_id="cd" * 32)
    assert found(chain, key) == []
    signed(chain, key, "risk", "bob")
    assert found(chain, None) == [("risk", "bob", False)]


@pytest.mark.parametrize("changed", [{"by": "eve"}, {"role": "strategy"}, {"decision": "HOLD"}, {"signature": "AA=="}])
def test_record_that_somebody_wrote_himself_is_not_valid(chain: Chain, key: Key, changed: dict[str, str]) -> None:
    signed(chain, key, "risk", "bob")
    head = chain.head
    assert head is not None
    chain.append("sign_off", json.loads(json.dumps({**head.body, **changed})), AT)
    assert all(not is_valid for role, by, is_valid in found(chain, key) if (role, by) != ("risk", "bob"))
    assert [is_valid for *_, is_valid in found(chain, key)].count(False) == 1


def test_decision_that_awaits_sign_offs_is_a_go_once_each_role_has_signed_it(
    chain: Chain, key: Key, tmp_path: Path
) -> None:
    held = DECISION | {"decision": "HOLD", "awaits": {"roles": ["risk", "ops"], "keys": [key.public_key]}}

    def stands(**changes: Any) -> tuple[str, list[str]]:
        decision = held | changes
        return stands_as(chain.records(), decision), unsigned_roles(chain.records(), decision)

    assert stands() == ("HOLD", ["risk", "ops"])
    sign_off(chain, key, held, role="risk", by="bob", at=AT)
    sign_off(chain, make_key(tmp_path / "keys" / "eve.pem", [])[0], held, role="ops", by="eve", at=AT)
    assert stands() == ("HOLD", ["ops"])
    sign_off(chain, key, held, role="ops", by="ann", at=AT)
    assert stands() == ("GO", [])
    # Run again on other inputs it is another decision, which nobody has signed; a STOP stays one.
    assert stands(bundle_id="cd" * 32) == ("HOLD", ["risk", "ops"])
    assert stands(decision="STOP")[0] == "STOP"


@pytest.mark.parametrize("awaits", [{}, {"roles": []}, {"keys": []}, "risk", None])
def test_hold_that_awaits_nobody_is_never_a_go(chain: Chain, awaits: object) -> None:
    assert stands_as(chain.records(), DECISION | {"decision": "HOLD"}) == "HOLD"
    assert stands_as(chain.records(), DECISION | {"decision": "HOLD", "awaits": awaits}) == "HOLD"
