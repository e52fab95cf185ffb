"""A desk of another control plane whose every pass stands, as files that a test changes."""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

__all__ = ["HONEST", "changed", "write_desk"]

NOON = "2026-05-04T12:00:00+00:00"
BEFORE = "2026-05-04T11:59:00+00:00"
WINDOWS = "C:\\desk\\"
STORE = "reports/event_store"


def _check(name: str, *evidence: str) -> dict[str, Any]:
    paths = [WINDOWS + path.replace("/", "\\") for path in evidence]
    return {"name": name, "severity": "critical", "pass": True, "reason": "checked", "evidence_paths": paths}


def _metric(name: str, value: float, **more: Any) -> dict[str, Any]:
    return {"metric": name, "value": value, "expected": 0.0, "delta": value, "max_abs_delta": 9.0, "pass": True, **more}


HONEST: Mapping[str, Any] = {
    "reports/parity/latest.json": {
        "ts_utc": BEFORE,
        "status": "pass",
        "checked_bots": 1,
        "bots": [
            {
                "bot": "bot1",
                "pass": True,
                "summary": {"fills_total": 7, "actionable_intents": 9, "equity_first": 10.0, "equity_last": 13.0},
                "metrics": [_metric("fill_ratio_delta", 0.7), _metric("realized_pnl_delta_quote", 2.0)],
            }
        ],
    },
    "reports/reconciliation/latest.json": {
        "ts_utc": BEFORE,
        "status": "ok",
        "checked_bots": 1,
        "exchange_source_enabled": True,
        "findings": [],
        "accounting_snapshots": [{"bot": "bot1"}],
    },
    "reports/portfolio_risk/latest.json": {
        "ts_utc": BEFORE,
        "status": "ok",
        "portfolio_action": "allow",
        "risk_scope_bots": ["bot1"],
        "metrics": {"max_equity_share_pct": 1.0, "total_equity_quote": 13.0},
    },
    "reports/accounting/latest.json": {
        "ts_utc": BEFORE,
        "status": "pass",
        "snapshot_count": 1,
        "reconciliation_path": "/w/reports/reconciliation/latest.json",
        "checks": {"snapshots_present": True},
    },
    "reports/alerts/sent.json": {
        "ts_utc": BEFORE,
        "status": "ok",
        "probes": [{"url": "http://127.0.0.1/receipts/17", "ok": True}],
    },
    "reports/coordination/latest.json": {"ts_utc": BEFORE, "status": "ok", "state": "on", "decisions_seen": 4},
    "reports/exchange_snapshots/latest.json": {"ts_utc": BEFORE, "mode": "api", "bots": {}, "account_probe": {}},
    "reports/replay_regression/latest.json": {
        "ts_utc": BEFORE,
        "status": "pass",
        "repeat_runs": 2,
        "signature_baseline": {"reconciliation_status": "ok", "portfolio_status": "ok"},
    },
    f"{STORE}/integrity.json": {"total_events": 9, "missing_correlation_count": 0, "last_update_utc": BEFORE},
    f"{STORE}/baseline.json": {
        "created_at_utc": "2026-05-01T00:00:00+00:00",
        "source_by_stream": {"a": 1},
        "stored_by_stream": {"a": 1},
    },
    f"{STORE}/compare.json": {
        "ts_utc": BEFORE,
        "produced_since_baseline_by_stream": {"a": 8},
        "delta_source_minus_stored_by_stream_abs": {"a": 0},
    },
    f"{STORE}/day2.json": {
        "ts_utc": NOON,
        "go": True,
        "gate": "day2_event_store",
        "baseline_file": f"/w/{STORE}/baseline.json",
        "integrity_file": f"/w/{STORE}/integrity.json",
        "source_compare_file": f"/w/{STORE}/compare.json",
        "checks": [
            {"name": "elapsed_window", "pass": True, "value_hours": 24.5},
            {"name": "missing_correlation", "pass": True, "value": 0},
            {"name": "delta_since_baseline_tolerance", "pass": True, "max_delta_observed": 0},
        ],
    },
    "reports/promotion_gates/latest.json": {
        "ts_utc": NOON,
        "status": "PASS",
        "critical_failures": [],
        "checks": [
            _check("reconciliation_status", "reports/reconciliation/latest.json"),
            _check("portfolio_risk_status", "reports/portfolio_risk/latest.json"),
            _check("accounting_integrity_v2", "reports/accounting/latest.json", "reports/reconciliation/latest.json"),
            _check("alerting_health", "reports/alerts/sent.json"),
            _check("smoke_checks", "data/bot1/logs/minute.csv"),
            _check("paper_smoke_matrix", "reports/exchange_snapshots/latest.json"),
        ],
        "evidence_bundle": {"artifacts": [{"path": f"{WINDOWS}reports\\alerts\\sent.json", "exists": True}]},
    },
    "reports/promotion_gates/strict.json": {
        "ts_utc": NOON,
        "strict_gate_status": "PASS",
        "gate_latest_path": "/w/reports/promotion_gates/latest.json",
    },
    "reports/readiness/final.json": {
        "ts_utc": NOON,
        "status": "GO",
        "blockers": [],
        "summary": {"reconciliation_status": "ok", "strict_critical_failures": []},
        "evidence": {"parity": "/w/reports/parity/latest.json"},
    },
    "data/bot1/logs/minute.csv": "ts,equity\n2026-05-04T11:58:00+00:00,1\n",
}


def changed(*changes: tuple[str, Any]) -> dict[str, Any]:
    """Return the honest desk with changes of (`file: key.key.0`, value); a file without keys is replaced, by None removed."""
    desk = deepcopy(dict(HONEST))
    for place, value in changes:
        file, _, keys = place.partition(": ")
        name = next(path for path in desk if path.endswith(file))
        if not keys:
            desk[name] = value
            continue
        *way, last = [int(key) if key.isdigit() else key for key in keys.split(".")]
        content = desk[name]
        for key in way:
            content = content[key]
        content[last] = value
    return {name: content for name, content in desk.items() if content is not None}


def write_desk(root: Path, files: Mapping[str, Any]) -> Path:
    """Write a desk's files, those that are text as they are."""
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return root
