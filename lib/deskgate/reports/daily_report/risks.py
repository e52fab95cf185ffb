"""Section 5: incidents, the breaks that matter, caps that are near, alerts that nobody got, and what was done about risk."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from deskgate.checks import drills
from deskgate.checks.operations import ALERTING_METRICS
from deskgate.checks.soak import alerts
from deskgate.config.errors import InputError
from deskgate.config.instants import parse_instant
from deskgate.gates.evaluation import Status
from deskgate.reports.daily_report.days import DayFiles, ReportDays, titled
from deskgate.reports.daily_report.section import Part, Section, rows_of

__all__ = ["nearest_caps", "risks_section"]

# Metrics whose failure means that an alert reached nobody.
ALERTS = tuple(spec.name for spec in (*ALERTING_METRICS, *drills.ALERT_METRICS, *alerts.METRICS))
CAPS = 5
_INCIDENTS = {
    **dict.fromkeys(("incident", "on_this_day", "since"), pl.String),
    "age_h": pl.Float64,
    **dict.fromkeys(("owner", "what", "to_do"), pl.String),
}
_ACCEPTED = dict.fromkeys(("id", "kind", "bot", "value", "by", "why", "since"), pl.String)
_BREAK = ("bot", "pair", "status", "value", "first_seen", "observed", "expected")


def risks_section(days: ReportDays) -> Section:
    """Return section 5."""
    day = days.today
    parts = [_incidents(days), _critical_breaks(day), _accepted(day), _caps(day), _alerts(days), _actions(day)]
    return Section("risks", "Incidents and risks", tuple(part for part in parts if part))


def _incidents(days: ReportDays) -> Part:
    open_rows = list(_open(days))
    closed = _closed(days.today)
    rows = rows_of(_INCIDENTS, open_rows + closed)
    says = f"{len(open_rows)} open at the day's close."
    if closed:
        says += f" {len(closed)} closed on the day."
    return Part("Incidents", (says,) if rows.height else ("None is open.",), rows if rows.height else None)


def _open(days: ReportDays) -> Iterator[tuple[object, ...]]:
    """Yield the open incidents: those that the run knows, else those of the day's view."""
    day = days.today
    if days.facts.incidents is not None:
        for each in days.facts.incidents:
            yield _incident(day, each["id"], each["since"], each["owner"], each["title"], each["todo"])
        return
    view = day.view("incidents", "incident", "status", "since", "owner", "what", "to_do")
    rows = [] if view is None else view.filter(pl.col("status") == "open").to_dicts()
    for row in rows:
        yield _incident(day, row["incident"], row["since"].isoformat(), row["owner"], row["what"], row["to_do"])


def _incident(day: DayFiles, name: str, since: str, owner: str, what: str, to_do: str | None) -> tuple[object, ...]:
    try:
        at = parse_instant(since)
    except InputError:
        return (name, "", since, None, owner, what, to_do)
    age_h = max((day.artifacts.inputs.as_of - at) / timedelta(hours=1), 0.0)
    on_this_day = "opened" if at > day.start else ""
    return (name, on_this_day, f"{at:%Y-%m-%d %H:%M} UTC", round(age_h, 1), owner, what, to_do or "")


def _closed(day: DayFiles) -> list[tuple[object, ...]]:
    view = day.view("incidents", "incident", "status", "since", "closed", "owner", "what", "to_do")
    if view is None:
        return []
    rows = view.filter(pl.col("status") == "closed", pl.col("closed") > day.start).to_dicts()
    return [
        (row["incident"], "closed", f"{row['since']:%Y-%m-%d %H:%M} UTC", None, row["owner"], row["what"], "")
        for row in rows
    ]


