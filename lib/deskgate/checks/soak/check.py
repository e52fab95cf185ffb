"""The soak check: what is measured of each bot, each in a module of its own."""

from deskgate.case.case import Case
from deskgate.case.findings import Findings
from deskgate.checks.soak import (
    alerts,
    clock,
    complaints,
    exports,
    funded,
    minutes,
    restarts,
    risk_events,
    runs,
    states,
)

__all__ = ["METRICS", "check"]

METRICS = (
    *minutes.METRICS,
    *states.METRICS,
    *restarts.METRICS,
    *risk_events.METRICS,
    *complaints.METRICS,
    *clock.METRICS,
    *funded.METRICS,
    *runs.METRICS,
    *exports.METRICS,
    *alerts.METRICS,
)


def check(case: Case) -> Findings:
    """Measure the soak of every judged bot, up to `as_of`.

    Returns
    -------
    Findings
        Per bot: `snapshot_coverage` and `snapshot_gap_min` (minutes of the last 24 h on record, and the longest gap),
        `hard_stop_min`, `unexplained_hard_stops`, `stopped_min`, `running_share` and `flaps_per_h` (its states from the
        day's start or over 24 h), `restarts`, `kill_events`, `critical_audits`, `error_audits` and `risk_actions_per_h` (what the control
        plane's events say), of a bot that lists its log `log_errors` and `log_complaints`, `soak_clean_h` (hours since the last breach), `funded_h` and
        `funded_short_h` (of live bots: trading with enough equity),
        and of the exports of positions and of balances `..._gap_h` (the longest time without one in the last 24 h) and
        `..._age_h` (how old the last one is at `as_of`). Of the portfolio: `runs_missing`, and where desk.toml names an alert
        channel `alerts_undelivered`.
    """
    of_bots = [
        metric
        for bot in case.desk.judged
        for metric in (
            *minutes.minutes_on_record(case, bot.name),
            *states.states(case, bot.name),
            *restarts.restarts(case, bot.name),
            *risk_events.risk_events(case, bot.name),
            *complaints.complaints(case, bot.name),
            *clock.clean_hours(case, bot.name),
            *funded.funded_window(case, bot),
            *exports.exports(case, bot.name),
        )
    ]
    return Findings([*of_bots, *runs.scheduled_runs(case), *alerts.alerts(case)])
