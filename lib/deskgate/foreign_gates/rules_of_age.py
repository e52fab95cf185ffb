"""Passes on what was old: reports, minutes, or the pass itself."""

from collections.abc import Iterator
from datetime import timedelta

from deskgate.config.instants import stamp
from deskgate.foreign_gates.passes import Pass
from deskgate.foreign_gates.reason import (
    OUTDATED,
    STALE,
    Reason,
    is_unwell,
    list_in,
    mappings_in,
    named_reports,
)
from deskgate.foreign_gates.reports import ForeignDesk, Report

__all__ = ["bots_of", "old_evidence", "old_integrity", "outdated", "overtaken", "stale_minutes"]

# What a pass rests on may be so much older than it: the control plane writes each report every few minutes.
INPUT_AGE = timedelta(hours=1)
# A pass speaks for so long; a decision of ours does not hold longer either.
REPORT_AGE = timedelta(hours=24)


def overtaken(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether a decision stands beside newer reports of what it rests on, which say otherwise."""
    if claim.report.kind not in ("final_decision", "strict_cycle") or not claim.report.at:
        return None
    for found in named_reports(claim, desk):
        status = found.content.get("status")
        if found.at and found.at > claim.report.at and is_unwell(status):
            says = f"it still stands, and what it names as evidence says otherwise since {stamp(found.at)}"
            return Reason(STALE, says, f"{found.path}: status", str(status))
    return None


def old_integrity(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether the integrity report that it counts from was no longer written."""
    found = desk.named(claim.report.content.get("integrity_file"))
    return (
        _old(claim, found, "what it counts was last written")
        if claim.item.get("name") == "missing_correlation"
        else None
    )


def stale_minutes(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether a bot that it speaks for had recorded no minute for a long time."""
    for bot in bots_of(claim, desk):
        last = desk.last_minute(bot, claim.report.at) if claim.report.at else None
        if claim.report.at and last and claim.report.at - last[1] > INPUT_AGE:
            age = (claim.report.at - last[1]) / timedelta(hours=1)
            says = f"it speaks for {bot}, whose last minute was {age:.1f} h old: old values were taken for present ones"
            return Reason(STALE, says, f"{last[0]}: ts of the last row", stamp(last[1]))
    return None


def old_evidence(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether the newest report that it names was old when it passed."""
    dated = [report for report in named_reports(claim, desk) if report.at and report is not claim.report]
    newest = max(dated, key=lambda report: str(report.at), default=None)
    return _old(claim, newest, "the newest report that it rests on was written")


def outdated(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether it is no longer of the present, or does not say when it is of."""
    newest = desk.newest
    if claim.report.at is None:
        return Reason(OUTDATED, "its report does not say when it was written", f"{claim.report.path}: ts_utc", "none")
    if not newest or not newest.at or newest.at - claim.report.at <= REPORT_AGE:
        return None
    age = (newest.at - claim.report.at) / timedelta(hours=1)
    says = f"it is {age:.1f} h older than the desk's newest report ({newest.path})"
    return Reason(OUTDATED, says, f"{claim.report.path}: ts_utc", stamp(claim.report.at))


def _old(claim: Pass, found: Report | None, what: str) -> Reason | None:
    if not found or not found.at or not claim.report.at or claim.report.at - found.at <= INPUT_AGE:
        return None
    age = (claim.report.at - found.at) / timedelta(hours=1)
    return Reason(STALE, f"{what} {age:.1f} h before it passed", f"{found.path}: its time", stamp(found.at))


def bots_of(claim: Pass, desk: ForeignDesk) -> Iterator[str]:
    """Yield the bots whose minutes a pass rests on."""
    if claim.item is claim.report.content and claim.report.kind == "portfolio_risk":
        yield from (bot for bot in list_in(claim.item, "risk_scope_bots") if isinstance(bot, str))
    if claim.gate in ("accounting", "accounting_integrity_v2"):
        for report in named_reports(claim, desk):
            yield from (str(row.get("bot")) for row in mappings_in(report.content, "accounting_snapshots"))
    paths = (path.replace("\\", "/").split("/") for path in claim.evidence if path.endswith("minute.csv"))
    yield from dict.fromkeys(parts[parts.index("data") + 1] for parts in paths if "data" in parts[:-1])
