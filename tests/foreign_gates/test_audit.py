"""Each rule names one kind of pass that proves nothing, and leaves the honest one alone."""

from pathlib import Path
from typing import Any

import pytest

from deskgate.foreign_gates.audit import JudgedPass, audit_passes, count_kinds
from deskgate.foreign_gates.reports import read_reports
from deskgate.foreign_gates.rules import RULES

from .foreign_desks import HONEST, changed, write_desk

OLD = "2026-05-04T09:00:00+00:00"
PARITY, RISK = "parity/latest.json", "portfolio_risk/latest.json"
GATES, DAY2, SNAPSHOT = "promotion_gates/latest.json", "day2.json", "exchange_snapshots/latest.json"
BOT = f"{PARITY}: bots.0"
SUMMARY = f"{BOT}.summary"
Changes = list[tuple[str, Any]]

# Rule, gate that it names, kind, and what is changed of the honest desk.
CASES: list[tuple[str, str, str, Changes]] = [
    ("insufficient_data", "parity.bot1.fill_ratio_delta", "insufficient", [(f"{BOT}.metrics.0.value", None)]),
    ("zero_bots", "parity", "zero bots", [(f"{PARITY}: checked_bots", 0)]),
    ("no_checks", "promotion_gates", "empty", [(f"{GATES}: checks", [])]),
    ("not_yet", "alerting_health", "absent", [(f"{GATES}: checks.3.reason", "alerts not yet sent")]),
    ("evidence_absent", "alerting_health", "absent", [(f"{GATES}: evidence_bundle.artifacts.0.exists", False)]),
    (
        "no_venue",
        "reconciliation_status",
        "itself as reference",
        [("reconciliation/latest.json: exchange_source_enabled", False)],
    ),
    ("proxy_snapshot", "paper_smoke_matrix", "itself as reference", [(f"{SNAPSHOT}: mode", "proxy_local")]),
    (
        "no_fills",
        "parity.bot1.fill_ratio_delta",
        "empty",
        [(f"{SUMMARY}.fills_total", 0), (f"{BOT}.metrics.0.value", 0.0)],
    ),
    (
        "equity_for_pnl",
        "parity.bot1.realized_pnl_delta_quote",
        "fallback",
        [(f"{SUMMARY}.fills_total", 0), (f"{BOT}.metrics.1.value", 3.0)],
    ),
    ("share_of_nothing", "portfolio_risk", "fallback", [(f"{RISK}: metrics.max_equity_share_pct", 0.0)]),
    (
        "nothing_produced",
        "day2_event_store.delta_since_baseline_tolerance",
        "empty",
        [("compare.json: produced_since_baseline_by_stream", {"a": 0})],
    ),
    (
        "own_baseline",
        "day2_event_store.delta_since_baseline_tolerance",
        "itself as reference",
        [("compare.json: delta_source_minus_stored_by_stream_abs.a", 5)],
    ),
    ("age_of_baseline", "day2_event_store.elapsed_window", "fallback", [(f"{DAY2}: checks.0.value_hours", 84.0)]),
    ("health_route", "alerting", "fallback", [("sent.json: probes.0.url", "http://127.0.0.1/healthz")]),
    ("idle_service", "coordination", "empty", [("coordination/latest.json: decisions_seen", 0)]),
    ("own_summary", "final_decision", "contradicted", [("final.json: summary.reconciliation_status", "warning")]),
    (
        "same_cycle",
        "portfolio_risk_status",
        "contradicted",
        [("replay_regression/latest.json: signature_baseline.portfolio_status", "warning")],
    ),
    (
        "overtaken",
        "strict_cycle",
        "stale",
        [(f"{GATES}: status", "FAIL"), (f"{GATES}: ts_utc", "2026-05-04T13:00:00Z")],
    ),
    ("old_integrity", "day2_event_store.missing_correlation", "stale", [("integrity.json: last_update_utc", OLD)]),
    ("stale_minutes", "smoke_checks", "stale", [("minute.csv", f"ts,equity\n{OLD},1\n")]),
    ("old_evidence", "alerting_health", "stale", [("sent.json: ts_utc", OLD)]),
    ("outdated", "coordination", "outdated", [("coordination/latest.json: ts_utc", "2026-05-03T11:00:00Z")]),
    ("outdated", "coordination", "outdated", [("coordination/latest.json: ts_utc", "noon")]),
    (
        "hollow",
        "parity",
        "empty",
        [(f"{BOT}.metrics.0.value", None), (f"{BOT}.metrics.1.value", None)],
    ),
    ("rests_on", "accounting_integrity_v2", "zero bots", [("accounting/latest.json: snapshot_count", 0)]),
]


