"""Operations: does what watches the desk work, do its alerts arrive, is a secret in clear, does the clock run?

A run looks at these and records what it saw; here it is judged. What desk.toml does not declare cannot be looked at: it is a
warning that says what to declare. What it declares and no run has shown is INSUFFICIENT.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import polars as pl

from deskgate.case.case import Case, per_case
from deskgate.case.findings import Findings, Metric, listed
from deskgate.case.metric_spec import PORTFOLIO, THE_PORTFOLIO, MetricSpec, Scope
from deskgate.config.desk import Desk
from deskgate.config.instants import stamp
from deskgate.config.secrecy import shown_address

__all__ = [
    "ALERTING_METRICS",
    "CLOCK_METRICS",
    "HAVING_ALERTS",
    "MONITORING_METRICS",
    "SECRETS_METRICS",
    "check_alerting",
    "check_clock",
    "check_monitoring",
    "check_secrets",
    "deliveries",
    "last_run",
]


def _declaring(what: str, is_declared: Callable[[Desk], bool]) -> Scope:
    return Scope(f"the portfolio, where desk.toml has {what}", lambda desk: [PORTFOLIO] if is_declared(desk) else [])


HAVING_ALERTS = _declaring("[alerts]", lambda desk: desk.alerts.is_declared)
_MONITORING = _declaring("[monitoring]", lambda desk: desk.monitoring is not None)

ALERTING_METRICS = (
    MetricSpec("alerts_declared", "", THE_PORTFOLIO, "1 where desk.toml names an alert channel."),
    MetricSpec(
        "channels_failing", "channels", HAVING_ALERTS, "Alert channels that did not take the last alert sent to them."
    ),
    MetricSpec(
        "alert_delivery_age_h",
        "h",
        HAVING_ALERTS,
        "Time since each alert channel last took an alert; of the worst channel.",
    ),
)
MONITORING_METRICS = (
    MetricSpec("monitoring_declared", "", THE_PORTFOLIO, "1 where desk.toml names health routes."),
    MetricSpec("routes_failing", "routes", _MONITORING, "Health routes that did not answer as a healthy one does."),
)
SECRETS_METRICS = (
    MetricSpec(
        "secrets_in_clear", "secrets", THE_PORTFOLIO, "Secrets in the desk's configuration, its reports and logs."
    ),
)
CLOCK_METRICS = (
    MetricSpec("clock_behind_s", "s", THE_PORTFOLIO, "How far the run's clock is behind the last commit of the store."),
)


def check_alerting(case: Case) -> Findings:
    """Measure the alert channels that desk.toml names, by what became of the alerts sent to them.

    Returns
    -------
    Findings
        Of the portfolio: `alerts_declared`, and where there are channels `channels_failing` and `alert_delivery_age_h`; no
        value where a channel has not taken an alert yet.
    """
    declared, failing, age = (spec.name for spec in ALERTING_METRICS)
    if not case.desk.alerts.is_declared:
        return Findings(
            [Metric(PORTFOLIO, declared, None, 0, "desk.toml has no [alerts], so nobody is told of a break")]
        )
    metrics = [Metric(PORTFOLIO, declared, 1.0, 1)]
    named = last_run(case, "channel")
    if named.is_empty():
        lacks = "no run has looked at the alert channels of desk.toml"
        return Findings(metrics + [Metric(PORTFOLIO, name, None, 0, lacks) for name in (failing, age)])
    shown = {row["subject"]: _content(row)["channel"] for row in named.to_dicts()}
    sent = deliveries(case).filter(pl.col("subject").is_in(list(shown)))
    last = sent.unique("subject", keep="last", maintain_order=True)
    wrong = [row for row in last.to_dicts() if not row["ok"]]
    says = listed([f"{shown[row['subject']]} did not take {row['what']}" for row in wrong])
    if last.is_empty():
        metrics.append(Metric(PORTFOLIO, failing, None, 0, "no alert to a channel is on record"))
    else:
        metrics.append(Metric(PORTFOLIO, failing, float(len(wrong)), last.height, says))
    taken = sent.filter("ok").group_by("subject").agg(pl.col("effective_at").max()).sort("effective_at", "subject")
    if silent := sorted(shown[key] for key in shown.keys() - set(taken["subject"])):
        metrics.append(Metric(PORTFOLIO, age, None, taken.height, f"no alert to {listed(silent)} is on record"))
    else:
        key, at = taken.row(0)
        age_h = (case.as_of - at).total_seconds() / 3600
        metrics.append(Metric(PORTFOLIO, age, age_h, taken.height, f"{shown[key]} took the last one at {stamp(at)}"))
    return Findings(metrics)


def check_monitoring(case: Case) -> Findings:
    """Count the declared health routes that did not answer as a healthy one does.

    Returns
    -------
    Findings
        Of the portfolio: `monitoring_declared`, and where there are routes `routes_failing`; no value where one was not asked.
    """
    declared, failing = (spec.name for spec in MONITORING_METRICS)
    if case.desk.monitoring is None:
        lacks = "desk.toml has no [monitoring], so no health route is asked"
        return Findings([Metric(PORTFOLIO, declared, None, 0, lacks)])
    routes = {name: shown_address(url) for name, url in case.desk.monitoring.routes.items()}
    asked = {row["subject"]: row for row in last_run(case, "health").to_dicts()}
    # An answer of another server says nothing of this one.
    mine = {name: row for name, row in asked.items() if shown_address(_content(row)["url"]) == routes.get(name)}
    if left := sorted(routes.keys() - mine.keys()):
        route = Metric(PORTFOLIO, failing, None, len(mine), f"no run has asked {listed(left)}")
    else:
        wrong = [name for name in sorted(mine) if not mine[name]["ok"]]
        says = listed([f"{name} ({routes[name]}): {_content(mine[name])['says']}" for name in wrong])
        route = Metric(PORTFOLIO, failing, float(len(wrong)), len(mine), says)
    return Findings([Metric(PORTFOLIO, declared, 1.0, 1), route])


def check_secrets(case: Case) -> Findings:
    """Count the secrets that the last run found: `secrets_in_clear` of the portfolio; no value where none could look."""
    name = SECRETS_METRICS[0].name
    looked = last_run(case, "secrets").to_dicts()
    if not looked:
        return Findings([Metric(PORTFOLIO, name, None, 0, "no run has looked for secrets")])
    content = _content(looked[-1])
    says = listed([f"{each['kind']} in {each['file']} line {each['line']}" for each in content["found"]])
    if content["unread"] and not content["found"]:
        return Findings([Metric(PORTFOLIO, name, None, 0, f"not readable: {listed(content['unread'])}")])
    # How many files there were differs from run to run of one day; a look at none shows nothing.
    return Findings([Metric(PORTFOLIO, name, float(len(content["found"])), min(content["files"], 1), says)])


def check_clock(case: Case) -> Findings:
    """Measure `clock_behind_s` of the portfolio, as the last run saw it; no value where none has looked."""
    name = CLOCK_METRICS[0].name
    looked = last_run(case, "clock").to_dicts()
    if not looked:
        return Findings([Metric(PORTFOLIO, name, None, 0, "no run has looked at its clock")])
    behind_s = _content(looked[-1])["behind_s"]
    if behind_s is None:
        return Findings([Metric(PORTFOLIO, name, None, 0, "the store has no commit to compare the clock with")])
    return Findings([Metric(PORTFOLIO, name, float(behind_s), 1)])


@per_case
def deliveries(case: Case) -> pl.DataFrame:
    """Return what became of every alert on record: channel (`subject`), ok, what, alert, effective_at, recorded_at.

    They are in the order in which they were sent: a run for an old day sends its alert today. `alert` is one for those that send
    the same again: of one incident, cause or action, else of what they are about, whatever its number.
    """
    sent = []
    for row in _probes(case, "delivery").to_dicts():
        content = _content(row)
        alert = content.get("incident") or content.get("cause") or re.sub(r"\d+", "", content["what"])
        sent.append((row["subject"], row["ok"], content["what"], alert, row["effective_at"], row["recorded_at"]))
    actions = case.frames["actions"].filter(pl.col("kind") == "alert").sort("effective_at", "recorded_at", "row_id")
    for row in actions.to_dicts():
        content, what = _content(row), "the alert of an action"
        about = (what, row["event_id"] or row["row_id"], row["effective_at"], row["recorded_at"])
        sent += [(key, True, *about) for key in content["notified"]]
        sent += [(key, False, *about) for key in content.get("missed", [])]
    schema = {
        "subject": pl.String(),
        "ok": pl.Boolean(),
        "what": pl.String(),
        "alert": pl.String(),
        "effective_at": pl.Datetime("us", "UTC"),
        "recorded_at": pl.Datetime("us", "UTC"),
    }
    return pl.DataFrame(sent, schema=schema, orient="row").sort("recorded_at", maintain_order=True)


def _probes(case: Case, kind: str) -> pl.DataFrame:
    return case.frames["probes"].filter(pl.col("kind") == kind).sort("effective_at", "recorded_at", "row_id")


def last_run(case: Case, kind: str) -> pl.DataFrame:
    """Return what the last run saw that looked: of one instant the one that was recorded last."""
    probes = _probes(case, kind)
    return probes.filter(
        pl.col("effective_at") == pl.col("effective_at").last(), pl.col("recorded_at") == pl.col("recorded_at").last()
    )


def _content(row: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(row["content"])
    return content
