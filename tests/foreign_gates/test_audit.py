"""Each rule names one kind of pass that proves nothing, and leaves the honest one alone."""

from pathlib import Path
from typing import Any

import pytest

from deskgate.foreign_gates.audit import JudgedPass, audit_passes, count_kinds
from deskgate.foreign_gates.remarks import remarks
from deskgate.foreign_gates.reports import read_reports
from deskgate.foreign_gates.rules import RULES
from tiers import quick

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
    ("no_checks", "parity", "empty", [(f"{PARITY}: bots", "one")]),
    ("no_checks", "parity.bot1", "empty", [(f"{BOT}.metrics", [])]),
    ("no_evidence", "alerting_health", "empty", [(f"{GATES}: checks.3.evidence_paths", [])]),
    ("no_evidence", "coordination", "empty", [("coordination/latest.json: decisions_seen", None)]),
    ("no_evidence", "strict_cycle", "empty", [("strict.json: gate_latest_path", None)]),
    ("failed_part", "promotion_gates", "contradicted", [(f"{GATES}: checks.3.pass", False)]),
    ("failed_part", "parity", "contradicted", [(f"{BOT}.pass", False)]),
    ("failed_part", "parity.bot1", "contradicted", [(f"{BOT}.metrics.0.pass", False)]),
    ("failed_part", "accounting", "contradicted", [("accounting/latest.json: checks.snapshots_present", False)]),
    ("own_summary", "final_decision", "contradicted", [("final.json: summary.strict_critical_failures", ["x"])]),
    ("own_summary", "final_decision", "contradicted", [("final.json: summary.reconciliation_status", False)]),
    ("own_summary", "promotion_gates", "contradicted", [(f"{GATES}: critical_failures", ["x"])]),
    ("own_summary", "portfolio_risk", "contradicted", [(f"{RISK}: critical_count", 2)]),
    ("hollow", "promotion_gates", "absent", [(f"{GATES}: checks.3.reason", "alerts not yet sent")]),
    ("rests_on", "strict_cycle", "absent", [(f"{GATES}: checks.3.reason", "alerts not yet sent")]),
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
    assert {rule.__name__ for rule in RULES} | {"failed_part", "hollow", "rests_on"} == {case[0] for case in CASES}


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


@pytest.mark.parametrize(
    ("gate", "changes", "missing"),
    [
        # One of two files that it names is not here.
        ("accounting_integrity_v2", [("accounting/latest.json", None)], "reports/accounting/latest.json: not here"),
        ("alerting_health", [("alerts/sent.json", "{")], "reports/alerts/sent.json: cannot be read"),
        ("day2_event_store.missing_correlation", [("integrity.json", None)], "event_store/integrity.json: not here"),
        ("portfolio_risk", [("minute.csv", None)], "the minutes of bot1: not here"),
        ("portfolio_risk", [(f"{RISK}: risk_scope_bots", ["a**"])], "the minutes of a**: not here"),
        ("portfolio_risk", [(f"{RISK}: risk_scope_bots", ["../../.."])], "the minutes of ../../..: not here"),
        ("promotion_gates", [("minute.csv", None)], "reports/promotion_gates/latest.json smoke_checks: its evidence"),
        ("strict_cycle", [("minute.csv", None)], "reports/promotion_gates/latest.json promotion_gates: its evidence"),
        ("promotion_gates", [(f"{GATES}: checks.3.pass", None)], "alerting_health: neither passed nor failed"),
    ],
)
def test_pass_stands_only_where_all_that_it_rests_on_is_there(
    tmp_path: Path, gate: str, changes: Changes, missing: str
) -> None:
    found = {each.claim.gate: each for each in judged(tmp_path, changes)}[gate]
    assert (found.outcome, found.reason) == ("unseen", None)
    assert missing in "; ".join(found.missing)


@pytest.mark.parametrize(
    ("status", "gates"), [("PASS", {"a"}), ("passed", {"a"}), ("FAIL", set()), ("fabulous", set())]
)
def test_check_with_a_status_is_a_part(tmp_path: Path, status: str, gates: set[str]) -> None:
    changes: Changes = [(f"{GATES}: checks", [{"name": "a", "status": status, "value": 1}])]
    found = {each.claim.gate: each for each in judged(tmp_path, changes)}
    assert {"a"} & set(found) == gates
    assert (found["promotion_gates"].outcome == "stands") == bool(gates)


@pytest.mark.parametrize(("word", "passes"), [("PASSED", True), ("Green", True), ("HOLD", False), ("fabulous", False)])
def test_status_word_of_a_whole_is_a_pass_where_it_plainly_says_so(tmp_path: Path, word: str, passes: bool) -> None:
    desk = read_reports(write_desk(tmp_path, changed((f"{PARITY}: status", word))))
    assert ("parity" in {each.claim.gate for each in audit_passes(desk)}) == passes
    said = [f"reports/{PARITY}: status = 'fabulous', status not understood, expected pass or fail; passed over"]
    assert remarks(desk) == (said if word == "fabulous" else [])


def test_failed_warning_lets_its_whole_pass(tmp_path: Path) -> None:
    changes: Changes = [(f"{GATES}: checks.3.pass", False), (f"{GATES}: checks.3.severity", "warning")]
    found = {each.claim.gate: each for each in judged(tmp_path, changes)}
    assert found["promotion_gates"].outcome == "stands"


def test_other_reasons_and_kinds_are_counted_once_a_pass(tmp_path: Path) -> None:
    changes: Changes = [("integrity.json: last_update_utc", OLD), (f"{DAY2}: checks.1.value", None)]
    found = judged(tmp_path, changes)
    both = next(each for each in found if each.claim.gate == "day2_event_store.missing_correlation")
    assert (both.rule, both.also) == ("insufficient_data", ("old_integrity",))
    assert count_kinds(found) == {"insufficient": 2}


@pytest.mark.parametrize("value", quick([None, 3, True, "x", [], [1], {}, {"a": 1}], 2))
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
