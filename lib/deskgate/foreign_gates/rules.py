"""All rules, in the order in which the first one that applies is named: what a pass rests on, what it is held against, its age."""

from collections.abc import Callable

from deskgate.foreign_gates.passes import Pass
from deskgate.foreign_gates.reason import Reason
from deskgate.foreign_gates.reports import ForeignDesk
from deskgate.foreign_gates.rules_of_age import old_evidence, old_integrity, outdated, overtaken, stale_minutes
from deskgate.foreign_gates.rules_of_evidence import (
    age_of_baseline,
    evidence_absent,
    health_route,
    no_venue,
    nothing_produced,
    own_baseline,
    proxy_snapshot,
    same_cycle,
)
from deskgate.foreign_gates.rules_of_values import (
    equity_for_pnl,
    idle_service,
    insufficient_data,
    no_checks,
    no_evidence,
    no_fills,
    not_yet,
    own_summary,
    share_of_nothing,
    zero_bots,
)

__all__ = ["RULES"]

RULES: tuple[Callable[[Pass, ForeignDesk], Reason | None], ...] = (
    *(
        insufficient_data,
        zero_bots,
        no_checks,
        no_evidence,
        not_yet,
        evidence_absent,
        no_venue,
        proxy_snapshot,
        no_fills,
        equity_for_pnl,
    ),
    *(share_of_nothing, nothing_produced, own_baseline, age_of_baseline, health_route, idle_service, own_summary),
    *(same_cycle, overtaken, old_integrity, stale_minutes, old_evidence, outdated),
)
