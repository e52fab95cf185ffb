"""Passes whose evidence, another report or a file that they name, shows that they rest on nothing."""

from collections.abc import Mapping
from datetime import timedelta

from deskgate.config.instants import stamp
from deskgate.foreign_gates.passes import Pass
from deskgate.foreign_gates.reason import (
    ABSENT,
    CONTRADICTED,
    EMPTY,
    FALLBACK,
    ITSELF,
    Reason,
    are_numbers,
    is_unwell,
    mappings_in,
    named_reports,
    written_later,
)
from deskgate.foreign_gates.reports import ForeignDesk, Report, pick

__all__ = [
    "age_of_baseline",
    "evidence_absent",
    "health_route",
    "no_venue",
    "nothing_produced",
    "own_baseline",
    "proxy_snapshot",
    "same_cycle",
]

# Reports of one cycle are written within it.
CYCLE = timedelta(minutes=10)
# The hours of a report are rounded to two places.
ROUNDED_H = 0.02


def evidence_absent(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether all files that it names as evidence were missing when it was written, by its own list."""
    bundle = pick(claim.report.content, "evidence_bundle")
    there = {str(each.get("path")): each.get("exists") for each in mappings_in(bundle, "artifacts")}
    if not claim.evidence or any(there.get(path) is not False for path in claim.evidence):
        return None
    says = "all files that it names as evidence did not exist when it passed"
    return Reason(ABSENT, says, f"{claim.report.path}: evidence_bundle.artifacts", f"{claim.evidence[0]}: exists false")


def no_venue(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether it reconciles, and no venue was asked."""
    if claim.report.kind == "reconciliation" and claim.item is claim.report.content:
        found: Report | None = claim.report
    elif claim.gate in ("reconciliation_status", "accounting"):
        found = next((report for report in named_reports(claim, desk) if report.kind == "reconciliation"), None)
    else:
        return None
    if found is None or found.content.get("exchange_source_enabled") is not False:
        return None
    says = f"it reconciles the desk's own files with one another: no venue was asked{written_later(claim, found)}"
    return Reason(ITSELF, says, f"{found.path}: exchange_source_enabled", "false")


def proxy_snapshot(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether the venue's snapshot that it rests on was computed from the bots' own files."""
    for found in named_reports(claim, desk):
        if found.kind == "exchange_snapshot" and found.content.get("mode") == "proxy_local":
            says = f"the venue's snapshot that it rests on was made from the bots' own minutes{written_later(claim, found)}"
            return Reason(ITSELF, says, f"{found.path}: mode", "proxy_local")
    return None


def nothing_produced(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether it compares what was produced and stored, and nothing was produced."""
    found = _source_compare(claim, desk)
    produced = found and found.content.get("produced_since_baseline_by_stream")
    if not found or not isinstance(produced, Mapping) or not produced or any(produced.values()):
        return None
    says = "it compares what was produced with what was stored since its baseline: nothing was produced"
    return Reason(EMPTY, says, f"{found.path}: produced_since_baseline_by_stream", "0 in every stream")


def own_baseline(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether events are missing from the store, which its own baseline leaves out of the comparison."""
    found = _source_compare(claim, desk)
    missing = pick(found.content, "delta_source_minus_stored_by_stream_abs") if found else None
    lost = sum(each for each in missing.values() if are_numbers(each)) if isinstance(missing, Mapping) else 0
    if not found or not lost:
        return None
    says = "it counts from a baseline that it drew itself: the store lacks events that the source has"
    return Reason(ITSELF, says, f"{found.path}: delta_source_minus_stored_by_stream_abs", f"{lost} events in all")


def age_of_baseline(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether the hours that it counts are the age of its baseline file, whatever was recorded since."""
    found, hours = desk.named(claim.report.content.get("baseline_file")), claim.item.get("value_hours", "")
    if (
        claim.item.get("name") != "elapsed_window"
        or not found
        or not found.at
        or not claim.report.at
        or not are_numbers(hours)
    ):
        return None
    if abs((claim.report.at - found.at) / timedelta(hours=1) - hours) > ROUNDED_H:
        return None
    says = "the hours that it counts are the age of a file: no event is asked for"
    return Reason(FALLBACK, says, f"{found.path}: created_at_utc", f"{stamp(found.at)}, {hours} h before")


def health_route(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether a health route stands for an alert that arrived."""
    for found in [claim.report, *named_reports(claim, desk)]:
        urls = [str(each.get("url")) for each in mappings_in(found.content, "probes")]
        if urls and all(url.rstrip("/").rpartition("/")[2] in ("healthz", "health", "ready", "ping") for url in urls):
            says = "a health route answered: no alert was sent, so that none arrived"
            return Reason(FALLBACK, says, f"{found.path}: probes[].url", ", ".join(urls))
    return None


def same_cycle(claim: Pass, desk: ForeignDesk) -> Reason | None:
    """Return whether another report of the same cycle says that what it calls healthy is not."""
    part = {
        "reconciliation_status": "reconciliation",
        "portfolio_risk_status": "portfolio",
        "parity_thresholds": "parity",
    }
    name = f"{part.get(claim.gate)}_status"
    for found in desk.of_kind("replay_regression"):
        status = pick(found.content, "signature_baseline", name)
        together = found.at and claim.report.at and abs(claim.report.at - found.at) <= CYCLE
        if together and is_unwell(status):
            says = "another report of the same cycle says that what it calls healthy is not"
            return Reason(CONTRADICTED, says, f"{found.path}: signature_baseline.{name}", status)
    return None


def _source_compare(claim: Pass, desk: ForeignDesk) -> Report | None:
    """Return the comparison with the source that the check of the difference names."""
    is_it = claim.item.get("name") == "delta_since_baseline_tolerance"
    found = desk.named(claim.report.content.get("source_compare_file")) if is_it else None
    return found if found and found.kind == "source_compare" else None