def _critical_breaks(day: DayFiles) -> Part:
    critical = day.breaks.filter(pl.col("severity") == "critical", pl.col("status") != "accepted")
    if critical.is_empty():
        return Part("Critical breaks", ("None is open.",))
    rows = critical.with_columns(pl.col("value_quote").cast(pl.Float64)).sort(
        "value_quote", "break_id", descending=[True, False], nulls_last=True
    )
    says = f"{rows.height} open, {rows['value_quote'].sort().sum():,.2f} {day.quote} in all."
    unknown = rows["value_quote"].null_count()
    says += f" {unknown} have no known value." if unknown else ""
    what = titled(pl.col("kind"), day.titles).alias("what")
    return Part(
        "Critical breaks", (says,), rows.rename({"value_quote": "value"}).select("break_id", what, *_BREAK), limit=8
    )


def _accepted(day: DayFiles) -> Part | None:
    told: list[Any] = (day.decision or {}).get("accepted") or []
    rows = [tuple(_text(each.get(name)) for name in _ACCEPTED) for each in told if isinstance(each, Mapping)]
    if not rows:
        known = day.breaks.filter(pl.col("status") == "accepted").select("break_id", "kind", "bot", "value_quote")
        rows = [(one, kind, bot, _text(value), "", "", "") for one, kind, bot, value in known.iter_rows()]
    return (
        Part("Accepted breaks", ("They are excluded until their amounts change.",), rows_of(_ACCEPTED, rows))
        if rows
        else None
    )


def _caps(day: DayFiles) -> Part:
    rows = nearest_caps(day)
    if rows is None or rows.is_empty():
        return Part("Caps nearest to their bound", ("No cap has a value on this day.",))
    return Part(
        "Caps nearest to their bound",
        ("Used: the value over its cap. 1 is at the cap, more is past it.",),
        rows,
        limit=CAPS,
    )


def nearest_caps(day: DayFiles) -> pl.DataFrame | None:
    """Return the caps of the portfolio's risk, the most used first: check, subject, value, cap, unit, used, status.

    Caps of 0, which are held or not, are left out where they hold; None where the day has no caps.
    """
    caps = day.view("risk_caps", "check", "subject", "value", "cap", "unit", "used", "status")
    if caps is None:
        return None
    return (
        caps.filter(pl.col("used").is_not_null() | (pl.col("status") != "PASS"))
        .sort("used", "check", "subject", descending=[True, False, False], nulls_last=False)
        .select("check", "subject", "value", "cap", "unit", "used", "status")
    )


def _alerts(days: ReportDays) -> Part:
    """Return what of the alerts did not arrive: of those before the checks by the verdicts, and this run's own of a STOP."""
    rows = days.today.verdict_rows.filter(pl.col("check").is_in(ALERTS))
    left = rows.filter(pl.col("status") != Status.PASS).select(check="title", status="status", reason="reason")
    title, sent = "Alerts not delivered", days.facts.stop_alert
    says = []
    if sent is not None:
        how = f"did not reach {', '.join(sent.failed)}" if sent.failed else f"reached {', '.join(sent.reached)}"
        says.append(f"This run's alert of a STOP {how}.")
    if rows.is_empty():
        says.append("No check of this day's suites asks whether alerts arrive.")
    elif left.is_empty():
        says.append("As of the checks none: each check of alerts passed.")
    else:
        waived = left.filter(pl.col("status") == Status.WAIVED).height
        says.append(f"As of the checks {left.height} did not pass" + (f", {waived} of them waived." if waived else "."))
    says.append("This run's alert of breaks is sent after this report.")
    return Part(title, tuple(says), left if left.height else None)


def _actions(day: DayFiles) -> Part:
    title, view = "Risk actions of the day", day.view("actions", "ts", "action", "bot", "entry", "step", "says", "by")
    rows = None if view is None else view.filter(pl.col("ts") > day.start)
    if rows is None or rows.is_empty():
        return Part(title, ("None is on record.",))
    return Part(
        title, (), rows.with_columns(pl.col("ts").dt.strftime("%H:%M:%S").alias("ts")).rename({"ts": "time"}), limit=20
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
