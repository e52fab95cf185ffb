"""Another control plane's passes beside what our gates say of the same day, where that day is published."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from deskgate.audit.decision_file import DECISION, load_decision
from deskgate.audit.recorded import Recorded
from deskgate.config.desk_file import load_desk
from deskgate.config.errors import InputError
from deskgate.foreign_gates.audit import audit_passes
from deskgate.foreign_gates.passes import Pass
from deskgate.foreign_gates.remarks import remarks
from deskgate.foreign_gates.reports import read_reports
from deskgate.reports.desk_audit_report import DeskAuditReport
from deskgate.reports.published_days import LeftOutError, open_published
from deskgate.run.published_gates import published_gates

__all__ = ["audit_desk"]

# Which of our gates asks what theirs asks; what is not here has no counterpart.
_OURS = {
    "preflight_checks": "preflight",
    "multi_bot_policy_scope": "policy",
    "smoke_checks": "smoke",
    "paper_smoke_matrix": "smoke",
    "secrets_hygiene": "secrets",
    "replay_regression_first_class": "replay",
    "replay_regression": "replay",
    "reconciliation_status": "reconciliation",
    "reconciliation": "reconciliation",
    "parity_thresholds": "parity",
    "parity": "parity",
    "portfolio_risk_status": "portfolio_risk",
    "portfolio_risk": "portfolio_risk",
    "accounting_integrity_v2": "accounting",
    "accounting": "accounting",
    "alerting_health": "alerting",
    "alerting": "alerting",
    "event_store_integrity_freshness": "event_store",
    "day2_event_store_gate": "event_store",
    "day2_event_store": "event_store",
    "market_data_freshness": "market_data",
    "validation_ladder_paper_soak": "soak",
    "soak": "soak",
    **dict.fromkeys(("promotion_gates", "strict_cycle", "final_decision"), "decision"),
}


def audit_desk(folder: Path, out: Path | None) -> DeskAuditReport:
    """Audit the gate reports of a desk.

    Parameters
    ----------
    folder
        The desk's folder.
    out
        Where our own published days of it lie; None: nothing of ours is shown.

    Raises
    ------
    InputError
        There is no such folder, no gate report in it, or its desk.toml is wrong.
    """
    desk = read_reports(folder)
    if not desk.reports:
        torn = (
            f"; {len(desk.unreadable)} cannot be read, the first is {min(desk.unreadable)}" if desk.unreadable else ""
        )
        raise InputError(
            f"{folder}: no gate report there among {len(desk.unreadable) + len(desk.others)} JSON files{torn}, expected"
            " reports/*/latest.json of a control plane; give the desk's folder"
        )
    judged = audit_passes(desk)
    days, notes = _published(folder, out, {each.claim.report.at.date() for each in judged if each.claim.report.at})
    return DeskAuditReport(desk, [(each, _ours(each.claim, days)) for each in judged], [*remarks(desk), *notes])


def _published(folder: Path, out: Path | None, wanted: set[date]) -> tuple[dict[date, Mapping[str, str]], list[str]]:
    """Return by day how our gates stand, of the wanted days and those before them; and what is to be said of it."""
    if out is None:
        return {}, ["without --out nothing says what our gates say: give the one that `deskgate daily` wrote to"]
    if not (folder / "desk.toml").is_file():
        return {}, [f"{folder} has no desk.toml, so that no day in {out} is known to be its own"]
    name, recorded = load_desk(folder).name, Recorded.read(out)
    days: dict[date, Mapping[str, str]] = {}
    notes: dict[date, str] = {}
    for day in sorted(wanted | {day - timedelta(days=1) for day in wanted}):
        try:
            artifacts = open_published(out, day, name, recorded)
            decision = load_decision(artifacts.folder / DECISION)
            stand = {gate.gate: str(gate.status) for gate in published_gates(artifacts, decision)}
            days[day] = stand | {"decision": str(decision["decision"])}
        except (LeftOutError, InputError) as error:
            notes[day] = f"our day {day} is not used: {error}"
    # Of a day that was not run the day before may speak.
    return days, [says for day, says in notes.items() if day in wanted]


def _ours(claim: Pass, days: Mapping[date, Mapping[str, str]]) -> str:
    """Return what our gate says of the pass's day, else of the day before: its decision was in force then."""
    at, gate = claim.report.at, _OURS.get(claim.gate.split(".")[0])
    for day in (at.date(), at.date() - timedelta(days=1)) if at and gate else ():
        if gate in days.get(day, {}):
            return f"{days[day][str(gate)]} ({day})"
    return "-"
