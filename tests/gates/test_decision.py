from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import rfc8785

from deskgate.gates.decision import Decision, blockers, bundle, decide, digest_files
from deskgate.gates.evaluation import Status, Verdict

PASS, FAIL, UNKNOWN, WAIVED = Status.PASS, Status.FAIL, Status.INSUFFICIENT, Status.WAIVED


def verdict(status: Status = PASS, severity: str = "critical", *, stop: bool = False, check: str = "c") -> Verdict:
    return Verdict(
        gate="g",
        check=check,
        title="t",
        subject="b1",
        severity=severity,
        status=status,
        observed=1.0,
        bound="<= 1",
        unit="",
        sample=1,
        reason="r",
        what_to_do="d",
        stop=stop,
        evidence="e",
        expectation="x",
    )


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([verdict(PASS)], Decision.GO),
        ([verdict(WAIVED)], Decision.GO),
        ([verdict(FAIL)], Decision.HOLD),
        ([verdict(UNKNOWN)], Decision.HOLD),
        ([verdict(PASS), verdict(FAIL, "warning"), verdict(UNKNOWN, "info")], Decision.GO),
        ([verdict(PASS), verdict(FAIL, stop=True)], Decision.STOP),
        ([verdict(UNKNOWN, stop=True)], Decision.HOLD),
        ([verdict(WAIVED, stop=True)], Decision.GO),
        ([verdict(PASS, "warning")], Decision.HOLD),
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


def test_blockers_are_worst_first() -> None:
    found = [verdict(UNKNOWN, check="a"), verdict(FAIL, check="b"), verdict(FAIL, stop=True, check="c"), verdict(PASS)]
    assert [item.check for item in blockers(found)] == ["c", "b", "a"]


def bundled(reason: str = "r") -> dict[str, object]:
    return bundle(
        [replace(verdict(FAIL), reason=reason)],
        desk="desk",
        bots={"b1": "live"},
        day=date(2026, 5, 4),
        as_of=datetime(2026, 5, 5, tzinfo=UTC),
        inputs={"code": "0"},
        evidence=[],
        failures=[],
        previous=None,
        provisional=False,
        checkpoint={"size": 3},
    )


def test_bundle_id_is_the_digest_of_everything_else() -> None:
    content = bundled()
    identity = content.pop("bundle_id")
    assert identity == sha256(rfc8785.dumps(content)).hexdigest()  # type: ignore[arg-type]
    assert identity == bundled()["bundle_id"]
    assert identity != bundled("another reason")["bundle_id"]


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