def judged(tmp_path: Path, changes: Changes) -> list[JudgedPass]:
    return audit_passes(read_reports(write_desk(tmp_path, changed(*changes))))


def test_honest_passes_stand(tmp_path: Path) -> None:
    found = judged(tmp_path, [])
    assert [(each.claim.gate, each.rule, each.reason) for each in found if each.outcome != "stands"] == []
    # Every kind of report that passes is among them, so that every rule had something to name.
    assert {gate.partition(".")[0] for gate in (each.claim.gate for each in found)} == {
        *("accounting", "accounting_integrity_v2", "alerting", "alerting_health", "coordination", "day2_event_store"),
        *(
            "final_decision",
            "paper_smoke_matrix",
            "parity",
            "portfolio_risk",
            "portfolio_risk_status",
            "promotion_gates",
        ),
        *("reconciliation", "reconciliation_status", "replay_regression", "smoke_checks", "strict_cycle"),
    }


@pytest.mark.parametrize(("rule", "gate", "kind", "changes"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES])
def test_vacuous_pass_is_named_with_its_evidence(
    tmp_path: Path, rule: str, gate: str, kind: str, changes: Changes
) -> None:
    found = {each.claim.gate: each for each in judged(tmp_path, changes)}[gate]
    assert found.reason is not None
    assert (found.rule, found.reason.kind) == (rule, kind)
    file, _, place = found.reason.evidence.partition(": ")
    assert file in HONEST
    assert place
    assert found.reason.value


def test_every_rule_has_a_case() -> None:
    assert {rule.__name__ for rule in RULES} | {"hollow", "rests_on"} == {case[0] for case in CASES}


def test_gate_that_did_not_pass_is_no_claim(tmp_path: Path) -> None:
    changes: Changes = [
        (f"{GATES}: checks.3.pass", False),
        (f"{GATES}: status", "FAIL"),
        ("final.json: status", "HOLD"),
    ]
    gates = {each.claim.gate for each in judged(tmp_path, changes)}
    assert gates.isdisjoint({"alerting_health", "promotion_gates", "final_decision"})


def test_pass_whose_evidence_is_gone_or_was_written_again_is_unseen(tmp_path: Path) -> None:
    found = {
        each.claim.gate: each
        for each in judged(tmp_path, [("minute.csv", None), ("sent.json: ts_utc", "2026-05-04T12:30:00Z")])
    }
    assert (found["smoke_checks"].outcome, found["alerting_health"].outcome) == ("unseen", "unseen")


def test_other_reasons_and_kinds_are_counted_once_a_pass(tmp_path: Path) -> None:
    changes: Changes = [("integrity.json: last_update_utc", OLD), (f"{DAY2}: checks.1.value", None)]
    found = judged(tmp_path, changes)
    both = next(each for each in found if each.claim.gate == "day2_event_store.missing_correlation")
    assert (both.rule, both.also) == ("insufficient_data", ("old_integrity",))
    assert count_kinds(found) == {"insufficient": 1}


@pytest.mark.parametrize("value", [None, 3, True, "x", [], [1], {}, {"a": 1}])
@pytest.mark.parametrize("file", sorted(name for name in HONEST if name.endswith(".json")))
def test_value_of_any_type_breaks_no_rule(tmp_path: Path, file: str, value: object) -> None:
    audit_passes(read_reports(write_desk(tmp_path, changed(*((f"{file}: {key}", value) for key in HONEST[file])))))


def test_value_of_any_type_in_a_part_breaks_no_rule(tmp_path: Path) -> None:
    values: list[Any] = [None, 3, "x", [], {}]
    for n, value in enumerate(values):
        for place in (
            f"{BOT}.summary",
            f"{BOT}.metrics",
            f"{GATES}: checks.3.evidence_paths",
            f"{DAY2}: checks.0.value_hours",
        ):
            audit_passes(read_reports(write_desk(tmp_path / str(n), changed((place, value)))))
