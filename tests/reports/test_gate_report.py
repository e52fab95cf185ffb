"""The gates as JSON, as one line and as Markdown."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

from deskgate.gates.decision import Decision
from deskgate.gates.evaluation import Status
from deskgate.gates.promotion import NOT_JUDGED, GateResult
from deskgate.reports.gate_report import GateReport


def gate(name: str, status: Status, *, blocks: bool = False, reason: str = "because") -> GateResult:
    return GateResult(name, name, status, blocks, False, 1, 2, reason, "mend it", (f"expectations/{name}.json",))


def report(*gates: GateResult, result: Decision = Decision.HOLD, provisional: bool = False) -> GateReport:
    return GateReport("fleet", date(2026, 5, 4), datetime(2026, 5, 5, tzinfo=UTC), result, provisional, gates)


GATES = (gate("baseline", Status.PASS), gate("soak", Status.FAIL, blocks=True, reason="a | b\n<script> *c*"))


def test_line_names_what_blocks_and_how_many_pass() -> None:
    assert report(*GATES).as_line() == "HOLD fleet 2026-05-04: soak FAIL; 1 of 2 gates pass"
    waiting = gate("parity", Status.INSUFFICIENT, blocks=True, reason=NOT_JUDGED)
    assert report(GATES[1], waiting).as_line() == "HOLD fleet 2026-05-04: soak FAIL; 0 of 2 gates pass"
    remark = gate("alerting", Status.INSUFFICIENT)
    assert report(GATES[0], remark).as_line().endswith(": 1 of 2 gates pass; remarks: alerting INSUFFICIENT")
    whole = report(GATES[0], result=Decision.GO, provisional=True)
    assert whole.as_line() == "GO (provisional) fleet 2026-05-04: 1 of 1 gate passes"


def test_json_is_no_decision() -> None:
    content = json.loads(json.dumps(report(*GATES).as_json()))
    assert (content["kind"], content["result"]) == ("gates", "HOLD")
    assert not {"decision", "bundle_id", "expires_at", "blockers"} & set(content)
    assert [each["status"] for each in content["gates"]] == ["PASS", "FAIL"]


def test_what_a_go_rests_on_is_told_in_every_form() -> None:
    told = {"gate": "smoke", "subject": "b2", "until": "U", "author": "ann", "approver": "bob", "reason": "*why*"}
    rests = replace(report(GATES[0], result=Decision.GO), waivers=[told], accepted=[{"id": "x"}])
    says = "GO rests on 1 waiver (smoke of b2, from ? until U, recorded at ?, by ann, approved by bob: *why*)"
    says += " and 1 accepted break (x ? of ?, of unknown value, from ? until its amounts change, by ?: ?)"
    assert rests.as_line() == f"GO fleet 2026-05-04: 1 of 1 gate passes; {says}"
    assert "**" + says.replace("*", r"\*") + "**" in rests.as_markdown()
    content = json.loads(json.dumps(rests.as_json()))
    assert (content["waivers"], content["accepted"]) == ([told], [{"id": "x"}])


def test_markdown_keeps_a_reason_in_its_cell() -> None:
    text = report(*GATES).as_markdown()
    rows = [line for line in text.splitlines() if line.startswith("| soak")]
    assert rows == [r"| soak | **FAIL** | a \| b \<script> \*c\* | expectations/soak.json |"]
    assert "- **soak**: mend it" in text
    assert "- **baseline**" not in text
