"""Passes whose own values show that they rest on nothing.

A rule names a pass only where a file and a value in it show the reason. What cannot be shown from the desk's own files is left
alone.
"""

from collections.abc import Mapping

from deskgate.foreign_gates.passes import Pass
from deskgate.foreign_gates.reason import (
    ABSENT,
    CONTRADICTED,
    EMPTY,
    FALLBACK,
    INSUFFICIENT,
    NO_BOTS,
    Reason,
    are_numbers,
    is_unwell,
    reason_of,
)
from deskgate.foreign_gates.reports import ForeignDesk, pick

__all__ = [
    "equity_for_pnl",
    "idle_service",
    "insufficient_data",
    "no_checks",
    "no_evidence",
    "no_fills",
    "not_yet",
    "own_summary",
    "share_of_nothing",
    "zero_bots",
]


# What a report of some kinds is the sum of, by its key.
_ADDED_UP = {"promotion_gates": "checks", "day2": "checks", "parity": "bots"}


def insufficient_data(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether it passed on a value that it says it does not have."""
    note, value = claim.item.get("note"), claim.item.get("value", 0)
    if note != "insufficient_data" and value is not None:
        return None
    says = "it passed without a value: what could not be measured was counted as within the bound"
    return reason_of(claim, INSUFFICIENT, says, "value", f"null, note {note!r}")


def zero_bots(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether it passed over no bot at all."""
    if claim.item is not claim.report.content:
        return None
    names = ("checked_bots", "bots", "risk_scope_bots", "snapshot_count")
    found = next((name for name in names if claim.item.get(name) in (0, [])), None)
    return (
        reason_of(claim, NO_BOTS, "it passed over no bot: nothing was checked", found, claim.item[found])
        if found
        else None
    )


def no_checks(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether it adds up checks, bots or metrics of a bot, of which there is none."""
    if claim.item is claim.report.content:
        name = _ADDED_UP.get(claim.report.kind, "checks")
    elif claim.item is claim.bot:
        name = "metrics"
    else:
        return None
    if claim.report.kind in _ADDED_UP:
        is_empty = not (claim.parts or claim.failed or claim.unclear)
    else:
        is_empty = claim.item.get(name) in ([], {})
    return reason_of(claim, EMPTY, f"it adds up {name}, and there is none", name, "empty") if is_empty else None


def no_evidence(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether it names no file, has no part, and holds neither a number nor an answer that it got."""
    if claim.evidence or claim.computed_from or claim.parts or claim.failed or claim.unclear:
        return None
    if _holds_number(claim.item) or claim.item.get("probes"):
        return None
    says = "it names no evidence and holds no number of its own: nothing shows that anything was checked"
    return Reason(EMPTY, says, f"{claim.report.path}: {claim.place}", claim.said)


def _holds_number(content: object) -> bool:
    """Return whether anything in a report's object is a number, but for what it requires."""
    if isinstance(content, Mapping):
        return any(_holds_number(each) for key, each in content.items() if not key.startswith(("required", "expected")))
    return any(map(_holds_number, content)) if isinstance(content, list) else are_numbers(content)


def not_yet(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether its own reason says that what it asks for has not happened."""
    why = claim.item.get("reason")
    if not isinstance(why, str) or "not yet" not in why:
        return None
    return reason_of(claim, ABSENT, "it passed while its own reason says that it has not happened yet", "reason", why)


def no_fills(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether it expects no fill and got none: a bot that does nothing passes."""
    fills, expected = pick(claim.bot, "summary", "fills_total"), claim.item.get("expected")
    if claim.item.get("metric") != "fill_ratio_delta" or (fills, expected, claim.item.get("value")) != (0, 0, 0):
        return None
    orders = pick(claim.bot, "summary", "actionable_intents")
    says = f"it expects a fill ratio of 0 and got no fill of {orders} orders: a bot that does nothing passes"
    return reason_of(claim, EMPTY, says, "summary.fills_total", fills)


def equity_for_pnl(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether what it calls realised PnL is the change of the equity, without a fill."""
    first, last, fills = (pick(claim.bot, "summary", name) for name in ("equity_first", "equity_last", "fills_total"))
    value = claim.item.get("value")
    if claim.item.get("metric") != "realized_pnl_delta_quote" or fills != 0 or not are_numbers(first, last, value):
        return None
    if abs((last - first) - value) > 1e-9 * max(1.0, abs(last)):
        return None
    says = "what it calls realised PnL is the change of the equity: no fill realised anything"
    return reason_of(claim, FALLBACK, says, "summary", f"equity {first} to {last}, fills_total 0")


def share_of_nothing(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether the largest share of the equity is 0 though there is equity: it was not computed."""
    share, total = (pick(claim.item, "metrics", name) for name in ("max_equity_share_pct", "total_equity_quote"))
    if claim.report.kind != "portfolio_risk" or not are_numbers(share, total) or share != 0 or not total > 0:
        return None
    says = "the largest share of the equity is 0 though there is equity: concentration was not computed and passed"
    return reason_of(claim, FALLBACK, says, "metrics.max_equity_share_pct", f"{share} of {total}")


def idle_service(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether a service that is switched off and saw nothing says that it is well."""
    if claim.report.kind != "coordination" or claim.item.get("decisions_seen") != 0:
        return None
    state = claim.item.get("state")
    return reason_of(
        claim, EMPTY, "it saw no decision: there was nothing to be right about", "decisions_seen", f"0, state {state!r}"
    )


def own_summary(claim: Pass, _: ForeignDesk) -> Reason | None:
    """Return whether the report's own summary, list of blockers or count of failures says that something is not well."""
    if claim.item is not claim.report.content:
        return None
    for name in ("summary", "freshness"):
        summary = claim.item.get(name)
        for key, status in summary.items() if isinstance(summary, Mapping) else ():
            if is_unwell(status) or (isinstance(status, list) and status):
                says = "its own summary says of a part that it is not well"
                return reason_of(claim, CONTRADICTED, says, f"{name}.{key}", status)
    for name in ("blockers", "critical_failures", "critical_count", "critical_accounting_finding_count", "failed_bots"):
        found = claim.item.get(name)
        if found and (isinstance(found, list) or are_numbers(found)):
            says = "its own report counts what is not well"
            return reason_of(claim, CONTRADICTED, says, name, found)
    if claim.report.kind == "soak":
        for name, part in claim.item.items():
            status = pick(part, "status") if pick(part, "status") is not None else pick(part, "go")
            if is_unwell(status):
                says = "its own report says of a part that it is not well"
                return reason_of(claim, CONTRADICTED, says, f"{name}.status", status)
    return None
