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
    "no_fills",
    "not_yet",
    "own_summary",
    "share_of_nothing",
    "zero_bots",
]


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
    """Return whether it adds up checks of which there is none."""
    if claim.item is not claim.report.content or claim.item.get("checks") not in ([], {}):
        return None
    return reason_of(claim, EMPTY, "it adds up checks, and there is none", "checks", "empty")


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
    """Return whether a decision's own summary says of a part that it is not well."""
    summary = claim.item.get("summary") if claim.report.kind == "final_decision" else None
    for name, status in summary.items() if isinstance(summary, Mapping) else ():
        if is_unwell(status):
            return reason_of(
                claim, CONTRADICTED, "its own summary says of a part that it is not well", f"summary.{name}", status
            )
    return None
