"""What nobody may waive, and why: what every other gate, and a waiver too, rests on.

Beside it no stop condition may be waived and nothing that calls for an action on bots; an entry says that itself (`meta`).
"""

from collections.abc import Mapping

from deskgate.gates.promotion import PREFLIGHT, REPLAY

__all__ = ["NEVER_WAIVED", "NEVER_WAIVED_METRICS"]

_JUDGED = "it says who is judged and by which bounds"
_ABSENT = "records that are absent, unreadable, invalid or stale show nothing, and nothing else judges them"
_UNTOLD = "nobody was told what was wrong"
_TRADES = "a bot that was told to stop may still trade"

NEVER_WAIVED: Mapping[str, str] = {
    PREFLIGHT: "what cannot be read, or was lost, is judged by nothing else",
    "baseline": "what is not frozen may be anything; freeze anew",
    "policy": _JUDGED,
    "event_store": "every other gate rests on the records that it vouches for",
    "market_data": _ABSENT,
    "incidents": "an incident is closed with evidence, by `deskgate incident close`",
    "secrets": "who reads a secret in clear can trade with it; withdraw it",
    REPLAY: "a day that does not come out the same twice proves nothing",
}
# Metrics of the other gates that nobody may waive for the same reasons.
NEVER_WAIVED_METRICS: Mapping[str, str] = {
    "runs_missing": "nobody was told what was wrong on a day that nobody judged",
    **dict.fromkeys(("alert_delivery_age_h", "alerts_undelivered"), _UNTOLD),
    **dict.fromkeys(("open_actions", "time_to_stop_s"), _TRADES),
    # Who is judged: another venue, another market, another account or real money than desk.toml says.
    **dict.fromkeys(("connector_changes", "connector_foreign", "foreign_venues", "undeclared_pairs"), _JUDGED),
    **dict.fromkeys(("mode_contradictions", "outside_money", "shared_fills"), _JUDGED),
    # How much was there to look at, and how old it was.
    **dict.fromkeys(("orders_checked_share", "fills_checked_share", "notional_checked_share"), _ABSENT),
    **dict.fromkeys(("minutes_complete_share", "figures_judged_share", "snapshot_coverage", "quotes_seen"), _ABSENT),
    **dict.fromkeys(("matched_share", "shared_fills_share", "mid_coverage", "measured_share"), _ABSENT),
    **dict.fromkeys(("positions_gap_h", "positions_age_h", "balance_gap_h", "balance_age_h"), _ABSENT),
    **dict.fromkeys(
        (
            "snapshot_trades_uncovered_h",
            "snapshot_orders_uncovered_h",
            "snapshot_funding_uncovered_h",
            "snapshot_exports_missing",
        ),
        _ABSENT,
    ),
    # What cannot be so was not read, or was read wrongly.
    **dict.fromkeys(("base_pct_outside", "equity_not_positive"), _ABSENT),
    **dict.fromkeys(("liquidation_contradictions", "margins_left_out"), _ABSENT),
}
