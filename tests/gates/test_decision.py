from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from deskgate.audit.decision_ids import OF_A_RUN, ids_fit, with_pages
from deskgate.gates.decision import Decision, blockers, bundle, decide, digest_files, stopped_bots
from deskgate.gates.evaluation import Status, Verdict
from verdicts import verdict

PASS, FAIL, UNKNOWN, WAIVED = Status.PASS, Status.FAIL, Status.INSUFFICIENT, Status.WAIVED


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([verdict(PASS)], Decision.GO),
        ([verdict(WAIVED)], Decision.GO),
        ([verdict(FAIL)], Decision.HOLD),
        ([verdict(UNKNOWN)], Decision.HOLD),
        ([verdict(PASS), verdict(FAIL, severity="warning"), verdict(UNKNOWN, severity="info")], Decision.GO),
        ([verdict(PASS), verdict(FAIL, stop=True)], Decision.STOP),
        ([verdict(UNKNOWN, stop=True)], Decision.HOLD),
        ([verdict(WAIVED, stop=True)], Decision.GO),
        ([verdict(PASS, severity="warning")], Decision.HOLD),
        ([], Decision.HOLD),
    ],
)
def test_decision_table(verdicts: list[Verdict], expected: Decision) -> None:
    assert decide(verdicts) is expected


def test_failed_step_or_a_day_not_over_never_goes_and_never_softens() -> None:
    good, bad = [verdict(PASS)], [verdict(FAIL, stop=True)]
    assert decide(good, failures=["04_parity"]) is Decision.HOLD
    assert decide(good, provisional=True) is Decision.HOLD
    assert decide(bad, failures=["04_parity"], provisional=True) is Decision.STOP


def test_decision_that_owners_have_to_sign_is_on_hold_and_says_so() -> None:
    awaits = {"roles": ["risk"], "keys": ["ed25519:x"]}
    held = bundled(awaits=awaits, verdicts=[verdict(PASS)])
    assert (held["decision"], held["awaits"], held["blockers"]) == ("HOLD", awaits, [])
    assert held["bundle_id"] != bundled(verdicts=[verdict(PASS)])["bundle_id"]
    for blocked in ([verdict(FAIL)], [verdict(FAIL, stop=True)]):
        made = bundled(awaits=awaits, verdicts=blocked)
        assert ("awaits" in made, made["decision"]) == (False, str(decide(blocked)))


def test_blockers_are_worst_first() -> None:
    found = [verdict(UNKNOWN, check="a"), verdict(FAIL, check="b"), verdict(FAIL, stop=True, check="c"), verdict(PASS)]
    assert [item.check for item in blockers(found)] == ["c", "b", "a"]
    order = [(item.gate, item.check, item.subject) for item in found if item.check == "a"]
    assert [item.check for item in blockers(found, order)] == ["a", "c", "b"]


def bundled(reason: str = "r", verdicts: list[Verdict] | None = None, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "desk": "desk",
        "bots": {"b1": "live"},
        "day": date(2026, 5, 4),
        "as_of": datetime(2026, 5, 5, tzinfo=UTC),
        "inputs": {"code": "0"},
        "evidence": [{"path": "breaks.csv", "sha256": "0"}],
        "failures": [],
        "previous": None,
        "provisional": False,
        "checkpoint": {"size": 3},
        "store": {"versions": {"fills": 3}},
    }
    return bundle(verdicts or [replace(verdict(FAIL), reason=reason)], **given | changes)


def test_ids_are_digests_of_the_evidence_and_of_the_whole() -> None:
    content = bundled()
    run_id = content.pop("run_id")
    assert run_id == sha256(rfc8785.dumps(content)).hexdigest()
    bundle_id = content.pop("bundle_id")
    evidence = {name: value for name, value in content.items() if name not in OF_A_RUN}
    assert bundle_id == sha256(rfc8785.dumps(evidence)).hexdigest()


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"reason": "another"}, False),
        ({"inputs": {"code": "1"}}, False),
        ({"evidence": [{"path": "breaks.csv", "sha256": "1"}]}, False),
        ({"previous": "ab"}, True),
        ({"checkpoint": {"size": 9}}, True),
        ({"store": {"versions": {"fills": 7}}}, True),
    ],
)
def test_bundle_id_is_of_the_evidence_and_not_of_the_run(changes: dict[str, Any], is_same: bool) -> None:
    first, other = bundled(), bundled(**changes)
    assert (first["bundle_id"] == other["bundle_id"]) is is_same
    assert first["run_id"] != other["run_id"]
    shown = with_pages(first, [{"path": "index.html", "sha256": "0"}])
    assert (shown["bundle_id"], shown["run_id"] == first["run_id"]) == (first["bundle_id"], False)


@pytest.mark.parametrize("name", sorted(bundled().keys()))
def test_no_part_of_a_decision_changes_without_an_id_that_does_not_fit(name: str) -> None:
    content = bundled()
    assert ids_fit(content)
    assert not ids_fit({**content, name: "GO" if name == "decision" else "2030"})
    assert not ids_fit({other: value for other, value in content.items() if other != name})


def test_decision_of_an_earlier_version_has_one_id() -> None:
    content: dict[str, Any] = {"decision": "GO", "checkpoint": {"size": 3}}
    assert ids_fit(content | {"bundle_id": sha256(rfc8785.dumps(content)).hexdigest()})
    assert not ids_fit(content | {"bundle_id": "0"})


def test_bundle_expires_a_day_after_the_instant_it_speaks_for() -> None:
    content = bundled()
    assert (content["as_of"], content["expires_at"]) == ("2026-05-05T00:00:00Z", "2026-05-06T00:00:00Z")


def test_digests_are_of_the_files_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    for name in ("b.csv", "metrics/a.parquet"):
        (tmp_path / name).write_text(name)
    found = digest_files(tmp_path, [tmp_path / "metrics/a.parquet", tmp_path / "b.csv"])
    assert [item["path"] for item in found] == ["b.csv", "metrics/a.parquet"]
    assert found[0]["sha256"] == sha256(b"b.csv").hexdigest()


@pytest.mark.parametrize(
    ("untils", "expected"),
    [
        ([], "2026-05-06T00:00:00Z"),
        (["2026-05-06T00:00:01Z"], "2026-05-06T00:00:00Z"),
        (["2026-05-07T00:00:00Z", "2026-05-05T09:00:00Z"], "2026-05-05T09:00:00Z"),
    ],
)
def test_decision_expires_with_the_first_of_its_waivers_that_ends(untils: list[str], expected: str) -> None:
    assert bundled(waivers=[{"until": until} for until in untils])["expires_at"] == expected


@pytest.mark.parametrize(
    ("changes", "modes", "stopped"),
    [
        ({"subject": "a"}, {"a": "live", "b": "live"}, ["a"]),
        ({"subject": "a", "status": "INSUFFICIENT"}, {"a": "live"}, []),
        ({"subject": "a", "stop": False}, {"a": "live"}, []),
        ({"subject": "portfolio"}, {"a": "live", "b": "paper"}, ["a"]),
        ({"subject": "portfolio"}, {"a": "live", "b": "live"}, []),
        ({"subject": "portfolio"}, {"a": "paper"}, []),
        ({"subject": "portfolio", "gate": "operations"}, {"a": "live"}, []),
    ],
)
def test_stop_of_the_book_is_that_of_its_only_live_bot(
    changes: dict[str, object], modes: dict[str, str], stopped: list[str]
) -> None:
    assert stopped_bots([{"gate": "portfolio_risk", "stop": True, "status": "FAIL", **changes}], modes) == stopped
